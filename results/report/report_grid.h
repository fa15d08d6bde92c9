/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_GRID_H
#define RESULTS_REPORT_GRID_H

#include <stdio.h>

#include "base/tsv.h"
#include "results/score/table.h"

/* The settings as a grid for the report: caller's firewall and NAT down, callee's across; in each
 * square its cells with the way in, the verdicts at @vantage and links to what the cell left.
 * Nothing when there are no claims. @outcomes may be NULL. */
void report_grid(FILE *f, const char *run_dir, const struct score_table *t,
		 const struct tsv *outcomes, const char *vantage);

#endif
