/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PLOT_BASE_RATE_H
#define RESULTS_PLOT_BASE_RATE_H

#include "results/report/plot_file.h"
#include "results/report/plot_view.h"

/* Precision of each signature's flows over the share of Skype in the traffic. No plot where no signature
 * has both something to find and something to spare. 0, or -1 with @e set. */
int plot_base_rate(const struct plot_view *v, struct plot_list *list, struct err *e);

#endif
