// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flow_state.c - interest in flows: what a flow costs beyond its 64 bytes, given out and taken back
 *
 * A flow that some rule has begun on gets a struct ext; each rule under way on it a struct inst;
 * a TCP flow whose turns must be put together a struct stream. Each comes from a pool with a
 * limit. At the limit one that a hand moving round meets gives way: what it was waiting for will
 * not be seen, and the statistics count it.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "detector/engine/engine.h"

void inst_put(struct detector *d, uint32_t i)
{
	struct inst *in = pool_at(&d->insts, i);

	for (unsigned k = 0; in->bytes && k < EVIDENCE_MAX; k++)
		free(in->bytes->b[k]);
	free(in->bytes);
	pool_put(&d->tails[d->set->rules[in->rule]->large], in->tail);
	pool_put(&d->insts, i);
}

static void free_insts(struct detector *d, struct ext *x)
{
	while (x->insts) {
		uint32_t i = x->insts;

		x->insts = ((struct inst *)pool_at(&d->insts, i))->next;
		inst_put(d, i);
	}
}

static void free_ext(struct detector *d, struct ext *x, uint32_t flow)
{
	struct flow *f = flow_at(&d->flows, flow);

	free_insts(d, x);
	if (x->stream)
		pool_put(&d->streams, x->stream);
	pool_put(&d->exts, f->ext);
	f->ext = 0;
}

struct ext *ext_make(struct detector *d, uint32_t flow)
{
	struct flow *f = flow_at(&d->flows, flow);
	struct ext *x;
	uint32_t i;

	if (f->ext)
		return pool_at(&d->exts, f->ext);
	i = pool_get(&d->exts);
	if (!i) {
		if (++d->exts.hand > d->exts.used)
			d->exts.hand = 1;
		x = pool_at(&d->exts, d->exts.hand); /* all are live at the limit */
		session_flow_closed(d, x->flow);
		free_ext(d, x, x->flow);
		d->stats.matches_evicted++;
		i = pool_get(&d->exts);
	}
	f->ext = i;
	d->stats.matches++;
	x = pool_at(&d->exts, i);
	x->flow = flow;
	return x;
}

static const struct dispatch_proto *starts_of(const struct detector *d, const struct ext *x)
{
	bool udp = flow_at(&d->flows, x->flow)->proto == IPPROTO_UDP;

	return udp ? &d->dispatch->udp : &d->dispatch->tcp;
}

void ext_set_done(struct detector *d, struct ext *x, uint16_t rule)
{
	for (unsigned i = 0; i < x->armed_n; i++)
		x->armed[i].done |= x->armed[i].rule == rule;
	if (!d->set->rules[rule]->on_open)
		dispatch_rule(starts_of(d, x), rule, x->done_starts);
}

bool ext_done(const struct detector *d, const struct ext *x, uint16_t rule)
{
	unsigned first = starts_of(d, x)->first_of[rule];

	if (!d->set->rules[rule]->on_open)
		return x->done_starts[first / 64] >> (first % 64) & 1;
	for (unsigned i = 0; i < x->armed_n; i++)
		if (x->armed[i].rule == rule)
			return x->armed[i].done;
	return false;
}

/* Whether what the match waits for can no longer come in time. */
static bool stale(const struct detector *d, const struct inst *in)
{
	const struct rule *r = d->set->rules[in->rule];
	const struct step *s = &r->steps[in->step];
	uint64_t now = d->now_ns;

	if (r->within && now > in->start_ns && now - in->start_ns > r->within)
		return true;
	return in->step < r->steps_n && s->within && !s->optional && now > in->last_ns &&
	       now - in->last_ns > s->within;
}

static void drop_inst(struct detector *d, uint32_t i)
{
	struct inst *in = pool_at(&d->insts, i);
	uint32_t *at = &ext_of(d, in->flow)->insts;

	while (*at != i)
		at = &((struct inst *)pool_at(&d->insts, *at))->next;
	*at = in->next;
	inst_put(d, i);
}

/* Frees some matches of flows other than @flow: of the next 64, those that are too late, and those
 * that have waited longer than three quarters of a sample. */
static void evict_insts(struct detector *d, uint32_t flow)
{
	uint64_t oldest[4] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
	uint32_t hand = d->insts.hand;

	for (unsigned n = 0; n < 16; n++) { /* the fourth oldest of 16, from all over the pool */
		uint32_t i =
			(uint32_t)((hand + (uint64_t)n * d->insts.used / 16) % d->insts.used) + 1;
		const struct inst *in = pool_at(&d->insts, i);
		unsigned k = 4;

		for (; k > 0 && in->flow && in->last_ns < oldest[k - 1]; k--)
			if (k < 4)
				oldest[k] = oldest[k - 1];
		if (k < 4)
			oldest[k] = in->last_ns;
	}
	for (unsigned n = 0; n < 64 || (d->insts.live == d->insts.limit && n < 1024); n++) {
		const struct inst *in;

		if (++d->insts.hand > d->insts.used)
			d->insts.hand = 1;
		in = pool_at(&d->insts, d->insts.hand);
		if (!in->flow || in->flow == flow)
			continue;
		if (!stale(d, in)) {
			if (in->last_ns > oldest[3])
				continue;
			d->stats.matches_evicted++;
		}
		drop_inst(d, d->insts.hand);
	}
}

struct inst *inst_new(struct detector *d, struct ext *x, uint16_t rule, int client_dir)
{
	uint32_t i = pool_get(&d->insts);
	struct inst *in;

	if (!i) {
		evict_insts(d, x->flow);
		i = pool_get(&d->insts);
		if (!i)
			return NULL;
	}
	in = pool_at(&d->insts, i);
	in->flow = x->flow;
	in->tail = pool_get(&d->tails[d->set->rules[rule]->large]);
	if (d->set->rules[rule]->large) {
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
	in->rule = rule;
	in->client_dir = (uint8_t)client_dir;
	in->start_ns = in->last_ns = d->mark.ts_ns;
	in->next = x->insts;
	x->insts = i;
	return in;
}

struct stream *stream_follow(struct detector *d, struct ext *x)
{
	struct stream *s;
	uint32_t i;

	if (x->stream)
		return pool_at(&d->streams, x->stream);
	i = pool_get(&d->streams);
	for (unsigned n = 0; n < 64 && !i; n++) {
		struct ext *o;

		if (++d->streams.hand > d->streams.used)
			d->streams.hand = 1;
		s = pool_at(&d->streams, d->streams.hand);
		o = ext_of(d, s->flow);
		if (o == x)
			continue;
		free_insts(d, o);
		pool_put(&d->streams, o->stream);
		o->stream = 0;
		d->stats.streams_evicted++;
		i = pool_get(&d->streams);
	}
	if (!i)
		return NULL;
	d->stats.streams++;
	x->stream = i;
	s = pool_at(&d->streams, i);
	s->flow = x->flow;
	return s;
}

void ext_settle(struct detector *d, struct ext *x)
{
	uint32_t *at = &x->insts;
	bool needed = x->armed_n > 0 || x->pending;

	while (*at) {
		uint32_t i = *at;
		struct inst *in = pool_at(&d->insts, i);

		if (in->over) {
			*at = in->next;
			inst_put(d, i);
			continue;
		}
		needed |= !d->set->rules[in->rule]->psh;
		at = &in->next;
	}
	if (!needed && x->stream && !((struct stream *)pool_at(&d->streams, x->stream))->ooo_n) {
		pool_put(&d->streams, x->stream);
		x->stream = 0;
	}
}

void ext_drop(struct detector *d, uint32_t flow)
{
	struct ext *x = ext_of(d, flow);

	if (!x)
		return;
	session_flow_closed(d, flow);
	free_ext(d, x, flow);
}
