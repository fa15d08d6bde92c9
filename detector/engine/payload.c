// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * payload.c - a UDP payload, or a TCP segment read by itself, is offered to rules
 *
 * First to the matches under way on the flow, then to the rules that the flow is armed with, then
 * to the rules that the dispatch finds for it. A rule that took the payload in one of these is not
 * tried again with it. Most payloads end at dispatch_find(), which finds none.
 *
 * The bytes of a TCP flow put together go another way: reassembly.c and message_burst.c.
 */
#include <netinet/tcp.h>
#include <string.h>

#include "detector/engine/flow_state.h"
#include "detector/engine/gauge.h"
#include "detector/engine/payload.h"
#include "detector/engine/reach.h"
#include "detector/engine/start.h"
#include "detector/engine/step.h"
#include "detector/engine/begun.h"

/* The starts that the prefilter has left; NULL = they are still to be found. */
static const uint64_t *prefiltered(const struct dispatch_proto *dp, const struct prefilter *pre)
{
	return pre && dp->words <= PREFILTER_WORDS ? pre->starts : NULL;
}

/* Offers a datagram or a segment to the matches that read such; those that took it are marked by
 * rule in @took. */
static void offer_all(struct detector *d, struct flow_state *x, struct view *v, int dir, bool tcp,
		      uint64_t took[RULES_MAX / 64])
{
	static const uint32_t zero[1];

	for (uint32_t *at = &x->matches; *at;) {
		struct match *in = pool_at(&d->matches, *at);
		const struct rule *r;
		bool next, done;

		if (in->rule == WAITING) {
			at = begun_offer(d, x, at, v, dir, took);
			continue;
		}
		at = &in->next;
		r = d->set->rules[in->rule];
		if (in->over || (tcp && !r->psh) || step_expired(d, r, in))
			continue;
		v->from_client = dir == in->client_dir;
		v->gap = step_gap(d, in, dir);
		in->seen[dir] = d->packet.ts_ns;
		if (r->tallies) {
			done = step_tally(d, in, v);
		} else {
			done = step_offer(d, in, v, true, zero, 1, &next);
			if (!done && next)
				in->over = true;
		}
		if (done)
			took[r->index / 64] |= 1ULL << (r->index % 64);
	}
}

void payload_follow(struct detector *d, uint32_t flow, int dir, const struct packet *p)
{
	if (d->gauged)
		gauge_packet(d, flow, dir, p->len);
	if (d->reach)
		reach_payload(d, flow, dir, p);
}

void payload_datagram(struct detector *d, uint32_t flow, int dir, const struct packet *p,
		      const struct prefilter *pre)
{
	const struct dispatch_proto *dp = &d->dispatch->udp;
	struct flow *f = flow_at(&d->flows, flow);
	uint64_t took[RULES_MAX / 64], bits[DISPATCH_WORDS];
	struct flow_state *x = flow_state_of(d, flow);
	struct dispatch_query q = {.p = p,
				   .starts = prefiltered(dp, pre),
				   .done = x ? x->done_starts : NULL,
				   .way = (unsigned)dir,
				   .nth = f->packets[dir],
				   .nth_of_flow = f->packets[0] + f->packets[1]};
	bool found = !(pre && pre->none) && dispatch_find(dp, &q, bits);
	struct view v;

	if (!found && (!x || (!x->matches && !x->armed_n)))
		return;
	if (!checksums_take(d, f, dir, p))
		return;
	v = (struct view){.data = p->payload,
			  .len = p->len,
			  .avail = p->caplen,
			  .ip_len = p->ip_len,
			  .nth = q.nth,
			  .nth_of_flow = q.nth_of_flow,
			  .gap = UINT64_MAX,
			  .sender = &p->src.ip,
			  .receiver = &p->dst.ip,
			  .given_up = &d->stats.searches_given_up};
	if (x) {
		memset(took, 0, sizeof(took));
		offer_all(d, x, &v, dir, false, took);
		start_armed(d, flow, x, &v, dir, false, took);
	}
	if (found)
		start_found(d, &(struct start_payload){.proto = dp,
						       .bits = bits,
						       .v = &v,
						       .flow = flow,
						       .dir = dir,
						       .reads = READS_ANY,
						       .took = x ? took : NULL});
	x = flow_state_of(d, flow);
	if (x)
		flow_state_settle(d, x);
}

/* A segment: by itself a whole message, else the beginning of a message burst. */
static struct view segment_view(struct detector *d, const struct packet *p,
				const struct dispatch_query *q, bool psh)
{
	return (struct view){.data = p->payload,
			     .len = p->len,
			     .avail = p->caplen,
			     .growing = !psh,
			     .nth = q->nth,
			     .nth_of_flow = q->nth_of_flow,
			     .gap = UINT64_MAX,
			     .sender = &p->src.ip,
			     .receiver = &p->dst.ip,
			     .given_up = &d->stats.searches_given_up};
}

bool payload_may_start(struct detector *d, uint32_t flow, int dir, const struct packet *p,
		       const struct prefilter *pre)
{
	const struct dispatch_proto *dp = &d->dispatch->tcp;
	struct flow *f = flow_at(&d->flows, flow);
	const struct flow_state *x = flow_state_of(d, flow);
	struct dispatch_query q = {.p = p,
				   .starts = prefiltered(dp, pre),
				   .done = x ? x->done_starts : NULL,
				   .way = (unsigned)dir,
				   .nth = f->bursts[dir],
				   .nth_of_flow = (uint32_t)f->bursts[0] + f->bursts[1]};
	uint64_t bits[DISPATCH_WORDS];
	struct view v;

	if ((pre && pre->none) || !dispatch_find(dp, &q, bits))
		return false;
	v = segment_view(d, p, &q, false);
	return start_possible(d, &(struct start_payload){.proto = dp,
							 .bits = bits,
							 .v = &v,
							 .flow = flow,
							 .dir = dir,
							 .reads = READS_BURSTS});
}

void payload_segment(struct detector *d, uint32_t flow, int dir, const struct packet *p,
		     const struct prefilter *pre)
{
	const struct dispatch_proto *dp = &d->dispatch->tcp;
	struct flow *f = flow_at(&d->flows, flow);
	uint64_t took[RULES_MAX / 64], bits[DISPATCH_WORDS];
	struct flow_state *x = flow_state_of(d, flow);
	struct dispatch_query q = {.p = p,
				   .starts = prefiltered(dp, pre),
				   .done = x ? x->done_starts : NULL,
				   .way = (unsigned)dir | WAY_PSH,
				   .nth = f->packets[dir],
				   .nth_of_flow = f->packets[0] + f->packets[1]};
	struct view v;
	bool found;

	if (!(p->tcp_flags & TH_PUSH))
		return;
	found = !(pre && pre->none) && dispatch_find(dp, &q, bits);
	if (!found && (!x || (!x->matches && !x->armed_n)))
		return;
	v = segment_view(d, p, &q, true);
	if (x) {
		memset(took, 0, sizeof(took));
		offer_all(d, x, &v, dir, true, took);
		start_armed(d, flow, x, &v, dir, true, took);
	}
	if (found)
		start_found(d, &(struct start_payload){.proto = dp,
						       .bits = bits,
						       .v = &v,
						       .flow = flow,
						       .dir = dir,
						       .reads = READS_SEGMENTS,
						       .took = x ? took : NULL});
}
