/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PLOT_H
#define RESULTS_PLOT_H

#include "base/err.h"
#include "results/score/table.h"

/* Makes every plot the data allows in DIR/plots: NAME.tsv (data), NAME.gp (script: `gnuplot
 * NAME.gp` in that folder makes it again), NAME.svg and NAME.png. @run_dir may hold outcomes.tsv,
 * cells/ and so on, from which further plots are made. Returns the number of plots, or -1 with @e
 * set (EXIT_ENV when gnuplot is not installed: data and scripts are written all the same). */
int plot_run(const struct score_table *t, const char *run_dir, struct err *e);

#endif
