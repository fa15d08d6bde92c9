// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * action.c - what follows from a match: memory, events, sessions
 *
 * A complete rule first asks for what it must know (known.c). If that is not known and the rule
 * says "hold", the match is held. Otherwise its actions run, in this order: count (and stop here
 * when there are too few), remember, forget, report an event.
 *
 * While matches are held, a list keeps what is remembered, by these rules or by one that asks flow
 * records. After the packet the matches that waited for it are released one after the other, so a chain
 * of them needs no stack.
 *
 *   state of a match  enters it                     leaves it
 *   complete          action_complete()             known: acts; "hold": held; else dropped
 *   held              what it must know is missing  known in time: asked again, then acts or is
 *                                                   held for the next condition; too late,
 *                                                   or its flow is gone: dropped
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "detector/engine/action.h"
#include "detector/engine/answer.h"
#include "detector/engine/counting.h"
#include "detector/engine/dns_answer.h"
#include "detector/engine/event.h"
#include "detector/engine/flow_state.h"
#include "detector/engine/known.h"
#include "detector/engine/reach.h"
#include "detector/engine/session.h"

/* Whether the rule has reported this datagram already. A rule may be under way several times on a flow;
 * a datagram that ends all of these ends one exchange. (A TCP segment may hold several messages.) */
static bool reported(struct detector *d, const struct match *in, enum event_kind kind)
{
	const struct flow *f = flow_at(&d->flows, in->flow);
	const struct match_evidence *last = in->ev_n ? &in->ev[in->ev_n - 1] : NULL;
	struct reported *was = &d->reported[in->rule], now;

	if (!last || f->proto != IPPROTO_UDP)
		return false;
	now = (struct reported){.number = last->number,
				.flow = in->flow,
				.gen = f->gen,
				.input = last->input,
				.kind = (uint8_t)kind};
	if (was->number == now.number && was->flow == now.flow && was->gen == now.gen &&
	    was->input == now.input && was->kind == now.kind)
		return true;
	*was = now;
	return false;
}

static void report(struct detector *d, struct match *in, enum event_kind kind)
{
	const struct rule *r = d->set->rules[in->rule];
	struct flow *f = flow_at(&d->flows, in->flow);
	struct flow_state *x = flow_state_make(d, in->flow);

	if (kind == EVENT_FLOW && (x->claimed >> r->signature & 1))
		return;
	if (reported(d, in, kind))
		return;
	if (kind == EVENT_SESSION_START)
		kind = session_event(d, in);
	if (kind == EVENT_KINDS)
		return;
	x->claimed |= 1ULL << r->signature;
	event_report(d, f,
		     &(struct happening){.rule = r,
					 .client_dir = in->client_dir,
					 .kind = kind,
					 .answered = in->answered,
					 .version = in->version,
					 .ev = in->ev,
					 .n = in->ev_n,
					 .bytes = in->bytes});
}

void action_learned(struct detector *d, uint16_t set, const struct memory_key *key,
		    uint32_t version)
{
	if (!d->memory.held.live)
		return;
	if (d->learned_n == d->learned_room) {
		d->learned_room = d->learned_room ? d->learned_room * 2 : 16;
		d->learned = xrealloc(d->learned, d->learned_room * sizeof(*d->learned));
	}
	d->learned[d->learned_n++] = (struct learned){.key = *key, .set = set, .version = version};
}

static void remember_key(struct detector *d, struct match *in, const struct remember *m,
			 const struct memory_key *key)
{
	struct memory_entry *e;

	e = memory_put(&d->memory, m->set, key, d->now_ns, d->set->sets[m->set].keep);
	if (in->version)
		e->version = in->version;
	else if (!e->version)
		e->version = d->rule_version[in->rule];
	if (in->answered)
		answer_remember(d, e, d->set->sets[m->set].keep);
	action_learned(d, m->set, key, e->version);
}

/* Each address of the DNS answer that is being read. */
static void remember_answers(struct detector *d, struct match *in, const struct remember *m)
{
	const struct message *asked = d->set->rules[in->rule]->messages;
	struct ip answers[DNS_ADDRESSES];
	size_t n = 0;

	for (unsigned i = 0; i < asked->tests_n && !n; i++)
		if (asked->tests[i].kind == TEST_DNS && d->payload)
			n = dns_addresses(d->payload, d->payload_n, asked->tests[i].name, answers);
	for (size_t i = 0; i < n; i++) {
		struct memory_key key = known_address_key(d, &answers[i]);

		remember_key(d, in, m, &key);
	}
}

static void remember(struct detector *d, struct match *in, const struct remember *m)
{
	const struct flow *f = flow_at(&d->flows, in->flow);
	struct memory_key key;

	if (m->key.parts[0] == KEY_ANSWERS)
		remember_answers(d, in, m);
	else if (known_key(d, &m->key, f, in->client_dir, in, &key))
		remember_key(d, in, m, &key);
}

/* Whether the count is a large enough share of the other set's. */
static bool share_reached(struct detector *d, const struct counting *c,
			  const struct memory_key *key)
{
	struct memory_entry *e, *whole;

	if (c->share_of < 0)
		return true;
	whole = memory_find(&d->memory, (uint16_t)c->share_of, key, d->now_ns);
	e = memory_find(&d->memory, c->set, key, d->now_ns);
	return e && whole && (uint64_t)e->count * 1000 >= (uint64_t)c->share * whole->count;
}

/* The number that must move by one of a few: counting begins anew where it did not. */
static void count_step(struct detector *d, const struct match *in, const struct counting *c,
		       const struct memory_key *key)
{
	struct memory_entry *e =
		memory_put(&d->memory, c->set, key, d->now_ns, d->set->sets[c->set].keep);
	uint32_t v = 0, all;

	for (unsigned i = 0; i < c->step_length; i++)
		v = v << 8 | in->save[c->step_save + i];
	all = c->step_length == 4 ? UINT32_MAX : (1U << (8 * c->step_length)) - 1;
	if (e->count && !numset_has(&c->step, (v - e->value) & all))
		e->count = 0;
	e->value = v;
}

/* Counts one more match; whether there are enough. */
static bool count_reached(struct detector *d, struct match *in, const struct counting *c)
{
	const struct flow *f = flow_at(&d->flows, in->flow);
	struct memory_key key, pair;

	if (!known_key(d, &c->key, f, in->client_dir, in, &key) ||
	    (c->distinct.n && !known_key(d, &c->distinct, f, in->client_dir, in, &pair)))
		return false;
	if (c->step_length)
		count_step(d, in, c, &key);
	return counting_reached(&d->memory, c, &key, c->distinct.n ? &pair : NULL, d->now_ns,
				d->set->sets[c->set].keep) &&
	       share_reached(d, c, &key);
}

static void run_actions(struct detector *d, struct match *in, const struct actions *a)
{
	if (a->count.used && !count_reached(d, in, &a->count))
		return;
	in->answered = in->answered || answer_beside(d, in);
	for (unsigned i = 0; i < a->remember_n; i++)
		remember(d, in, &a->remember[i]);
	for (unsigned i = 0; i < a->forget_n; i++) {
		struct memory_key key;

		if (known_key(d, &a->forget[i].key, flow_at(&d->flows, in->flow), in->client_dir,
			      in, &key))
			memory_forget(&d->memory, a->forget[i].set, &key);
	}
	if (a->event >= 0)
		report(d, in, (enum event_kind)a->event);
}

static void act(struct detector *d, struct match *in)
{
	const struct rule *r = d->set->rules[in->rule];

	if (d->reach)
		reach_acted(d, in);
	run_actions(d, in, &r->then);
	if (r->end_event >= 0)
		session_watch(d, in);
}

static void hold(struct detector *d, struct match *in, int client_dir)
{
	const struct rule *r = d->set->rules[in->rule];
	struct flow *f = flow_at(&d->flows, in->flow);

	for (unsigned i = 0; i < r->known_n; i++) {
		const struct known *k = &r->known[i];
		struct memory_key key;
		struct held *h;

		if (!k->hold || !known_key(d, &k->key, f, client_dir, in, &key) ||
		    memory_find(&d->memory, k->set, &key, d->now_ns))
			continue;
		h = memory_hold(&d->memory, k->set, &key, d->now_ns, k->hold);
		f->flags2 |= FLOW2_HELD;
		h->flow = in->flow;
		h->gen = f->gen;
		h->client_dir = (uint8_t)client_dir;
		h->rule = in->rule;
		h->ev = in->ev[0];
		if (in->bytes && in->bytes->b[0]) {
			h->bytes_n = in->bytes->n[0];
			h->bytes = xmalloc(h->bytes_n);
			memcpy(h->bytes, in->bytes->b[0], h->bytes_n);
		}
		h->saved = in->saved;
		memcpy(h->save, in->save, r->save_bytes);
		h->version = in->version;
		h->answered = in->answered;
		return;
	}
}

/* Completes one of the rules that share the question: the one that in->rule names. */
static void complete(struct detector *d, struct match *in)
{
	const struct rule *r = d->set->rules[in->rule];
	struct flow *f = flow_at(&d->flows, in->flow);
	enum known_answer answer[2] = {KNOWN_NO, KNOWN_NO};
	int sides = r->client == CLIENT_EITHER && r->known_n ? 2 : 1;
	bool answered = in->answered;

	for (int i = 0; i < sides; i++) {
		int side = i ? !in->client_dir : in->client_dir;

		in->answered = answered && !i; /* who replied is not the server then */
		answer[i] = known_ask(d, r, f, side, in, true);
		if (answer[i] == KNOWN_YES) {
			in->client_dir = (uint8_t)side;
			act(d, in);
			return;
		}
	}
	for (int i = 0; i < sides; i++) {
		in->answered = answered && !i;
		if (answer[i] == KNOWN_HOLD)
			hold(d, in, i ? !in->client_dir : in->client_dir);
	}
}

void action_complete(struct detector *d, struct match *in)
{
	const struct rule *r = d->set->rules[in->rule], *t;
	struct flow_state *x = flow_state_of(d, in->flow);
	uint8_t client_dir = in->client_dir;
	uint32_t version = in->version;
	bool answered = in->answered;

	if (r->once && !r->cannot_recur)
		flow_state_set_done(d, x ? x : flow_state_make(d, in->flow), r->index);
	if (d->reach)
		reach_all_steps(d, in);
	complete(d, in);
	for (t = r->shared_next; t; t = t->shared_next) {
		in->rule = t->index;
		in->client_dir = client_dir;
		in->version = version;
		in->answered = answered;
		complete(d, in);
	}
	in->rule = r->index;
}

static void act_at_step(struct detector *d, struct match *in, const struct actions *then)
{
	if (d->reach && then->event >= 0)
		reach_acted(d, in);
	run_actions(d, in, then);
}

void action_step(struct detector *d, struct match *in, unsigned s)
{
	const struct rule *r = d->set->rules[in->rule];

	act_at_step(d, in, &r->steps[s].then);
	for (const struct rule *t = r->shared_next; t; t = t->shared_next) {
		in->rule = t->index;
		act_at_step(d, in, &t->steps[s].then);
	}
	in->rule = r->index;
}

static void release(struct detector *d, const struct held *h, uint32_t version)
{
	const struct rule *r = d->set->rules[h->rule];
	struct match_bytes bytes = {.b = {h->bytes}, .n = {h->bytes_n}};
	struct flow *f = flow_at(&d->flows, h->flow);
	struct match_room now;
	struct match *in = match_in_room(&now);

	in->flow = h->flow;
	in->rule = h->rule;
	in->client_dir = h->client_dir;
	in->ev_n = 1;
	in->saved = h->saved;
	in->bytes = h->bytes ? &bytes : NULL;
	in->start_ns = in->last_ns = h->ev.ts_ns;
	in->ev[0] = h->ev;
	memcpy(in->save, h->save, sizeof(h->save));
	in->version = h->version ? h->version : version;
	in->answered = h->answered;
	switch (known_ask(d, r, f, h->client_dir, in, true)) {
	case KNOWN_YES:
		act(d, in);
		break;
	case KNOWN_HOLD:
		hold(d, in, h->client_dir);
		break;
	case KNOWN_NO:
		break;
	}
}

/* Whether a held match waits for exactly this. */
static bool waits_for(const struct held *h, const struct learned *l)
{
	return h->set == l->set && h->key.a == l->key.a && h->key.b == l->key.b;
}

/* Whether its flow is still in the table. */
static bool flow_is_there(const struct detector *d, const struct held *h)
{
	const struct flow *f = flow_at(&d->flows, h->flow);

	return (f->flags2 & FLOW2_LIVE) && f->gen == h->gen;
}

void action_release_held(struct detector *d)
{
	for (size_t n = 0; n < d->learned_n; n++) {
		struct learned l = d->learned[n];
		uint32_t i = memory_waiting(&d->memory, l.set, &l.key);

		while (i) {
			struct held *at = pool_at(&d->memory.held, i), h;
			uint64_t until;

			if (!waits_for(at, &l)) {
				i = d->memory.places[i].next;
				continue;
			}
			/* Still known? What was released may have forgotten it, or it was evicted;
			 * the others then go on waiting. */
			if (!memory_find(&d->memory, l.set, &l.key, d->now_ns))
				break;
			h = *at;
			until = d->memory.places[i].until;
			at->bytes = NULL;
			memory_unhold(&d->memory, i);
			if (until >= d->now_ns && flow_is_there(d, &h))
				release(d, &h, l.version);
			free(h.bytes);
			/* that may have changed the list: begin again */
			i = memory_waiting(&d->memory, l.set, &l.key);
		}
	}
	d->learned_n = 0;
}
