// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * follow.c - interest in flows: what a flow costs beyond its 64 bytes, given out and taken back
 *
 * A flow that some rule has begun on gets a struct ext; each rule under way on it a struct inst;
 * a TCP flow whose turns must be put together a struct stream. Each comes from a pool with a
 * limit. At the limit one that a hand moving round meets gives way: what it was waiting for will
 * not be seen, and the statistics count it.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "detector/engine.h"

void inst_put(struct detector *d, uint32_t i)
{
	struct inst *in = pool_at(&d->insts, i);

	for (unsigned k = 0; k < in->ev_n; k++)
		free(in->ev[k].bytes);
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

void ext_set_done(struct detector *d, struct ext *x, uint16_t rule)
{
	bool udp = flow_at(&d->flows, x->flow)->proto == IPPROTO_UDP;

	x->done[rule / 64] |= 1ULL << (rule % 64);
	if (!d->set->rules[rule]->on_open)
		dispatch_rule(udp ? &d->dispatch->udp : &d->dispatch->tcp, rule, x->done_starts);
}

struct inst *inst_new(struct detector *d, struct ext *x, uint16_t rule, int client_dir)
{
	uint32_t i = pool_get(&d->insts);
	struct inst *in;

	if (!i) { /* another flow's oldest goes; this flow's when the hand meets it */
		for (unsigned n = 0; n < 64 && !i; n++) {
			if (++d->insts.hand > d->insts.used)
				d->insts.hand = 1;
			in = pool_at(&d->insts, d->insts.hand);
			if (in->flow == x->flow || !in->flow)
				continue;
			free_insts(d, ext_of(d, in->flow));
			d->stats.matches_evicted++;
			i = pool_get(&d->insts);
		}
		if (!i)
			return NULL;
	}
	in = pool_at(&d->insts, i);
	in->flow = x->flow;
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
