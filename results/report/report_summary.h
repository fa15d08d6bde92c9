/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_SUMMARY_H
#define RESULTS_REPORT_SUMMARY_H

#include <stdio.h>

#include "results/score/table.h"

/* The report's summary: flows and clients of every signature and version over all settings, seen at
 * @vantage. */
void report_summary(FILE *f, const struct score_table *t, const char *vantage);

#endif
