/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_PAPER_PLOT_SHARES_H
#define RUN_PAPER_PLOT_SHARES_H

#include "results/report/plot_file.h"
#include "run/paper/view.h"

/**
 * struct shares - recall with its interval, a line for each thing and a point for each signature
 * @name:	Of the plot
 * @title:	Of the plot, in two lines; @caption: below it
 * @rows:	Which rows of the table: its `only`
 * @label:	The form of a line's label, as of a view's cells
 */
struct shares {
	const char *name, *title, *caption, *label;
	struct view rows;
};

/* Adds the plot to @list; none when fewer than two lines have a recall. 0, or -1 with @e set. */
int plot_shares(const struct shares *s, const struct tsv *t, struct plot_list *list, struct err *e);

#endif
