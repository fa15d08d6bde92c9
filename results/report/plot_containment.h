/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PLOT_CONTAINMENT_H
#define RESULTS_PLOT_CONTAINMENT_H

#include "results/report/plot_file.h"

/* For each signature of the run's containment.tsv, which clients an operator kept out in which setting.
 * Nothing where there is no such file. 0, or -1 with @e set. */
int plot_containment(const char *run_dir, struct plot_list *list, struct err *e);

#endif
