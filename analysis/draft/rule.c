// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rule.c - a drafted rule against a flow
 *
 * As the detector does it: any message may be the first step, each later step takes the first message
 * that fits, others are passed over.
 * Limit: only the kept beginning of a flow is looked at. run/draft tries the whole signature with the
 * detector itself.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/draft/rule.h"
#include "base/err.h"

#define AGAIN_BITS 2 /* of a constant that an earlier message has, too */

void draft_list_add(struct draft_list *l, struct draft_flow *f)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->flows = xrealloc(l->flows, l->cap * sizeof(*l->flows));
	}
	l->flows[l->n++] = f;
}

void draft_list_clear(struct draft_list *l)
{
	free(l->flows);
	memset(l, 0, sizeof(*l));
}

static bool step_holds(const struct draft_rule *r, const struct draft_flow *f, uint8_t step,
		       int without, const uint8_t place[DRAFT_STEPS], bool turned)
{
	for (int i = 0; i < r->n; i++)
		if (i != without && r->constraints[i].step == step &&
		    !constraint_holds(&r->constraints[i], f, place, r->by_client != turned))
			return false;
	return true;
}

/* The steps after the first. @turned: the flow's opener has the other part than in the rule's flows */
static bool rest_matches(const struct draft_rule *r, const struct draft_flow *f, int without,
			 uint8_t place[DRAFT_STEPS], bool turned)
{
	uint8_t at = (uint8_t)(place[0] + 1);

	for (uint8_t s = 1; s < r->steps; s++) {
		for (; at < f->n; at++) {
			place[s] = at;
			if (f->messages[at].reply == (r->reply[s] != turned) &&
			    step_holds(r, f, s, without, place, turned))
				break;
		}
		if (at++ >= f->n)
			return false;
	}
	return true;
}

bool rule_match(const struct draft_rule *r, const struct draft_flow *f, int without,
		uint8_t place[DRAFT_STEPS])
{
	bool turned = !r->tcp && f->by_local != r->by_client;

	if (r->tcp != draft_proto(f))
		return false;
	for (uint8_t i = 0; i + r->steps <= f->n; i++) {
		memset(place, 0, DRAFT_STEPS);
		place[0] = i;
		if (f->messages[i].reply == (r->reply[0] != turned) &&
		    step_holds(r, f, 0, without, place, turned) &&
		    rest_matches(r, f, without, place, turned))
			return true;
	}
	return false;
}

bool rule_matches(const struct draft_rule *r, const struct draft_flow *f, int without)
{
	uint8_t place[DRAFT_STEPS];

	return rule_match(r, f, without, place);
}

bool rule_fits(const struct draft_rule *r, const struct draft_flow *f)
{
	if (r->tcp != draft_proto(f) || f->midway || f->n < r->steps)
		return false;
	for (int s = 0; s < r->steps; s++)
		if (f->messages[s].reply != r->reply[s])
			return false;
	return true;
}

/* The same constant in an earlier message: a protocol that has it once has it often. */
static bool comes_again(const struct draft_rule *r, int i)
{
	const struct draft_constraint *c = &r->constraints[i];

	for (int k = 0; k < i; k++) {
		const struct draft_constraint *o = &r->constraints[k];

		if (c->kind == DRAFT_BYTES_ARE && o->kind == DRAFT_BYTES_ARE && o->at == c->at &&
		    o->value[0] == c->value[0] && o->mask[0] == c->mask[0])
			return true;
	}
	return false;
}

double rule_bits(const struct draft_rule *r)
{
	double bits = 0;

	for (int i = 0; i < r->n; i++)
		bits += comes_again(r, i) ? AGAIN_BITS : r->constraints[i].bits;
	return bits;
}

static bool same(const struct draft_constraint *a, const struct draft_constraint *b)
{
	return a->kind == b->kind && a->step == b->step && a->other == b->other && a->at == b->at &&
	       a->there == b->there && a->length == b->length && a->plus == b->plus &&
	       a->low == b->low && a->high == b->high && a->sizes_n == b->sizes_n &&
	       !memcmp(a->sizes, b->sizes, sizeof(a->sizes)) &&
	       !memcmp(a->value, b->value, a->length) && !memcmp(a->mask, b->mask, a->length);
}

bool rule_same(const struct draft_rule *a, const struct draft_rule *b)
{
	int found = 0;

	if (a->tcp != b->tcp || a->by_client != b->by_client || a->steps != b->steps ||
	    a->n != b->n || memcmp(a->reply, b->reply, sizeof(a->reply)) != 0)
		return false;
	for (int i = 0; i < a->n; i++)
		for (int k = 0; k < b->n; k++)
			found += same(&a->constraints[i], &b->constraints[k]);
	return found == a->n;
}

bool rule_has(const struct draft_rule *r, enum draft_kind kind)
{
	for (int i = 0; i < r->n; i++)
		if (r->constraints[i].kind == kind)
			return true;
	return false;
}
