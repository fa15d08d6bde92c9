// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reload.c - other signatures for a detector that is at work
 *
 * Flows, their order and their counters stay: they belong to no signature. A signature whose file has
 * the same bytes goes on as if nothing had been: its matches under way, what it remembers, matches
 * held, sessions, client versions, and on which flows its rules are done. What it reports is what it
 * would have reported without the reload.
 *
 *   a signature is  when                                     its state
 *   kept            the file's bytes are those of one there  is renumbered
 *   changed         the name is there, with other bytes      is given up; it begins anew, on the
 *                                                            flows there are
 *   added           the name is new                          it begins, on the flows there are
 *   removed         the name is gone                         is given up
 *
 * State that is given up goes without a word: a session of a removed signature has not ended, nobody
 * looks at it any more, so there is no session-end; a changed one reports session-start again when
 * its rule finds the session again. Rules with "on: open" begin with flows that are new after the
 * reload.
 *
 * Rules that ask the same question are asked once (language/shared_rules.c), and their matches under
 * way are one: when one signature of such a chain is kept, the match goes on, and those that are added
 * to the chain share it.
 *
 * Everything that names a rule, a signature, a set or a version by its number is here, or called from
 * here: matches, armed rules and done starts of flows, `claimed`; memory and held matches
 * (memory_renumber()); endings (endings_renumber()); versions (client_versions_renew()); what rules
 * reported last. It takes one walk through each table, and no packet is read meanwhile.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "detector/engine/counting.h"
#include "detector/engine/engine_set.h"
#include "detector/engine/gauge.h"
#include "detector/engine/flow_state.h"
#include "detector/engine/record_rules.h"
#include "detector/engine/reload.h"
#include "detector/engine/begun.h"

/**
 * struct moves - new numbers by the old ones; GONE where there is none
 * @rule:	Of each rule
 * @head:	Of the rule that is asked for it and for those that share its question; by the one that
 *		was asked till now
 * @sets:	(owned)
 */
struct moves {
	const struct signature_set *from, *to;
	uint16_t signature[SIGNATURES_MAX];
	uint16_t rule[RULES_MAX], head[RULES_MAX];
	uint16_t *sets;
	struct client_versions versions; /* those there were */
};

/* The signature of @set with these bytes; GONE = there is none. */
static uint16_t with_digest(const struct signature_set *set, const char *digest)
{
	for (size_t i = 0; i < set->n; i++)
		if (!strcmp(set->signatures[i].digest, digest))
			return (uint16_t)i;
	return GONE;
}

static bool has_name(const struct signature_set *set, const char *name)
{
	for (size_t i = 0; i < set->n; i++)
		if (!strcmp(set->signatures[i].info.name, name))
			return true;
	return false;
}

/* Rules and sets of one signature have the same order in both. */
static void pair_signature(struct moves *m, uint16_t from, uint16_t to)
{
	size_t k = 0;

	for (size_t i = 0; i < m->from->rules_n; i++) {
		if (m->from->rules[i]->signature != from)
			continue;
		while (m->to->rules[k]->signature != to)
			k++;
		m->rule[i] = (uint16_t)k++;
	}
	k = 0;
	for (size_t i = 0; i < m->from->sets_n; i++) {
		if (m->from->sets[i].signature != from)
			continue;
		while (m->to->sets[k].signature != to)
			k++;
		m->sets[i] = (uint16_t)k++;
	}
}

static const struct rule *head_of(const struct rule *r)
{
	return r->shared_first ? r->shared_first : r;
}

static void pair_sets(struct moves *m)
{
	memset(m->signature, 0xff, sizeof(m->signature));
	memset(m->rule, 0xff, sizeof(m->rule));
	memset(m->head, 0xff, sizeof(m->head));
	m->sets = xcalloc(m->from->sets_n + 1, sizeof(*m->sets));
	memset(m->sets, 0xff, m->from->sets_n * sizeof(*m->sets));
	for (size_t i = 0; i < m->from->n; i++) {
		m->signature[i] = with_digest(m->to, m->from->signatures[i].digest);
		if (m->signature[i] != GONE)
			pair_signature(m, (uint16_t)i, m->signature[i]);
	}
	for (size_t i = 0; i < m->from->rules_n; i++)
		if (m->rule[i] != GONE)
			m->head[head_of(m->from->rules[i])->index] =
				head_of(m->to->rules[m->rule[i]])->index;
}
_Static_assert(GONE == UINT16_MAX, "memset() fills in GONE");

static void count(const struct moves *m, struct reload_counts *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < m->from->n; i++) {
		const struct signature *s = &m->from->signatures[i];

		out->kept += m->signature[i] != GONE;
		out->removed += m->signature[i] == GONE && !has_name(m->to, s->info.name);
	}
	for (size_t i = 0; i < m->to->n; i++) {
		const struct signature *s = &m->to->signatures[i];

		if (with_digest(m->from, s->digest) != GONE)
			continue;
		if (has_name(m->from, s->info.name))
			out->changed++;
		else
			out->added++;
	}
}

static void move_matches(struct detector *d, const struct moves *m, struct flow_state *x)
{
	for (uint32_t *at = &x->matches, i; (i = *at);) {
		struct match *in = pool_at(&d->matches, i);

		if (m->head[in->rule] == GONE) {
			*at = in->next;
			flow_state_free_match(d, i);
			continue;
		}
		in->rule = m->head[in->rule];
		in->version = client_versions_moved(&m->versions, &d->versions, in->version);
		at = &in->next;
	}
}

static void move_armed(const struct moves *m, struct flow_state *x)
{
	unsigned n = 0;

	for (unsigned i = 0; i < x->armed_n; i++) {
		if (m->rule[x->armed[i].rule] == GONE)
			continue;
		x->armed[n] = x->armed[i];
		x->armed[n++].rule = m->rule[x->armed[i].rule];
	}
	x->armed_n = (uint8_t)n;
}

static void move_claims(const struct moves *m, struct flow_state *x)
{
	uint64_t was = x->claimed;

	x->claimed = 0;
	for (; was; was &= was - 1) {
		uint16_t to = m->signature[__builtin_ctzll(was)];

		x->claimed |= to == GONE ? 0 : 1ULL << to;
	}
}

static void move_done(const struct moves *m, const struct dispatch_proto *from,
		      const struct dispatch_proto *to, struct flow_state *x)
{
	uint64_t was[DISPATCH_WORDS] = {0};

	memcpy(was, x->done_starts, from->words * sizeof(*was));
	memset(x->done_starts, 0, from->words * sizeof(*was));
	for (unsigned w = 0; w < from->words; w++)
		for (; was[w]; was[w] &= was[w] - 1) {
			unsigned start = w * 64 + (unsigned)__builtin_ctzll(was[w]);
			uint16_t rule = m->head[from->starts[start].rule];

			if (rule != GONE)
				dispatch_rule(to, rule, x->done_starts);
		}
}

/* Rules that wait as bits become matches: bits mean other starts in the other set. */
static void spread_waiting(struct detector *d)
{
	for (uint32_t i = 1; i <= d->matches.used; i++) {
		const struct match *in = pool_at(&d->matches, i);

		if (in->flow && in->rule == WAITING)
			begun_spread(d, flow_state_of(d, in->flow));
	}
}

static void move_flow_states(struct detector *d, const struct moves *m)
{
	for (uint32_t i = 1; i <= d->flow_states.used; i++) {
		struct flow_state *x = pool_at(&d->flow_states, i);
		const struct flow *f;
		bool udp;

		/* of a free one @flow is something else, but no flow's state */
		if (!x->flow || x->flow > d->flows.flows.used)
			continue;
		f = flow_at(&d->flows, x->flow);
		if (f->state != i)
			continue;
		udp = f->proto == IPPROTO_UDP;
		move_matches(d, m, x);
		move_armed(m, x);
		move_claims(m, x);
		move_done(m, udp ? &m->from->dispatch->udp : &m->from->dispatch->tcp,
			  udp ? &m->to->dispatch->udp : &m->to->dispatch->tcp, x);
	}
}

static void move_memory(struct detector *d, const struct moves *m)
{
	struct memory *memory = &d->memory;

	memory_renumber(memory, m->sets, m->rule, m->to->sets_n);
	for (uint32_t i = 1; i <= memory->entries.used; i++) {
		struct memory_entry *e = pool_at(&memory->entries, i);

		if (e->expires)
			e->version = client_versions_moved(&m->versions, &d->versions, e->version);
	}
	for (uint32_t i = 1; i <= memory->held.used; i++) {
		struct held *h = pool_at(&memory->held, i);

		if (memory->places[i].until)
			h->version = client_versions_moved(&m->versions, &d->versions, h->version);
	}
}

static void move_endings(struct detector *d, const struct moves *m)
{
	for (uint32_t i = 1; i <= d->endings.pool.used; i++) {
		struct ending *e = ending_at(&d->endings, i);
		uint32_t flow = e->flow;

		if (!e->at)
			continue;
		if (m->rule[e->rule] != GONE) {
			e->version = client_versions_moved(&m->versions, &d->versions, e->version);
			continue;
		}
		ending_remove(&d->endings, i);
		if (!ending_of_flow(&d->endings, flow, 0))
			flow_at(&d->flows, flow)->flags2 &= (uint8_t)~FLOW2_WATCHED;
	}
	endings_renumber(&d->endings, m->signature, m->rule);
}

static void move_reported(struct detector *d, const struct moves *m)
{
	struct reported *was = d->reported;

	d->reported = xcalloc(m->to->rules_n + 1, sizeof(*d->reported));
	for (size_t i = 0; i < m->from->rules_n; i++)
		if (m->rule[i] != GONE)
			d->reported[m->rule[i]] = was[i];
	free(was);
}

void detector_reload(struct detector *d, const struct signature_set *set, struct reload_counts *out)
{
	struct moves *m = xcalloc(1, sizeof(*m));

	spread_waiting(d);
	m->from = d->set;
	m->to = set;
	pair_sets(m);
	if (out)
		count(m, out);
	m->versions = d->versions;
	engine_versions(d, set, &m->versions);
	pool_widen(&d->flow_states, engine_flow_state_size(set));
	pool_widen(&d->memory.slides, counting_room(set));
	pool_widen(&d->gauges, gauge_room(set) + sizeof(uint64_t));
	move_flow_states(d, m);
	move_memory(d, m);
	move_endings(d, m);
	move_reported(d, m);
	engine_set(d, set);
	d->records = record_rules_reload(d, d->records);
	client_versions_free(&m->versions);
	free(m->sets);
	free(m);
}
