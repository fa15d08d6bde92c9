// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * find_options.c - options up to the message's end: type, length, value
 *
 * From one offset on a byte is a type, the next says how many bytes follow, and so on, until the last
 * value, or one byte more and zeros, end with the message. That this comes out right is rare by
 * chance, since a wrong length leads beyond the end. All but a few messages must have two options, and most of
 * them share a type. Limits: types and lengths of one byte; lengths that do not count the value alone.
 */
#include "analysis/field/find_options.h"
#include "analysis/field/items.h"

#define LEAST 2	   /* options of a message */
#define MEAN  3	   /* and of all, in the mean */
#define RIGHT 0.96 /* of the messages */
#define CHANCE                                                                                     \
	(1 /                                                                                       \
	 16.0) /* that lengths come out right in one message; measured on random bytes it is less */
#define LEAST_OF 8 /* messages */

static bool right(const struct look *l, uint32_t o)
{
	uint32_t good = 0, items = 0, n = 0;

	for (uint32_t k = 0; k < l->n; k++) {
		const struct sample *x = l->x[k];
		uint32_t m = o < x->kept ? options_run(x->bytes, o, x->kept, x->size, NULL, 0) : 0;

		good += m >= LEAST;
		items += m;
		if (++n == LOOK_PROBE && !good)
			return false;
	}
	return n >= LEAST_OF && good >= RIGHT * n && items >= MEAN * n;
}

/* Whether most messages have the same first type: types are few. */
static bool types_shared(const struct look *l, uint32_t o)
{
	return l->col[o].top_n * 2 >= l->col[o].n;
}

void find_options(struct board *b, const struct look *l)
{
	b->tried++;
	for (uint32_t o = 0; o < l->bytes; o++) {
		struct idea *i;

		if (!types_shared(l, o) || !right(l, o))
			continue;
		i = board_add(b, STATEMENT_OPTIONS, o, l->bytes - o);
		i->s.to_end = true;
		i->chance = CHANCE;
		i->ways = SAMPLE_BYTES;
		return;
	}
}
