// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * find_strings.c - strings that each have their length before them, in one byte
 *
 * From one offset on a byte says how many printable ones follow, then the next byte likewise, up to a
 * zero or to a byte that is no length. Where two strings and more follow each other they are one field,
 * and a zero after them is its end; where there is one, the length and the string are a field each. Limits: all messages of the class
 * must agree about where the strings end, so a class of several sizes shows them seldom; strings shorter than LEAST altogether are none.
 */
#include <math.h>

#include "analysis/field/find_strings.h"
#include "analysis/field/items.h"

#define LEAST	  3 /* bytes of all strings */
#define PRINTABLE (95 / 256.0)

uint32_t strings_end(const struct look *l, uint32_t o)
{
	uint32_t end = 0;

	for (uint32_t k = 0; k < l->n; k++) {
		uint32_t items, e;

		if (l->x[k]->kept <= o)
			return 0;
		e = strings_run(l->x[k]->bytes, o, l->x[k]->kept, &items);
		if (!items || (end && e != end))
			return 0;
		end = e;
	}
	return end > o + LEAST ? end : 0;
}

/* The most strings that a message has at @o. */
static uint32_t most_items(const struct look *l, uint32_t o)
{
	uint32_t most = 0;

	for (uint32_t k = 0; k < l->n; k++) {
		uint32_t items;

		strings_run(l->x[k]->bytes, o, l->x[k]->kept, &items);
		most = items > most ? items : most;
	}
	return most;
}

static void add(struct board *b, enum statement_kind kind, uint32_t from, uint32_t to)
{
	struct idea *i = board_add(b, kind, from, to - from);

	i->chance = pow(PRINTABLE, LEAST);
	i->ways = SAMPLE_BYTES;
}

void find_strings(struct board *b, const struct look *l)
{
	b->tried++;
	for (uint32_t o = 0; o < l->bytes; o++) {
		uint32_t end = strings_end(l, o);

		if (!end)
			continue;
		if (most_items(l, o) > 1)
			add(b, STATEMENT_STRINGS, o, end);
		else if (!l->col[o + 1].constant)
			add(b, STATEMENT_TEXT, o + 1, end);
		o = end - 1;
	}
}
