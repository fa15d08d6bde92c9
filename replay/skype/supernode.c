// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * supernode.c - super nodes
 *
 * Model. A super node (SN) answers datagrams on its port and connections on the same port, on 443
 * and on 80. It decrypts what it gets with the addresses it sees; when the check sum is wrong it
 * refuses (U2) and tells the sender its public address, which is how the full probe U1-U4 comes
 * about. A bootstrap SN answers every probe negatively, with a list of other SNs; over TCP it
 * refuses with the 339 bytes of T3, which carry a list as well (Ehlert and Petgang, sections 5.1
 * and 5.2.2; sizes of other answers from SkypeIRC.cap).
 *
 * Limits. An SN keeps no directory: a search is answered by size, not by content. What the SNs say
 * to each other is not emulated, since no client's network sees it.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "replay/skype/peer.h"

#define FRAGMENT_SIZE	 1355 /* SkypeIRC.cap: 48 of 54 fragments */
#define FRAGMENTS	 9
#define LISTED_GONE_PART 4 /* tenths of the nodes that are gone and are listed all the same */
#define FRAGMENT_SETS	 2
#define BIG_SEARCH	 47 /* a search of this size is answered in fragments */
/* Percent of R2 on port 443 that carry no padding; with those whose drawn padding is 0 about 40 %
 * are 79 + 14 bytes (paper, section 6.1). */
#define SEED_ONLY_PART 25

enum sn_stage { STAGE_START, STAGE_R3, STAGE_RECORDS };

static double delay_of(struct server *s)
{
	return s->rtt_s * (1.0 + 0.05 * rng_unit(&s->rng));
}

size_t sn_list(struct overlay *o, const struct endpoint *self, struct rng *r, uint8_t *out,
	       size_t max)
{
	size_t n = 0, sns = 0, first;

	for (size_t i = 0; i < o->server_count; i++)
		sns += o->servers[i]->spec.role == ROLE_SN;
	if (!sns)
		return 0;
	first = rng_range(r, 0, (uint32_t)o->server_count - 1);
	for (size_t k = 0; k < o->server_count && n < max; k++) {
		struct server *s = o->servers[(first + k) % o->server_count];

		if (s->spec.role != ROLE_SN || endpoint_eq(&s->udp.local, self))
			continue;
		/* A list is fresh: few of its nodes are gone (of 76 requests to listed nodes in
		 * SkypeIRC.cap, 9 had no answer). */
		if (s->spec.mood == SN_GONE && rng_range(r, 0, 9) >= LISTED_GONE_PART)
			continue;
		memcpy(out + n * ADDR_BYTES, s->spec.ip.b, 4);
		put_be16(out + n * ADDR_BYTES + 4, s->spec.port);
		n++;
	}
	return n * ADDR_BYTES;
}

/* --- UDP ---------------------------------------------------------------------------------- */

void server_reply(struct server *s, const struct endpoint *to, long flow, const char *name,
		  unsigned command, uint16_t reqid, size_t size, const void *body, size_t body_len)
{
	uint8_t out[DATAGRAM_MAX];
	struct plain p;
	size_t n;

	if (flow < 0)
		return; /* not one of ours: nothing that could be put into the truth */
	s->id = (uint16_t)(s->id + rng_range(&s->rng, 1, 60));
	plain_make(&p, command, reqid, size, body, body_len, &s->rng);
	n = datagram_payload(out, s->id, &s->spec.ip, &to->ip, &p, &s->rng);
	usock_send_later(&s->udp, delay_of(s), to, (uint32_t)flow, true, name, out, n);
}

static void refuse(struct server *s, const struct endpoint *from, long flow, uint16_t reqid)
{
	uint8_t list[8 * ADDR_BYTES];
	size_t size = s->version ? dist_draw(&s->version->udp.refuse, &s->rng) : 51;
	size_t n = sn_list(s->o, &s->udp.local, &s->rng, list, 5);

	server_reply(s, from, flow, "U4", CMD_REFUSE, reqid, size, list, n);
}

static void send_fragments(struct server *s, const struct endpoint *to, long flow, uint16_t request)
{
	uint8_t out[DATAGRAM_MAX];
	double delay = delay_of(s);

	/* An 11 kB answer comes as two sets, about 17 ms from one fragment to the next. */
	for (unsigned i = 0; i < FRAGMENTS * FRAGMENT_SETS; i++) {
		bool last = i % FRAGMENTS == FRAGMENTS - 1;
		size_t size = last ? rng_range(&s->rng, 592, 1245) : FRAGMENT_SIZE, n;

		if (i % FRAGMENTS == 0)
			s->id = (uint16_t)(s->id + 1);
		n = datagram_fragment(out, s->id, request, i % FRAGMENTS, last, size, &s->rng);
		delay += 0.010 + 0.014 * rng_unit(&s->rng);
		usock_send_later(&s->udp, delay, to, (uint32_t)flow, true, "fragment", out, n);
	}
}

static void answer_search(struct server *s, const struct endpoint *from, long flow,
			  const struct datagram *d, uint16_t reqid)
{
	if (d->plain.n + 11 >= BIG_SEARCH && flow >= 0)
		send_fragments(s, from, flow, d->id);
	else
		server_reply(s, from, flow, "search-reply", CMD_SEARCH_REPLY, reqid, 18, NULL, 0);
}

static void answer(struct server *s, const struct endpoint *from, const struct datagram *d,
		   long flow)
{
	uint8_t out[16], self[ADDR_BYTES], list[60 * ADDR_BYTES];
	const uint8_t *body;
	size_t body_len, n;
	unsigned command;
	uint16_t reqid;

	if (!plain_parse(&d->plain, &command, &reqid, &body, &body_len))
		return;
	memcpy(self, from->ip.b, 4);
	put_be16(self + 4, from->port);
	switch (command) {
	case CMD_PROBE:
		if (s->spec.role == ROLE_BOOTSTRAP || s->spec.mood == SN_FULL_UDP)
			refuse(s, from, flow, reqid);
		else
			server_reply(s, from, flow, "U4", CMD_ACCEPT, reqid, 18, NULL, 0);
		break;
	case CMD_NAT_TEST:
		server_reply(s, from, flow, "nat-reply", CMD_NAT_REPLY, reqid, 26, self,
			     ADDR_BYTES);
		break;
	case CMD_SEARCH:
		answer_search(s, from, flow, d, reqid);
		break;
	case CMD_LIST:
		server_reply(s, from, flow, "list-reply", CMD_LIST_REPLY, reqid,
			     rng_range(&s->rng, 0, 1) ? 69 : 76, NULL, 0);
		break;
	case CMD_PEERS:
		server_reply(s, from, flow, "peers-reply", CMD_PEERS_REPLY, reqid,
			     rng_range(&s->rng, 653, 693), list,
			     sn_list(s->o, &s->udp.local, &s->rng, list, 60));
		break;
	case CMD_LOOKUP:
		server_reply(s, from, flow, "lookup-reply", CMD_LOOKUP_REPLY, reqid,
			     rng_range(&s->rng, 0, 1) ? 365 : 26, NULL, 0);
		break;
	case CMD_PUBLISH:
		n = datagram_nack(out, FN_ACK, d->id, &from->ip, rng_u32(&s->rng), &s->rng);
		if (flow < 0)
			break;
		usock_send_later(&s->udp, delay_of(s), from, (uint32_t)flow, true, "ack", out, n);
		visit_plan(s, from, flow);
		break;
	case CMD_RELAY:
		relay_join_udp(s, from, body, body_len, flow);
		server_reply(s, from, flow, "relay-joined", CMD_RELAY_REPLY, reqid, 18, NULL, 0);
		break;
	default:
		break;
	}
}

void sn_datagram(void *owner, const struct endpoint *from, const uint8_t *p, size_t n, long flow)
{
	struct server *s = owner;
	struct datagram d;

	if (s->spec.role == ROLE_SN && s->spec.mood == SN_GONE)
		return;
	if (!datagram_parse(p, n, &from->ip, &s->spec.ip, &d))
		return;
	if (d.fn == FN_MEDIA) {
		relay_media_udp(s, from, p, n);
	} else if (d.fn == FN_PAYLOAD && !d.ok && flow >= 0) {
		uint8_t out[16];

		n = datagram_nack(out, FN_NACK, d.id, &from->ip, rng_u32(&s->rng), &s->rng);
		usock_send_later(&s->udp, delay_of(s), from, (uint32_t)flow, true, "U2", out, n);
	} else if ((d.fn == FN_PAYLOAD || d.fn == FN_RESEND) && d.ok) {
		answer(s, from, &d, flow);
	}
}

/* --- TCP ---------------------------------------------------------------------------------- */

void sn_send_record(struct conn *c, const char *name, size_t size, unsigned command, uint16_t id,
		    const void *body, size_t body_len)
{
	struct server *s = c->owner;
	uint8_t out[DATAGRAM_MAX];
	size_t n = command == REC_ACK
			   ? record_ack(out, id)
			   : record_make(out, size, command, id, body, body_len, &c->rng);

	stream_apply(&c->tx, out, n);
	conn_send_later(c, delay_of(s), name, out, n);
}

static void connect_request(struct conn *c, uint16_t id)
{
	struct server *s = c->owner;
	uint8_t list[60 * ADDR_BYTES];
	size_t size, n;

	if (s->spec.role == ROLE_BOOTSTRAP || s->spec.mood != SN_ACCEPTS) {
		n = sn_list(s->o, &s->udp.local, &c->rng, list, 50);
		sn_send_record(c, "T3", s->version ? s->version->tcp.refuse : 339, REC_REFUSE, id,
			       list, n);
		return;
	}
	do
		size = s->version ? dist_draw(&s->version->tcp.accept, &c->rng) : 587;
	while (s->version && size == s->version->tcp.refuse);
	c->purpose = CONN_SESSION;
	sn_send_record(c, "T3", size, REC_ACCEPT, id, NULL, 0);
}

static void record(struct conn *c, unsigned command, uint16_t id, const uint8_t *body, size_t n)
{
	static const uint16_t ping_sizes[] = {48, 75, 82};

	switch (command) {
	case REC_CONNECT:
		connect_request(c, id);
		break;
	case REC_FOLLOW_A:
		sn_send_record(c, "follow", 274, REC_FOLLOW_A, id, NULL, 0);
		break;
	case REC_FOLLOW_B:
		sn_send_record(c, "follow", rng_range(&c->rng, 655, 663), REC_FOLLOW_B, id, NULL,
			       0);
		break;
	case REC_FOLLOW_C:
		sn_send_record(c, "ack", ACK_SIZE, REC_ACK, id, NULL, 0);
		break;
	case REC_FOLLOW_D:
		sn_send_record(c, "follow", rng_range(&c->rng, 655, 663), REC_FOLLOW_D, id, NULL,
			       0);
		break;
	case REC_PING:
		sn_send_record(c, "ping-reply", ping_sizes[rng_range(&c->rng, 0, 2)], REC_REPLY, id,
			       NULL, 0);
		break;
	case REC_CALL:
		relay_signal(c, body, n);
		break;
	case REC_JOIN:
		relay_join_tcp(c, body, n);
		break;
	case REC_MEDIA:
		relay_media_tcp(c, body, n);
		break;
	case REC_ASK:
		if (rng_range(&c->rng, 0, 1))
			sn_send_record(c, "sn-reply", 21, REC_REPLY, id, NULL, 0);
		else
			sn_send_record(c, "ack", ACK_SIZE, REC_ACK, id, NULL, 0);
		break;
	default:
		break;
	}
}

static void take(struct conn *c, size_t n)
{
	memmove(c->in, c->in + n, c->in_len - n);
	c->in_len -= n;
}

static void records(struct conn *c)
{
	const uint8_t *body;
	size_t body_len, n;
	unsigned command;
	uint16_t id;

	while ((n = record_parse(c->in, c->in_len, &command, &id, &body, &body_len))) {
		unsigned generation = c->generation;

		record(c, command, id, body, body_len);
		if (c->generation != generation)
			return;
		take(c, n);
	}
}

static size_t own_block(struct conn *c, uint8_t *out, bool plain)
{
	struct server *s = c->owner;
	size_t pad = s->version ? dist_draw(&s->version->tcp.reply_pad, &c->rng) : 0;

	return key_block(out, plain || !pad ? PAD_NONE : PAD_RANDOM, pad, false, &c->tx, &c->rng);
}

/* The first bytes of a connection say what it is. */
static void start(struct conn *c)
{
	static const uint8_t l3[] = {0x16, 0x03, 0x01, 0x00, 0xcd};
	static const char not_found[] = "HTTP/1.0 404 Not Found\r\n\r\n";
	struct server *s = c->owner;
	uint8_t out[256];
	size_t n;

	if (c->local.port == 443 && c->in_len >= HELLO_SIZE &&
	    !memcmp(c->in, hello_443, HELLO_FIXED)) {
		memcpy(out, server_hello_443, SERVER_HELLO);
		n = SERVER_HELLO +
		    own_block(c, out + SERVER_HELLO, rng_range(&c->rng, 0, 99) < SEED_ONLY_PART);
		take(c, HELLO_SIZE);
		conn_send_later(c, delay_of(s), "R2", out, n);
		c->stage = STAGE_R3;
	} else if (c->in_len >= sizeof(l3) && !memcmp(c->in, l3, sizeof(l3))) {
		if (!s->version)
			return;
		n = c->in_len;
		c->in_len = 0;
		ls_answer(c, s->version, c->in, n);
	} else if (c->in_len >= 4 && !memcmp(c->in, "GET ", 4)) {
		c->in_len = 0;
		conn_send_later(c, delay_of(s), "http", not_found, sizeof(not_found) - 1);
	} else if ((n = key_block_parse(c->in, c->in_len, &c->rx))) {
		bool r1 = c->local.port == 80 && c->local.port != s->spec.port;

		take(c, n);
		conn_send_later(c, delay_of(s), r1 ? "R2" : "reply", out, own_block(c, out, false));
		c->stage = r1 ? STAGE_R3 : STAGE_RECORDS;
	}
}

static void sn_data(struct conn *c, const uint8_t *p, size_t n)
{
	size_t k;

	if (n > sizeof(c->in) - c->in_len || c->flow < 0) {
		conn_close(c, true); /* no peer of ours sends that much at once */
		return;
	}
	memcpy(c->in + c->in_len, p, n);
	if (c->stage == STAGE_RECORDS)
		stream_apply(&c->rx, c->in + c->in_len, n);
	c->in_len += n;
	if (c->stage == STAGE_START) {
		conn_seed(c);
		start(c);
	} else if (c->stage == STAGE_R3 && (k = key_block_parse(c->in, c->in_len, &c->rx))) {
		take(c, k);
		stream_apply(&c->rx, c->in, c->in_len);
		c->stage = STAGE_RECORDS;
	}
	if (c->stage == STAGE_RECORDS)
		records(c);
}

static const struct conn_ops sn_ops = {.data = sn_data};

void sn_accepted(struct listener *l, struct conn *c)
{
	c->ops = &sn_ops;
	c->owner = l->owner;
}
