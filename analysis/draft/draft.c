// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * draft.c - rules from labelled flows
 *
 * Sequential covering. Positive flows that begin with the same directions (one to four messages) are
 * a class. What all of them have in common (propose.c) either keeps the negatives out, or the class
 * is split by something that a part of it has, up to DEPTH times. For the classes that keep the
 * negatives out, choose.c finds the fewest constraints. The one becomes a rule that explains most
 * flows not yet explained for what it costs to read; flows are weighed host by host: a host weighs
 * one, however many flows it has. Then the flows that no rule finds are looked at again. Flows that
 * share an endpoint with a found one (near.c) need less, so all of them are described once more. At the
 * end each rule is dropped without which as much is found, the dearest first.
 *
 * Wrong labels and planted bytes stay out by four bounds:
 *   a constraint        must hold in nearly all flows of most hosts (class.c)
 *   a rule              must hold in DRAFT_SPREAD of the hosts, in two at least when there are two
 *   a rule              must hold in DRAFT_COMMON of a host's flows, over either protocol, at the median
 *                       host: one flow in ten may be foreign. What is near to a found flow need not
 *   a rule              must keep out all but one in DRAFT_FEW negatives, and CONTENT bits of it must be
 *                       of what is in its messages
 * What fits no rule is set apart: it is counted as not covered, and loosens nothing.
 * Limits: classes are described by MEMBERS flows of them, evenly chosen; CLASSES are looked at for
 * each start.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/draft/choose.h"
#include "analysis/draft/draft.h"
#include "analysis/draft/near.h"

#define DEPTH	3
#define CLASSES 40
#define MEMBERS 3000
#define LOSS	0.005
#define CONTENT 8  /* bits of a rule that are not of sizes */
#define TRIED	16 /* candidates for which the fewest constraints are looked for, at a time */

struct candidate {
	struct draft_class class;
	struct draft_proposals common;
	struct draft_rule rule; /* once @tried */
	double gain;
	bool tried, dead; /* dead: chosen, or no rule came of it */
};

struct search {
	struct draft *out;
	const struct draft_material *m;
	struct draft_list positives, negatives[2]; /* by protocol */
	bool *covered;				   /* by index of positives */
	size_t hosts[2];			   /* with flows of the protocol */
	const struct draft_banned *banned;
	bool near; /* what shares an endpoint is looked for */
	struct candidate *list;
	size_t n;
};

/* ---- gathering ---- */

static int by_host(const void *a, const void *b)
{
	const struct draft_flow *const *x = a, *const *y = b;

	if ((*x)->host != (*y)->host)
		return (*x)->host < (*y)->host ? -1 : 1;
	return (*x > *y) - (*x < *y);
}

static void gather(struct search *s, struct draft_material *m, uint32_t apart)
{
	for (size_t i = 0; i < m->n; i++) {
		struct draft_flow *f = &m->flows[i];

		f->near_server = f->near_client[0] = f->near_client[1] = false;
		if (f->fold == apart)
			continue;
		draft_list_add(f->positive ? &s->positives : &s->negatives[draft_proto(f)], f);
		if (f->positive)
			s->out->positives += !f->again;
		else
			s->out->negatives++;
	}
	if (s->positives.n)
		qsort(s->positives.flows, s->positives.n, sizeof(*s->positives.flows), by_host);
	s->covered = xcalloc(s->positives.n + 1, sizeof(*s->covered));
	for (size_t i = 0; i < m->hosts_n; i++) {
		const struct draft_host *h = &m->hosts[i];

		if (h->fold == apart)
			continue;
		s->hosts[0] += h->flows[0] > 0;
		s->hosts[1] += h->flows[1] > 0;
		s->out->hosts += h->flows[0] + h->flows[1] > 0;
	}
}

static size_t hosts_needed(const struct search *s, bool tcp)
{
	size_t n = (size_t)ceil(DRAFT_SPREAD * (double)s->hosts[tcp]);
	size_t least = s->hosts[tcp] > 1 ? 2 : 1;

	return n > least ? n : least;
}

static uint64_t few(const struct search *s)
{
	return s->out->negatives / DRAFT_FEW;
}

static double bits_needed(const struct search *s)
{
	return s->near ? 32 + 3 : DRAFT_NEED;
}

/* ---- classes ---- */

static bool is_near(const struct draft_flow *f, bool client_opened)
{
	return draft_proto(f) ? f->near_server && client_opened : f->near_client[!client_opened];
}

static struct draft_class class_root(const struct search *s, const struct draft_rule *shape)
{
	struct draft_list all = {0};
	struct draft_class k = {.shape = *shape};

	for (size_t i = 0; i < s->positives.n; i++) {
		struct draft_flow *f = s->positives.flows[i];

		if (!s->covered[i] && f->by_client == shape->by_client && rule_fits(shape, f) &&
		    (shape->tcp || f->by_local == f->by_client) &&
		    (!s->near || is_near(f, f->by_client)))
			draft_list_add(&all, f);
	}
	k.members = all;
	if (all.n > MEMBERS) {
		k.members = class_sample(&k, MEMBERS);
		draft_list_clear(&all);
	}
	return k;
}

static struct draft_class class_part(const struct draft_class *k, const struct draft_constraint *c)
{
	static const uint8_t places[DRAFT_STEPS] = {0, 1, 2, 3};
	struct draft_class part = {.shape = k->shape, .depth = k->depth + 1};

	for (size_t i = 0; i < k->members.n; i++)
		if (constraint_holds(c, k->members.flows[i], places, k->shape.by_client))
			draft_list_add(&part.members, k->members.flows[i]);
	return part;
}

static bool large_enough(const struct search *s, const struct draft_class *k)
{
	return k->members.n >= 3 && class_hosts(k) >= hosts_needed(s, k->shape.tcp);
}

static void push(struct search *s, const struct draft_class *k, const struct draft_proposals *p)
{
	if (!(s->n & (s->n - 1)))
		s->list = xrealloc(s->list, (s->n ? 2 * s->n : 1) * sizeof(*s->list));
	s->list[s->n++] = (struct candidate){.class = *k, .common = *p};
}

/* Whether what its members have in common keeps the negatives out; then it becomes a candidate, which
 * owns it. */
static bool describe(struct search *s, struct draft_class *k)
{
	const struct draft_list *negatives = &s->negatives[k->shape.tcp];
	struct draft_proposals common = {0};
	double bits;
	bool good;

	propose_common(k, &common);
	choose_chances(&k->shape, &common, negatives);
	good = choose_best_case(&k->shape, &common, negatives, few(s), &bits) <= few(s) &&
	       bits >= bits_needed(s);
	if (good)
		push(s, k, &common);
	else
		proposals_clear(&common);
	return good;
}

/* The parts of a class, and the class itself. */
static void explore(struct search *s, struct draft_class k, int *room)
{
	struct draft_proposals splits = {0};

	if (!large_enough(s, &k) || --*room < 0) {
		class_free(&k);
		return;
	}
	if (k.depth < DEPTH)
		propose_splits(&k, hosts_needed(s, k.shape.tcp), &splits);
	for (size_t i = 0; i < splits.n; i++)
		explore(s, class_part(&k, &splits.list[i]), room);
	proposals_clear(&splits);
	if (!describe(s, &k))
		class_free(&k);
}

/* All beginnings of one to DRAFT_STEPS messages. Bit i of @turns: step i is a reply. */
static void explore_all(struct search *s)
{
	for (int who = 0; who < 4; who++)
		for (uint8_t steps = 1; steps <= DRAFT_STEPS; steps++)
			for (unsigned turns = 0; turns < 1U << steps; turns++) {
				struct draft_rule shape = {
					.tcp = who & 1, .by_client = !(who & 2), .steps = steps};
				int room = CLASSES;

				for (int i = 0; i < steps; i++)
					shape.reply[i] = turns >> i & 1;
				explore(s, class_root(s, &shape), &room);
			}
}

static void drop_candidates(struct search *s)
{
	for (size_t i = 0; i < s->n; i++) {
		class_free(&s->list[i].class);
		proposals_clear(&s->list[i].common);
	}
	free(s->list);
	s->list = NULL;
	s->n = 0;
}

/* ---- which of them ---- */

/* Flows not yet covered, each as its share of its host. */
static double gain(const struct search *s, const struct candidate *c)
{
	double sum = 0;
	size_t at = 0;

	for (size_t i = 0; i < c->class.members.n; i++) {
		const struct draft_flow *f = c->class.members.flows[i];
		const uint64_t *n = s->m->hosts[f->host].flows;

		while (s->positives.flows[at] != f)
			at++;
		sum += s->covered[at] || f->again ? 0 : 1.0 / (double)(n[0] + n[1]);
	}
	return sum * pow(0.97, c->class.shape.steps - 1);
}

/* What a person reads of a rule. */
static double cost(const struct draft_rule *r)
{
	double sum = 1 + 0.5 * r->steps;

	for (int i = 0; i < r->n; i++) {
		const struct draft_constraint *c = &r->constraints[i];

		sum += constraint_cost(c) + (c->kind == DRAFT_SIZE ? 0.5 * c->sizes_n : 0);
	}
	return sum;
}

static int by_gain(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->gain == y->gain)
		return x->class.shape.steps - y->class.shape.steps;
	return x->gain < y->gain ? 1 : -1;
}

/* Sizes and order alone are no signature: others have them by chance, and versions change them. */
static bool has_content(const struct draft_rule *r)
{
	double bits = 0;

	for (int i = 0; i < r->n; i++)
		if (r->constraints[i].kind != DRAFT_SIZE && r->constraints[i].kind != DRAFT_SIZE_OF)
			bits += r->constraints[i].bits;
	return bits >= CONTENT;
}

static void try_candidate(struct search *s, struct candidate *c)
{
	bool tcp = c->class.shape.tcp;

	if (!c->tried && !choose_fewest(&c->class.shape, &c->common, &s->negatives[tcp], few(s),
					bits_needed(s), &c->rule))
		c->dead = true;
	if (!c->tried && !c->dead)
		c->dead = !has_content(&c->rule);
	for (size_t i = 0; !c->tried && s->banned && i < s->banned->n; i++)
		c->dead |= rule_same(&s->banned->rules[i], &c->rule);
	c->tried = true;
}

/* Of the TRIED that gain most, the one that gains most for its cost. */
static struct candidate *best_candidate(struct search *s)
{
	struct candidate *best = NULL;
	double most = 0;

	for (size_t i = 0; i < s->n; i++)
		s->list[i].gain = s->list[i].dead ? 0 : gain(s, &s->list[i]);
	if (s->n)
		qsort(s->list, s->n, sizeof(*s->list), by_gain);
	for (size_t i = 0; i < s->n && i < TRIED && s->list[i].gain > 0; i++) {
		struct candidate *c = &s->list[i];

		try_candidate(s, c);
		if (!c->dead && c->gain / cost(&c->rule) > most) {
			most = c->gain / cost(&c->rule);
			best = c;
		}
	}
	return best;
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* At the median host of those that have any: share of its flows that match. */
static double median_share(const struct search *s, const struct draft_rule *r)
{
	uint64_t *n = xcalloc(s->m->hosts_n + 1, sizeof(*n));
	double *share = xcalloc(s->m->hosts_n + 1, sizeof(*share)), median;
	size_t hosts = 0;

	for (size_t i = 0; i < s->positives.n; i++)
		if (!s->positives.flows[i]->again && rule_matches(r, s->positives.flows[i], -1))
			n[s->positives.flows[i]->host]++;
	for (size_t i = 0; i < s->m->hosts_n; i++)
		if (n[i])
			share[hosts++] = (double)n[i] / (double)(s->m->hosts[i].flows[0] +
								 s->m->hosts[i].flows[1]);
	qsort(share, hosts, sizeof(*share), by_number);
	median = hosts ? share[hosts / 2] : 0;
	free(n);
	free(share);
	return median;
}

/* Whether the rule reports this flow: one that counts does from its last flow on. */
static bool reports(const struct draft_rule *r, const struct draft_flow *f)
{
	for (int i = 0; i < r->n; i++)
		if (r->constraints[i].kind == DRAFT_COUNTER &&
		    f->nth[r->constraints[i].at] < r->constraints[i].low)
			return false;
	return rule_matches(r, f, -1);
}

/* Marks what the rule covers; false when it adds too few hosts, or nothing. */
static bool cover(struct search *s, const struct draft_rule *r)
{
	size_t added = 0, hosts = 0;
	uint32_t host = UINT32_MAX;
	bool *now = xcalloc(s->positives.n + 1, sizeof(*now));
	bool good;

	for (size_t i = 0; i < s->positives.n; i++) {
		now[i] = reports(r, s->positives.flows[i]);
		added += now[i] && !s->covered[i];
		hosts += now[i] && s->positives.flows[i]->host != host;
		host = now[i] ? s->positives.flows[i]->host : host;
	}
	good = hosts >= hosts_needed(s, r->tcp) && added >= 2 && added * 200 >= s->positives.n;
	for (size_t i = 0; good && i < s->positives.n; i++)
		s->covered[i] |= now[i];
	free(now);
	return good;
}

/* Makes a rule of a candidate, if it is one. */
static bool take(struct search *s, struct candidate *c)
{
	c->dead = true;
	if (s->out->n == DRAFT_RULES || (!s->near && median_share(s, &c->rule) < DRAFT_COMMON) ||
	    !cover(s, &c->rule))
		return false;
	s->out->rules[s->out->n++] = c->rule;
	return true;
}

/* Rules from the flows that none covers so far; how many. */
static size_t round_of(struct search *s)
{
	size_t before = s->out->n;
	struct candidate *c;

	explore_all(s);
	while ((c = best_candidate(s)))
		take(s, c);
	drop_candidates(s);
	return s->out->n - before;
}

/* ---- rules that are not needed ---- */

static void near_all(struct search *s)
{
	near_mark(s->out->rules, s->out->n,
		  (struct draft_list *const[]){&s->positives, &s->negatives[0], &s->negatives[1]},
		  3);
}

/* How much is found, host by host: a host found counts one, its flows another one. */
static double found(const struct search *s)
{
	double sum = 0;
	uint32_t host = UINT32_MAX;

	for (size_t i = 0; i < s->positives.n; i++) {
		const struct draft_flow *f = s->positives.flows[i];
		const uint64_t *n = s->m->hosts[f->host].flows;

		if (f->again || !s->covered[i])
			continue;
		sum += 1.0 / (double)(n[0] + n[1]) + (f->host != host);
		host = f->host;
	}
	return sum;
}

static double cover_anew(struct search *s)
{
	near_all(s);
	for (size_t i = 0; i < s->positives.n; i++) {
		s->covered[i] = false;
		for (size_t k = 0; k < s->out->n && !s->covered[i]; k++)
			s->covered[i] = reports(&s->out->rules[k], s->positives.flows[i]);
	}
	return found(s);
}

static void rule_out(struct draft *d, size_t i)
{
	d->n--;
	memmove(&d->rules[i], &d->rules[i + 1], (d->n - i) * sizeof(d->rules[0]));
}

static int by_cost(const void *a, const void *b)
{
	double x = cost(a), y = cost(b);

	return (x < y) - (x > y);
}

static int near_last(const struct draft_rule *r)
{
	return rule_has(r, DRAFT_NEAR_CLIENT) + 2 * rule_has(r, DRAFT_NEAR_SERVER);
}

static int by_need(const void *a, const void *b)
{
	return near_last(a) - near_last(b);
}

/* Drops rules, the dearest first, while nearly as much is found: LOSS of it may go for each. Then those
 * come first that need nothing known. */
static void drop_rules(struct search *s)
{
	double most = cover_anew(s);
	size_t i = 0;

	qsort(s->out->rules, s->out->n, sizeof(s->out->rules[0]), by_cost);
	while (i < s->out->n && s->out->n > 1) {
		struct draft before = *s->out;

		rule_out(s->out, i);
		if (cover_anew(s) >= most * (1 - LOSS))
			continue;
		*s->out = before;
		i++;
	}
	qsort(s->out->rules, s->out->n, sizeof(s->out->rules[0]), by_need);
	cover_anew(s);
}

/* ---- what is said of them ---- */

/* Flows of a list that match without constraint @i (-1: with all), and their hosts. */
static uint64_t count(const struct draft_rule *r, const struct draft_list *l, int i, size_t *hosts)
{
	uint32_t host = UINT32_MAX;
	uint64_t n = 0;

	*hosts = 0;
	for (size_t k = 0; k < l->n; k++) {
		const struct draft_flow *f = l->flows[k];

		if (f->again || !rule_matches(r, f, i))
			continue;
		n++;
		*hosts += f->host != host;
		host = f->host;
	}
	return n;
}

static void note_span(struct draft_rule *r, const struct draft_list *positives)
{
	uint8_t place[DRAFT_STEPS];

	for (size_t i = 0; i < positives->n; i++) {
		const struct draft_flow *f = positives->flows[i];
		uint64_t span;

		if (!rule_match(r, f, -1, place))
			continue;
		span = f->messages[place[r->steps - 1]].ts_ns - f->messages[place[0]].ts_ns;
		r->span_ns = span > r->span_ns ? span : r->span_ns;
		r->sessions += f->session && !f->again;
	}
}

static void note(const struct search *s, struct draft_rule *r)
{
	const struct draft_list *negatives = &s->negatives[r->tcp];
	size_t none;

	r->covers = count(r, &s->positives, -1, &r->hosts);
	r->negatives = count(r, negatives, -1, &none);
	for (int i = 0; i < r->n; i++) {
		struct draft_constraint *c = &r->constraints[i];

		c->held = r->covers;
		c->hosts = r->hosts;
		c->of = count(r, &s->positives, i, &c->hosts_of);
		c->excludes = count(r, negatives, i, &none) - r->negatives;
	}
	note_span(r, &s->positives);
}

static void note_all(const struct search *s)
{
	uint32_t host = UINT32_MAX;

	for (size_t i = 0; i < s->out->n; i++)
		note(s, &s->out->rules[i]);
	for (size_t i = 0; i < s->positives.n; i++) {
		const struct draft_flow *f = s->positives.flows[i];

		if (!s->covered[i])
			continue;
		s->out->covered += !f->again;
		s->out->hosts_found += f->host != host;
		host = f->host;
	}
}

static int no_rule(const struct draft *d, struct err *e)
{
	if (!d->positives)
		return err_set(e, "no positive flow with payload: nothing to draft from");
	return err_set(e,
		       "no rule separates the %llu positive flows of %zu hosts from the %llu "
		       "negative ones: nothing is common to enough of them that the others lack",
		       (unsigned long long)d->positives, d->hosts,
		       (unsigned long long)d->negatives);
}

int draft_make(struct draft_material *m, uint32_t apart, const struct draft_banned *banned,
	       struct draft *out, struct err *e)
{
	struct search s = {.out = out, .m = m, .banned = banned};

	memset(out, 0, sizeof(*out));
	gather(&s, m, apart);
	while (round_of(&s))
		;
	s.near = true;
	memset(s.covered, 0, s.positives.n * sizeof(*s.covered));
	do
		near_all(&s);
	while (out->n && round_of(&s));
	drop_rules(&s);
	note_all(&s);
	draft_list_clear(&s.positives);
	draft_list_clear(&s.negatives[0]);
	draft_list_clear(&s.negatives[1]);
	free(s.covered);
	return out->n ? 0 : no_rule(out, e);
}
