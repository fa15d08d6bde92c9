/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_DELAY_H
#define RESULTS_REPORT_DELAY_H

#include <stdio.h>

#include "results/score/table.h"

/* The report's part on time to detect, at one vantage; nothing when the table has no claims. */
void report_delay(FILE *f, const struct score_table *t, const char *vantage);

#endif
