/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_METRICS_METRICS_H
#define OPERATOR_METRICS_METRICS_H

#include "operator/filter/watch_filter.h"
#include "operator/watch/opener.h"
#include "operator/watch/sinks.h"

/* The counters for Prometheus. @where is a file that ends in ".prom" (written anew every 15 s and
 * at the end, whole or not at all), or ADDRESS:PORT, or a port of 127.0.0.1. Fills @sink, to be
 * added to a watch; NULL with @e set. */
struct metrics *metrics_open(const char *where, struct opener *opener, struct watch_sink *sink,
			     struct err *e);
/* Before the watch begins: what @f counts is said, too. */
void metrics_filter(struct metrics *m, const struct watch_filter *f);
/* Whether @where is a file, which is @opener's to replace. */
bool metrics_is_file(const char *where);
void metrics_close(struct metrics *m);

#endif
