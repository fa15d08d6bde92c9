// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * turn.c - what rules that read TCP put together make of a turn (stream.c) as it grows
 *
 * A message is a run of whole segments inside a turn that begins where the last message of the
 * match ended in it, or at the turn's start. It is offered at each segment as it comes, to the
 * matches under way and to rules that may begin; and once more when the turn is over, which is when
 * "whole-turn" and "next" are decided. A rule whose first message the turn cannot become any more
 * is left alone until the next one.
 */
#include <string.h>

#include "detector/engine/engine.h"

static struct view turn_view(struct detector *d, const struct flow *f, const struct stream *s,
			     struct endpoint ends[2])
{
	flow_endpoint(&d->flows, f, 0, &ends[0]);
	flow_endpoint(&d->flows, f, 1, &ends[1]);
	return (struct view){.data = s->buf,
			     .len = s->len,
			     .avail = s->avail,
			     .nth = f->turns[s->dir],
			     .nth_of_flow = (uint32_t)f->turns[0] + f->turns[1],
			     .gap = UINT64_MAX,
			     .sender = &ends[s->dir].ip,
			     .receiver = &ends[!s->dir].ip};
}

/* Offers the turn as it stands to every inst; @over: it will not grow. */
static void offer_turn(struct detector *d, struct ext *x, const struct stream *s, struct view *v,
		       bool over, uint64_t took[RULES_MAX / 64])
{
	for (uint32_t i = x->insts; i;) {
		struct inst *in = pool_at(&d->insts, i);
		const struct rule *r = d->set->rules[in->rule];
		uint32_t starts[TURN_BOUNDS + 1] = {0};
		unsigned n = 1;
		bool next, done;

		i = in->next;
		if (in->over || r->psh || progress_expired(d, r, in))
			continue;
		v->gap = progress_gap(d, in, s->dir);
		if (over)
			in->seen[s->dir] = d->mark.ts_ns;
		if (in->turn == x->turn_no)
			starts[0] = in->consumed;
		if (starts[0] >= s->len)
			continue;
		for (unsigned b = 0; b + 1 < s->bounds_n; b++)
			if (s->bounds[b] > starts[0])
				starts[n++] = s->bounds[b];
		v->from_client = s->dir == in->client_dir;
		v->growing = !over;
		if (r->tallies) {
			if (over)
				progress_tally(d, in, v);
			continue;
		}
		done = progress_steps(d, in, v, over, starts, n, &next);
		if (done) {
			in->turn = x->turn_no;
			in->consumed = s->len;
			took[r->index / 64] |= 1ULL << (r->index % 64);
		} else if (over && next) {
			in->over = true;
		}
	}
}

/* The first message of the rule armed at @i, at each place where it may stand. Whether it has begun
 * or still may, in this turn. */
static bool start_armed(struct detector *d, uint32_t flow, struct ext *x, unsigned i,
			const struct stream *s, struct view *v, bool over)
{
	const struct rule *r = d->set->rules[x->armed[i].rule];
	struct inst *in = NULL;
	uint16_t pos[2];
	bool more = false;

	for (unsigned m = 0; m < r->steps[0].n && !in; m++) {
		const struct message *msg = &r->messages[m];

		more |= msg->anywhere || msg->whole;
		for (unsigned b = 0; b < s->bounds_n && !in; b++) {
			uint32_t at = b ? s->bounds[b - 1] : 0;
			struct view part = *v;

			if ((at && !msg->anywhere) || (msg->whole && !over) || at >= s->len)
				continue;
			part.data += at < v->avail ? at : v->avail;
			part.len -= at;
			part.avail = v->avail > at ? v->avail - at : 0;
			part.from_client = s->dir == x->armed[i].client_dir;
			more |= match_from(msg, part.from_client) &&
				match_message(r, msg, &part, NULL, pos) != MATCH_NO;
			begin_rule(d, flow, r, m, &part, s->dir, x->armed[i].client_dir, &in);
		}
	}
	if (in) {
		in->turn = x->turn_no;
		in->consumed = s->len;
	}
	return more;
}

/* First messages in the turn: of armed rules, and of any rule by the dispatch. */
static void start_turn(struct detector *d, uint32_t flow, struct ext *x, const struct stream *s,
		       struct view *v, bool over, uint64_t took[RULES_MAX / 64])
{
	const struct dispatch_proto *dp = &d->dispatch->tcp;
	const struct flow *f = flow_at(&d->flows, flow);
	uint64_t bits[DISPATCH_WORDS];
	struct packet turn = {.payload = s->buf,
			      .len = s->len,
			      .caplen = s->avail,
			      .src.port = f->port[s->dir],
			      .dst.port = f->port[!s->dir]};

	for (uint32_t i = x->insts; i;) { /* one beginning per rule and turn */
		struct inst *in = pool_at(&d->insts, i);

		if (in->turn == x->turn_no && in->ev_n)
			took[in->rule / 64] |= 1ULL << (in->rule % 64);
		i = in->next;
	}
	v->growing = !over;
	for (unsigned i = 0; i < x->armed_n; i++) {
		const struct rule *r = d->set->rules[x->armed[i].rule];

		if (!r->psh && !x->armed[i].out && !ext_done(d, x, r->index) &&
		    !(took[r->index / 64] >> (r->index % 64) & 1))
			x->armed[i].out = !start_armed(d, flow, x, i, s, v, over);
	}
	if (over && !x->pending)
		return; /* nothing could still have become a first message */
	if (progress_find(dp, x, &turn, NULL, s->dir, v->nth, v->nth_of_flow, bits))
		x->pending |= begin_found(d, dp, bits, flow, v, s->dir, 0, took, false);
}

/* The turn as it stands, to matches under way and to rules that may begin; @over: it will not grow.
 */
static void take_turn(struct detector *d, uint32_t flow, struct ext *x, const struct stream *s,
		      bool over)
{
	uint64_t took[RULES_MAX / 64] = {0};
	struct mark mark = d->mark;
	struct endpoint ends[2];
	struct view v;

	d->mark = s->last;
	v = turn_view(d, flow_at(&d->flows, flow), s, ends);
	offer_turn(d, x, s, &v, over, took);
	start_turn(d, flow, x, s, &v, over, took);
	d->mark = mark;
}

void stream_grows(struct detector *d, uint32_t flow, struct stream *s)
{
	struct flow *f = flow_at(&d->flows, flow);
	struct ext *x = ext_of(d, flow);

	if (s->bounds_n == 1 && s->bounds[0] == s->len && s->fresh) {
		x->turn_no++;
		for (unsigned i = 0; i < x->armed_n; i++)
			x->armed[i].out = false;
		s->fresh = false;
		f->turns[s->dir] =
			f->turns[s->dir] == UINT16_MAX ? UINT16_MAX : f->turns[s->dir] + 1;
		f->flags =
			(uint8_t)((f->flags & ~FLOW_TURN1) | FLOW_TURN | (s->dir ? FLOW_TURN1 : 0));
	}
	x->pending = false;
	take_turn(d, flow, x, s, false);
}

void stream_ends(struct detector *d, uint32_t flow, struct stream *s)
{
	struct ext *x = ext_of(d, flow);

	take_turn(d, flow, x, s, true);
	x->pending = false;
	s->open = false;
}
