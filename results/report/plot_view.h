/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PLOT_VIEW_H
#define RESULTS_PLOT_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "results/score/table.h"

/* Distinct words (borrowed), at most 256. */
struct plot_words {
	const char *w[256];
	size_t n;
};

/**
 * struct plot_view - the part of a table that one source's plots are made of
 * @source:	Rows of this source only
 * @vantage:	Where plots of one vantage look: caller.lan or, where that is missing, the first
 * @at:		For titles: ", at VANTAGE", or "" where there are no vantages
 * @signatures, @versions: Sorted; versions only of traffic with something to find
 * @vantages:	In the order of the way from caller to callee, then others
 */
struct plot_view {
	const struct score_table *t;
	enum traffic_source source;
	const char *vantage;
	char at[80];
	struct plot_words signatures, versions, vantages;
};

/* The view of @t for one source. False when it has no such rows: nothing to plot. */
bool plot_view_of(struct plot_view *v, const struct score_table *t, enum traffic_source source);
/* Whether a row belongs to the view: its source and unit, and its vantage unless @any_vantage. */
bool plot_view_has(const struct plot_view *v, const struct score_row *r, enum score_unit unit,
		   bool any_vantage);
/* Counts of a signature summed over settings: @version NULL = all versions, @vantage NULL = the
 * view's. Only the counts and clusters of the result are set; free it with score_row_clear(). */
struct score_row plot_view_sum(const struct plot_view *v, enum score_unit unit,
			       const char *signature, const char *version, const char *vantage);

#endif
