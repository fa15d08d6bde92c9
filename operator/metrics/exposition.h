/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_METRICS_EXPOSITION_H
#define OPERATOR_METRICS_EXPOSITION_H

#include "operator/watch/stats.h"

/* All metrics as text, format 0.0.4, to be freed. Never NULL. */
char *exposition_text(const struct watch_stats *st);

#endif
