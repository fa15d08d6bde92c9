// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * find_values.c - what single bytes say: constant, few values, bits that move, random, text
 *
 *   a byte at one offset             | is said to be
 *   one value in nearly all          | constant, in runs
 *   all 8 bits move freely           | random, in runs
 *   some bits move freely, the rest  | masked
 *   has one value
 *   ... the rest has few values      | few values under a mask
 *   few values                       | few values
 *   printable, in a run of 4         | text
 *
 * A bit moves freely when each value is as frequent as the value with this bit turned over. How
 * surprising few values are is measured against the usual values of the class (struct look).
 */
#include <math.h>
#include <string.h>

#include "analysis/field/chance.h"
#include "analysis/field/find_values.h"
#include "analysis/field/holds.h"

#define FEW	    8	 /* values */
#define MOST	    0.9	 /* of the messages are long enough */
#define COME_AND_GO 0.4	 /* of the changes of values that are drawn */
#define HEAD	    16	 /* bytes of a class of many kinds of which few values say something */
#define TOGETHER    32	 /* bytes that move together */
#define FEW_LEAST   8	 /* messages to say that values are few */
#define FREE_LEAST  24	 /* messages to see that a bit moves freely */
#define SEEN_LEAST  4	 /* messages to see that nothing is against it */
#define FREE_P	    1e-4 /* chi-squared of a bit that moves freely is not rarer */
#define TEXT_RUN    4
#define TEXT_SURE   4  /* bytes of a text that count as trials */
#define TEXT_SIGNS  10 /* different characters in a text */

/* The chance of a byte at @o to be one of those seen there under @mask. */
static double usual_mass(const struct look *l, uint32_t o, const uint32_t hist[256], uint8_t mask)
{
	double sum = 0;

	for (int v = 0; v < 256; v++)
		sum += hist[v & mask] ? look_usual(l, o, (uint8_t)v) : 0;
	return sum < 1 ? sum : 1;
}

/* Of a byte that never varies less is known. */
static double usual_constant(const struct look *l, uint32_t o)
{
	double p = look_usual(l, o, l->col[o].top);

	return p > 0.98 ? 0.98 : p < 1 / 2048.0 ? 1 / 2048.0 : p;
}

static bool exact(const struct column *c)
{
	return c->top_n == c->n;
}

/* Nearly all messages are long enough: what follows a part of variable length is at no fixed offset. */
static bool in_most(const struct look *l, uint32_t o)
{
	return l->col[o].n >= MOST * l->n;
}

/* As far as a few messages show. */
static bool perhaps_in_most(const struct look *l, uint32_t o)
{
	return chance_not_less(l->col[o].n, l->n, MOST);
}

/* Whether offset @o goes on the run of constants that begins at @from. */
static bool goes_on(const struct look *l, uint32_t from, uint32_t o)
{
	const struct column *a = &l->col[from], *b = &l->col[o];

	return b->constant && exact(a) == exact(b) && perhaps_in_most(l, o);
}

static uint32_t constant_run(struct board *b, const struct look *l, uint32_t from)
{
	double chance = 1;
	uint32_t o = from;
	struct idea *i;

	for (; o < l->bytes && (o == from || goes_on(l, from, o)); o++)
		chance *= usual_constant(l, o);
	if (o <= l->prefix)
		return o;
	i = board_add(b, STATEMENT_CONSTANT, from, o - from);
	for (uint32_t k = from; k < o; k++)
		i->values[k - from] = l->col[k].top;
	i->s.values_n = 1;
	i->s.mask = 0xff;
	i->chance = chance;
	return o;
}

/* Messages by value at @o, without those that have the value of one just before in their flow: a copy is
 * no new draw. How many there are. */
static uint32_t drawn(const struct look *l, uint32_t o, uint32_t hist[256])
{
	uint32_t n = 0, flow = UINT32_MAX;
	int before[2] = {-1, -1};

	memset(hist, 0, 256 * sizeof(*hist));
	for (uint32_t i = 0; i < l->n; i++) {
		uint32_t k = l->in_flow[i];
		int v = l->x[k]->bytes[o];

		if (!look_has(l, k, o, 1))
			continue;
		if (l->flow[k] != flow)
			before[0] = before[1] = -1;
		flow = l->flow[k];
		if (v != before[0] && v != before[1]) {
			hist[v]++;
			n++;
		}
		before[1] = before[0];
		before[0] = v;
	}
	return n;
}

/* Bits that move freely: beside each value of the others, and over all, where a few messages of many
 * values show it better. */
static uint8_t free_bits(const uint32_t hist[256])
{
	uint8_t bits = 0;

	for (int bit = 1; bit < 256; bit *= 2) {
		double x = 0, df = 0, clear = 0, set = 0;

		for (int v = 0; v < 256; v++) {
			double n = hist[v], m = hist[v ^ bit];

			if (v & bit || n + m <= 0)
				continue;
			x += (n - m) * (n - m) / (n + m);
			df++;
			clear += n;
			set += m;
		}
		if (df > 0 && chance_chi2(x, df) > FREE_P &&
		    erfc(fabs(clear - set) / sqrt(2 * (clear + set))) > FREE_P)
			bits |= (uint8_t)bit;
	}
	return bits;
}

/* Counts of the values under @mask. */
static uint32_t masked_hist(const uint32_t all[256], uint8_t mask, uint32_t hist[256])
{
	uint32_t distinct = 0;

	memset(hist, 0, 256 * sizeof(*hist));
	for (int v = 0; v < 256; v++)
		hist[v & mask] += all[v];
	for (int v = 0; v < 256; v++)
		distinct += hist[v] > 0;
	return distinct;
}

/* Whether as many different values are seen as a draw of free bits would show beside each of the values
 * of the rest. */
static bool many_enough(const struct column *c, uint8_t bits, const uint32_t rest[256])
{
	double cells = 1 << __builtin_popcount(bits), expected = 0;

	for (int v = 0; v < 256; v++)
		expected += cells * (1 - pow(1 - 1 / cells, rest[v]));
	return c->distinct >= 0.7 * expected;
}

bool random_as_far_as_seen(const struct look *l, uint32_t o)
{
	uint32_t hist[256], n, distinct = 0;
	double pairs;

	if (o >= l->bytes)
		return false;
	n = drawn(l, o, hist);
	if (n < SEEN_LEAST || n >= FREE_LEAST)
		return false;
	for (int v = 0; v < 256; v++)
		distinct += hist[v] > 0;
	pairs = n * (n - 1) / 2.0 / 256; /* of messages with the same value, by chance */
	return n - distinct <= pairs + 4 * sqrt(pairs) + 0.5;
}

static void put_values(struct idea *i, uint32_t *hist, uint32_t n)
{
	for (i->s.values_n = 0; i->s.values_n < n && i->s.values_n < STATEMENT_VALUES_MAX;) {
		int top = 0;

		for (int v = 1; v < 256; v++)
			if (hist[v] > hist[top])
				top = v;
		i->s.counts[i->s.values_n] = hist[top];
		i->values[i->s.values_n++] = (uint8_t)top;
		hist[top] = 0;
	}
}

static double choose(uint32_t n, uint32_t k)
{
	return exp(lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0));
}

static bool mostly_printable(const struct column *c)
{
	uint32_t n = 0;

	for (int v = 0; v < 256; v++)
		n += printable((uint8_t)v) ? c->hist[v] : 0;
	return n * 20 > c->n * 17 && c->distinct > 2;
}

/* A byte that is mostly printable, beside another: of a text its single bytes say nothing. */
static bool part_of_text(const struct look *l, uint32_t o)
{
	return mostly_printable(&l->col[o]) && o && mostly_printable(&l->col[o - 1]) &&
	       (o + 1 >= l->bytes || l->col[o + 1].constant || mostly_printable(&l->col[o + 1]));
}

static bool free_part(struct board *b, const struct look *l, uint32_t o)
{
	const struct column *c = &l->col[o];
	uint32_t all[256], hist[256], n = drawn(l, o, all), rest;
	uint8_t bits = n >= FREE_LEAST ? free_bits(all) : 0, mask = (uint8_t)~bits;
	struct idea *i;

	rest = masked_hist(all, mask, hist);
	if (__builtin_popcount(bits) == 7 && !(c->fixed & ~bits)) {
		bits = 0xff; /* one bit by bad luck */
		mask = 0;
		rest = masked_hist(all, mask, hist);
	}
	if (__builtin_popcount(bits) < (rest > 1 ? 3 : 2) || (bits != 0xff && part_of_text(l, o)) ||
	    rest > FEW || !many_enough(c, bits, hist))
		return false;
	if (bits == 0xff) {
		i = board_add(b, STATEMENT_RANDOM, o, 1);
		i->chance = NAN;
		i->s.to_end = o + 1 >= l->bytes ? l->longest > o + 1 : l->col[o + 1].n < FREE_LEAST;
		return true;
	}
	i = board_add(b, rest == 1 ? STATEMENT_MASKED : STATEMENT_VALUES, o, 1);
	i->chance = usual_mass(l, o, hist, mask);
	i->ways = 256 * choose(1U << __builtin_popcount(mask), rest);
	i->s.mask = mask;
	if (rest == 1)
		i->s.value = c->top & mask;
	else
		put_values(i, hist, rest);
	return true;
}

static bool has_few(const struct look *l, uint32_t o)
{
	const struct column *c = &l->col[o];
	uint32_t once = 0;

	for (int v = 0; v < 256; v++)
		once += c->hist[v] == 1;
	if (!in_most(l, o) || part_of_text(l, o))
		return false;
	return once * 20 <= c->n && !c->constant && c->distinct <= FEW && c->n >= FEW_LEAST &&
	       c->n >= 3 * c->distinct;
}

/* Different values of bytes [@from, @to) together, at most FEW, most frequent first; FEW + 1 = more. */
static uint32_t together(const struct look *l, uint32_t from, uint32_t to, uint8_t *values,
			 uint32_t *counts)
{
	uint32_t n = 0, w = to - from;

	for (uint32_t k = 0; k < l->n; k++) {
		const uint8_t *b = l->x[k]->bytes + from;
		uint32_t i = 0;

		if (!look_has(l, k, from, w))
			continue;
		while (i < n && memcmp(values + (size_t)i * w, b, w))
			i++;
		if (i == FEW)
			return FEW + 1;
		if (i == n) {
			memcpy(values + (size_t)i * w, b, w);
			counts[n++] = 0;
		}
		counts[i]++;
	}
	return n;
}

static void most_frequent_first(uint8_t *values, uint32_t *counts, uint32_t n, uint32_t w)
{
	for (uint32_t i = 1; i < n; i++)
		for (uint32_t j = i; j && counts[j - 1] < counts[j]; j--) {
			uint8_t v[TOGETHER];
			uint32_t c = counts[j];

			memcpy(v, values + (size_t)j * w, w);
			memcpy(values + (size_t)j * w, values + (size_t)(j - 1) * w, w);
			memcpy(values + (size_t)(j - 1) * w, v, w);
			counts[j] = counts[j - 1];
			counts[j - 1] = c;
		}
}

/* How far bytes from @o on move together: as many values as the one that has most. */
static uint32_t end_of_together(const struct look *l, uint32_t o)
{
	uint8_t values[TOGETHER * (FEW + 1)];
	uint32_t counts[FEW + 1], most = l->col[o].distinct, to = o + 1;

	for (; to < l->bytes && to - o < TOGETHER && has_few(l, to); to++) {
		const struct column *c = &l->col[to];

		if (c->n != l->col[o].n || c->distinct < most ||
		    together(l, o, to + 1, values, counts) > c->distinct)
			break;
	}
	return to;
}

/* Whether bytes [@o, @o + @w) change as often from one message of a sender to its next as values do that
 * have nothing to do with time. A number that is the same for a while has few values as well. */
static bool come_and_go(const struct look *l, uint32_t o, uint32_t w, const struct idea *i)
{
	const struct sample *last[LOOK_MAX] = {NULL};
	double n = 0, changes = 0, same = 0;

	for (uint32_t k = 0; k < i->s.values_n; k++)
		same += (double)i->s.counts[k] * i->s.counts[k];
	same /= (double)l->col[o].n * l->col[o].n;
	for (uint32_t t = 0; t < l->n; t++) {
		uint32_t k = l->in_time[t], from = l->from[k];

		if (!look_has(l, k, o, w))
			continue;
		if (last[from]) {
			n++;
			changes += memcmp(last[from]->bytes + o, l->x[k]->bytes + o, w) != 0;
		}
		last[from] = l->x[k];
	}
	return n < 4 || changes >= COME_AND_GO * n * (1 - same);
}

/* Whether a zero before the byte at @o is the high byte of a number of 16 bits. */
static bool high_zero(const struct look *l, uint32_t o, uint32_t to)
{
	return o % 2 && to == o + 1 && l->col[o - 1].constant && !l->col[o - 1].top &&
	       l->col[o - 1].n == l->col[o].n;
}

/* Offset after the bytes of which something is said. */
static uint32_t few_values(struct board *b, const struct look *l, uint32_t o)
{
	uint32_t to;
	struct idea *i;

	if (!has_few(l, o) || (!l->narrow && o >= HEAD))
		return o + 1;
	to = end_of_together(l, o);
	if (high_zero(l, o, to))
		o--;
	i = board_add(b, STATEMENT_VALUES, o, to - o);
	i->s.mask = 0xff;
	i->s.values_n = together(l, o, to, i->values, i->s.counts);
	most_frequent_first(i->values, i->s.counts, i->s.values_n, to - o);
	i->chance = 1;
	for (uint32_t k = o; k < to; k++)
		i->chance *= usual_mass(l, k, l->col[k].hist, 0xff);
	if (!come_and_go(l, o, to - o, i))
		i->chance = 1;
	i->ways = choose(256, l->col[o].distinct);
	return to;
}

static bool printable_column(const struct look *l, uint32_t o)
{
	const struct column *c = &l->col[o];
	uint32_t n = 0;

	for (int v = 0; v < 256; v++)
		n += printable((uint8_t)v) ? c->hist[v] : 0;
	return n >= 0.98 * c->n;
}

/* Different characters in offsets [@from, @to), and whether any of these varies. */
static uint32_t signs(const struct look *l, uint32_t from, uint32_t to, bool *varies)
{
	bool seen[256] = {false};
	uint32_t n = 0;

	*varies = false;
	for (uint32_t o = from; o < to; o++) {
		*varies = *varies || !l->col[o].constant;
		for (int v = 0; v < 256; v++) {
			n += l->col[o].hist[v] && !seen[v];
			seen[v] = seen[v] || l->col[o].hist[v];
		}
	}
	return n;
}

static uint32_t text_run(struct board *b, const struct look *l, uint32_t from)
{
	uint32_t to = from;
	struct idea *i;
	bool varies;

	while (to < l->bytes && printable_column(l, to))
		to++;
	if (to - from < TEXT_RUN || signs(l, from, to, &varies) < TEXT_SIGNS || !varies)
		return to + 1;
	i = board_add(b, STATEMENT_TEXT, from, to - from);
	i->s.to_end = to == l->bytes && l->longest > l->shortest;
	i->chance = pow(98 / 256.0, TEXT_SURE);
	i->ways = l->bytes;
	return to + 1;
}

static void find_text(struct board *b, const struct look *l)
{
	for (uint32_t o = 0; o < l->bytes;)
		o = text_run(b, l, o);
}

void find_values(struct board *b, const struct look *l)
{
	for (uint32_t o = 0; o < l->bytes;) {
		b->tried += 4;
		if (l->col[o].constant && perhaps_in_most(l, o)) {
			o = constant_run(b, l, o);
			continue;
		}
		o = free_part(b, l, o) ? o + 1 : few_values(b, l, o);
	}
	find_text(b, l);
}
