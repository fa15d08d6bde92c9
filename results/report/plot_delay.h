/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PLOT_DELAY_H
#define RESULTS_PLOT_DELAY_H

#include "base/err.h"
#include "results/report/plot_file.h"
#include "results/report/plot_view.h"
#include "results/score/survival.h"

/* time-to-detect-SOURCE, time-to-detect-packets-SOURCE, time-to-detect-bytes-SOURCE and the same of
 * clients: of all that each signature should find, the share that it had found after so many
 * seconds, packets or bytes. @unit is UNIT_FLOW or UNIT_CLIENT. 0, or -1 with @e set. */
int plot_delay(const struct plot_view *v, enum score_unit unit, enum survival_measure measure,
	       struct plot_list *list, struct err *e);

#endif
