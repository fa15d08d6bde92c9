/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_SUMMARY_H
#define RESULTS_REPORT_SUMMARY_H

#include <stdio.h>

#include "results/score/table.h"

/* The rows at @vantage of units that have negatives, summed over settings: one for each source, version, signature
 * and unit (owned). */
struct score_table *report_sums(const struct score_table *t, const char *vantage);
/* What report_sums() has, as a table that is folded up. */
void report_summary(FILE *f, const struct score_table *sums);

#endif
