/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_ERRORS_H
#define RESULTS_REPORT_ERRORS_H

#include <stdio.h>

#include "results/score/table.h"

/* Every miss and false positive of the table's claims, false positives first, up to a limit. */
void report_errors(FILE *f, const struct score_table *t);
/* How far the exchanges of the missed flows went, seen at @vantage; nothing when that is not
 * known. */
void report_stages(FILE *f, const struct score_table *t, const char *vantage);

#endif
