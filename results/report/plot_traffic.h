/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PLOT_TRAFFIC_H
#define RESULTS_PLOT_TRAFFIC_H

#include "base/err.h"
#include "results/report/plot_file.h"

/* The plots of the traffic itself: packet sizes per message, protocol and port use per setting,
 * time to log in. None when the run has no outcomes.tsv. 0, or -1 with @e set. */
int plot_traffic(const char *run_dir, struct plot_list *list, struct err *e);

#endif
