/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_PAPER_VIEW_H
#define RUN_PAPER_VIEW_H

#include <stdbool.h>
#include <stdio.h>

#include "base/tsv.h"

/* A table of the document, made of a table of TSV. */

#define VIEW_COLUMNS 10
#define VIEW_ONLY    4

/* A column: its heading, and the form of its cells: "{recall} ({found} of {of})|, 95 % {recall_low}".
 * Of the parts between bars one that names a field without a value ("-", "") is left out. */
struct view_column {
	const char *head, *form;
};

/**
 * struct view - which rows and columns of a TSV table to show, and how
 * @only:	Rows whose @column has one of the words of @value, "a|b|c"; has none when that begins with
 *		'!'. Up to a NULL column
 * @columns:	Up to a NULL head
 * @across:	A column whose values become columns of the view, with cells of the form @cell; rows
 *		that are alike in @columns are one. NULL = none
 * @caption:	Says what is counted, of what
 */
struct view {
	const char *caption;
	struct {
		const char *column, *value;
	} only[VIEW_ONLY];
	struct view_column columns[VIEW_COLUMNS];
	const char *across, *cell;
};

/* Whether a row is shown. */
bool view_has(const struct view *v, const struct tsv *t, size_t row);
/* How many rows are. */
size_t view_count(const struct view *v, const struct tsv *t);
/* A cell's text by its form (owned); "-" when nothing of it is left. */
char *view_text(const char *form, const struct tsv *t, size_t row);
/* The table as HTML, in a box of its own. */
void view_put(FILE *f, const struct view *v, const struct tsv *t);

#endif
