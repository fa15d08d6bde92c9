/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_SIDE_BY_SIDE_H
#define RESULTS_SIDE_BY_SIDE_H

#include <stdio.h>

#include "results/score/table.h"

#define SIDE_VANTAGES 32

/**
 * struct side_by_side - what each detector finds of flows, by version and vantage, over all settings
 * @g:		(owned) the sums
 * @lines:	(owned array) one row of @g for each source, version, detector and signature, in that order
 * @vantages:	In order of appearance, at most SIDE_VANTAGES; other vantages are left out
 */
struct side_by_side {
	struct score_table *g;
	const struct score_row **lines;
	size_t n;
	const char *vantages[SIDE_VANTAGES];
	size_t vantages_n;
};

struct side_by_side side_by_side_of(const struct score_table *t);
void side_by_side_clear(struct side_by_side *s);
/* The sum of @line's words at a vantage; NULL = there is none. */
const struct score_row *side_by_side_at(const struct side_by_side *s, const struct score_row *line,
					const char *vantage);
/* For people: a line a detector, a column a vantage, recall and false flows. */
void side_by_side_print(const struct score_table *t, FILE *f);

#endif
