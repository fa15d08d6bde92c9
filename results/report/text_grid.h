/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_TEXT_GRID_H
#define RESULTS_TEXT_GRID_H

#include <stdio.h>

#include "results/score/table.h"

struct text_grid;

/* The table's cells in the widest form that fits @width columns, else in the narrowest; @width 0 = the
 * widest. @axes: the names of the table's @n axes. @t and @axes must outlive the grid. Never NULL. */
struct text_grid *text_grid_new(const struct score_table *t, char **axes, size_t n, int width);
void text_grid_free(struct text_grid *g);
void text_grid_print(const struct text_grid *g, FILE *f);
void text_grid_markdown(const struct text_grid *g, FILE *f);

#endif
