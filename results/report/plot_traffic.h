/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PLOT_TRAFFIC_H
#define RESULTS_PLOT_TRAFFIC_H

#include <stddef.h>

#include "base/err.h"

/* Plots of the traffic itself, from a run's cells' messages.tsv and from outcomes.tsv: packet sizes
 * per message, protocol and port use per setting, time to come in. Data and scripts only; names
 * (owned by the caller then) into @names. Number of plots, or -1 with @e set. */
int plot_traffic(const char *run_dir, const char *plots_dir, char **names, size_t max,
		 struct err *e);

#endif
