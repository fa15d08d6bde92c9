/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PLOT_DRIFT_H
#define RESULTS_PLOT_DRIFT_H

#include <stddef.h>

#include "base/err.h"
#include "results/report/plot_file.h"
#include "results/report/plot_view.h"

/**
 * struct drift_axis - one change and its amounts
 * @word:	Value of the axis `change`
 * @label:	What the amounts are, for the plot
 * @amounts, @n: In order
 */
struct drift_axis {
	const char *word, *label;
	const double *amounts;
	size_t n;
};

/* The axes of a row at one amount of the change @word (owned). */
char *drift_axes(const char *word, double amount);
/* What a signature found at one amount, summed over the view's rows; over all vantages if @any_vantage.
 * Free it with score_row_clear(). */
struct score_row drift_sum(const struct plot_view *v, enum score_unit unit, const char *signature,
			   const char *word, double amount, bool any_vantage);

/* Recall of each signature against the amount of a change, all captures of the view together. 0, or -1
 * with @e set. */
int plot_drift(const struct plot_view *v, enum score_unit unit, const struct drift_axis *axis,
	       struct plot_list *list, struct err *e);

#endif
