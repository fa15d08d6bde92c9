/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_RUN_CELLS_H
#define RESULTS_RUN_CELLS_H

#include <stdbool.h>
#include <stddef.h>

#include "results/score/table.h"

/* What one signature got right in a cell, over its trials. */
struct cell_mark {
	const struct score_row *of; /* (borrowed) detector, signature and revision */
	struct cell_counts {
		unsigned found, all, wrong;
	} flow, client, elsewhere; /* clients of the vantage's site, and of others */
};

/**
 * struct run_cell - one cell of a run's matrix, with all its repetitions
 * @name:	(owned) without "@K"
 * @caller, @callee: (owned) Its setting, "open / public"; "-" where there is none
 * @extra:	(owned) What it has beside: the axes that not every cell has alike; "" = nothing
 * @row:	(borrowed) A row of the table with the cell's setting
 * @marks:	(owned array) One for each signature, in the table's order
 * @trials:	(owned array of borrowed) Names with "@K", sorted
 * @flow_claims: (owned array of borrowed) What was said of the flows of the first trial, at every vantage
 */
struct run_cell {
	char *name;
	char *caller, *callee, *extra;
	const struct score_row *row;
	struct cell_mark *marks;
	size_t marks_n;
	const char **trials;
	size_t trials_n;
	const struct score_claim **flow_claims;
	size_t flow_claims_n;
};

struct run_cells {
	struct run_cell *cells; /* (owned) in the paper's order: open, inbound, full, then others */
	size_t n;
};

/* The cells that a table's claims name, seen at @vantage. Cells beyond CELLS_MAX are left out. */
struct run_cells run_cells_of(const struct score_table *t, const char *vantage);
void run_cells_clear(struct run_cells *c);

/* Whether @trial, a name with or without "@K", is a repetition of the cell. */
bool run_cell_has(const struct run_cell *c, const char *trial);

#endif
