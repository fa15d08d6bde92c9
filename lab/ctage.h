/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_CTAGE_H
#define LAB_CTAGE_H

#include <stdint.h>

#include <libnetfilter_conntrack/libnetfilter_conntrack.h>

#include "base/err.h"
#include "base/loop.h"
#include "lab/gateway.h"

/* Ageing of a gateway's conntrack entries and NAT sets in emulated time (see ctage.c). Private to
 * conntrack.c. */

struct ctage;

/* Told of each entry it removes, with the emulated time at which it expired. */
typedef void ctage_expired_fn(void *arg, struct nf_conntrack *ct, uint64_t at_ns);

/* NULL with @e set. */
struct ctage *ctage_new(const struct gateway_ctx *g, struct loop *loop, ctage_expired_fn *expired,
			void *arg, struct err *e);
void ctage_free(struct ctage *a);
/* Calls @fn for each live entry: a fresh dump. 0, or -1 with @e set. */
int ctage_dump(struct ctage *a, void (*fn)(void *arg, struct nf_conntrack *ct), void *arg,
	       struct err *e);
/* First failure while ageing, or NULL: the lifetimes of this gateway cannot be trusted then. */
const char *ctage_failure(const struct ctage *a);

#endif
