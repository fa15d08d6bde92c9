/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_ANSWER_H
#define RESULTS_REPORT_ANSWER_H

#include <stdio.h>

#include "base/tsv.h"
#include "results/report/run_cells.h"
#include "results/score/table.h"

/* The report's first part: for each version of the traffic, in words, which signature to use, and for each
 * signature three numbers at @vantage with their meaning and the first reason of its misses. @conditions: misses.tsv;
 * NULL = none. */
void report_answer(FILE *f, const struct score_table *t, const struct run_cells *cells,
		   const struct tsv *conditions, const char *vantage);

#endif
