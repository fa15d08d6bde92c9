/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PLOT_SETTINGS_H
#define RESULTS_PLOT_SETTINGS_H

#include "base/err.h"
#include "results/report/plot_file.h"
#include "results/report/plot_view.h"

/* settings-SIGNATURE-SOURCE: recall and precision of one signature per version and setting, flows.
 * No plot when the signature had nothing to find and claimed nothing. 0, or -1 with @e set. */
int plot_settings(const struct plot_view *v, const char *signature, struct plot_list *list,
		  struct err *e);

#endif
