/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PLOT_VERSIONS_H
#define RESULTS_PLOT_VERSIONS_H

#include "base/err.h"
#include "results/report/plot_file.h"
#include "results/report/plot_view.h"

/* versions-UNIT-SOURCE: a grid of signature and traffic version, with recall as shade and as
 * number. @unit is UNIT_FLOW or UNIT_CLIENT. 0, or -1 with @e set. */
int plot_versions(const struct plot_view *v, enum score_unit unit, struct plot_list *list,
		  struct err *e);

#endif
