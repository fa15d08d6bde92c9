// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * message_burst.c - a TCP message burst, cut by reassembly.c, is offered to rules as it grows
 *
 * A message is a run of whole segments inside a burst. It begins where the last message of the
 * match ended in the burst, or at the burst's start; where the message may stand "anywhere", also
 * at each segment behind that. The burst is offered at each segment as it comes, to the matches
 * under way and to rules that may start, and once more when it is over: only then are "whole-turn"
 * and "next" decided, and tallies counted. A rule whose first message the burst cannot become any
 * more is left alone until the next burst.
 *
 *   state of a burst   enters it                    leaves it
 *   fresh              its first segment            offered once: growing
 *   growing            each segment                 the burst is over
 *   pending (with it)  a first message could still  offered again, at the next segment or
 *                      become complete              when the burst is over
 *   over               burst_ends()                 -
 */
#include "detector/engine/flow_state.h"
#include "detector/engine/message_burst.h"
#include "detector/engine/reach.h"
#include "detector/engine/reassembly.h"
#include "detector/engine/start.h"
#include "detector/engine/step.h"

static struct view burst_view(struct detector *d, const struct flow *f, const struct reassembly *s,
			      struct endpoint ends[2])
{
	flow_endpoint(&d->flows, f, 0, &ends[0]);
	flow_endpoint(&d->flows, f, 1, &ends[1]);
	return (struct view){.data = s->buf,
			     .len = s->len,
			     .avail = s->avail,
			     .nth = f->bursts[s->dir],
			     .nth_of_flow = (uint32_t)f->bursts[0] + f->bursts[1],
			     .gap = UINT64_MAX,
			     .sender = &ends[s->dir].ip,
			     .receiver = &ends[!s->dir].ip,
			     .given_up = &d->stats.searches_given_up};
}

/* Offers the burst as it stands to every match; @over: it will not grow. @last: it has no other
 * reading that is still to be offered. */
static void offer_burst(struct detector *d, struct flow_state *x, const struct reassembly *s,
			struct view *v, bool over, bool last, uint64_t took[RULES_MAX / 64])
{
	for (uint32_t i = x->matches; i;) {
		struct match *in = pool_at(&d->matches, i);
		const struct rule *r = d->set->rules[in->rule];
		uint32_t starts[BURST_BOUNDS + 1] = {0};
		unsigned n = 1;
		bool next, done;

		i = in->next;
		if (in->over || r->psh || step_expired(d, r, in))
			continue;
		v->gap = step_gap(d, in, s->dir);
		if (over)
			in->seen[s->dir] = d->packet.ts_ns;
		if (in->burst == x->burst_no)
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
				step_tally(d, in, v);
			continue;
		}
		done = step_offer(d, in, v, over, starts, n, &next);
		if (done) {
			in->burst = x->burst_no;
			in->consumed = s->len;
			took[r->index / 64] |= 1ULL << (r->index % 64);
		} else if (over && last && next) {
			in->over = true;
		}
	}
}

/* Tries the first message of the rule armed at @i, at each place where it may stand. Whether the
 * rule has started or still may, in this burst. */
static bool burst_start_armed(struct detector *d, uint32_t flow, struct flow_state *x, unsigned i,
			      const struct reassembly *s, struct view *v, bool over)
{
	const struct rule *r = d->set->rules[x->armed[i].rule];
	struct match *in = NULL;
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
			start_rule(d, flow, r, m, &part, s->dir, x->armed[i].client_dir, &in);
		}
	}
	if (in) {
		in->burst = x->burst_no;
		in->consumed = s->len;
	}
	return more;
}

/* Tries first messages in the burst: of armed rules, and of the rules that the dispatch finds. */
static void start_burst(struct detector *d, uint32_t flow, struct flow_state *x,
			const struct reassembly *s, struct view *v, bool over,
			uint64_t took[RULES_MAX / 64])
{
	const struct dispatch_proto *dp = &d->dispatch->tcp;
	const struct flow *f = flow_at(&d->flows, flow);
	uint64_t bits[DISPATCH_WORDS];
	struct packet burst = {.payload = s->buf,
			       .len = s->len,
			       .caplen = s->avail,
			       .src.port = f->port[s->dir],
			       .dst.port = f->port[!s->dir]};
	struct dispatch_query q = {.p = &burst,
				   .done = x->done_starts,
				   .way = s->dir,
				   .nth = v->nth,
				   .nth_of_flow = v->nth_of_flow};
	bool second;

	for (uint32_t i = x->matches; i;) { /* a rule starts once per burst */
		struct match *in = pool_at(&d->matches, i);

		if (in->burst == x->burst_no && in->ev_n)
			took[in->rule / 64] |= 1ULL << (in->rule % 64);
		i = in->next;
	}
	second = x->reassembly && s != pool_at(&d->reassemblies, x->reassembly);
	v->growing = !over;
	for (unsigned i = 0; i < x->armed_n; i++) {
		const struct rule *r = d->set->rules[x->armed[i].rule];

		bool may;

		if (r->psh || (x->armed[i].out && !second) || flow_state_done(d, x, r->index) ||
		    (took[r->index / 64] >> (r->index % 64) & 1))
			continue;
		may = burst_start_armed(d, flow, x, i, s, v, over);
		if (!second)
			x->armed[i].out = !may;
	}
	if (over && !x->pending)
		return; /* nothing was still growing into a first message */
	if (dispatch_find(dp, &q, bits))
		x->pending |= start_found(d, &(struct start_payload){.proto = dp,
								     .bits = bits,
								     .v = v,
								     .flow = flow,
								     .dir = s->dir,
								     .reads = READS_BURSTS,
								     .took = took});
}

/* Offers the burst as it stands to matches under way and to rules that may start; @over: it will
 * not grow. What happens is put down to the burst's last packet. */
static void take_burst(struct detector *d, uint32_t flow, struct flow_state *x,
		       const struct reassembly *s, bool over, bool last)
{
	uint64_t took[RULES_MAX / 64] = {0};
	struct packet_ref packet = d->packet;
	struct endpoint ends[2];
	struct view v;

	d->packet = s->last;
	v = burst_view(d, flow_at(&d->flows, flow), s, ends);
	if (d->reach)
		reach_burst(d, flow, s, &v, over);
	offer_burst(d, x, s, &v, over, last, took);
	start_burst(d, flow, x, s, &v, over, took);
	d->packet = packet;
}

/* The burst, and its second reading where it has one. */
static void take_readings(struct detector *d, uint32_t flow, struct flow_state *x,
			  const struct reassembly *s, bool over)
{
	take_burst(d, flow, x, s, over, !s->other);
	if (s->other)
		take_burst(d, flow, x, pool_at(&d->reassemblies, s->other), over, true);
}

void burst_grows(struct detector *d, uint32_t flow, struct reassembly *s)
{
	struct flow *f = flow_at(&d->flows, flow);
	struct flow_state *x = flow_state_of(d, flow);

	if (s->bounds_n == 1 && s->bounds[0] == s->len && s->fresh) {
		x->burst_no++;
		for (unsigned i = 0; i < x->armed_n; i++)
			x->armed[i].out = false;
		s->fresh = false;
		f->bursts[s->dir] =
			f->bursts[s->dir] == UINT16_MAX ? UINT16_MAX : f->bursts[s->dir] + 1;
		f->flags = (uint8_t)((f->flags & ~FLOW_BURST1) | FLOW_BURST |
				     (s->dir ? FLOW_BURST1 : 0));
	}
	x->pending = false;
	take_readings(d, flow, x, s, false);
}

void burst_read_again(struct detector *d, uint32_t flow, struct reassembly *s)
{
	take_burst(d, flow, flow_state_of(d, flow), pool_at(&d->reassemblies, s->other), false,
		   true);
}

void burst_ends(struct detector *d, uint32_t flow, struct reassembly *s)
{
	struct flow_state *x = flow_state_of(d, flow);

	take_readings(d, flow, x, s, true);
	x->pending = false;
	s->open = false;
	if (s->other)
		pool_put(&d->reassemblies, s->other);
	s->other = 0;
}
