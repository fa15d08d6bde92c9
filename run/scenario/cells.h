/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_SCENARIO_CELLS_H
#define RUN_SCENARIO_CELLS_H

#include <stdbool.h>

#include "base/err.h"
#include "run/scenario/setting.h"

/* One repetition of one cell of the matrix: a value for every axis, and a name made of them. */
struct scenario_cell {
	char cell[192];		  /* the values that vary, as a file name; without '@' */
	char name[204];		  /* the same, with "@K" behind it where cells run more than once */
	unsigned repetition;	  /* from 1 */
	struct setting *settings; /* by axis (owned, and what they hold) */
	size_t axes;
};

/* Multiplies the matrix into cells, and each by its repetitions, which follow one another; @filters are "axis=value" (all must hold; a value may be a
 * list a,b). An (owned) array, *n long; NULL with @e set when a filter is wrong or nothing is
 * left. */
struct scenario_cell *scenario_cells(const struct scenario *s, const char *const *filters,
				     size_t filters_len, size_t *n, struct err *e);
void scenario_cells_free(struct scenario_cell *cells, size_t n);

/* The cells, which stay where they are, by name. */
struct cell_index;
struct cell_index *cell_index_new(const struct scenario_cell *cells, size_t n);
/* Is there a cell of this name? It is then the *i-th. */
bool cell_index_find(const struct cell_index *x, const char *name, size_t *i);
void cell_index_free(struct cell_index *x); /* NULL is allowed */

/* A copy of @s in which the cell's values stand in their places, with the seed of the cell's own
 * streams, its axes and its cluster; nothing is read or looked up. Free with scenario_free(). */
struct scenario *scenario_apply(const struct scenario *s, const struct scenario_cell *cell);

#endif
