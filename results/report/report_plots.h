/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_PLOTS_H
#define RESULTS_REPORT_PLOTS_H

#include <stdio.h>

#include "base/err.h"

/* Names of the run's plots (its plots/NAME.svg), sorted, NULL-terminated; never NULL. */
char **report_plots_find(const char *run_dir);
void report_plots_free(char **plots);
/* The plots whose names begin with @prefix, as pictures beside the page with links to their data, script and PNG. Those
 * are taken out of @plots, so that what is left is what no part has asked for. */
void report_plots(FILE *f, const char *run_dir, char **plots, const char *prefix);
/* Those that are left, as a part of their own; nothing when there are none. */
void report_other_plots(FILE *f, const char *run_dir, char **plots);

#endif
