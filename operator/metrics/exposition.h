/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_METRICS_EXPOSITION_H
#define OPERATOR_METRICS_EXPOSITION_H

#include <stdio.h>

#include "operator/watch/stats.h"

#define METRICS_PREFIX "skypelab_watch_"

/* What a watch counts, format 0.0.4. */
void exposition_put(FILE *f, const struct watch_stats *st);
/* The lines before the values of a metric, whose @name goes without the prefix. */
void exposition_head(FILE *f, const char *name, const char *type, const char *help);
/* A metric of one value. */
void exposition_one(FILE *f, const char *name, const char *type, const char *help, uint64_t v);

#endif
