/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_BASE_RATE_H
#define RESULTS_REPORT_BASE_RATE_H

#include <stdio.h>

#include "results/score/table.h"

/* The report's part on false claims and rare Skype, at one vantage. Nothing where no row has both
 * something to find and something to spare. */
void report_base_rate(FILE *f, const struct score_table *t, const char *vantage);

#endif
