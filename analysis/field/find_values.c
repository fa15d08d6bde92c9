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

#define FEW	   8  /* values */
#define FEW_LEAST  8  /* messages to say that values are few */
#define FREE_LEAST 24 /* messages to see that a bit moves freely */
#define TEXT_RUN   4
#define TEXT_SIGNS 10 /* different characters in a text */

static double usual_mass(const struct look *l, const struct column *c)
{
	double sum = 0;

	for (int v = 0; v < 256; v++)
		sum += c->hist[v] ? l->usual[v] : 0;
	return sum < 1 ? sum : 1;
}

static double at_most_half(double p)
{
	return p < 0.5 ? p : 0.5;
}

static bool exact(const struct column *c)
{
	return c->top_n == c->n;
}

/* Whether offset @o goes on the run of constants that begins at @from. */
static bool goes_on(const struct look *l, uint32_t from, uint32_t o)
{
	const struct column *a = &l->col[from], *b = &l->col[o];

	return b->constant && exact(a) == exact(b) && b->n >= a->n - a->n / 10;
}

static uint32_t constant_run(struct board *b, const struct look *l, uint32_t from)
{
	double chance = 1;
	uint32_t o = from;
	struct idea *i;

	for (; o < l->bytes && (o == from || goes_on(l, from, o)); o++)
		chance *= at_most_half(l->usual[l->col[o].top]);
	i = board_add(b, STATEMENT_CONSTANT, from, o - from);
	for (uint32_t k = from; k < o; k++)
		i->values[k - from] = l->col[k].top;
	i->s.values_n = 1;
	i->s.mask = 0xff;
	i->chance = chance;
	return o;
}

/* Bits that move freely at this offset. */
static uint8_t free_bits(const struct column *c)
{
	uint8_t bits = 0;

	for (int bit = 1; bit < 256; bit *= 2) {
		double x = 0, df = 0;

		for (int v = 0; v < 256; v++) {
			double n = c->hist[v], m = c->hist[v ^ bit];

			if (v & bit || n + m <= 0)
				continue;
			x += (n - m) * (n - m) / (n + m);
			df++;
		}
		if (df > 0 && chance_chi2(x, df) > 0.001)
			bits |= (uint8_t)bit;
	}
	return bits;
}

/* Counts of the values under @mask. */
static uint32_t masked_hist(const struct column *c, uint8_t mask, uint32_t hist[256])
{
	uint32_t distinct = 0;

	memset(hist, 0, 256 * sizeof(*hist));
	for (int v = 0; v < 256; v++)
		hist[v & mask] += c->hist[v];
	for (int v = 0; v < 256; v++)
		distinct += hist[v] > 0;
	return distinct;
}

/* Whether as many different values are seen as a draw of free bits would show. */
static bool many_enough(const struct column *c, uint8_t bits, uint32_t rest)
{
	double cells = (double)rest * (1 << __builtin_popcount(bits));
	double expected = cells * (1 - pow(1 - 1 / cells, c->n));

	return c->distinct >= 0.8 * expected;
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

static double mask_mass(const struct look *l, const uint32_t hist[256], uint8_t mask)
{
	double sum = 0;

	for (int v = 0; v < 256; v++)
		sum += hist[v & mask] ? l->usual[v] : 0;
	return sum;
}

static bool free_part(struct board *b, const struct look *l, uint32_t o)
{
	const struct column *c = &l->col[o];
	uint8_t bits = c->n >= FREE_LEAST ? free_bits(c) : 0, mask = (uint8_t)~bits;
	uint32_t hist[256], rest = masked_hist(c, mask, hist);
	struct idea *i;

	if (__builtin_popcount(bits) < 2 || rest > FEW || !many_enough(c, bits, rest))
		return false;
	if (bits == 0xff) {
		i = board_add(b, STATEMENT_RANDOM, o, 1);
		i->chance = NAN;
		return true;
	}
	i = board_add(b, rest == 1 ? STATEMENT_MASKED : STATEMENT_VALUES, o, 1);
	i->chance = mask_mass(l, hist, mask);
	i->ways = 256 * choose(1U << __builtin_popcount(mask), rest);
	i->s.mask = mask;
	if (rest == 1)
		i->s.value = c->top & mask;
	else
		put_values(i, hist, rest);
	return true;
}

static void few_values(struct board *b, const struct look *l, uint32_t o)
{
	const struct column *c = &l->col[o];
	uint32_t hist[256];
	struct idea *i;

	if (c->distinct > FEW || c->n < FEW_LEAST || c->n < 3 * c->distinct)
		return;
	memcpy(hist, c->hist, sizeof(hist));
	i = board_add(b, STATEMENT_VALUES, o, 1);
	i->s.mask = 0xff;
	i->chance = usual_mass(l, c);
	i->ways = choose(256, c->distinct);
	put_values(i, hist, c->distinct);
}

static bool printable(int v)
{
	return (v >= 0x20 && v <= 0x7e) || v == '\t' || v == '\r' || v == '\n';
}

static bool printable_column(const struct look *l, uint32_t o)
{
	const struct column *c = &l->col[o];
	uint32_t n = 0;

	for (int v = 0; v < 256; v++)
		n += printable(v) ? c->hist[v] : 0;
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
	i->chance = pow(98 / 256.0, to - from);
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
		if (l->col[o].constant) {
			o = constant_run(b, l, o);
			continue;
		}
		if (!free_part(b, l, o))
			few_values(b, l, o);
		o++;
	}
	find_text(b, l);
}
