// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine.c - a packet's way through the detector
 *
 * A packet finds its flow; the flow's counters move; then, most often, nothing: no rule is under
 * way on the flow and the dispatch (dispatch.c) says that none can start with this payload. The
 * rest goes to payload.c, TCP by way of tcp.c; detector/README.md walks the whole way. Nothing is
 * allocated per packet; all memory is in pools and tables with limits (struct detector_limits).
 *
 * A flow whose SYN was not seen belongs to the side that sent first, or, when one port alone is
 * below 1024, to the other side.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/err.h"
#include "detector/engine/action.h"
#include "detector/engine/counting.h"
#include "detector/engine/engine_set.h"
#include "detector/engine/flow_state.h"
#include "detector/engine/gauge.h"
#include "detector/engine/message_burst.h"
#include "detector/engine/payload.h"
#include "detector/engine/reach.h"
#include "detector/engine/reassembly.h"
#include "detector/engine/record_rules.h"
#include "detector/engine/session.h"
#include "detector/engine/start.h"
#include "detector/engine/tcp.h"

#define TICK_NS	  1000000000ULL
#define UDP_FIRST 2  /* first UDP payloads of a side that are verified */
#define BATCH	  64 /* packets handled together */
#define AHEAD	  4  /* packets between fetching a flow's state and using it */

/* The state of a flow is given up. */
static void flow_gone(void *arg, uint32_t flow)
{
	session_flow_closed(arg, flow);
	flow_state_drop(arg, flow);
}

struct detector *detector_new(const struct signature_set *set, const struct detector_limits *limits,
			      detection_fn *fn, void *arg)
{
	struct detector *d = xcalloc(1, sizeof(*d));
	struct detector_limits *l = &d->limits;

	if (limits)
		*l = *limits;
	l->flows = l->flows ? l->flows : 1 << 20;
	l->matches = l->matches ? l->matches : 1 << 15;
	l->streams = l->streams ? l->streams : 1 << 10;
	l->remembered = l->remembered ? l->remembered : 3 << 14;
	l->endings = l->endings ? l->endings : 1 << 16;
	l->udp_idle_ns = l->udp_idle_ns ? l->udp_idle_ns : 300000000000ULL;
	l->tcp_idle_ns = l->tcp_idle_ns ? l->tcp_idle_ns : 3600000000000ULL;
	d->fn = fn;
	d->arg = arg;
	flows_init(&d->flows, l);
	d->flows.gone = flow_gone;
	d->flows.arg = d;
	pool_init(&d->flow_states, engine_flow_state_size(set), l->matches);
	pool_init(&d->matches, sizeof(struct match), 2 * l->matches);
	pool_init(&d->tails[0], sizeof(struct tail_small), 2 * l->matches);
	pool_init(&d->tails[1], sizeof(struct tail_large), 2 * l->matches);
	pool_init(&d->gauges, gauge_room(set) + sizeof(uint64_t), 2 * l->matches);
	d->tails[0].clear = offsetof(struct tail_small, ev);
	d->tails[1].clear = offsetof(struct tail_large, ev);
	pool_init(&d->reassemblies, sizeof(struct reassembly), l->streams);
	d->reassemblies.clear =
		offsetof(struct reassembly, buf); /* bytes are read where they were put */
	memory_init(&d->memory, l->remembered, set->sets_n, counting_room(set));
	d->reported = xcalloc(set->rules_n + 1, sizeof(*d->reported));
	engine_versions(d, set, NULL);
	endings_init(&d->endings, l->endings);
	senders_init(&d->senders);
	engine_set(d, set);
	d->records = record_rules_new(d);
	return d;
}

void detector_free(struct detector *d)
{
	if (!d)
		return;
	for (uint32_t i = 1; i <= d->matches.used; i++) {
		if (((struct match *)pool_at(&d->matches, i))->flow)
			flow_state_free_match(d, i);
	}
	flows_free(&d->flows);
	pool_free(&d->flow_states);
	pool_free(&d->matches);
	pool_free(&d->tails[0]);
	pool_free(&d->tails[1]);
	pool_free(&d->gauges);
	pool_free(&d->reassemblies);
	memory_free(&d->memory);
	endings_free(&d->endings);
	senders_free(&d->senders);
	record_rules_free(d->records);
	free(d->learned);
	free(d->payloads_seen);
	client_versions_free(&d->versions);
	free(d->rule_version);
	free(d->reported);
	free(d);
}

void detector_explain(struct detector *d)
{
	d->explain = d->none_waits = true;
}

void detector_reach(struct detector *d, struct reach *r)
{
	d->reach = r;
	d->follows = true;
	d->none_waits = true;
}

static void tick(struct detector *d)
{
	if (d->now_ns < d->tick_ns)
		return;
	d->tick_ns = d->now_ns + TICK_NS;
	session_tick(d);
}

void detector_time(struct detector *d, uint64_t now_ns)
{
	if (engine_time(now_ns) > d->now_ns)
		d->now_ns = engine_time(now_ns);
	if (d->records && d->now_ns >= d->tick_ns)
		record_rules_time(d->records); /* a packet tells its own time */
	tick(d);
	action_release_held(d);
}

/* Whether a packet's checksums are to be verified before anything else; checksums.c says why. */
static bool verified_first(const struct detector *d, const struct flow *f, int dir,
			   const struct packet *p)
{
	const struct flow_state *x;

	if (p->proto == IPPROTO_TCP ? p->tcp_flags & (TH_SYN | TH_FIN | TH_RST)
				    : f->packets[dir] < UDP_FIRST)
		return true;
	if (!f->state || !p->len)
		return false;
	x = pool_at(&d->flow_states, f->state);
	return x->matches || x->reassembly || x->armed_n;
}

/* Asks rules about the flow records that are complete. @groups: record_rules_groups() of the packet. */
static void ask_records(struct detector *d, const struct packet *p, const struct prefilter *pre,
			uint8_t groups)
{
	if (record_rules_are_ahead(d->records))
		record_rules_take(d->records, pre->records);
	else
		record_rules_packet(d->records, p, pre->hash, groups);
}

static void take_packet(struct detector *d, const struct packet *p, const struct prefilter *pre,
			uint8_t groups)
{
	struct flow *f;
	uint32_t i;
	bool fresh;
	int dir;

	d->packet = (struct packet_ref){.ts_ns = engine_time(p->ts_ns),
					.number = p->number,
					.input = p->input,
					.acks = p->tcp_flags & TH_ACK,
					.ack = p->ack,
					.end = p->seq + p->len};
	d->keys.f = NULL;
	d->verified = NULL;
	d->pre = pre;
	if (d->packet.ts_ns > d->now_ns)
		d->now_ns = d->packet.ts_ns;
	if (d->now_ns >= d->tick_ns)
		tick(d);
	if (d->records)
		ask_records(d, p, pre, groups);
	i = flows_get(&d->flows, p, pre->hash, &dir, &fresh);
	f = flow_at(&d->flows, i);
	if (verified_first(d, f, dir, p) && !checksums_take(d, f, dir, p)) {
		if (fresh)
			flows_remove(&d->flows, i);
		else if (p->proto == IPPROTO_TCP &&
			 (p->tcp_flags & (TH_SYN | TH_FIN | TH_RST)) == TH_FIN)
			tcp_spoilt_fin(f, dir, p);
		return;
	}
	if ((p->tcp_flags & TH_SYN) && !fresh && tcp_reopens(f, dir, p)) {
		flows_remove(&d->flows, i);
		i = flows_get(&d->flows, p, pre->hash, &dir, &fresh);
		f = flow_at(&d->flows, i);
		if (p->tcp_flags & TH_ACK) /* the SYN came before, see tcp.c */
			tcp_reopened(f, p);
	}
	d->stats.payload_packets += p->len > 0;
	if (d->reach)
		reach_packet(d, i, fresh);
	if (fresh && d->dispatch->open_n) {
		start_open(d, i);
		if (f->state)
			flow_state_settle(d, flow_state_of(d, i));
	}
	if (p->proto == IPPROTO_TCP) {
		tcp_packet(d, i, dir, p, pre);
	} else if (p->len) {
		flow_add_bytes(f, dir, p->len);
		if (d->follows)
			payload_follow(d, i, dir, p);
		d->payload = p->payload;
		d->payload_n = p->caplen;
		payload_datagram(d, i, dir, p, pre);
		d->payload = NULL;
	} else if (d->gauged) {
		gauge_packet(d, i, dir, 0);
	}
}

static void one_packet(struct detector *d, const struct packet *p, const struct prefilter *pre,
		       uint8_t groups)
{
	take_packet(d, p, pre, groups);
	if (d->learned_n)
		action_release_held(d);
}

/* Whether it is a packet for the detector at all. */
static bool counted(struct detector *d, const struct packet *p)
{
	d->stats.packets++;
	return engine_reads(p);
}

void detector_packet(struct detector *d, const struct packet *p)
{
	struct prefilter pre;

	prefilter_packet(d, p, &pre);
	if (counted(d, p))
		one_packet(d, p, &pre,
			   d->records ? record_rules_groups(d->records, p, pre.hash) : 0);
}

/* Fetches into the cache what a packet will need while others are worked on: its slot, then its
 * flow, then the flow's state. */
static void one_batch(struct detector *d, const struct packet *p, const struct prefilter *pre,
		      size_t n)
{
	bool meters = d->records && !record_rules_are_ahead(d->records);
	uint8_t groups[BATCH];
	uint32_t flow[BATCH];

	for (size_t i = 0; meters && i < n; i++)
		groups[i] = record_rules_groups(d->records, &p[i], pre[i].hash);
	for (size_t i = 0; i < n; i++)
		flows_hint_slot(&d->flows, pre[i].hash);
	for (size_t i = 0; i < n; i++)
		flow[i] = flows_hint_flow(&d->flows, pre[i].hash);
	for (size_t i = 0; i < n; i++) {
		if (i + AHEAD < n && flow[i + AHEAD])
			flow_state_hint(d, flow[i + AHEAD]);
		if (meters && i + AHEAD < n)
			record_rules_hint(d->records, &p[i + AHEAD], pre[i + AHEAD].hash,
					  groups[i + AHEAD]);
		if (counted(d, &p[i]))
			one_packet(d, &p[i], &pre[i], meters ? groups[i] : 0);
	}
}

void detector_prefiltered(struct detector *d, const struct packet *p, const struct prefilter *pre,
			  size_t n)
{
	while (n) {
		size_t part = n < BATCH ? n : BATCH;

		one_batch(d, p, pre, part);
		p += part;
		pre += part;
		n -= part;
	}
}

void detector_packets(struct detector *d, const struct packet *p, size_t n)
{
	struct prefilter pre[BATCH];

	while (n) {
		size_t part = n < BATCH ? n : BATCH;

		for (size_t i = 0; i < part; i++)
			prefilter_packet(d, &p[i], &pre[i]);
		one_batch(d, p, pre, part);
		p += part;
		n -= part;
	}
}

void detector_flow_record(struct detector *d, const struct flow_record *r)
{
	struct flow_record own = *r;

	own.first_ns = engine_time(r->first_ns);
	own.last_ns = engine_time(r->last_ns);
	if (d->records)
		record_rules_ask(d->records, &own);
}

void detector_finish(struct detector *d)
{
	for (uint32_t i = 1; i <= d->reassemblies.used; i++) {
		struct reassembly *s = pool_at(&d->reassemblies, i);
		struct flow_state *x;

		if (!s->open || !s->flow || s->flow > d->flows.flows.used)
			continue;
		x = flow_state_of(d, s->flow);
		if (x && x->reassembly == i) {
			d->packet = s->last;
			burst_ends(d, s->flow, s);
		}
	}
	action_release_held(d);
	session_tick(d);
	session_finish(d);
	if (d->records)
		record_rules_finish(d->records);
	action_release_held(d);
}

void detector_stats(const struct detector *d, struct detector_stats *out)
{
	*out = d->stats;
	out->flows = d->flows.created;
	out->flows_now = d->flows.count;
	out->flows_peak = d->flows.peak;
	out->flows_expired = d->flows.expired;
	out->flows_held_on = d->flows.held_on;
	out->flows_evicted = d->flows.evicted;
	out->matches_now = d->flow_states.live;
	out->streams_now = d->reassemblies.live;
	out->remembered_now = d->memory.count;
	out->remembered_evicted = d->memory.evicted;
	out->versions_replaced = d->versions.replaced;
	out->endings_now = d->endings.pool.live;
	out->endings_evicted = d->endings.evicted;
	out->held_now = d->memory.held.live;
	out->held_evicted = d->memory.held_evicted;
	out->memory_bytes = sizeof(*d) + flows_bytes(&d->flows) + pool_bytes(&d->flow_states) +
			    pool_bytes(&d->matches) + pool_bytes(&d->tails[0]) +
			    pool_bytes(&d->tails[1]) + pool_bytes(&d->gauges) +
			    pool_bytes(&d->reassemblies) + memory_bytes(&d->memory) +
			    endings_bytes(&d->endings) + senders_bytes(&d->senders) +
			    d->learned_room * sizeof(*d->learned) +
			    client_versions_bytes(&d->versions) + prefilter_bytes(d);
	if (d->records) {
		struct record_stats r;

		record_rules_stats(d->records, &r);
		out->records = r.records;
		out->records_cut = r.cut;
		out->memory_bytes += r.memory_bytes;
	}
}
