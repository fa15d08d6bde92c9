// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * recording.c - a capture taken apart into the messages of its flows
 *
 * UDP: a datagram is a message. TCP: each direction's bytes are put in order (retransmissions and
 * overlaps dropped, early segments held back); a message ends where a segment has PSH, where the
 * other side speaks, or where it paused for PAUSE_NS. What a capture lost is closed over: the bytes
 * after a hole follow the bytes before it.
 *
 * Only flows of one host, the recorded client, are played; who opened each is told by its SYN. The
 * capture has some connections from their middle only: there it is the side with a dynamic port
 * (RFC 6335) where the other has none, since a server rarely listens on one. What that does not
 * decide is told by its label row, else by its first packet. Whole payloads are held in memory.
 *
 * What cannot be played is kept without its payloads, so that it can be reported: multicast and
 * broadcast, flows between other hosts, and IPv6. The lab has no IPv6 on purpose (its NATs are
 * those of IPv4, and the payloads that are studied carry no other address), so an IPv6 flow would
 * have neither the addresses nor the gateways to be played through.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/capture/capture.h"
#include "base/capture/packet.h"
#include "replay/recorded/recording.h"

#define PAUSE_NS      (200 * NS_PER_MS)
#define STEP_SAID_NS  NS_PER_SEC /* a step back in time from which on it is told */
#define DYNAMIC_PORTS 49152	 /* RFC 6335: from here on nothing is registered */

int payload_address(const uint8_t *p, uint32_t len)
{
	unsigned f = len >= 3 ? p[2] & 0x8f : 0;

	if ((f == 5 || f == 7) && len == 11)
		return 3;
	if (f == 3 && len >= 17 && p[3] == 1)
		return 8;
	return -1;
}

/* --- flows -------------------------------------------------------------------------------- */

bool not_unicast(const struct ip *a)
{
	return a->family == 4 ? a->b[0] >= 224 || a->b[0] == 0 || a->b[3] == 255 : a->b[0] == 0xff;
}

static const char *why_unplayable(const struct recording *r, const struct rec_key *k)
{
	if (k->remote.ip.family != 4)
		return "ipv6";
	if (not_unicast(&k->remote.ip))
		return "multicast-or-broadcast";
	if (!ip_eq(&k->client.ip, &r->client) || ip_eq(&k->remote.ip, &r->client))
		return "other-host";
	return k->client.port && k->remote.port ? NULL : "port-0";
}

/* The flow between @a, the client where it is one of them, and @b; NULL = not seen yet. */
static struct rec_flow *flow_find(const struct recording *r, uint8_t proto,
				  const struct endpoint *a, const struct endpoint *b,
				  struct rec_key *key)
{
	struct rec_flow *f;

	memset(key, 0, sizeof(*key));
	key->client.ip = a->ip;
	key->client.port = a->port;
	key->remote.ip = b->ip;
	key->remote.port = b->port;
	key->proto = proto;
	HASH_FIND(hh, r->flows, key, sizeof(*key), f);
	return f;
}

/* The flow of a packet; *from_client says its direction: from the client or, between other hosts,
 * from the side that was seen first. */
static struct rec_flow *flow_get(struct recording *r, const struct packet *p, bool *from_client)
{
	bool out = ip_eq(&p->src.ip, &r->client), in = ip_eq(&p->dst.ip, &r->client);
	struct rec_flow *f = NULL;
	struct rec_key key;

	*from_client = out || !in;
	if (out == in) { /* of other hosts: known the other way round? */
		f = flow_find(r, p->proto, &p->dst, &p->src, &key);
		*from_client = !f;
	}
	if (!f && *from_client)
		f = flow_find(r, p->proto, &p->src, &p->dst, &key);
	else if (!f)
		f = flow_find(r, p->proto, &p->dst, &p->src, &key);
	if (f)
		return f;
	f = xcalloc(1, sizeof(*f));
	f->key = key;
	f->inbound = !*from_client;
	f->label = LABEL_UNKNOWN;
	f->close = CLOSE_NOT;
	f->unplayable = why_unplayable(r, &key);
	r->client_flows += out != in;
	HASH_ADD(hh, r->flows, key, sizeof(f->key), f);
	return f;
}

static void append(struct rec_flow *f, const uint8_t *p, uint32_t n)
{
	if (f->data_len + n > f->data_cap) {
		f->data_cap = (f->data_len + n) * 2;
		f->data = xrealloc(f->data, f->data_cap);
	}
	memcpy(f->data + f->data_len, p, n);
	f->data_len += n;
	f->bytes += n;
}

/* @from_client is a direction of the recording; it becomes one of opener and acceptor at the end,
 * when the opener is certain. Until then from_opener holds from_client. */
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

static void hold(struct rec_flow *f, int d, uint32_t seq, const struct packet *p, uint64_t ts)
{
	struct rec_segment *s = xcalloc(1, sizeof(*s)), **at = &f->held[d];

	s->seq = seq;
	s->len = p->caplen;
	s->ts_ns = ts;
	s->push = p->tcp_flags & TH_PUSH;
	s->data = xmalloc(p->caplen);
	memcpy(s->data, p->payload, p->caplen);
	while (*at && (int32_t)((*at)->seq - seq) <= 0)
		at = &(*at)->next;
	s->next = *at;
	*at = s;
}

/* Takes the new bytes of a segment that starts at or before the next expected byte. */
static void take(struct rec_flow *f, int d, uint32_t seq, const uint8_t *p, uint32_t n, uint64_t ts,
		 bool push)
{
	uint32_t old = f->next_seq[d] - seq;

	if (old >= n)
		return; /* sent again */
	message_add(f, ts, d == 0, p + old, n - old, true, push);
	f->next_seq[d] = seq + n;
}

static void take_held(struct rec_flow *f, int d, uint64_t ts, bool all)
{
	while (f->held[d]) {
		struct rec_segment *s = f->held[d];

		if ((int32_t)(s->seq - f->next_seq[d]) > 0) {
			if (!all)
				return;
			f->next_seq[d] = s->seq; /* the capture has a hole */
		}
		take(f, d, s->seq, s->data, s->len, all ? s->ts_ns : ts, s->push);
		f->held[d] = s->next;
		free(s->data);
		free(s);
	}
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
		if (!f->message_count || !f->seq_known[d]) {
			f->next_seq[d] = ++seq;
			f->seq_known[d] = true;
		}
	}
	if (p->caplen && !(p->tcp_flags & TH_SYN)) {
		if (!f->seq_known[d]) {
			f->next_seq[d] = seq;
			f->seq_known[d] = true;
		}
		if ((int32_t)(seq - f->next_seq[d]) > 0)
			hold(f, d, seq, p, ts);
		else
			take(f, d, seq, p->payload, p->caplen, ts, p->tcp_flags & TH_PUSH);
		take_held(f, d, ts, false);
	}
	if ((p->tcp_flags & TH_RST) && f->syn_seen && !f->accepted && from_client == f->inbound)
		f->refused = true;
	if ((p->tcp_flags & (TH_FIN | TH_RST)) && !f->ended) {
		f->ended = true;
		f->end_ns = ts;
		f->close = p->tcp_flags & TH_RST ? CLOSE_RESET
			   : from_client	 ? CLOSE_OPENER
						 : CLOSE_ACCEPTOR; /* client's; see finish_flow */
	}
}

/* A connection without its SYN: who opened it, where the ports say so. */
static void guess_opener(struct rec_flow *f)
{
	bool client = f->key.client.port >= DYNAMIC_PORTS;
	bool remote = f->key.remote.port >= DYNAMIC_PORTS;

	if (f->key.proto == IPPROTO_TCP && !f->syn_seen && client != remote)
		f->inbound = remote;
}

/* Everything was read: order, direction and close get their last meaning. */
static void finish_flow(struct rec_flow *f)
{
	guess_opener(f);
	for (int d = 0; d < 2; d++)
		take_held(f, d, 0, true);
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
	f = flow_get(r, p, &out);
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

/* Small steps are how many capture queues deliver, and messages keep their order anyway. */
static void note_backwards(struct recording *r, const struct capture *c, const char *path)
{
	struct capture_stats st;

	capture_stats(c, &st);
	if (st.backwards_ns >= STEP_SAID_NS && !r->damage[0])
		snprintf(r->damage, sizeof(r->damage),
			 "%.300s: frame %" PRIu64 ": time goes back by %.1f s (%" PRIu64
			 " steps back in all); what follows is played at once",
			 path, st.backwards_number, (double)st.backwards_ns / 1e9, st.backwards);
}

int recording_read(struct recording *r, const struct conversation_spec *spec, struct err *e)
{
	struct rec_flow *f, *next;
	uint64_t base = 0, from, to;
	struct capture *c;
	struct packet p;
	int got;

	r->client = spec->client;
	r->no_payloads = spec->no_payloads;
	if (!r->client.family && recording_find_client(r, spec->capture, e) < 0)
		return -1;
	c = recording_open(spec->capture, e);
	if (!c)
		return -1;
	from = (uint64_t)(spec->from_s * 1e9);
	to = spec->to_s > 0 ? (uint64_t)(spec->to_s * 1e9) : UINT64_MAX;
	while ((got = capture_next(c, &p, e)) == 1 || got == -1) {
		uint64_t ts;

		if (got == -1) {
			snprintf(r->damage, sizeof(r->damage), "%.400s; what came before is used",
				 e->msg);
			continue;
		}
		if (!base)
			base = p.ts_ns;
		ts = p.ts_ns > base ? p.ts_ns - base : 0;
		if (ts < from || ts >= to)
			continue;
		packet_in(r, &p, ts - from);
		if (ts - from > r->length_ns)
			r->length_ns = ts - from;
	}
	note_backwards(r, c, spec->capture);
	capture_close(c);
	if (!r->client_flows)
		return err_set(e, "%s: no UDP or TCP flow of the client", spec->capture);
	if (spec->labels && recording_labels(r, spec->labels, e) < 0)
		return -1;
	HASH_ITER (hh, r->flows, f, next)
		finish_flow(f);
	recording_find_public(r);
	return 0;
}

struct rec_flow *recording_flow(const struct recording *r, uint8_t proto, const struct endpoint *a,
				const struct endpoint *b)
{
	struct rec_key key;
	struct rec_flow *f = flow_find(r, proto, a, b, &key);

	return f ? f : flow_find(r, proto, b, a, &key);
}

void recording_free(struct recording *r)
{
	struct rec_flow *f = r->flows, *next;

	HASH_CLEAR(hh, r->flows);
	for (; f; f = next) {
		next = f->hh.next;
		for (int d = 0; d < 2; d++)
			while (f->held[d]) {
				struct rec_segment *s = f->held[d];

				f->held[d] = s->next;
				free(s->data);
				free(s);
			}
		free(f->data);
		free(f->messages);
		free(f);
	}
}
