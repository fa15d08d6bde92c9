// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reach.c - how far every rule came on every flow, for `skypelab score --reach`
 *
 * "No false positive" says little when no flow could ever have become one. So each rule is noted
 * with each flow: whether it was asked at all, whether its first message was there, or all of it but
 * one condition, and which steps followed.
 *
 * First messages are read here, rule by rule as written, at every payload: neither the dispatch, nor
 * rules that share a question, nor what was decided on the flow before leave any out. Steps and
 * completions are those that the engine takes (step.c, action.c); a step of rules that share it
 * counts for each of them.
 *
 * Limits: a TCP flow whose reassembly gave way to another is read on from its next segment. The
 * same tuple is the same flow, however long it was idle and however often it was opened.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/err.h"
#include "detector/engine/client_side.h"
#include "detector/engine/constraint.h"
#include "detector/engine/engine_private.h"
#include "detector/engine/known.h"
#include "detector/engine/reach.h"
#include "detector/engine/reassembly.h"

struct reach_flow {
	struct flow_key key;
	struct tuple tuple;
	uint64_t first_ns;
	struct reach_note *notes; /* (owned) one per rule */
	UT_hash_handle hh;
};

/**
 * struct reach - see reach.h
 * @rules:	(owned) The conditions of each rule of @set
 * @flows:	(owned) By tuple
 */
struct reach {
	const struct signature_set *set;
	struct constraints **rules;
	struct reach_flow *flows;
};

struct reach *reach_new(const struct signature_set *set)
{
	struct reach *r = xcalloc(1, sizeof(*r));

	r->set = set;
	r->rules = xcalloc(set->rules_n + 1, sizeof(*r->rules));
	for (size_t i = 0; i < set->rules_n; i++)
		r->rules[i] = constraints_of(set->rules[i]);
	return r;
}

void reach_clear(struct reach *r)
{
	struct reach_flow *f, *next;

	HASH_ITER (hh, r->flows, f, next) {
		HASH_DEL(r->flows, f);
		free(f->notes);
		free(f);
	}
}

void reach_free(struct reach *r)
{
	if (!r)
		return;
	reach_clear(r);
	for (size_t i = 0; i < r->set->rules_n; i++)
		constraints_free(r->rules[i]);
	free(r->rules);
	free(r);
}

size_t reach_rules(const struct signature_set *set)
{
	return set->rules_n;
}

void reach_rule_at(const struct signature_set *set, size_t i, struct reach_rule *out)
{
	const struct rule *r = set->rules[i];

	*out = (struct reach_rule){.signature = set->signatures[r->signature].info.name,
				   .revision = set->signatures[r->signature].info.revision,
				   .rule = r->name,
				   .line = r->line,
				   .udp = r->udp,
				   .tcp = r->tcp,
				   .steps = r->steps_n,
				   .records = r->forms_n > 0};
	for (unsigned k = 0; k < r->known_n; k++)
		out->must_know |= !r->known[k].negate;
}

void reach_missing_text(const struct signature_set *set, size_t rule, uint16_t missing, char *buf,
			size_t size)
{
	constraint_text(set->rules[rule], missing, buf, size);
}

void reach_each(const struct reach *r, reach_fn *fn, void *arg)
{
	for (const struct reach_flow *f = r->flows; f; f = f->hh.next)
		fn(arg, &f->tuple, f->first_ns, f->notes);
}

static struct reach_note *notes_of(struct detector *d, uint32_t flow)
{
	const struct flow *f = flow_at(&d->flows, flow);
	struct tuple t = {.proto = f->proto};
	struct reach *r = d->reach;
	struct reach_flow *found;
	struct flow_key key;

	flow_endpoint(&d->flows, f, 0, &t.src);
	flow_endpoint(&d->flows, f, 1, &t.dst);
	key = flow_key(&t);
	HASH_FIND(hh, r->flows, &key, sizeof(key), found);
	if (!found) {
		found = xcalloc(1, sizeof(*found));
		found->key = key;
		found->tuple = t;
		found->first_ns = engine_time(d->packet.ts_ns);
		found->notes = xcalloc(r->set->rules_n + 1, sizeof(*found->notes));
		HASH_ADD(hh, r->flows, key, sizeof(found->key), found);
	}
	return found->notes;
}

static void raise_to(struct reach_note *n, unsigned level)
{
	if (n->level < level)
		n->level = (uint8_t)level;
}

/* ------------------------------------------------------------------ first messages */

/* A payload, a segment or a message burst, and where it stands. */
struct offered {
	struct detector *d;
	const struct flow *f;
	struct reach_note *notes;
	int dir;
	bool whole;
};

/* What of the conditions held is noted. */
static void note_misses(const struct offered *o, const struct rule *r, int client_dir,
			const struct constraint_misses *misses)
{
	struct reach_note *n = &o->notes[r->index];

	if (misses->missed == 0) {
		raise_to(n, REACH_FIRST);
		n->known |= known_ask(o->d, r, o->f, client_dir, NULL, false) != KNOWN_NO;
	} else if (misses->missed == 1 && misses->asked > 1 && n->level < REACH_NEAR) {
		n->level = REACH_NEAR;
		n->missing = misses->which;
	}
}

/* One first message, for the client on one side. */
static void try_message(const struct offered *o, const struct rule *r, unsigned message,
			const struct view *v, int client_dir)
{
	const struct constraints *c = o->d->reach->rules[r->index];
	struct constraint_misses misses = {0};
	struct view part = *v;

	part.from_client = o->dir == client_dir;
	part.gap = UINT64_MAX;
	constraints_flow(c, &o->d->flows, o->f, client_dir, &misses);
	o->notes[r->index].asked |= !misses.missed;
	constraints_message(c, message, &part, o->whole, &misses);
	note_misses(o, r, client_dir, &misses);
}

static void try_rule(const struct offered *o, const struct rule *r, const struct view *v)
{
	unsigned n = constraints_messages(o->d->reach->rules[r->index]);

	for (unsigned m = 0; m < n; m++) {
		int client_dir = r->on_open ? client_side_at_open(&o->d->flows, o->f, r)
					    : client_side_of(r->client, r->messages[m].from, o->dir,
							     client_side_local(&o->d->flows, o->f));

		try_message(o, r, m, v, client_dir);
		if (r->on_open && r->client == CLIENT_EITHER)
			try_message(o, r, m, v, !client_dir);
	}
}

/* Whether more is to be learned of the rule on the flow. */
static bool open_question(const struct rule *r, const struct reach_note *n)
{
	return n->level < REACH_FIRST || (r->known_n && !n->known);
}

/* A rule that has no first message begins, and ends, with the flow. */
static void open_rule(const struct offered *o, const struct rule *r, int client_dir)
{
	struct constraint_misses misses = {0};

	constraints_flow(o->d->reach->rules[r->index], &o->d->flows, o->f, client_dir, &misses);
	o->notes[r->index].asked |= !misses.missed;
	note_misses(o, r, client_dir, &misses);
}

void reach_packet(struct detector *d, uint32_t flow, bool fresh)
{
	struct offered o = {.d = d, .f = flow_at(&d->flows, flow)};

	if (!fresh)
		return;
	o.notes = notes_of(d, flow);
	for (size_t i = 0; i < d->set->rules_n; i++) {
		const struct rule *r = d->set->rules[i];
		int client_dir = client_side_at_open(&d->flows, o.f, r);

		if (!(o.f->proto == IPPROTO_UDP ? r->udp : r->tcp) || r->forms_n ||
		    constraints_messages(d->reach->rules[i]))
			continue;
		open_rule(&o, r, client_dir);
		if (r->client == CLIENT_EITHER)
			open_rule(&o, r, !client_dir);
	}
}

void reach_payload(struct detector *d, uint32_t flow, int dir, const struct packet *p)
{
	const struct flow *f = flow_at(&d->flows, flow);
	bool udp = f->proto == IPPROTO_UDP;
	struct offered o = {.d = d, .f = f, .dir = dir, .whole = true};
	struct view v = {.data = p->payload,
			 .len = p->len,
			 .avail = p->caplen,
			 .ip_len = udp ? p->ip_len : 0,
			 .nth = f->packets[dir],
			 .nth_of_flow = f->packets[0] + f->packets[1],
			 .sender = &p->src.ip,
			 .receiver = &p->dst.ip,
			 .given_up = &d->stats.searches_given_up};

	if (!udp && !(p->tcp_flags & TH_PUSH))
		return;
	o.notes = notes_of(d, flow);
	for (size_t i = 0; i < d->set->rules_n; i++) {
		const struct rule *r = d->set->rules[i];

		if ((udp ? r->udp : r->tcp && r->psh) && open_question(r, &o.notes[i]))
			try_rule(&o, r, &v);
	}
}

/* A rule armed on the flow may find its message at any segment of the burst. */
static void try_inside(struct offered *o, const struct rule *r, const struct reassembly *s,
		       const struct view *burst)
{
	for (unsigned b = 0; b < s->bounds_n; b++) {
		uint32_t at = b ? s->bounds[b - 1] : 0;
		struct view part = *burst;

		if (at >= s->len)
			continue;
		part.data += at < part.avail ? at : part.avail;
		part.len -= at;
		part.avail = part.avail > at ? part.avail - at : 0;
		try_rule(o, r, &part);
		o->whole = false;
	}
}

void reach_burst(struct detector *d, uint32_t flow, const struct reassembly *s,
		 const struct view *burst, bool over)
{
	struct reach_note *notes = notes_of(d, flow);
	struct view v = *burst;

	v.growing = !over;
	for (size_t i = 0; i < d->set->rules_n; i++) {
		const struct rule *r = d->set->rules[i];
		struct offered o = {.d = d,
				    .f = flow_at(&d->flows, flow),
				    .notes = notes,
				    .dir = s->dir,
				    .whole = over};

		if (!r->tcp || r->psh || !open_question(r, &o.notes[i]))
			continue;
		if (r->on_open && r->steps_n && r->messages[0].anywhere)
			try_inside(&o, r, s, &v);
		else
			try_rule(&o, r, &v);
	}
}

/* ------------------------------------------------------------------ what the engine takes */

static void all_that_share(struct detector *d, const struct match *in, unsigned level)
{
	struct reach_note *notes = notes_of(d, in->flow);

	for (const struct rule *r = d->set->rules[in->rule]; r; r = r->shared_next)
		raise_to(&notes[r->index], level);
}

void reach_step(struct detector *d, const struct match *in, unsigned step)
{
	all_that_share(d, in, REACH_FIRST + step);
}

void reach_all_steps(struct detector *d, const struct match *in)
{
	all_that_share(d, in, REACH_ALL_STEPS);
}

void reach_acted(struct detector *d, const struct match *in)
{
	notes_of(d, in->flow)[in->rule].acted = true;
}
