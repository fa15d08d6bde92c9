/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_REGRESS_RUNS_H
#define RUN_REGRESS_RUNS_H

#include "results/score/score.h"

/* Is given a capture and its labels (NULL: it holds no Skype). 0; -1 with @e set when it is not
 * readable to its end. */
typedef int capture_fn(void *arg, const char *path, const struct labels *labels,
		       const struct score_setting *s, struct err *e);

/* Calls @fn for every cell and vantage of a run directory, with the labels for @target. 0, or -1 with @e
 * set. */
int run_captures(const char *dir, const char *target, capture_fn *fn, void *arg, struct err *e);

#endif
