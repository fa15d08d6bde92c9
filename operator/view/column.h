/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_VIEW_COLUMN_H
#define OPERATOR_VIEW_COLUMN_H

#include "operator/view/canvas.h"
#include "operator/view/row.h"

/* In the order of the screen. */
enum column {
	COLUMN_CLIENT,
	COLUMN_MARKS,
	COLUMN_STATE,
	COLUMN_SINCE,
	COLUMN_SEEN,
	COLUMN_VERSION,
	COLUMN_SUPER_NODE,
	COLUMN_OUTSIDE,
	COLUMN_SENSOR,
	COLUMN_EVENTS,
	COLUMN_WHY,
	COLUMNS,
};

#define COLUMN_TEXT 256

const char *column_title(enum column c);
/* Its text is as wide, whatever it says. */
bool column_fixed(enum column c);
/* What it is, for the menu of sorting. */
const char *column_about(enum column c);
/* Whether the greatest comes first when sorting by it begins. */
bool column_greatest_first(enum column c);
/* The cell's text; plain text or not. */
const char *column_text(enum column c, const struct row *r, uint64_t now_ns, char out[COLUMN_TEXT]);
/* For qsort(): by this column, smallest first. */
int column_order(enum column c, const struct row *a, const struct row *b);
/* Cells for each column on a screen of @cols, with one between two: 0 = it has no place. @content says
 * what the widest text of each takes. */
void column_widths(int widths[COLUMNS], const int content[COLUMNS], int cols);
/* Draws the cell of @width at @row, @col. */
void column_draw(struct canvas *c, int row, int col, int width, enum column column,
		 const struct row *r, uint64_t now_ns);
/* The line of titles. */
void column_draw_title(struct canvas *c, int row, int col, int width, enum column column,
		       const char *arrow);

#endif
