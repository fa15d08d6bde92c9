/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_RUN_REACH_H
#define RUN_RUN_REACH_H

#include "run/run_tables.h"

/* Writes reach.tsv and misses.tsv of the run: how far the flows that are not Skype came in every rule of its
 * signatures, and the condition that failed first on those that @t says were missed, in a sample of the captures at
 * @vantage. 0, or -1 with @e set. */
int run_reach_write(const struct finished_run *r, const struct score_table *t, const char *vantage,
		    struct err *e);

#endif
