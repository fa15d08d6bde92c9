/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_COMPARE_COMPARE_H
#define ANALYSIS_COMPARE_COMPARE_H

#include "analysis/field/map.h"

/*
 * Two maps side by side: two captures, two versions, with a host and without it. Classes are the
 * same by their name; those that are left over, by what is said about them. Statements are the same
 * by their key.
 */

enum change {
	CHANGE_SAME,	 /* said of both */
	CHANGE_CHANGED,	 /* of these bytes something else is said now */
	CHANGE_WENT,	 /* of these bytes nothing is said any more */
	CHANGE_APPEARED, /* of these bytes nothing was said */
	CHANGE_UNTESTED, /* said of one; the other has fewer than COMPARE_FEW such messages, or no class */
	CHANGE_KINDS,
};

#define COMPARE_FEW 20

/**
 * struct class_pair - a class of both
 * @before, @after: Of the first map and of the second; NULL = not there
 * @renamed:	Their names differ: they are one class by what is said about them
 */
struct class_pair {
	const struct message_class *before, *after;
	bool renamed;
};

/**
 * struct compare_line - a statement of one or of both
 * @pair:	Index in struct compare's pairs
 * @before, @after: NULL = not said
 */
struct compare_line {
	enum change change;
	uint32_t pair;
	const struct statement *before, *after;
};

/**
 * struct compare - the answer; it points into both maps, which must outlive it
 * @pairs:	In the order of talk: by place in the flow, those of any place last, biggest first
 * @lines:	By pair, then offset. Statements that a larger class says already and those that
 *		are second to another have no line of their own
 * @changes:	Lines by kind of change
 * @first:	Index of the line that differs first: the earliest place in a flow, the lowest offset;
 *		lines_n = none differs
 */
struct compare {
	const struct field_map *before, *after;
	struct class_pair *pairs; /* (owned) */
	uint32_t pairs_n;
	struct compare_line *lines; /* (owned) */
	uint32_t lines_n;
	uint32_t changes[CHANGE_KINDS];
	uint32_t first;
};

/* Never NULL; free with compare_free(). */
struct compare *compare_maps(const struct field_map *before, const struct field_map *after);
void compare_free(struct compare *c);

/* Whether a statement gets a line of its own: not second, not said in a larger class, not random. */
bool compare_asks(const struct statement *s);

/* "same", "changed", "went", "appeared", "untested". */
const char *change_name(enum change c);

#define COMPARE_TEXT_MAX (2 * STATEMENT_TEXT_MAX + 384)

/* "2: masked 0x8f == 0x02 (40 of 40) -> nothing". Returns @buf. */
const char *compare_line_text(const struct compare_line *l, char buf[COMPARE_TEXT_MAX]);
/* "udp > first, 18 B (120 messages) -> udp > first, 22 B (80)". Returns @buf. */
const char *class_pair_text(const struct class_pair *p, char buf[COMPARE_TEXT_MAX]);

#endif
