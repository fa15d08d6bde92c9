/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_VIEW_DRAW_H
#define OPERATOR_VIEW_DRAW_H

#include "operator/view/model.h"

/* The first lines, on each page: what is watched, and the counts. Returns the row behind them. */
int draw_head(const struct model *m, struct canvas *c);
/* Rows for the last line. */
int draw_foot_rows(const struct model *m, const struct canvas *c);
/* It: what is typed, a message, or keys; after the list. */
void draw_foot(const struct model *m, struct canvas *c);
/* The list of clients in the rows from @row to before @end. */
void draw_list(struct model *m, struct canvas *c, int row, int end);

#endif
