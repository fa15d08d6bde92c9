/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PLOT_DELAY_H
#define RESULTS_PLOT_DELAY_H

#include "base/err.h"
#include "results/report/plot_file.h"
#include "results/report/plot_view.h"

/* time-to-detect-SOURCE and time-to-detect-packets-SOURCE: of the flows that each signature found,
 * the share that it had found after so many seconds or packets. 0, or -1 with @e set. */
enum delay_axis { DELAY_SECONDS, DELAY_PACKETS };
int plot_delay(const struct plot_view *v, enum delay_axis axis, struct plot_list *list,
	       struct err *e);

#endif
