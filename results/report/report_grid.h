/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_GRID_H
#define RESULTS_REPORT_GRID_H

#include <stdio.h>

#include "base/tsv.h"
#include "results/score/table.h"

/* The report's matrix of settings: the caller's firewall and NAT down, the callee's across. Each
 * square has its cells with their logins, the verdicts at @vantage and links to the cell's files.
 * Nothing when there are no claims. @outcomes may be NULL. */
void report_grid(FILE *f, const char *run_dir, const struct score_table *t,
		 const struct tsv *outcomes, const char *vantage);

#endif
