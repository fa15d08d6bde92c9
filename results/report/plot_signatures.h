/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PLOT_SIGNATURES_H
#define RESULTS_PLOT_SIGNATURES_H

#include "base/err.h"
#include "results/report/plot_file.h"
#include "results/report/plot_view.h"

/* signatures-SOURCE: false-positive rate against recall, one point per signature, flows. No plot
 * with fewer than two points. 0, or -1 with @e set. */
int plot_signatures(const struct plot_view *v, struct plot_list *list, struct err *e);

#endif
