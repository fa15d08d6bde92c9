// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * find_echo.c - bytes that are copied from an earlier message
 *
 * Every offset of the message is held against every offset of each earlier message. Sixteen messages
 * decide whether a pair is looked at in all of them. Pairs that are equal are put together to runs of
 * bytes with the same distance. A run counts only when it does not hold as well between a message and
 * what another flow of the same hosts had before: a constant, a size that repeats and a number that is
 * always small are no echoes. Of other flows' messages no echo is looked for: what a host repeats in every
 * flow is its constant.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/field/chance.h"
#include "analysis/field/find_echo.h"
#include "analysis/field/holds.h"

#define REACH	   EARLIER_BYTES
#define PAST_LEAST 4
#define MOST_HOLD  0.9	/* of the messages */
#define ONE_HOLDS  0.98 /* where it is one byte */
#define SOME	   0.3	/* of the messages have such an earlier one */
#define BEATS	   0.35 /* so much more than among partners */
#define SOMETIMES  0.1	/* likewise, of a byte beside */
#define HOPS	   8	/* from partner to partner */
#define STILL	   0.9	/* of one value: it is not copied, it is constant */

/* The probe: the first messages that have such an earlier one. */
struct probe {
	enum statement_of of;
	uint32_t k[LOOK_PROBE], n;
	uint8_t own[REACH][LOOK_PROBE], past[REACH][LOOK_PROBE];
	uint16_t own_has[REACH], past_has[REACH]; /* bit by message */
};

static void fill_probe(struct probe *p, const struct look *l, enum statement_of of)
{
	memset(p, 0, sizeof(*p));
	p->of = of;
	for (uint32_t k = 0; k < l->n && p->n < LOOK_PROBE; k++) {
		const struct sample *x = l->x[k];
		const struct earlier *e = &x->earlier[of];

		if (!e->number)
			continue;
		for (uint32_t o = 0; o < REACH; o++) {
			p->own[o][p->n] = x->bytes[o];
			p->past[o][p->n] = o < e->kept ? e->bytes[o] : 0;
			p->own_has[o] |= (uint16_t)((o < x->kept) << p->n);
			p->past_has[o] |= (uint16_t)((o < e->kept) << p->n);
		}
		p->k[p->n++] = k;
	}
}

/* Bit i is set where byte i of both is the same. */
static uint16_t equal16(const uint8_t *a, const uint8_t *b)
{
	uint16_t bits = 0;

	for (int half = 0; half < 2; half++) {
		uint64_t x, y, t;

		memcpy(&x, a + 8 * half, 8);
		memcpy(&y, b + 8 * half, 8);
		x ^= y;
		t = (x & 0x7f7f7f7f7f7f7f7fULL) + 0x7f7f7f7f7f7f7f7fULL;
		t = ~(t | x | 0x7f7f7f7f7f7f7f7fULL) >> 7;
		bits |= (uint16_t)((uint16_t)(t * 0x0102040810204080ULL >> 56) << 8 * half);
	}
	return bits;
}

static bool probe_passes(const struct probe *p, uint32_t a, uint32_t c)
{
	uint16_t has = p->own_has[a] & p->past_has[c];
	uint16_t same = equal16(p->own[a], p->past[c]) & has;
	int n;

	if (!(same & (same - 1))) /* one at most: most pairs end here */
		return false;
	n = __builtin_popcount(has);
	return n >= 3 && __builtin_popcount(same) * 4 >= n * 3;
}

/* Whether @x has the bytes of @s, and its own past those that they are held against. */
static bool both_have(const struct statement *s, const struct sample *x)
{
	const struct earlier *e = &x->earlier[s->of];

	return e->number && s->of_offset + s->width <= e->kept && s->offset + s->width <= x->kept &&
	       (!s->copies || is_copy(x, e));
}

/* Another message that has such a past: the partner, or one far away. */
static const struct sample *another(const struct look *l, const struct statement *s, uint32_t k)
{
	uint32_t p = l->partner[k];

	for (int i = 0; i < HOPS && (!both_have(s, l->x[p]) || l->flow[p] == l->flow[k]); i++)
		p = l->partner[p];
	for (uint32_t i = 0; i < l->n && !both_have(s, l->x[p]); i++)
		p = (k + l->n / 2 + i) % l->n;
	return l->x[p];
}

/* The part of messages for which bytes [@a, @a + @w) are those at @c of the past: their own, or that
 * of another. */
static double part_equal(const struct look *l, const struct statement *s, bool partners,
			 uint32_t *n)
{
	uint32_t held = 0;

	*n = 0;
	for (uint32_t k = 0; k < l->n; k++) {
		const struct sample *x = l->x[k], *y = x;

		if (!both_have(s, x))
			continue;
		if (partners)
			y = another(l, s, k);
		held += !memcmp(x->bytes + s->offset, y->earlier[s->of].bytes + s->of_offset,
				s->width);
		++*n;
	}
	return *n ? held / (double)*n : 0;
}

/* Whether a byte of @s is nearly always the same where there is such a past. */
static bool still(const struct look *l, struct statement s, uint32_t o)
{
	uint32_t hist[256] = {0}, n = 0, top = 0;

	s.of_offset += o - s.offset;
	s.offset = o;
	s.width = 1;
	for (uint32_t k = 0; k < l->n; k++) {
		if (!both_have(&s, l->x[k]))
			continue;
		hist[l->x[k]->bytes[o]]++;
		n++;
	}
	for (int v = 0; v < 256; v++)
		top = hist[v] > top ? hist[v] : top;
	return top >= STILL * n;
}

/* Whether a part @held of @n messages is as good as nearly all. */
static bool nearly_all(double held, uint32_t n)
{
	return chance_not_less((uint32_t)(held * n + 0.5), n, MOST_HOLD);
}

static bool holds_alone(const struct look *l, struct statement s, uint32_t o)
{
	double held;
	uint32_t n;

	s.of_offset += o - s.offset;
	s.offset = o;
	s.width = 1;
	held = part_equal(l, &s, false, &n);
	return n >= PAST_LEAST && nearly_all(held, n);
}

/* What is constant at the ends of a run is not copied; but a run as wide as numbers and addresses are
 * may have a still part, and so may the high byte of a number. */
static void trim(const struct look *l, struct statement *s)
{
	struct statement all = *s;

	while (s->width && still(l, *s, s->offset)) {
		s->offset++;
		s->of_offset++;
		s->width--;
	}
	while (s->width && still(l, *s, s->offset + s->width - 1))
		s->width--;
	if (!s->width)
		return;
	if (all.width == 2 || all.width == 4) {
		*s = all;
	} else if (s->width % 2 && s->offset > all.offset && l->col[s->offset - 1].top) {
		s->offset--;
		s->of_offset--;
		s->width++;
	}
}

/* One byte says little: it has to take many values, or be part of what the other side just sent. */
static bool too_little(const struct look *l, const struct statement *s)
{
	const struct column *c = &l->col[s->offset];
	bool other = s->of == OF_OTHER || s->of == OF_OTHER_BEFORE;

	return s->width == 1 && (!other || c->distinct < (other ? 8 : 24) || c->top_n * 5 > c->n);
}

/* Two bytes drawn at these offsets from messages that have nothing to do with each other. */
static double meet_by_chance(const struct look *l, const struct statement *s, double partners,
			     uint32_t n)
{
	double least = 1;

	for (uint32_t o = s->offset; o < s->offset + s->width; o++) {
		const struct column *c = &l->col[o];
		double sum = 0;

		for (int v = 0; v < 256; v++)
			sum += (double)c->hist[v] * c->hist[v];
		sum /= (double)c->n * c->n;
		least *= sum > 1 / 256.0 ? sum : 1 / 256.0;
	}
	partners -= 1.0 / (n + 1); /* one meeting of n says little */
	return partners > least ? partners : least;
}

/* Whether the byte at @by of the one byte of @s is copied as well in some of the messages: then it is a field of
 * two, which comes from this message only sometimes. */
static bool copied_beside(const struct look *l, struct statement s, int by)
{
	uint32_t n, m;

	if ((by < 0 && (!s.offset || !s.of_offset)) || s.offset + 1 >= l->bytes)
		return false;
	s.offset = (uint32_t)((int)s.offset + by);
	s.of_offset = (uint32_t)((int)s.of_offset + by);
	if (l->col[s.offset].constant)
		return false;
	return part_equal(l, &s, false, &n) >= part_equal(l, &s, true, &m) + SOMETIMES;
}

/* Ends a run where too few messages go on: the end of a long one must not take its beginning with it. */
static void shorten(const struct look *l, struct statement *s)
{
	uint32_t n;

	for (; s->width > 1; s->width--) {
		part_equal(l, s, false, &n);
		if (n >= PAST_LEAST && (s->copies || n >= SOME * l->col[s->offset].n))
			return;
	}
}

static void offer(struct board *b, const struct look *l, struct statement s)
{
	uint32_t n, m;
	double held, partners;
	struct idea *i;

	shorten(l, &s);
	trim(l, &s);
	if (!s.width || too_little(l, &s) ||
	    (s.width == 1 && (copied_beside(l, s, 1) || copied_beside(l, s, -1))))
		return;
	held = part_equal(l, &s, false, &n);
	partners = part_equal(l, &s, true, &m);
	if (n < PAST_LEAST || !(s.width == 1 ? held >= ONE_HOLDS : nearly_all(held, n)) ||
	    held < partners + BEATS || (!s.copies && n < SOME * l->col[s.offset].n))
		return;
	i = board_add(b, STATEMENT_ECHO, s.offset, s.width);
	i->s.of = s.of;
	i->s.of_offset = s.of_offset;
	i->s.copies = s.copies;
	i->chance = meet_by_chance(l, &s, partners, m);
	i->by_value = true;
}

/* Runs along one diagonal: offset in the past = offset + @shift. */
static void diagonal(struct board *b, const struct look *l, const struct probe *p, int32_t shift)
{
	uint32_t reach = l->bytes < REACH ? l->bytes : REACH;
	struct statement s = {.of = p->of};

	for (uint32_t o = 0; o <= reach; o++) {
		int32_t c = (int32_t)o + shift;
		bool in = o < reach && c >= 0 && c < REACH;
		bool on = in && (s.width ? true : !l->col[o].constant) &&
			  probe_passes(p, o, (uint32_t)c);

		b->tried += in && !l->col[o].constant;
		if (on) {
			struct statement one = {.of = p->of, .offset = o, .of_offset = (uint32_t)c};

			on = holds_alone(l, one, o);
		}
		if (on && !s.width) {
			s.offset = o;
			s.of_offset = (uint32_t)c;
		}
		if (on) {
			s.width++;
		} else if (s.width) {
			offer(b, l, s);
			s.width = 0;
		}
	}
}

/* Whether no value of the byte at @o is frequent. */
static bool varies(const struct look *l, uint32_t o)
{
	return o < l->bytes && l->col[o].top_n * 5 <= l->col[o].n;
}

static uint32_t copies(const struct look *l, enum statement_of of)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < l->n; k++)
		n += is_copy(l->x[k], &l->x[k]->earlier[of]);
	return n;
}

/* Whether copies are frequent; or there are a few, and two messages seldom begin alike by chance. */
static bool enough_copies(const struct look *l, enum statement_of of)
{
	uint32_t n = copies(l, of);

	return n * 10 >= l->past_n[of] * 3 || (n >= PAST_LEAST && (varies(l, 0) || varies(l, 1)));
}

/* What a message repeats of one that it is a copy of: what is not made anew. */
static void find_copied(struct board *b, const struct look *l, enum statement_of of)
{
	uint32_t reach = l->bytes < REACH ? l->bytes : REACH;
	struct statement s = {.of = of, .copies = true};

	if (!l->narrow || !enough_copies(l, of))
		return;
	for (uint32_t o = 2; o <= reach; o++) {
		struct statement one = {
			.of = of, .offset = o, .of_offset = o, .width = 1, .copies = true};
		bool on = o < reach && !l->col[o].constant && holds_alone(l, one, o);

		b->tried++;
		if (on && !s.width)
			s.offset = s.of_offset = o;
		if (on) {
			s.width++;
		} else if (s.width) {
			offer(b, l, s);
			s.width = 0;
		}
	}
}

void find_echoes(struct board *b, const struct look *l)
{
	struct probe p;

	find_copied(b, l, OF_SAME);
	for (int of = 0; of < OF_HOST; of++) {
		if (l->past_n[of] < PAST_LEAST || l->past_n[of] < l->n / 20)
			continue;
		fill_probe(&p, l, (enum statement_of)of);
		for (int32_t shift = -REACH + 1; shift < REACH; shift++)
			diagonal(b, l, &p, shift);
	}
}
