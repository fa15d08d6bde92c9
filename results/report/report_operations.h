/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_OPERATIONS_H
#define RESULTS_REPORT_OPERATIONS_H

#include <stdio.h>

#include "base/tsv.h"
#include "results/score/table.h"

/* The report's table of what is found of each operation, at @vantage. Nothing when no row has an
 * operation. @outcomes may be NULL. */
void report_operations(FILE *f, const struct score_table *t, const struct tsv *outcomes,
		       const char *vantage);

#endif
