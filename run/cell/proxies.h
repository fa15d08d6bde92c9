/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_PROXIES_H
#define RUN_CELL_PROXIES_H

#include "base/addr.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/truth.h"
#include "lab/lab.h"
#include "run/scenario/scenario.h"

/* The HTTP proxies of a cell's sites. */
struct proxies;

/* Opens one at every site that has one. All arguments must outlive the result. NULL with @e set. */
struct proxies *proxies_open(const struct scenario *s, const struct lab *lab, struct loop *loop,
			     struct truth_log *truth, struct err *e);
void proxies_free(struct proxies *p); /* NULL is fine */
/* Where a site's proxy is asked; port 0 = it has none. */
struct endpoint proxies_at(const struct lab *lab, const char *site);
/* What became known of a flow after a proxy had begun to carry it on is true of the proxy's flow as
 * well: that it is a session, and what it is for. Call it when the traffic has ended. */
void proxies_settle(struct truth_log *truth);

#endif
