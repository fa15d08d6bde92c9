/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_BOARD_H
#define ANALYSIS_FIELD_BOARD_H

#include "analysis/field/look.h"
#include "analysis/field/statement.h"

/* Where those who search a class write what they found. */

#define BOARD_VALUES SAMPLE_BYTES /* bytes of values of one statement */

/**
 * struct idea - a statement that may be made of a class
 * @s:		@s.values points to @values, or to what lives as long
 * @chance:	That it holds in one message by chance
 * @ways:	How many such statements were chosen from, where that is not counted in tries
 * @by_value:	Different values are independent trials, also within a flow
 * @number:	Values: of a number that its high bytes show
 * @taken:	From a class that holds this one
 */
struct idea {
	struct statement s;
	double chance, ways;
	bool by_value, number, taken;
	uint8_t values[BOARD_VALUES];
};

/**
 * struct board - ideas about one class
 * @tried:	Statements tested so far, of all classes
 */
struct board {
	struct idea *ideas; /* (owned) */
	uint32_t n, room;
	uint64_t tried;
};

/* A new idea, of which the rest is zero; valid until the next one. */
struct idea *board_add(struct board *b, enum statement_kind kind, uint32_t offset, uint32_t width);
/* Counts where each idea holds, and sets its p. */
void board_count(struct board *b, const struct look *l);
/* Drops those that do not hold or say nothing, and says which are second. */
void board_decide(struct board *b, const struct look *l);
void board_free(struct board *b);

#endif
