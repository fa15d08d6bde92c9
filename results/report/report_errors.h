/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_ERRORS_H
#define RESULTS_REPORT_ERRORS_H

#include <stdio.h>

#include "base/tsv.h"
#include "results/report/run_cells.h"
#include "results/score/table.h"

/* The report's part on what went wrong: every false claim, then the misses at @vantage by what was there and by the
 * condition that failed first (@conditions: misses.tsv, NULL = none), each with an example that opens its cell. */
void report_errors(FILE *f, const struct score_table *t, const struct run_cells *cells,
		   const struct tsv *conditions, const char *vantage);

#endif
