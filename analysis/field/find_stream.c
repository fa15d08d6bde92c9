// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * find_stream.c - bytes that depend on others of the same message
 *
 * Nibbles, restart: two offsets of which the XOR has bits that never move, although these bits move at
 * each offset. Several such pairs with the same distance, side by side, are what a stream cipher leaves
 * that begins anew with the same key: the XOR is that of the plain bytes.
 *
 * Generator: three steps x' = ax + c mod 256 give a where the first difference is odd. Each place in
 * each message votes for its a and c when the next bytes go on with them; what most flows vote for is
 * tried on all messages. Its run may begin anywhere.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/field/find_stream.h"
#include "analysis/field/holds.h"
#include "base/err.h"

#define REACH	   48
#define PAIR_BITS  3 /* bits of an XOR that never move */
#define ALONE_BITS 4 /* of a pair that has none beside it */
#define PAIR_LEAST 8
#define PAIR_FIRST 12
#define RUN_VOTE   7 /* bytes that obey, to vote */
#define VOTES	   4 /* flows */
#define VOTERS	   256
#define RUN_LEAST  5 /* bytes of a run that is counted */

/* Bits of the XOR of offsets @i and @j that never move, among @limit messages; its value. */
static uint8_t still_bits(const struct look *l, uint32_t i, uint32_t j, bool partner,
			  uint32_t limit, uint8_t *value)
{
	uint8_t all = 0xff, any = 0;
	uint32_t n = 0;

	for (uint32_t k = 0; k < l->n && n < limit; k++) {
		const struct sample *x = l->x[k], *y = partner ? l->x[l->partner[k]] : x;
		uint8_t d;

		if (i >= x->kept || j >= y->kept || j >= x->kept)
			continue;
		d = x->bytes[i] ^ y->bytes[j];
		all &= d;
		any |= d;
		n++;
	}
	*value = all;
	return n >= PAIR_LEAST ? (uint8_t) ~(all ^ any) : 0;
}

/* Whether the bits of @mask take many values at this offset, none of them often: bytes of a few kinds
 * of messages agree in some bits as well. */
static bool spread(const struct column *c, uint8_t mask)
{
	uint32_t hist[256] = {0}, top = 0, distinct = 0, cells = 1U << __builtin_popcount(mask);

	for (int v = 0; v < 256; v++)
		hist[v & mask] += c->hist[v];
	for (int v = 0; v < 256; v++) {
		top = hist[v] > top ? hist[v] : top;
		distinct += hist[v] > 0;
	}
	return top <= 4 + 4 * c->n / cells && distinct * 2 >= (cells < c->n ? cells : c->n);
}

static uint8_t pair_bits(struct board *b, const struct look *l, uint32_t i, uint32_t j,
			 uint8_t *value)
{
	uint8_t moving = (uint8_t) ~(l->col[i].fixed | l->col[j].fixed), bits, other;

	if (l->col[i].constant || l->col[j].constant || __builtin_popcount(moving) < PAIR_BITS ||
	    l->col[i].distinct < 5 || l->col[j].distinct < 5)
		return 0;
	b->tried++;
	bits = still_bits(l, i, j, false, PAIR_FIRST, value) & moving;
	if (__builtin_popcount(bits) < PAIR_BITS)
		return 0;
	bits = still_bits(l, i, j, false, LOOK_MAX, value) & moving;
	bits &= (uint8_t)~still_bits(l, i, j, true, LOOK_MAX, &other);
	*value &= bits;
	if (__builtin_popcount(bits) < PAIR_BITS || !spread(&l->col[i], bits) ||
	    !spread(&l->col[j], bits))
		return 0;
	return bits;
}

static void put_pairs(struct board *b, uint32_t first, uint32_t n, uint32_t shift, uint8_t mask,
		      uint8_t value)
{
	struct idea *i;

	if (n == 1 && __builtin_popcount(mask) < ALONE_BITS)
		return;
	i = board_add(b, n > 1 ? STATEMENT_RESTART : STATEMENT_NIBBLE, first, n);

	i->s.shift = shift;
	i->s.of_offset = first + shift;
	i->s.mask = mask;
	i->s.value = value;
	i->chance = 1.0 / (1 << __builtin_popcount(mask));
	i->ways = 256;
	i->by_value = true;
}

/* Pairs at the same distance, side by side, that have bits in common which are still. */
static void pairs_at(struct board *b, const struct look *l, uint32_t shift)
{
	uint32_t reach = l->bytes < REACH ? l->bytes : REACH, n = 0;
	uint8_t mask = 0, value = 0;

	for (uint32_t i = 0; i + shift <= reach; i++) {
		uint8_t v = 0, m = i + shift < reach ? pair_bits(b, l, i, i + shift, &v) : 0;
		uint8_t both = m & mask & (uint8_t) ~(v ^ value);

		if (n && __builtin_popcount(both) >= PAIR_BITS) {
			mask = both;
			value &= both;
			n++;
			continue;
		}
		if (n)
			put_pairs(b, i - n, n, shift, mask, value);
		n = m != 0;
		mask = m;
		value = v;
	}
}

static uint8_t inverse(uint8_t odd)
{
	uint8_t x = odd;

	for (int i = 0; i < 3; i++)
		x = (uint8_t)(x * (2 - odd * x));
	return x;
}

/* The generator that three bytes obey; false = none, or one that counts or repeats. */
static bool solve(const uint8_t *p, uint8_t *a, uint8_t *c)
{
	uint8_t d = (uint8_t)(p[1] - p[0]), e = (uint8_t)(p[2] - p[1]);

	if (!(d & 1))
		return false;
	*a = (uint8_t)(e * inverse(d));
	*c = (uint8_t)(p[1] - *a * p[0]);
	return *a > 1 && *a < 255;
}

static bool all_differ(const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (memchr(p + i + 1, p[i], n - i - 1))
			return false;
	return true;
}

struct vote {
	uint16_t flows;
	uint32_t last; /* flow + 1 */
};

static void vote_in(struct vote *votes, const struct sample *x, uint32_t flow)
{
	uint8_t a, c;

	for (uint32_t i = 0; i + RUN_VOTE <= x->kept; i++) {
		uint32_t n = 1;
		struct vote *v;

		if (!solve(x->bytes + i, &a, &c))
			continue;
		while (n < RUN_VOTE && x->bytes[i + n] == (uint8_t)(a * x->bytes[i + n - 1] + c))
			n++;
		if (n == RUN_VOTE && !all_differ(x->bytes + i, n))
			continue;
		v = &votes[a * 256 + c];
		if (n < RUN_VOTE || v->last == flow + 1)
			continue;
		v->last = flow + 1;
		v->flows++;
	}
}

/* The first offset from which on the runs begin: the earliest that is not rare. */
static uint32_t begin_of_runs(const struct look *l, uint8_t a, uint8_t c)
{
	uint32_t at[SAMPLE_BYTES] = {0}, n = 0, sum = 0, length;

	for (uint32_t k = 0; k < l->n; k++) {
		uint32_t begin = generator_run(l->x[k]->bytes, 0, l->x[k]->kept, a, c, &length);

		if (length < RUN_VOTE)
			continue;
		at[begin]++;
		n++;
	}
	for (uint32_t o = 0; o < SAMPLE_BYTES; o++) {
		sum += at[o];
		if (sum * 20 > n)
			return o;
	}
	return 0;
}

static void offer_generator(struct board *b, const struct look *l, uint8_t a, uint8_t c)
{
	uint32_t begin = begin_of_runs(l, a, c);
	struct idea *i = board_add(b, STATEMENT_GENERATOR, begin, RUN_LEAST);

	i->s.a = a;
	i->s.c = c;
	i->s.to_end = true;
	i->chance = (l->longest < SAMPLE_BYTES ? l->longest : SAMPLE_BYTES) / 65536.0 / 65536.0;
	i->ways = 65536;
}

static void find_generators(struct board *b, const struct look *l)
{
	struct vote *votes;
	uint32_t best = 0;

	if (l->longest < RUN_VOTE)
		return;
	votes = xcalloc(65536, sizeof(*votes));
	for (uint32_t k = 0; k < l->n && k < VOTERS; k++)
		vote_in(votes, l->x[k], l->flow[k]);
	for (uint32_t i = 1; i < 65536; i++)
		if (votes[i].flows > votes[best].flows)
			best = i;
	b->tried++;
	if (votes[best].flows >= VOTES)
		offer_generator(b, l, (uint8_t)(best / 256), (uint8_t)best);
	free(votes);
}

void find_streams(struct board *b, const struct look *l)
{
	for (uint32_t shift = 1; shift < REACH; shift++)
		pairs_at(b, l, shift);
	find_generators(b, l);
}
