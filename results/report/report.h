/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_H
#define RESULTS_REPORT_H

#include "base/err.h"

struct manifest_facts;
struct score_table;

/* Writes RUN/report.html, one self-contained file, from the run directory's files (accuracy.tsv,
 * claims.tsv, outcomes.tsv, plots/, cells/). Call it after plot_run() and before manifest_write(),
 * which lists it. @facts: for the report's last section; NULL = not known. 0, or -1 with @e set. */
int report_write(const char *run_dir, const struct manifest_facts *facts, struct err *e);

/* The vantage of the report's summary: the caller's LAN, else that of the first row. */
const char *report_vantage(const struct score_table *t);

#endif
