/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PLOT_H
#define RESULTS_PLOT_H

#include "base/err.h"
#include "results/score/table.h"

/* Makes every plot that the data allows in DIR/plots: NAME.tsv (data), NAME.gp (script: `gnuplot
 * NAME.gp` in that folder makes it again), NAME.svg and NAME.png. When @run_dir holds outcomes.tsv
 * and cells/, there are plots of the traffic too. Returns the number of plots, or -1 with @e set
 * (EXIT_ENV when gnuplot is not installed: data and scripts are written all the same). */
int plot_run(const struct score_table *t, const char *run_dir, struct err *e);

#endif
