// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * recording.c - a capture taken apart into the messages of its flows
 *
 * UDP: a datagram is a message. TCP: each direction's bytes are put in order (retransmissions and
 * overlaps dropped, early segments held back). A message ends where a segment has PSH, where the
 * other side sends, or after a pause of PAUSE_NS. A hole in the capture is closed: the bytes after
 * it follow the bytes before it.
 *
 * Only flows of one host, the recorded client, are played. Who opened a flow is known from its SYN.
 * A TCP connection without its SYN was opened, in this order of preference, by the side with a
 * dynamic port (RFC 6335) if only one side has one, since servers rarely listen on those; by the
 * client of its label row; by the sender of its first packet.
 *
 * Flows that cannot be played are kept without their payloads, so that they can be reported:
 * multicast and broadcast, flows between other hosts, and IPv6. The lab has no IPv6 on purpose (its
 * NATs are those of IPv4, and the payloads under study carry no other address), so an IPv6 flow
 * would find neither addresses nor gateways.
 *
 * Limits. Whole payloads are held in memory. When more than HELD_MAX segments of a direction wait behind
 * holes, the first hole is closed. What still comes for it is left out, counted and said.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/capture/capture.h"
#include "base/capture/packet.h"
#include "base/checked.h"
#include "replay/recorded/endpoints.h"
#include "replay/recorded/recording.h"

#define PAUSE_NS      (200 * NS_PER_MS)
#define HELD_MAX      4096  /* segments behind a hole, in each direction of a flow */
#define CLOSED_MAX    64    /* closed holes that are remembered, in each direction of a flow */
#define DYNAMIC_PORTS 49152 /* RFC 6335: from here on nothing is registered */

/* --- messages ----------------------------------------------------------------------------- */

static void append(struct rec_flow *f, const uint8_t *p, uint32_t n)
{
	if (n > f->data_cap - f->data_len) {
		f->data_cap = checked_room(f->data_len, n);
		f->data = xrealloc(f->data, f->data_cap);
	}
	memcpy(f->data + f->data_len, p, n);
	f->data_len += n;
	f->bytes += n;
}

/* Until the opener is certain, from_opener of a message holds @from_client; finish_flow() turns it
 * round where a remote opened the flow. */
static void message_add(struct rec_flow *f, uint64_t ts, bool from_client, const uint8_t *p,
			uint32_t n, bool stream, bool push)
{
	struct rec_message *last = f->message_count ? &f->messages[f->message_count - 1] : NULL;

	if (stream && last && last->from_opener == from_client && !last->push &&
	    ts - last->ts_ns < PAUSE_NS) {
		append(f, p, n);
		last->len += n;
		last->push = push;
		return;
	}
	if (last && ts < last->ts_ns)
		ts = last->ts_ns; /* time went backwards */
	if (!f->messages || f->message_count == f->message_cap) {
		f->message_cap = f->message_cap ? f->message_cap * 2 : 4;
		f->messages = xrealloc(f->messages, f->message_cap * sizeof(*f->messages));
	}
	f->messages[f->message_count++] =
		(struct rec_message){ts, f->data_len, n, from_client, push};
	append(f, p, n);
}

/* --- TCP ---------------------------------------------------------------------------------- */

/* Keeps a segment that came too early. Most come in their order and stand behind the last one. */
static void hold(struct rec_flow *f, int d, uint32_t seq, const struct packet *p, uint64_t ts)
{
	struct rec_segment *s = xcalloc(1, sizeof(*s)), **at = &f->held[d];

	s->seq = seq;
	s->len = p->caplen;
	s->ts_ns = ts;
	s->push = p->tcp_flags & TH_PUSH;
	s->data = xmalloc(p->caplen);
	memcpy(s->data, p->payload, p->caplen);
	if (*at && (int32_t)(f->held_last[d]->seq - seq) <= 0)
		at = &f->held_last[d]->next;
	while (*at && (int32_t)((*at)->seq - seq) <= 0)
		at = &(*at)->next;
	s->next = *at;
	*at = s;
	if (!s->next)
		f->held_last[d] = s;
	f->held_count[d]++;
}

static void remember_closed(struct rec_flow *f, int d, uint32_t from, uint32_t to)
{
	if (!f->closed[d])
		f->closed[d] = xcalloc(CLOSED_MAX, sizeof(*f->closed[d]));
	f->closed[d][f->closed_next[d]++ % CLOSED_MAX] = (struct rec_hole){from, to};
	f->closed_count[d] += f->closed_count[d] < CLOSED_MAX;
}

/* What comes from the middle of a hole leaves two. */
static void split_hole(struct rec_flow *f, int d, struct rec_hole *h, uint32_t from, uint32_t to)
{
	uint32_t end = h->to;

	h->to = from;
	remember_closed(f, d, to, end);
}

/* Counts what of [@seq, @end) comes for holes that were closed; each byte once. */
static void count_late(struct rec_flow *f, int d, uint32_t seq, uint32_t end)
{
	for (uint32_t i = 0; i < f->closed_count[d]; i++) {
		struct rec_hole *h = &f->closed[d][i];
		uint32_t from = (int32_t)(seq - h->from) > 0 ? seq : h->from;
		uint32_t to = (int32_t)(end - h->to) < 0 ? end : h->to;

		if ((int32_t)(to - from) <= 0)
			continue;
		f->late += to - from;
		if (from == h->from)
			h->from = to;
		else if (to == h->to)
			h->to = from;
		else
			split_hole(f, d, h, from, to);
	}
}

/* Takes the new bytes of a segment that starts at or before the next expected byte. */
static void take(struct rec_flow *f, int d, uint32_t seq, const uint8_t *p, uint32_t n, uint64_t ts,
		 bool push)
{
	uint32_t old = f->next_seq[d] - seq;

	if (old && f->closed_count[d])
		count_late(f, d, seq, seq + (old < n ? old : n));
	if (old >= n)
		return; /* a retransmission */
	message_add(f, ts, d == 0, p + old, n - old, true, push);
	f->next_seq[d] = seq + n;
}

/* Takes the held segments that are next: at @ts, or, where the hole before them was closed, when they
 * came. */
static void take_held(struct rec_flow *f, int d, uint64_t ts, bool closed)
{
	while (f->held[d] && (int32_t)(f->held[d]->seq - f->next_seq[d]) <= 0) {
		struct rec_segment *s = f->held[d];

		take(f, d, s->seq, s->data, s->len, closed ? s->ts_ns : ts, s->push);
		f->held[d] = s->next;
		f->held_count[d]--;
		free(s->data);
		free(s);
	}
}

/* The bytes before the first held segment are given up. */
static void close_hole(struct rec_flow *f, int d)
{
	f->next_seq[d] = f->held[d]->seq;
	take_held(f, d, 0, true);
}

static void tcp_packet(struct rec_flow *f, const struct packet *p, bool from_client, uint64_t ts)
{
	int d = !from_client;
	uint32_t seq = p->seq;

	if (p->tcp_flags & TH_SYN) {
		if (!(p->tcp_flags & TH_ACK)) {
			f->inbound = !from_client;
			f->syn_seen = true;
		} else {
			f->accepted = f->syn_seen;
		}
		seq++; /* data in a SYN (RFC 7413) begins behind its own number */
		if (!f->message_count || !f->seq_known[d]) {
			f->next_seq[d] = seq;
			f->seq_known[d] = true;
		}
	}
	if (p->caplen) {
		if (!f->seq_known[d]) {
			f->next_seq[d] = seq;
			f->seq_known[d] = true;
		}
		if ((int32_t)(seq - f->next_seq[d]) > 0)
			hold(f, d, seq, p, ts);
		else
			take(f, d, seq, p->payload, p->caplen, ts, p->tcp_flags & TH_PUSH);
		take_held(f, d, ts, false);
		if (f->held_count[d] > HELD_MAX) {
			remember_closed(f, d, f->next_seq[d], f->held[d]->seq);
			close_hole(f, d);
		}
	}
	if ((p->tcp_flags & TH_RST) && f->syn_seen && !f->accepted && from_client == f->inbound)
		f->refused = true;
	if ((p->tcp_flags & (TH_FIN | TH_RST)) && !f->ended) {
		f->ended = true;
		f->end_ns = ts;
		f->close = p->tcp_flags & TH_RST ? CLOSE_RESET
			   : from_client	 ? CLOSE_OPENER
					 : CLOSE_ACCEPTOR; /* of the client; see finish_flow() */
	}
}

/* Decides from the ports who opened a connection without its SYN, where they tell. */
static void guess_opener(struct rec_flow *f)
{
	bool client = f->key.client.port >= DYNAMIC_PORTS;
	bool remote = f->key.remote.port >= DYNAMIC_PORTS;

	if (f->key.proto == IPPROTO_TCP && !f->syn_seen && client != remote)
		f->inbound = remote;
}

/* After the last packet: takes what is still held, and settles directions and who closed. */
static void finish_flow(struct rec_flow *f)
{
	guess_opener(f);
	for (int d = 0; d < 2; d++)
		while (f->held[d])
			close_hole(f, d);
	if (!f->inbound)
		return;
	for (uint32_t i = 0; i < f->message_count; i++)
		f->messages[i].from_opener = !f->messages[i].from_opener;
	if (f->close == CLOSE_OPENER)
		f->close = CLOSE_ACCEPTOR;
	else if (f->close == CLOSE_ACCEPTOR)
		f->close = CLOSE_OPENER;
}

/* --- reading ------------------------------------------------------------------------------ */

static void packet_in(struct recording *r, const struct packet *p, uint64_t ts)
{
	struct packet head = *p;
	struct rec_flow *f;
	bool out;

	if (p->proto != IPPROTO_UDP && p->proto != IPPROTO_TCP) {
		r->skipped++;
		return;
	}
	f = rec_flow_of(r, p, &out);
	if (!f->message_count && !f->first_ns)
		f->first_ns = ts;
	if (f->unplayable || r->no_payloads) {
		f->bytes += p->caplen;
		head.caplen = 0;
		p = &head;
	}
	if (f->unplayable)
		return;
	if (p->proto == IPPROTO_TCP)
		tcp_packet(f, p, out, ts);
	else if (p->caplen)
		message_add(f, ts, out, p->payload, p->caplen, false, true);
}

/* Small steps are normal where a capture has several queues; messages keep their order anyway. */
static void note_backwards(struct recording *r, const struct capture *c, const char *path)
{
	struct capture_stats st;
	char where[STEP_TEXT];

	capture_stats(c, &st);
	if (capture_stepped_back(&st, where, sizeof(where)) && !r->damage[0])
		snprintf(r->damage, sizeof(r->damage),
			 "%.280s: %s; later packets are played without a gap", path, where);
}

int recording_read(struct recording *r, const struct recording_spec *spec, struct err *e)
{
	struct rec_flow *f, *next;
	uint64_t base = 0, to;
	struct capture *c;
	struct packet p;
	int got;

	r->client = spec->client;
	r->no_payloads = spec->no_payloads;
	if (!r->client.family && recording_find_client(r, spec->capture, e) < 0)
		return -1;
	c = capture_open_files(&spec->capture, 1, NULL, e);
	if (!c)
		return -1;
	to = spec->to_s > 0 ? (uint64_t)(spec->to_s * 1e9) : UINT64_MAX;
	while ((got = capture_next(c, &p, e)) == 1 || got == -1) {
		uint64_t ts;

		if (got == -1 && r->damage[0])
			continue;
		if (got == -1) {
			snprintf(r->damage, sizeof(r->damage), "%.400s; what came before is used",
				 e->msg);
			continue;
		}
		if (!base)
			base = p.ts_ns;
		ts = (int64_t)(p.ts_ns - base) > 0 ? p.ts_ns - base : 0;
		if (ts >= to)
			continue;
		packet_in(r, &p, ts);
		if (ts > r->length_ns)
			r->length_ns = ts;
	}
	note_backwards(r, c, spec->capture);
	capture_close(c);
	if (!r->client_flows && r->damage[0])
		return err_set(e, "%s", r->damage);
	if (!r->client_flows)
		return err_set(e, "%s: no UDP or TCP flow of the client", spec->capture);
	if (spec->labels && recording_labels(r, spec->labels, e) < 0)
		return -1;
	HASH_ITER (hh, r->flows, f, next) {
		finish_flow(f);
		r->late += f->late;
	}
	if (r->late && !r->damage[0])
		snprintf(r->damage, sizeof(r->damage),
			 "%.280s: %llu bytes came after more than %d segments that follow them; "
			 "they "
			 "are left out",
			 spec->capture, (unsigned long long)r->late, HELD_MAX);
	recording_find_public(r);
	return 0;
}

void recording_free(struct recording *r)
{
	rec_flows_free(r);
}
