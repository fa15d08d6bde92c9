/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_H
#define RESULTS_REPORT_H

#include "base/err.h"

/* Writes RUN/report.html from the run directory's files (accuracy.tsv, claims.tsv, outcomes.tsv,
 * plots/, cells/): one self-contained file. Call it before manifest_write() (which then lists it),
 * after plot_run(). @facts: a JSON object with the run's facts for the report's last section, as
 * manifest_facts_json() gives it. 0, or -1 with @e set. */
struct manifest_facts;
int report_write(const char *run_dir, const struct manifest_facts *facts, struct err *e);

#endif
