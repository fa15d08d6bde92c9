// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine.c - the detector's way of a packet
 *
 * A packet finds its flow; the flow's counters move; then, most often, nothing: no rule is under
 * way on the flow and the dispatch (dispatch.c) says that none can begin with this payload. The
 * rest goes to progress.c. Nothing is allocated per packet; all memory is in pools and tables with
 * limits (struct detector_limits).
 *
 * TCP sequence numbers are followed for every flow, so that retransmissions count once and a
 * payload is known to be in order; the bytes themselves are kept only for flows with a stream.
 * A flow whose SYN was not seen belongs to the side that spoke first, or, when one port alone is
 * below 1024, to the other side.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detector/engine/engine.h"

#define TICK_NS	       1000000000ULL
#define EARLY_BITS     17
#define EARLY_PAYLOADS 4
#define BATCH	       64 /* packets looked at together */
#define AHEAD	       4  /* packets between fetching what rules know of a flow and using it */

static void flow_gone(void *arg, uint32_t flow)
{
	ext_drop(arg, flow);
}

struct detector *detector_new(const struct signature_set *set, const struct detector_limits *limits,
			      detection_fn *fn, void *arg)
{
	struct detector *d = xcalloc(1, sizeof(*d));
	struct detector_limits *l = &d->limits;
	unsigned words;

	if (limits)
		*l = *limits;
	l->flows = l->flows ? l->flows : 1 << 20;
	l->matches = l->matches ? l->matches : 1 << 15;
	l->streams = l->streams ? l->streams : 1 << 10;
	l->remembered = l->remembered ? l->remembered : 3 << 14;
	l->udp_idle_ns = l->udp_idle_ns ? l->udp_idle_ns : 300000000000ULL;
	l->tcp_idle_ns = l->tcp_idle_ns ? l->tcp_idle_ns : 3600000000000ULL;
	d->set = set;
	d->dispatch = set->dispatch;
	d->fn = fn;
	d->arg = arg;
	flows_init(&d->flows, l);
	d->flows.gone = flow_gone;
	d->flows.arg = d;
	words = d->dispatch->udp.words > d->dispatch->tcp.words ? d->dispatch->udp.words
								: d->dispatch->tcp.words;
	words += !words;
	pool_init(&d->exts, sizeof(struct ext) + words * sizeof(uint64_t), l->matches);
	pool_init(&d->insts, sizeof(struct inst), 2 * l->matches);
	pool_init(&d->tails[0], sizeof(struct tail_small), 2 * l->matches);
	pool_init(&d->tails[1], sizeof(struct tail_large), 2 * l->matches);
	pool_init(&d->streams, sizeof(struct stream), l->streams);
	d->streams.clear = offsetof(struct stream, buf); /* bytes are read where they were put */
	memory_init(&d->memory, l->remembered, set->sets_n);
	version_number(d, ""); /* 0 */
	d->rule_version = xcalloc(set->rules_n + 1, sizeof(*d->rule_version));
	for (size_t i = 0; i < set->rules_n; i++)
		d->rule_version[i] = version_number(d, set->rules[i]->version);
	for (size_t i = 0; i < set->rules_n; i++) /* before traffic can fill the table */
		for (unsigned m = 0; m < set->rules[i]->messages_n; m++)
			version_number(d, set->rules[i]->messages[m].version);
	d->sessions_mask = 63;
	d->sessions = xcalloc(d->sessions_mask + 1, sizeof(*d->sessions));
	for (size_t i = 0; i < d->dispatch->tcp.n; i++)
		d->tcp_inside |= set->rules[d->dispatch->tcp.starts[i].rule]->psh;
	return d;
}

uint16_t version_number(struct detector *d, const char *text)
{
	if (!text)
		return 0;
	for (size_t i = 0; i < d->versions_n; i++)
		if (!strncmp(d->versions[i], text, VERSION_LEN - 1))
			return (uint16_t)i;
	if (d->versions_n == VERSIONS_MAX)
		return 0;
	if (d->versions_n == d->versions_room) {
		d->versions_room = d->versions_room ? 2 * d->versions_room : 16;
		d->versions = xrealloc(d->versions, d->versions_room * sizeof(*d->versions));
	}
	snprintf(d->versions[d->versions_n], VERSION_LEN, "%.15s", text);
	return (uint16_t)d->versions_n++;
}

void detector_free(struct detector *d)
{
	if (!d)
		return;
	for (uint32_t i = 1; i <= d->insts.used; i++) {
		if (((struct inst *)pool_at(&d->insts, i))->flow)
			inst_put(d, i);
	}
	flows_free(&d->flows);
	pool_free(&d->exts);
	pool_free(&d->insts);
	pool_free(&d->tails[0]);
	pool_free(&d->tails[1]);
	pool_free(&d->streams);
	memory_free(&d->memory);
	free(d->sessions);
	free(d->watches);
	free(d->learned);
	free(d->early);
	free(d->versions);
	free(d->rule_version);
	free(d);
}

void detector_explain(struct detector *d)
{
	d->explain = true;
}

void detector_time(struct detector *d, uint64_t now_ns)
{
	if (now_ns > d->now_ns)
		d->now_ns = now_ns;
	if (d->now_ns < d->tick_ns)
		return;
	d->tick_ns = d->now_ns + TICK_NS;
	session_tick(d);
}

static void add_bytes(struct flow *f, int dir, uint32_t len)
{
	f->packets[dir] += f->packets[dir] != UINT32_MAX;
	f->bytes[dir] = f->bytes[dir] + len < f->bytes[dir] ? UINT32_MAX : f->bytes[dir] + len;
}

/* A closed connection, or a new one on old ports. */
static bool reopened(const struct flow *f, int dir, const struct packet *p)
{
	uint8_t known = dir ? FLOW_SEQ1 : FLOW_SEQ0;

	if ((p->tcp_flags & (TH_SYN | TH_ACK | TH_RST)) != TH_SYN)
		return false;
	if (f->flags2 & FLOW2_CLOSED)
		return true;
	return (f->flags & known) && f->packets[0] + f->packets[1] > 0 && f->seq[dir] != p->seq + 1;
}

static void handshake(struct flow *f, int dir, const struct packet *p)
{
	uint8_t flags = p->tcp_flags;

	if (flags & TH_SYN) {
		f->seq[dir] = p->seq + 1;
		f->flags |= (uint8_t)((dir ? FLOW_SEQ1 : FLOW_SEQ0) |
				      ((flags & TH_ACK) ? FLOW_SYNACK : FLOW_SYN));
	} else if (dir == 0 && (flags & TH_ACK) &&
		   (f->flags & (FLOW_SYN | FLOW_SYNACK)) == (FLOW_SYN | FLOW_SYNACK)) {
		f->flags |= FLOW_HANDSHAKE;
	}
}

static void closing(struct detector *d, uint32_t i, int dir, const struct packet *p)
{
	struct flow *f = flow_at(&d->flows, i);
	struct ext *x = ext_of(d, i);

	if (p->tcp_flags & TH_FIN)
		f->flags2 |= dir ? FLOW2_FIN1 : FLOW2_FIN0;
	if (f->flags2 & FLOW2_CLOSED)
		return;
	if (x && x->stream) {
		struct stream *s = pool_at(&d->streams, x->stream);

		if (s->open)
			stream_ends(d, i, s);
	}
	if ((p->tcp_flags & TH_RST) || (f->flags2 & (FLOW2_FIN0 | FLOW2_FIN1)))
		session_flow_closed(d, i);
	if ((p->tcp_flags & TH_RST) ||
	    (f->flags2 & (FLOW2_FIN0 | FLOW2_FIN1)) == (FLOW2_FIN0 | FLOW2_FIN1))
		f->flags2 |= FLOW2_CLOSED;
}

/* Whether a rule may begin with this segment. */
static bool may_start(struct detector *d, uint32_t i, int dir, const struct packet *p,
		      const struct detector_look *look, int32_t ahead)
{
	struct packet part;
	uint32_t old;

	if (ahead >= 0)
		return progress_may_start(d, i, dir, p, look);
	old = (uint32_t)-ahead; /* bytes in front that were seen: only what is new counts */
	part = *p;
	part.payload += old < p->caplen ? old : p->caplen;
	part.caplen = old < p->caplen ? p->caplen - old : 0;
	part.len -= old;
	return progress_may_start(d, i, dir, &part, NULL);
}

/* Payload of a flow without a stream: order and turns are followed, nothing is kept. Returns
 * whether it should get a stream, for the payload to go through. */
static bool unfollowed(struct detector *d, uint32_t i, int dir, const struct packet *p,
		       const struct detector_look *look)
{
	struct flow *f = flow_at(&d->flows, i);
	uint8_t known = dir ? FLOW_SEQ1 : FLOW_SEQ0, flags = f->flags;
	int32_t ahead = (flags & known) ? (int32_t)(p->seq - f->seq[dir]) : 0;
	bool turn_start = !(flags & FLOW_TURN) || ((flags & FLOW_TURN1) != 0) != (dir == 1);

	if (ahead > 0 && !f->packets[dir] && ahead < 65536 && d->dispatch->tcp.n)
		return true; /* early: the first bytes of this direction are still to come */
	if (turn_start) {
		f->turns[dir] = f->turns[dir] == UINT16_MAX ? UINT16_MAX : f->turns[dir] + 1;
		if (may_start(d, i, dir, p, look, ahead)) {
			f->turns[dir]--;
			return true;
		}
		f->flags = (uint8_t)((flags & ~FLOW_TURN1) | FLOW_TURN | (dir ? FLOW_TURN1 : 0));
	}
	f->flags |= known;
	f->seq[dir] = p->seq + p->len;
	return false;
}

static void tcp_payload(struct detector *d, uint32_t i, int dir, const struct packet *p,
			const struct detector_look *look)
{
	struct flow *f = flow_at(&d->flows, i);
	uint8_t known = dir ? FLOW_SEQ1 : FLOW_SEQ0;
	struct ext *x = ext_of(d, i);
	struct stream *s = NULL;

	if ((f->flags & known) && (int32_t)(p->seq + p->len - f->seq[dir]) <= 0)
		return; /* sent again, or a keep-alive */
	if (x && x->stream)
		s = pool_at(&d->streams, x->stream);
	else if (unfollowed(d, i, dir, p, look)) {
		x = ext_make(d, i);
		s = stream_follow(d, x);
		if (!s) {
			f->seq[dir] = p->seq + p->len;
			f->flags |= known;
		}
	}
	add_bytes(f, dir, p->len);
	if (d->tcp_inside || (x && (x->insts || x->armed_n)))
		progress_segment(d, i, dir, p, look);
	if (s && (x = ext_of(d, i)) && x->stream)
		stream_segment(d, i, s, dir, p);
	x = ext_of(d, i);
	if (x)
		ext_settle(d, x);
}

static void tcp_packet(struct detector *d, uint32_t i, int dir, const struct packet *p,
		       const struct detector_look *look)
{
	handshake(flow_at(&d->flows, i), dir, p);
	if (p->len)
		tcp_payload(d, i, dir, p, look);
	if (p->tcp_flags & (TH_FIN | TH_RST))
		closing(d, i, dir, p);
}

static void one_packet(struct detector *d, const struct packet *p, const struct detector_look *look)
{
	struct flow *f;
	uint32_t i;
	bool fresh;
	int dir;

	d->mark = (struct mark){p->ts_ns, p->number, p->input};
	d->keys.f = NULL;
	if (p->ts_ns > d->now_ns)
		d->now_ns = p->ts_ns;
	if (d->now_ns >= d->tick_ns)
		detector_time(d, d->now_ns);
	i = flows_get(&d->flows, p, look->hash, &dir, &fresh);
	f = flow_at(&d->flows, i);
	if (p->proto == IPPROTO_TCP && !fresh && reopened(f, dir, p)) {
		flows_remove(&d->flows, i);
		i = flows_get(&d->flows, p, look->hash, &dir, &fresh);
		f = flow_at(&d->flows, i);
	}
	d->stats.payload_packets += p->len > 0;
	if (fresh && d->dispatch->open_n) {
		begin_open(d, i);
		if (f->ext)
			ext_settle(d, ext_of(d, i));
	}
	if (p->proto == IPPROTO_TCP) {
		tcp_packet(d, i, dir, p, look);
	} else if (p->len) {
		add_bytes(f, dir, p->len);
		progress_datagram(d, i, dir, p, look);
	}
	if (d->learned_n)
		emit_released(d);
}

/* Whether it is a packet for the detector at all. */
static bool counted(struct detector *d, const struct packet *p)
{
	d->stats.packets++;
	return (p->proto == IPPROTO_UDP || p->proto == IPPROTO_TCP) && p->src.ip.family;
}

static bool none_left(const struct dispatch_proto *dp, const struct detector_look *look)
{
	return !dp->words || (dp->words == 1 && !look->starts[0]) ||
	       (dp->words == 2 && !(look->starts[0] | look->starts[1]));
}

static void look_at(const struct detector *d, const struct packet *p, struct detector_look *out)
{
	const struct dispatch_proto *dp;

	out->hash = 0;
	if (p->proto != IPPROTO_UDP && p->proto != IPPROTO_TCP)
		return;
	out->hash = flows_hash(&d->flows, p);
	if (!p->len)
		return;
	dp = p->proto == IPPROTO_UDP ? &d->dispatch->udp : &d->dispatch->tcp;
	if (dp->words == 1)
		dispatch_payload(dp, 1, p, out->starts);
	else if (dp->words == 2)
		dispatch_payload(dp, 2, p, out->starts);
	out->none = none_left(dp, out);
}
_Static_assert(DETECTOR_LOOK_WORDS == 2, "the words that look_at() spells out");

/* Searches the payload for what the starts left would search it for, wherever in its flow it
 * stands: those that would not find it are left out. */
static void search(const struct detector *d, const struct packet *p, struct detector_look *look)
{
	bool udp = p->proto == IPPROTO_UDP;
	const struct dispatch_proto *dp = udp ? &d->dispatch->udp : &d->dispatch->tcp;

	for (unsigned w = 0; w < dp->words && dp->words <= DETECTOR_LOOK_WORDS; w++)
		for (uint64_t b = look->starts[w] & dp->seeks[w]; b; b &= b - 1) {
			unsigned bit = (unsigned)__builtin_ctzll(b);
			const struct start *s = &dp->starts[w * 64 + bit];
			const struct rule *r = d->set->rules[s->rule];
			const struct message *m = &r->messages[s->message];
			struct view v = {.data = p->payload,
					 .len = p->len,
					 .avail = p->caplen,
					 .growing = !udp && !r->psh,
					 .ip_len = udp ? p->ip_len : 0,
					 .nth = m->nth.n ? m->nth.r[0].lo : 1,
					 .nth_of_flow =
						 m->nth_of_flow.n ? m->nth_of_flow.r[0].lo : 1,
					 .gap = UINT64_MAX};
			uint16_t pos[2];

			if (match_message(r, m, &v, NULL, pos) == MATCH_NO)
				look->starts[w] &= ~(1ULL << bit);
		}
	look->none = none_left(dp, look);
}

/* Whether the payload is among the first of its flow, as far as a byte for every 2^17th part of all
 * flows can tell: what rules search for mostly stands there, later ones are seldom worth it. Only
 * the work is divided by this, never what is found. */
static bool early(struct detector *d, uint32_t hash)
{
	uint8_t *seen = &d->early[hash >> (32 - EARLY_BITS)];

	if (++d->early_n >> 20) { /* flows end */
		memset(d->early, 0, 1U << EARLY_BITS);
		d->early_n = 0;
	}
	*seen += *seen < UINT8_MAX;
	return *seen <= EARLY_PAYLOADS;
}

void detector_look(struct detector *d, const struct packet *p, size_t n, struct detector_look *out)
{
	if (!d->early)
		d->early = xcalloc(1U << EARLY_BITS, 1);
	for (size_t i = 0; i < n; i++) {
		look_at(d, &p[i], &out[i]);
		if (p[i].len && (p[i].proto == IPPROTO_UDP || p[i].proto == IPPROTO_TCP) &&
		    early(d, out[i].hash) && !out[i].none)
			search(d, &p[i], &out[i]);
	}
}

void detector_packet(struct detector *d, const struct packet *p)
{
	struct detector_look look;

	look_at(d, p, &look);
	if (counted(d, p))
		one_packet(d, p, &look);
}

/* What a packet will need is fetched into the cache while others are worked on: its slot, then its
 * flow, then what rules know of the flow. */
static void one_batch(struct detector *d, const struct packet *p, const struct detector_look *look,
		      size_t n)
{
	uint32_t flow[BATCH];

	for (size_t i = 0; i < n; i++)
		flows_hint_slot(&d->flows, look[i].hash);
	for (size_t i = 0; i < n; i++)
		flow[i] = flows_hint_flow(&d->flows, look[i].hash);
	for (size_t i = 0; i < n; i++) {
		if (i + AHEAD < n && flow[i + AHEAD])
			ext_hint(d, flow[i + AHEAD]);
		if (counted(d, &p[i]))
			one_packet(d, &p[i], &look[i]);
	}
}

void detector_looked(struct detector *d, const struct packet *p, const struct detector_look *look,
		     size_t n)
{
	while (n) {
		size_t part = n < BATCH ? n : BATCH;

		one_batch(d, p, look, part);
		p += part;
		look += part;
		n -= part;
	}
}

void detector_packets(struct detector *d, const struct packet *p, size_t n)
{
	struct detector_look look[BATCH];

	while (n) {
		size_t part = n < BATCH ? n : BATCH;

		for (size_t i = 0; i < part; i++)
			look_at(d, &p[i], &look[i]);
		one_batch(d, p, look, part);
		p += part;
		n -= part;
	}
}

void detector_finish(struct detector *d)
{
	for (uint32_t i = 1; i <= d->streams.used; i++) {
		struct stream *s = pool_at(&d->streams, i);
		struct ext *x;

		if (!s->open || !s->flow || s->flow > d->flows.flows.used)
			continue;
		x = ext_of(d, s->flow);
		if (x && x->stream == i) {
			d->mark = s->last;
			stream_ends(d, s->flow, s);
		}
	}
	emit_released(d);
	session_tick(d);
}

void detector_stats(const struct detector *d, struct detector_stats *out)
{
	*out = d->stats;
	out->flows = d->flows.created;
	out->flows_now = d->flows.count;
	out->flows_peak = d->flows.peak;
	out->flows_expired = d->flows.expired;
	out->flows_evicted = d->flows.evicted;
	out->matches_now = d->exts.live;
	out->streams_now = d->streams.live;
	out->remembered_now = d->memory.count;
	out->remembered_evicted = d->memory.evicted;
	out->held_now = d->memory.held.live;
	out->held_evicted = d->memory.held_evicted;
	out->memory_bytes =
		sizeof(*d) + flows_bytes(&d->flows) + pool_bytes(&d->exts) + pool_bytes(&d->insts) +
		pool_bytes(&d->tails[0]) + pool_bytes(&d->tails[1]) + pool_bytes(&d->streams) +
		memory_bytes(&d->memory) + (d->sessions_mask + 1) * sizeof(*d->sessions) +
		d->watches_room * sizeof(*d->watches) + d->learned_room * sizeof(*d->learned) +
		d->versions_room * sizeof(*d->versions) + (d->early ? 1U << EARLY_BITS : 0);
}
