/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_PLOTS_H
#define RESULTS_REPORT_PLOTS_H

#include <stdio.h>

#include "base/err.h"

/* Names of the run's plots (its plots/NAME.svg), sorted, NULL-terminated; never NULL. */
char **report_plots_find(const char *run_dir);
void report_plots_free(char **plots);
/* The plots as pictures with links to their data, script and PNG. 0, or -1 with @e set. */
int report_plots(FILE *f, const char *run_dir, char *const *plots, struct err *e);

#endif
