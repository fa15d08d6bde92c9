/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PLOT_VANTAGES_H
#define RESULTS_PLOT_VANTAGES_H

#include "base/err.h"
#include "results/report/plot_file.h"
#include "results/report/plot_view.h"

/* vantages-SOURCE: recall of every signature by vantage, flows, all settings. 0, or -1 with @e set.
 * */
int plot_vantages(const struct plot_view *v, struct plot_list *list, struct err *e);

#endif
