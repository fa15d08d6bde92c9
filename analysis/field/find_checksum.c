// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * find_checksum.c - checksums over parts of the message
 *
 * A checksum is looked for at the first FRONT offsets and at the last bytes, over the whole message,
 * or what follows or precedes the field. It must be right in every one of the first few messages.
 * Limits: only messages of which all bytes are kept; sums over headers (IP) are not tried.
 */
#include <math.h>

#include "analysis/field/find_checksum.h"
#include "analysis/field/holds.h"
#include "analysis/field/sums.h"

#define FRONT 16
#define FIRST 6 /* messages */

/* The first few messages that are whole and differ from their partners. */
static uint32_t whole_ones(const struct look *l, const struct sample *x[FIRST])
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < l->n && n < FIRST; k++)
		if (l->x[k]->kept == l->x[k]->size && l->x[k]->size > 4)
			x[n++] = l->x[k];
	return n;
}

static bool right_in(const struct statement *s, const struct sample *x[FIRST], uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!checksum_right(s, x[i]))
			return false;
	return true;
}

static void offer(struct board *b, struct statement s, const struct sample *x[FIRST], uint32_t n)
{
	struct idea *i;

	b->tried++;
	if (!right_in(&s, x, n))
		return;
	i = board_add(b, STATEMENT_CHECKSUM, s.offset, s.width);
	i->s = s;
	i->chance = ldexp(1, -8 * (int)s.width);
	i->by_value = true;
	i->ways = 1;
}

static void sums_at(struct board *b, struct statement s, const struct sample *x[FIRST], uint32_t n)
{
	uint32_t after = s.from_end ? 0 : s.offset + s.width;

	for (int a = 0; a < SUM_KINDS; a++) {
		s.algorithm = (enum statement_algorithm)a;
		s.width = sum_width(s.algorithm);
		if (s.from_end)
			s.offset = s.width;
		else
			after = s.offset + s.width;
		for (int little = 0; little < (s.width > 1 ? 2 : 1); little++) {
			s.little = little;
			s.from = 0;
			offer(b, s, x, n);
			s.from = after;
			if (after)
				offer(b, s, x, n);
			s.from = 0;
		}
	}
}

void find_checksums(struct board *b, const struct look *l)
{
	struct statement s = {.kind = STATEMENT_CHECKSUM};
	const struct sample *x[FIRST];
	uint32_t n = whole_ones(l, x);

	if (n < 4)
		return;
	for (uint32_t o = 0; o + 4 <= l->bytes && o < FRONT; o++) {
		if (l->col[o].constant || l->col[o].distinct < 4)
			continue;
		s.offset = o;
		sums_at(b, s, x, n);
	}
	s.from_end = true;
	sums_at(b, s, x, n);
}
