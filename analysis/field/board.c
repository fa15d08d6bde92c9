// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * board.c - where those who search a class write what they found, and who is right
 *
 * Every idea is counted anew by statement_holds(). Of two ideas about the same bytes the one that
 * says more keeps them; the order is that of rank_of(). What is said of single bytes (constant, few
 * values, random, text) is cut to the bytes that are left. A relation whose bytes are taken stays as a
 * second statement. Relations within a message (nibbles, restart, generator) take no bytes.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/field/board.h"
#include "analysis/field/chance.h"
#include "analysis/field/holds.h"
#include "base/err.h"
#include "base/hash.h"

#define FEW_FLOWS 4
#define PIECE	  3  /* random bytes that are too few to stand beside unknown ones */
#define LONG	  3  /* random bytes that go on */
#define FEW_LEFT  24 /* messages that are too few to say that a byte is random */
#define SETS	  (2 * LOOK_MAX)
#define SURE_P	  1e-12
#define P_MOST	  1e-3 /* a first sieve; what is said is corrected for all tries later */

struct idea *board_add(struct board *b, enum statement_kind kind, uint32_t offset, uint32_t width)
{
	struct idea *i;

	if (b->n == b->room) {
		b->room = b->room ? 2 * b->room : 64;
		b->ideas = xrealloc(b->ideas, b->room * sizeof(*b->ideas));
	}
	i = &b->ideas[b->n++];
	memset(i, 0, sizeof(*i));
	i->s.kind = kind;
	i->s.offset = offset;
	i->s.width = width;
	i->s.mask = 0xff;
	i->s.of_class = i->s.said_in = -1;
	i->ways = 1;
	return i;
}

void board_free(struct board *b)
{
	free(b->ideas);
	*b = (struct board){0};
}

/* The part of the messages in which a statement of this kind has to hold. */
static double least_share(const struct statement *s)
{
	switch (s->kind) {
	case STATEMENT_COUNTER:
		return s->loose ? 0.9 : 0.75;
	case STATEMENT_ECHO:
		return s->step ? 0.75 : 0.88;
	case STATEMENT_ADDRESS:
	case STATEMENT_PORT:
	case STATEMENT_TIME:
	case STATEMENT_CHECKSUM:
		return 0.88;
	case STATEMENT_GENERATOR:
		return 0.1;
	case STATEMENT_CONSTANT:
		return 0.95;
	default:
		return 0.96;
	}
}

/* What is so in most messages may be so in a few less of a small class by chance. A checksum is right or is
 * none. */
static bool enough_hold(const struct statement *s)
{
	double least = least_share(s);

	if (s->kind == STATEMENT_CONSTANT || s->kind == STATEMENT_ECHO ||
	    s->kind == STATEMENT_COUNTER)
		return chance_not_less(s->held, s->tried, least);
	return s->held >= least * s->tried;
}

/* Distinct numbers below LOOK_MAX. */
struct distinct {
	uint64_t seen[LOOK_MAX / 64];
	uint32_t n;
};

static void put(struct distinct *d, uint32_t i)
{
	uint64_t bit = 1ULL << i % 64, *w = &d->seen[i / 64];

	d->n += !(*w & bit);
	*w |= bit;
}

/* Different values of the idea's bytes. */
struct value_set {
	uint64_t hash[SETS];
	uint32_t n;
};

static void put_value(struct value_set *v, const struct idea *i, const struct sample *x)
{
	uint32_t w = i->s.width, at = i->s.from_end ? x->size - i->s.offset : i->s.offset;
	uint64_t h;

	if (i->s.kind == STATEMENT_RESTART || i->s.kind == STATEMENT_NIBBLE)
		w += i->s.shift;
	if (at > x->kept)
		return;
	h = fnv1a(x->bytes + at, at + w > x->kept ? x->kept - at : w) | 1;
	for (uint32_t k = (uint32_t)(h >> 24) % SETS; v->hash[k] != h; k = (k + 1) % SETS)
		if (!v->hash[k]) {
			v->hash[k] = h;
			v->n++;
			return;
		}
}

struct tally {
	struct distinct from, to, flows;
	uint32_t delays;
	uint16_t inputs, first_input;
	struct value_set values; /* of ideas that are @by_value */
	uint64_t delay[LOOK_MAX];
};

static void tally_held(struct tally *t, struct statement *s, const struct look *l, uint32_t k)
{
	const struct sample *x = l->x[k];
	const struct earlier *e = &x->earlier[s->of];

	put(&t->from, l->from[k]);
	put(&t->to, l->to[k]);
	if (!s->held++) {
		s->example = (struct field_example){x->number, x->input};
		t->first_input = x->input;
		t->inputs = 1;
	}
	if (x->input != t->first_input && t->inputs < 2)
		t->inputs = 2;
	if ((s->kind == STATEMENT_ECHO || s->kind == STATEMENT_COUNTER) && e->number)
		t->delay[t->delays++] = x->ts_ns > e->ts_ns ? x->ts_ns - e->ts_ns : 0;
}

static int by_delay(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint32_t units_of(const struct idea *i, const struct look *l, const struct tally *t)
{
	uint32_t n = t->flows.n, different = i->s.tried < t->values.n ? i->s.tried : t->values.n;

	if (l->flows < FEW_FLOWS)
		n = i->s.tried < l->units ? i->s.tried : l->units;
	return i->by_value && different > n ? different : n;
}

static void set_p(struct idea *i)
{
	struct statement *s = &i->s;
	uint32_t n = s->units, k;

	if (isnan(i->chance)) {
		s->p = NAN;
		return;
	}
	if (n && (s->kind == STATEMENT_CONSTANT || s->kind == STATEMENT_VALUES ||
		  s->kind == STATEMENT_MASKED))
		n--; /* the first is what the others are held against */
	k = s->tried ? (uint32_t)((double)n * s->held / s->tried) : 0;
	s->p = i->ways * chance_at_least(k, n, i->chance);
	s->p = s->p < 1 ? s->p : 1;
}

static void count(struct idea *i, const struct look *l)
{
	struct statement *s = &i->s;
	struct tally *t = xmalloc(sizeof(*t));

	memset(t, 0, offsetof(struct tally, values));
	if (i->by_value)
		memset(&t->values, 0, sizeof(t->values));
	t->values.n = 0;
	s->held = s->tried = 0;
	s->example = s->against = (struct field_example){0};
	s->values = i->values;
	for (uint32_t k = 0; k < l->n; k++) {
		int r = statement_holds(s, l->x[k]);

		if (r < 0)
			continue;
		s->tried++;
		put(&t->flows, l->flow[k]);
		if (i->by_value)
			put_value(&t->values, i, l->x[k]);
		if (r)
			tally_held(t, s, l, k);
		else if (!s->against.number)
			s->against = (struct field_example){l->x[k]->number, l->x[k]->input};
	}
	s->senders = t->from.n;
	s->receivers = t->to.n;
	s->inputs = t->inputs;
	s->units = units_of(i, l, t);
	qsort(t->delay, t->delays, sizeof(t->delay[0]), by_delay);
	s->delay_ns = t->delays ? t->delay[t->delays / 2] : 0;
	if (!i->taken)
		set_p(i);
	free(t);
}

void board_count(struct board *b, const struct look *l)
{
	for (uint32_t i = 0; i < b->n; i++)
		count(&b->ideas[i], l);
}

static int rank_of(const struct idea *i)
{
	switch (i->s.kind) {
	case STATEMENT_ADDRESS:
		return i->s.whose <= WHOSE_RECEIVER ? 0 : 4;
	case STATEMENT_CHECKSUM:
	case STATEMENT_PORT:
	case STATEMENT_STRINGS:
	case STATEMENT_OPTIONS:
	case STATEMENT_RECORDS:
		return 1;
	case STATEMENT_LENGTH:
		return 2;
	case STATEMENT_ECHO:
		return i->s.step ? 4 : i->s.copies ? 5 : 3;
	case STATEMENT_COUNTER:
		return i->s.loose || i->s.width == 1 ? 4 : 3;
	case STATEMENT_TIME:
		return 3;
	case STATEMENT_NUMBER:
		return 5;
	case STATEMENT_CONSTANT:
		return 6;
	case STATEMENT_TEXT:
		return i->s.wide ? 4 : 7;
	case STATEMENT_MASKED: /* a few messages have few values where the whole class has free bits */
		return i->number ? 5 : i->taken ? 8 : 9;
	case STATEMENT_VALUES:
		return i->number ? 5 : 9;
	case STATEMENT_RANDOM:
		return 10;
	default:
		return 8;
	}
}

static double share(const struct idea *i)
{
	return i->s.tried ? i->s.held / (double)i->s.tried : 0;
}

/* Of how many values, where these are beyond doubt: fewer say more. */
static uint32_t values_surely(const struct idea *i)
{
	return i->s.kind == STATEMENT_VALUES && i->s.p <= SURE_P ? i->s.values_n : UINT32_MAX;
}

static int by_rank(const void *a, const void *b)
{
	const struct idea *x = a, *y = b;

	if (rank_of(x) != rank_of(y))
		return rank_of(x) - rank_of(y);
	if (x->s.width != y->s.width)
		return x->s.width > y->s.width ? -1 : 1;
	if (x->s.kind != y->s.kind)
		return x->s.kind == STATEMENT_ECHO   ? -1
		       : y->s.kind == STATEMENT_ECHO ? 1
						     : (int)x->s.kind - (int)y->s.kind;
	if (x->s.kind == STATEMENT_COUNTER && share(x) != share(y))
		return share(x) > share(y) ? -1 : 1;
	if (x->s.of != y->s.of)
		return x->s.of < y->s.of ? -1 : 1;
	if (x->s.offset != y->s.offset)
		return x->s.offset < y->s.offset ? -1 : 1;
	if (x->s.of_offset != y->s.of_offset)
		return x->s.of_offset < y->s.of_offset ? -1 : 1;
	if (values_surely(x) != values_surely(y))
		return values_surely(x) < values_surely(y) ? -1 : 1;
	return y->taken - x->taken;
}

static bool of_single_bytes(const struct statement *s)
{
	return s->kind == STATEMENT_CONSTANT || s->kind == STATEMENT_RANDOM ||
	       s->kind == STATEMENT_TEXT;
}

static bool within_message(const struct statement *s)
{
	return s->kind == STATEMENT_NIBBLE || s->kind == STATEMENT_RESTART ||
	       s->kind == STATEMENT_GENERATOR;
}

/* Who has which byte, from the front and from the end. */
struct owners {
	bool taken[2][SAMPLE_BYTES + 16];
};

static bool *owned(struct owners *o, const struct statement *s)
{
	/* from the end: byte -n is at 16 + SAMPLE_BYTES - n */
	return s->from_end ? &o->taken[1][SAMPLE_BYTES + 16 - s->offset] : &o->taken[0][s->offset];
}

static uint32_t left_of(struct owners *o, const struct statement *s)
{
	uint32_t n = 0;
	const bool *t = owned(o, s);

	for (uint32_t i = 0; i < s->width; i++)
		n += !t[i];
	return n;
}

/* Adds what is left of ideas[@at] as one idea a piece. */
static void add_pieces(struct board *kept, const struct idea *whole, struct owners *o)
{
	bool *t = owned(o, &whole->s);

	for (uint32_t i = 0, to; i < whole->s.width; i = to + 1) {
		struct idea *p;

		for (to = i; to < whole->s.width && !t[to]; to++)
			t[to] = true;
		if (to == i)
			continue;
		p = board_add(kept, whole->s.kind, 0, 0);
		*p = *whole;
		p->s.offset = whole->s.offset + i;
		p->s.width = to - i;
		p->s.to_end = whole->s.to_end && to == whole->s.width;
		memmove(p->values, p->values + i, BOARD_VALUES - i);
	}
}

/* Whether @kept has a second statement of this kind about the same past already. */
static bool said_twice(const struct board *kept, const struct statement *s)
{
	for (uint32_t i = 0; i < kept->n; i++) {
		const struct statement *t = &kept->ideas[i].s;

		if (t->kind == s->kind && t->of == s->of && t->whose == s->whose &&
		    t->offset < s->offset + s->width && s->offset < t->offset + t->width)
			return true;
	}
	return false;
}

static void claim(struct board *kept, const struct idea *i, struct owners *o)
{
	uint32_t left;
	bool *t;

	if (i->s.kind == STATEMENT_NIBBLE &&
	    (o->taken[0][i->s.offset] || o->taken[0][i->s.of_offset]))
		return;
	if (within_message(&i->s)) {
		*board_add(kept, i->s.kind, 0, 0) = *i;
		return;
	}
	left = left_of(o, &i->s);
	if ((i->number || i->s.kind == STATEMENT_NUMBER) && left < i->s.width)
		return;
	if (of_single_bytes(&i->s)) {
		add_pieces(kept, i, o);
		return;
	}
	if (left * 2 < i->s.width || !left) {
		if ((i->s.kind == STATEMENT_ECHO || i->s.kind == STATEMENT_COUNTER) &&
		    i->s.width > 1 && !said_twice(kept, &i->s)) {
			struct idea *k = board_add(kept, i->s.kind, 0, 0);

			*k = *i;
			k->s.second = true;
		}
		return;
	}
	t = owned(o, &i->s);
	memset(t, true, i->s.width);
	*board_add(kept, i->s.kind, 0, 0) = *i;
}

static bool worth(const struct idea *i)
{
	const struct statement *s = &i->s;

	if (!s->tried || !enough_hold(s))
		return false;
	return isnan(i->chance) || s->p <= P_MOST;
}

/* Bytes are random only beside others of which something is said, and before a generator. */
static void drop_random(struct board *b)
{
	uint32_t said = 0, n = 0, end = UINT32_MAX;

	for (uint32_t i = 0; i < b->n; i++) {
		const struct statement *s = &b->ideas[i].s;

		said += s->kind != STATEMENT_RANDOM;
		if (s->kind == STATEMENT_GENERATOR)
			end = s->offset;
	}
	for (uint32_t i = 0; i < b->n; i++) {
		const struct statement *s = &b->ideas[i].s;

		if (s->kind == STATEMENT_RANDOM && (!said || s->offset >= end))
			continue;
		if (n != i)
			b->ideas[n] = b->ideas[i];
		n++;
	}
	b->n = n;
}

/* Whether the byte at @o takes about as many values as random ones would. */
static bool nearly_random(const struct look *l, uint32_t o)
{
	const struct column *c = &l->col[o];

	return !c->constant && c->distinct > 128 * (1 - exp(-(double)c->n / 256));
}

/* A long run begins a byte earlier, and goes on, where bytes missed it by a little; what others say
 * of these counts more. */
static void extend_random(struct statement *s, const struct look *l)
{
	uint32_t end = s->offset + s->width;

	if (s->width < LONG || l->n < FEW_LEFT)
		return;
	if (s->offset && nearly_random(l, s->offset - 1)) {
		s->offset--;
		s->width++;
	}
	while (end < l->bytes && nearly_random(l, end))
		end++;
	s->width = end - s->offset;
	if (end == l->bytes)
		s->to_end = l->longest > end;
	else if (l->col[end].n < FEW_LEFT)
		s->to_end = true;
}

static int random_by_offset(const void *a, const void *b)
{
	const struct idea *x = a, *y = b;

	return (x->s.offset > y->s.offset) - (x->s.offset < y->s.offset);
}

/* Puts what is said of random bytes behind all else, in the order of the bytes: some is found in this class,
 * some taken over from a wider one. */
static void order_random(struct board *b)
{
	struct idea *random = xcalloc(b->n + 1, sizeof(*random));
	uint32_t n = 0, m = 0;

	for (uint32_t i = 0; i < b->n; i++)
		if (b->ideas[i].s.kind == STATEMENT_RANDOM)
			random[m++] = b->ideas[i];
		else if (n++ != i)
			b->ideas[n - 1] = b->ideas[i];
	qsort(random, m, sizeof(*random), random_by_offset);
	if (m)
		memcpy(b->ideas + n, random, m * sizeof(*random));
	free(random);
}

/* Random bytes side by side become one statement, with one between that missed it by a little. */
static void join_random(struct board *b, const struct look *l)
{
	uint32_t n = 0, last = UINT32_MAX;

	order_random(b);
	for (uint32_t i = 0; i < b->n; i++) {
		struct idea *x = &b->ideas[i], *r = last == UINT32_MAX ? NULL : &b->ideas[last];
		uint32_t end = r ? r->s.offset + r->s.width : 0;

		if (x->s.kind == STATEMENT_RANDOM && r &&
		    (x->s.offset == end || (x->s.offset == end + 1 && nearly_random(l, end)))) {
			r->s.width = x->s.offset + 1 - r->s.offset;
			r->s.to_end = x->s.to_end;
			continue;
		}
		b->ideas[n] = *x;
		if (x->s.kind == STATEMENT_RANDOM)
			last = n;
		n++;
	}
	b->n = n;
	for (uint32_t i = 0; i < n; i++)
		if (b->ideas[i].s.kind == STATEMENT_RANDOM)
			extend_random(&b->ideas[i].s, l);
}

/* Whether @kept says something of byte @o, or all messages end before it. */
static bool said_of(const struct board *kept, const struct look *l, uint32_t o)
{
	if (o >= l->bytes || l->col[o].constant)
		return true;
	for (uint32_t i = 0; i < kept->n; i++) {
		const struct statement *s = &kept->ideas[i].s;

		if (!s->from_end && !within_message(s) && o >= s->offset &&
		    o < s->offset + s->width)
			return true;
	}
	return false;
}

/* A few random bytes beside some of which nothing is known are part of something else. */
static void drop_pieces(struct board *b, const struct look *l)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		const struct statement *s = &b->ideas[i].s;

		if (s->kind == STATEMENT_RANDOM && s->width < PIECE &&
		    ((s->offset && !said_of(b, l, s->offset - 1)) ||
		     !said_of(b, l, s->offset + s->width)))
			continue;
		if (n != i)
			b->ideas[n] = b->ideas[i];
		n++;
	}
	b->n = n;
}

void board_decide(struct board *b, const struct look *l)
{
	struct board kept = {.tried = b->tried};
	struct owners o = {0};

	join_random(b, l);
	if (b->n)
		qsort(b->ideas, b->n, sizeof(*b->ideas), by_rank);
	for (uint32_t i = 0; i < b->n; i++)
		if (worth(&b->ideas[i]))
			claim(&kept, &b->ideas[i], &o);
	drop_pieces(&kept, l);
	drop_random(&kept);
	for (uint32_t i = 0; i < kept.n; i++)
		kept.ideas[i].s.values = NULL;
	free(b->ideas);
	*b = kept;
}
