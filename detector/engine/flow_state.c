// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flow_state.c - what a flow costs beyond its 64 bytes, given out and taken back
 *
 * A flow on which a rule has started gets a struct flow_state; each rule under way on it a struct
 * match; a TCP flow whose message bursts must be put together a struct reassembly. Each comes from
 * a pool with a limit.
 *
 *   a flow has    from                                           until
 *   only itself   its first packet                               it is idle, or evicted
 *   a flow_state  a rule starts, is armed or is done, or the     the flow leaves the table, or
 *                 flow's bytes are put together                  another flow needs the room
 *   matches       a rule of more than one message starts         they are over (step.c), or
 *                                                                give way at the limit
 *   a reassembly  a segment may start a rule that reads bursts,  no match, armed rule, pending
 *                 or comes before the first bytes, or a rule     start or early segment needs it,
 *                 that reads bursts is armed                     or it gives way at the limit
 *
 * Eviction is by a clock hand that goes round the pool: what the evicted entry was waiting for will
 * not be seen, and the statistics count it. What is to be reported at the flow's end does not go
 * with it: ending.c keeps that.
 */
#include <netinet/in.h>
#include <stdlib.h>

#include "detector/engine/flow_state.h"
#include "detector/engine/reassembly.h"

#define AHEAD 16 /* matches between fetching what one touches and dropping it */

void flow_state_free_match(struct detector *d, uint32_t i)
{
	struct match *in = pool_at(&d->matches, i);

	if (in->rule != WAITING) {
		for (unsigned k = 0; in->bytes && k < EVIDENCE_MAX; k++)
			free(in->bytes->b[k]);
		if (in->bytes)
			free(in->bytes);
		pool_put(&d->tails[d->set->rules[in->rule]->large], in->tail);
		if (in->gauge)
			pool_put(&d->gauges, in->gauge);
	}
	pool_put(&d->matches, i);
}

static void free_matches(struct detector *d, struct flow_state *x)
{
	while (x->matches) {
		uint32_t i = x->matches;

		x->matches = ((struct match *)pool_at(&d->matches, i))->next;
		flow_state_free_match(d, i);
	}
}

static void free_reassembly(struct detector *d, struct flow_state *x)
{
	const struct flow *f = flow_at(&d->flows, x->flow);
	struct reassembly *s = pool_at(&d->reassemblies, x->reassembly);

	if (s->other)
		pool_put(&d->reassemblies, s->other);
	pool_put(&d->reassemblies, x->reassembly);
	x->reassembly = 0;
	x->bursts = (uint32_t)f->bursts[0] + f->bursts[1];
}

static void free_flow_state(struct detector *d, struct flow_state *x, uint32_t flow)
{
	struct flow *f = flow_at(&d->flows, flow);

	free_matches(d, x);
	if (x->reassembly)
		free_reassembly(d, x);
	pool_put(&d->flow_states, f->state);
	f->state = 0;
}

/* Ahead of time: what giving up the next states will touch. */
HINT void hint_next_dropped(const struct detector *d)
{
	const struct pool *p = &d->flow_states;
	const struct flow_state *next = pool_at(p, p->hand + 2 <= p->used ? p->hand + 2 : 1);

	__builtin_prefetch(flow_at(&d->flows, next->flow), 1);
	__builtin_prefetch(pool_at(p, p->hand + 4 <= p->used ? p->hand + 4 : 1), 1);
}

struct flow_state *flow_state_make(struct detector *d, uint32_t flow)
{
	struct flow *f = flow_at(&d->flows, flow);
	struct flow_state *x;
	uint32_t i;

	if (f->state)
		return pool_at(&d->flow_states, f->state);
	i = pool_get(&d->flow_states);
	if (!i) {
		if (++d->flow_states.hand > d->flow_states.used)
			d->flow_states.hand = 1;
		x = pool_at(&d->flow_states, d->flow_states.hand); /* all are in use at the limit */
		hint_next_dropped(d);
		flow_state_drop(d, x->flow);
		d->stats.matches_evicted++;
		i = pool_get(&d->flow_states);
	}
	f->state = i;
	d->stats.matches++;
	x = pool_at(&d->flow_states, i);
	x->flow = flow;
	return x;
}

static const struct dispatch_proto *starts_of(const struct detector *d, const struct flow_state *x)
{
	bool udp = flow_at(&d->flows, x->flow)->proto == IPPROTO_UDP;

	return udp ? &d->dispatch->udp : &d->dispatch->tcp;
}

void flow_state_set_done(struct detector *d, struct flow_state *x, uint16_t rule)
{
	for (unsigned i = 0; i < x->armed_n; i++)
		x->armed[i].done |= x->armed[i].rule == rule;
	if (!d->set->rules[rule]->on_open)
		dispatch_rule(starts_of(d, x), rule, x->done_starts);
}

bool flow_state_done(const struct detector *d, const struct flow_state *x, uint16_t rule)
{
	unsigned first = starts_of(d, x)->first_of[rule];

	if (!d->set->rules[rule]->on_open)
		return x->done_starts[first / 64] >> (first % 64) & 1;
	for (unsigned i = 0; i < x->armed_n; i++)
		if (x->armed[i].rule == rule)
			return x->armed[i].done;
	return false;
}

/* Whether the message that the match waits for can no longer come in time. */
static bool stale(const struct detector *d, const struct match *in)
{
	uint64_t now = d->now_ns;
	const struct rule *r;
	const struct step *s;

	if (in->rule == WAITING)
		return now > in->last_due;
	r = d->set->rules[in->rule];
	s = &r->steps[in->step];
	if (r->within && now > in->start_ns && now - in->start_ns > r->within)
		return true;
	return in->step < r->steps_n && s->within && !s->optional && now > in->last_ns &&
	       now - in->last_ns > s->within;
}

static void drop_match(struct detector *d, uint32_t i)
{
	struct match *in = pool_at(&d->matches, i);
	uint32_t *at = &flow_state_of(d, in->flow)->matches;

	while (*at != i)
		at = &((struct match *)pool_at(&d->matches, *at))->next;
	*at = in->next;
	flow_state_free_match(d, i);
}

/* Ahead of time: brings into the cache what dropping the matches behind @i will touch. */
HINT void hint_drop(const struct detector *d, uint32_t i)
{
	const struct match *next = pool_at(&d->matches, i + AHEAD);
	const struct match *later = pool_at(&d->matches, i + 2 * AHEAD);

	if (i + 3 * AHEAD > d->matches.used)
		return;
	__builtin_prefetch(pool_at(&d->matches, i + 3 * AHEAD), 1);
	if (later->flow)
		__builtin_prefetch(flow_at(&d->flows, later->flow));
	if (next->flow)
		flow_state_hint(d, next->flow);
}

/* Frees some matches of flows other than @flow: of the next 64 in the pool, those that are too
 * late, and those that have waited longer than three quarters of a sample of 16. */
static void evict_matches(struct detector *d, uint32_t flow)
{
	uint64_t oldest[4] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
	uint32_t hand = d->matches.hand;

	if (!d->matches.used) /* cannot be: the pool is full */
		return;
	for (unsigned n = 0; n < 16; n++) { /* the fourth oldest of 16, from all over the pool */
		uint32_t i =
			(uint32_t)((hand + (uint64_t)n * d->matches.used / 16) % d->matches.used) +
			1;
		const struct match *in = pool_at(&d->matches, i);
		unsigned k = 4;

		for (; k > 0 && in->flow && in->last_ns < oldest[k - 1]; k--)
			if (k < 4)
				oldest[k] = oldest[k - 1];
		if (k < 4)
			oldest[k] = in->last_ns;
	}
	for (unsigned n = 0; n < 64 || (d->matches.live == d->matches.limit && n < 1024); n++) {
		const struct match *in;

		if (++d->matches.hand > d->matches.used)
			d->matches.hand = 1;
		in = pool_at(&d->matches, d->matches.hand);
		hint_drop(d, d->matches.hand);
		if (!in->flow || in->flow == flow)
			continue;
		if (!stale(d, in)) {
			if (in->last_ns > oldest[3])
				continue;
			d->stats.matches_evicted++;
		}
		drop_match(d, d->matches.hand);
	}
}

/* Where the evidence and the saved bytes of a match lie. */
static void give_tail(struct detector *d, struct match *in, bool large)
{
	in->tail = pool_get(&d->tails[large]);
	if (large) {
		struct tail_large *t = pool_at(&d->tails[1], in->tail);

		in->ev = t->ev;
		in->save = t->save;
		in->ev_max = ARRAY_LEN(t->ev);
	} else {
		struct tail_small *t = pool_at(&d->tails[0], in->tail);

		in->ev = t->ev;
		in->save = t->save;
		in->ev_max = ARRAY_LEN(t->ev);
	}
}

struct match *flow_state_add_match(struct detector *d, struct flow_state *x, uint32_t *at,
				   uint16_t rule, int client_dir)
{
	uint32_t i = pool_get(&d->matches);
	struct match *in;

	if (!i) {
		evict_matches(d, x->flow);
		i = pool_get(&d->matches);
		if (!i)
			return NULL;
	}
	in = pool_at(&d->matches, i);
	in->flow = x->flow;
	if (rule != WAITING)
		give_tail(d, in, d->set->rules[rule]->large);
	in->rule = rule;
	in->client_dir = (uint8_t)client_dir;
	in->start_ns = in->last_ns = d->packet.ts_ns;
	in->next = *at;
	*at = i;
	return in;
}

/* A new struct reassembly of the flow; at the limit another flow's gives way. 0 = no room. */
static uint32_t new_reassembly(struct detector *d, struct flow_state *x)
{
	const uint32_t flow = x->flow;
	uint32_t i = pool_get(&d->reassemblies);

	for (unsigned n = 0; n < 64 && !i; n++) {
		struct flow_state *o;

		if (++d->reassemblies.hand > d->reassemblies.used)
			d->reassemblies.hand = 1;
		o = flow_state_of(
			d, ((struct reassembly *)pool_at(&d->reassemblies, d->reassemblies.hand))
				   ->flow);
		if (o == x)
			continue;
		free_matches(d, o);
		free_reassembly(d, o);
		d->stats.streams_evicted++;
		i = pool_get(&d->reassemblies);
	}
	if (i)
		((struct reassembly *)pool_at(&d->reassemblies, i))->flow = flow;
	return i;
}

struct reassembly *flow_state_reassemble(struct detector *d, struct flow_state *x)
{
	if (x->reassembly)
		return pool_at(&d->reassemblies, x->reassembly);
	x->reassembly = new_reassembly(d, x);
	if (!x->reassembly)
		return NULL;
	d->stats.streams++;
	return pool_at(&d->reassemblies, x->reassembly);
}

uint32_t flow_state_second(struct detector *d, struct flow_state *x)
{
	return new_reassembly(d, x);
}

void flow_state_settle(struct detector *d, struct flow_state *x)
{
	uint32_t *at = &x->matches;
	bool needed = x->armed_n > 0 || x->pending || d->reach;

	while (*at) {
		uint32_t i = *at;
		struct match *in = pool_at(&d->matches, i);

		if (in->over) {
			*at = in->next;
			flow_state_free_match(d, i);
			continue;
		}
		needed |= in->rule != WAITING && !d->set->rules[in->rule]->psh;
		at = &in->next;
	}
	if (!needed && x->reassembly &&
	    !((struct reassembly *)pool_at(&d->reassemblies, x->reassembly))->early_n) {
		free_reassembly(d, x);
	}
}

void flow_state_drop(struct detector *d, uint32_t flow)
{
	struct flow_state *x = flow_state_of(d, flow);

	if (x)
		free_flow_state(d, x, flow);
}
