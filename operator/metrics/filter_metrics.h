/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_METRICS_FILTER_METRICS_H
#define OPERATOR_METRICS_FILTER_METRICS_H

#include <stdio.h>

#include "operator/filter/watch_filter.h"

/* What a filter counts, format 0.0.4: behind what the watch does. */
void filter_metrics_put(FILE *f, const struct watch_filter *w);

#endif
