// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * choose.c - the fewest constraints that keep the negatives out
 *
 * A greedy cover: the next constraint is the one that halves what is left most often, for its cost
 * (constraint.c: relations are cheap, sizes that a version changes are dear). Negatives may be weak:
 * captures of a few protocols. So noise counts too: a rule goes on until messages of free bytes
 * fulfil it once in 2^need only. At the end each constraint without which the rule is as good is
 * dropped, the dearest first. Messages of a TCP rule follow each other: flows are long, and somewhere in
 * one there is a message of any size.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/draft/choose.h"

#define SIZE_BITS 6    /* at most, of a size */
#define CONSTANT  24   /* bytes of a constant that are not taken away */
#define TEXT	  32   /* the same of text, which is no noise: other programs write words, too */
#define LOOKED_AT 2000 /* negatives, for the first choice */
#define SAVED	  32   /* bytes of earlier messages that a rule may compare with, where it waits */

/* Bytes of their own have the chance of noise. What other protocols have, too, is as likely as in them. */
static bool common_to_many(enum draft_kind k)
{
	return k == DRAFT_SIZE || k == DRAFT_SIZE_OF || k == DRAFT_EQUAL || k == DRAFT_CHANGE ||
	       k == DRAFT_LENGTH || k == DRAFT_NIBBLES;
}

void choose_chances(const struct draft_rule *shape, struct draft_proposals *p,
		    const struct draft_list *negatives)
{
	static const uint8_t place[DRAFT_STEPS] = {0, 1, 2, 3};
	struct draft_list alike = {0};

	for (size_t i = 0; i < negatives->n; i++)
		if (rule_fits(shape, negatives->flows[i]))
			draft_list_add(&alike, negatives->flows[i]);
	for (size_t i = 0; i < p->n; i++) {
		struct draft_constraint *c = &p->list[i];
		size_t have = 0;
		double seen;

		if (!common_to_many(c->kind))
			continue;
		for (size_t k = 0; k < alike.n; k++)
			have += constraint_holds(c, alike.flows[k], place, true);
		seen = log2((double)(alike.n + 2) / (double)(have + 1));
		c->bits = fmin(c->kind == DRAFT_SIZE ? SIZE_BITS : c->bits, seen);
	}
	draft_list_clear(&alike);
}

static void put(struct draft_rule *r, const struct draft_constraint *c)
{
	r->constraints[r->n++] = *c;
	r->bits = rule_bits(r);
}

static uint64_t matching(const struct draft_rule *r, const struct draft_list *l, int without,
			 uint64_t most)
{
	uint64_t n = 0;

	for (size_t i = 0; i < l->n && n <= most; i++)
		n += rule_matches(r, l->flows[i], without);
	return n;
}

static int by_bits(const void *a, const void *b)
{
	const struct draft_constraint *const *x = a, *const *y = b;

	return ((*x)->bits < (*y)->bits) - ((*x)->bits > (*y)->bits);
}

uint64_t choose_best_case(const struct draft_rule *shape, const struct draft_proposals *p,
			  const struct draft_list *negatives, uint64_t most, double *bits)
{
	const struct draft_constraint **sorted = calloc(p->n + 1, sizeof(*sorted));
	struct draft_rule r = *shape;

	r.n = 0;
	r.bits = 0;
	for (size_t i = 0; sorted && i < p->n; i++)
		sorted[i] = &p->list[i];
	if (sorted)
		qsort(sorted, p->n, sizeof(*sorted), by_bits);
	for (size_t i = 0; sorted && i < p->n && r.n < DRAFT_CONSTRAINTS; i++)
		put(&r, sorted[i]);
	free(sorted);
	*bits = r.bits;
	return matching(&r, negatives, -1, most);
}

/* A message has one size, and a rule has room for so many bytes of earlier messages. */
static bool fits_beside(const struct draft_rule *r, const struct draft_constraint *c)
{
	size_t saved = 0;

	for (int i = 0; i < r->n; i++) {
		const struct draft_constraint *o = &r->constraints[i];
		bool sizes = (o->kind == DRAFT_SIZE || o->kind == DRAFT_SIZE_OF) &&
			     (c->kind == DRAFT_SIZE || c->kind == DRAFT_SIZE_OF);

		if (sizes && o->step == c->step)
			return false;
		saved += o->kind == DRAFT_EQUAL || o->kind == DRAFT_CHANGE ? o->length : 0;
	}
	return r->n < DRAFT_CONSTRAINTS &&
	       saved + (c->kind == DRAFT_EQUAL || c->kind == DRAFT_CHANGE ? c->length : 0) <= SAVED;
}

static bool has(const struct draft_rule *r, const struct draft_constraint *c)
{
	for (int i = 0; i < r->n; i++)
		if (constraint_same(&r->constraints[i], c))
			return true;
	return false;
}

/* What @c is worth next, or 0. */
static double worth(const struct draft_rule *r, const struct draft_constraint *c,
		    const struct draft_list *left, double need)
{
	struct draft_rule with = *r;
	double missing = need > r->bits ? need - r->bits : 0, n;

	put(&with, c);
	n = (double)matching(&with, left, -1, UINT64_MAX - 1);
	return (log2(((double)left->n + 1) / (n + 1)) + 0.4 * fmin(with.bits - r->bits, missing)) /
	       constraint_cost(c);
}

static const struct draft_constraint *best(const struct draft_rule *r,
					   const struct draft_proposals *p,
					   const struct draft_list *left, double need)
{
	const struct draft_constraint *found = NULL;
	double most = 0.05;

	for (size_t i = 0; i < p->n; i++) {
		const struct draft_constraint *c = &p->list[i];
		double w = has(r, c) || !fits_beside(r, c) ? 0 : worth(r, c, left, need);

		if (w > most) {
			most = w;
			found = c;
		}
	}
	return found;
}

static void keep_matching(const struct draft_rule *r, struct draft_list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		if (rule_matches(r, l->flows[i], -1))
			l->flows[n++] = l->flows[i];
	l->n = n;
}

static void take_out(struct draft_rule *r, int i)
{
	r->n--;
	memmove(&r->constraints[i], &r->constraints[i + 1],
		(size_t)(r->n - i) * sizeof(r->constraints[0]));
	r->bits = rule_bits(r);
}

/* What a rule of its kind has in any case. */
static bool is_given(const struct draft_rule *r, const struct draft_constraint *c)
{
	return c->kind == DRAFT_NEAR_CLIENT || c->kind == DRAFT_NEAR_SERVER ||
	       (r->tcp && c->kind == DRAFT_NEXT);
}

/* Drops the dearest constraint that is not needed. False when all are. */
static bool prune(struct draft_rule *r, const struct draft_list *negatives, uint64_t few,
		  double need)
{
	int worst = -1;

	for (int i = 0; i < r->n; i++) {
		const struct draft_constraint *c = &r->constraints[i];
		struct draft_rule without = *r;

		take_out(&without, i);
		if (is_given(r, c) || without.bits < need ||
		    (worst >= 0 && constraint_cost(c) <= constraint_cost(&r->constraints[worst])) ||
		    matching(r, negatives, i, few) > few)
			continue;
		worst = i;
	}
	if (worst >= 0)
		take_out(r, worst);
	return worst >= 0;
}

/* Drops the last message when the rule is as good without it: of which nothing is asked but its place. */
static bool drop_step(struct draft_rule *r, const struct draft_list *negatives, uint64_t few,
		      double need)
{
	struct draft_rule shorter = *r;

	shorter.steps--;
	for (int i = shorter.n - 1; i >= 0; i--)
		if (shorter.constraints[i].step == shorter.steps)
			take_out(&shorter, i);
	if (!shorter.steps || shorter.bits < need || matching(&shorter, negatives, -1, few) > few)
		return false;
	*r = shorter;
	return true;
}

/* Constants need not be longer than they serve: a shorter one is more general. */
static void shorten(struct draft_rule *r, struct draft_constraint *c,
		    const struct draft_list *negatives, uint64_t few, double need)
{
	struct draft_constraint whole = *c;

	for (uint16_t n = constraint_is_text(c) ? TEXT : CONSTANT; n < whole.length;
	     n = (uint16_t)(2 * n)) {
		c->length = n;
		constraint_chance(c);
		r->bits = rule_bits(r);
		if (r->bits >= need && matching(r, negatives, -1, few) <= few)
			return;
		*c = whole;
		r->bits = rule_bits(r);
	}
}

/* Flows of @from that the rule so far lets in, at most @most, evenly chosen before they are asked. */
static void let_in(const struct draft_rule *r, const struct draft_list *from, size_t most,
		   struct draft_list *out)
{
	size_t every = from->n / most + 1;

	draft_list_clear(out);
	for (size_t i = 0; i < from->n; i += every)
		if (rule_matches(r, from->flows[i], -1))
			draft_list_add(out, from->flows[i]);
}

/* Constraints one after the other, until no more than @few of @left are let in. */
static void add_constraints(struct draft_rule *r, const struct draft_proposals *p,
			    struct draft_list *left, uint64_t few, double need)
{
	const struct draft_constraint *c = NULL;

	while ((left->n > few || r->bits < need) && (c = best(r, p, left, need))) {
		put(r, c);
		keep_matching(r, left);
	}
}

bool choose_fewest(const struct draft_rule *shape, const struct draft_proposals *p,
		   const struct draft_list *negatives, uint64_t few, double need,
		   struct draft_rule *out)
{
	struct draft_list left = {0};

	*out = *shape;
	out->n = 0;
	out->bits = 0;
	for (size_t i = 0; i < p->n; i++)
		if (is_given(out, &p->list[i]))
			put(out, &p->list[i]);
	let_in(out, negatives, LOOKED_AT, &left); /* most are told by a sample ... */
	add_constraints(out, p, &left, few, need);
	let_in(out, negatives, negatives->n + 1, &left); /* ... and then by all that are left */
	add_constraints(out, p, &left, few, need);
	draft_list_clear(&left);
	if (out->bits < need || matching(out, negatives, -1, few) > few)
		return false;
	while (prune(out, negatives, few, need))
		;
	while (drop_step(out, negatives, few, need))
		;
	for (int i = 0; i < out->n; i++)
		if (out->constraints[i].kind == DRAFT_BYTES_ARE)
			shorten(out, &out->constraints[i], negatives, few, need);
	return true;
}
