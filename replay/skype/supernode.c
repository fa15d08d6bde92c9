// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * supernode.c - super nodes
 *
 * Model. A super node (SN) answers datagrams on its port and connections on the same port, on 443
 * and on 80. It decrypts what it gets with the addresses it sees. When the check sum is wrong it
 * refuses (U2) and tells the sender its public address: that is the full probe U1 to U4. A
 * bootstrap SN answers every probe negatively, with a list of other SNs. Over TCP it refuses with
 * the 339 bytes of T3, which carry a list as well (Ehlert and Petgang, sections 5.1 and 5.2.2;
 * sizes of other answers from SkypeIRC.cap).
 *
 * Datagrams need no state. A connection, as the SN sees it:
 *
 *   stage          entered when                            left when
 *   STAGE_START    a client connects                       port 443: R1 (a TLS hello) arrives, R2
 *                                                          is sent
 *                                                          port 80: R1 (a key block) arrives, R2 is
 *                                                          sent
 *                                                          own port: T1 arrives, the reply is sent
 *   STAGE_R3       R2 is sent                              R3 arrives
 *   STAGE_RECORDS  R3, or T1 on the own port, has arrived  the client closes
 *
 * A connection that begins with L3 is a login to relay and stays outside this table. In
 * STAGE_RECORDS, T2 is answered by T3; T3 that accepts makes the connection a session
 * (CONN_SESSION), a request to relay media makes it CONN_RELAY.
 *
 * A client can be an SN as well (client_promoted.c).
 *
 * Limits. An SN keeps no directory: a search is answered by size, not by content. What the SNs say
 * to each other is not emulated, since no client's network sees it.
 */
#include <string.h>

#include "replay/skype/login_message.h"
#include "replay/skype/login_server.h"
#include "replay/skype/message.h"
#include "replay/skype/overlay_private.h"
#include "replay/skype/supernode.h"
#include "replay/skype/supernode_relay.h"
#include "replay/skype/supernode_visit.h"
#include "replay/skype/version.h"

#define FRAGMENT_SIZE	 1355 /* SkypeIRC.cap: 48 of 54 fragments */
#define FRAGMENTS	 9
#define LISTED_GONE_PART 4 /* of ten nodes that are gone, so many are still listed */
#define FRAGMENT_SETS	 2
#define BIG_SEARCH	 47 /* bytes of a search that is answered in fragments */
/* Percent of R2 on port 443 that carry no padding; with those whose drawn padding is 0 about 40 %
 * are 79 + 14 bytes (paper, section 6.1). */
#define SEED_ONLY_PART 25

enum sn_stage { STAGE_START, STAGE_R3, STAGE_RECORDS };

/* Writes up to @max addresses of super nodes, drawn, never its own; returns the bytes. */
static size_t list_supernodes(const struct server *self, struct rng *r, uint8_t *out, size_t max)
{
	const struct overlay *o = self->o;
	size_t n = 0, supernodes = 0, first;

	for (size_t i = 0; i < o->server_count; i++)
		supernodes += o->servers[i]->spec.role == ROLE_SN;
	if (!supernodes)
		return 0;
	first = rng_range(r, 0, (uint32_t)o->server_count - 1);
	for (size_t k = 0; k < o->server_count && n < max; k++) {
		const struct server *s = o->servers[(first + k) % o->server_count];

		if (s->spec.role != ROLE_SN || endpoint_eq(&s->udp.local, &self->udp.local))
			continue;
		/* A list is fresh: few of its nodes are gone (of 76 requests to listed nodes in
		 * SkypeIRC.cap, 9 had no answer). */
		if ((s->spec.mood == SN_GONE || s->spec.mood == SN_CLOSED) &&
		    rng_range(r, 0, 9) >= LISTED_GONE_PART)
			continue;
		put_address(out + n * ADDR_BYTES, &s->udp.local);
		n++;
	}
	return n * ADDR_BYTES;
}

/* --- UDP ---------------------------------------------------------------------------------- */

/* U4 with a list of other super nodes: "I am full, ask those". */
static void send_u4_refuse(struct server *s, const struct endpoint *to, long flow, uint16_t reqid)
{
	uint8_t list[8 * ADDR_BYTES];
	size_t size = s->version ? dist_draw(&s->version->udp.refuse, &s->rng) : 51;
	size_t n = list_supernodes(s, &s->rng, list, 5);

	server_reply(s, to, flow, "U4", CMD_REFUSE, reqid, size, list, n);
}

/* U4, of 18 bytes in the versions of 2006: "come over TCP". */
static void send_u4_accept(struct server *s, const struct endpoint *to, long flow, uint16_t reqid)
{
	size_t size = s->version && s->version->udp.accept.parts
			      ? dist_draw(&s->version->udp.accept, &s->rng)
			      : 18;

	server_reply(s, to, flow, "U4", CMD_ACCEPT, reqid, size, NULL, 0);
}

static void send_fragments(struct server *s, const struct endpoint *to, long flow, uint16_t request)
{
	uint8_t out[DATAGRAM_MAX];
	double delay = server_delay(&s->rng);

	/* An 11 kB answer comes as two sets, about 17 ms from one fragment to the next. */
	for (unsigned i = 0; i < FRAGMENTS * FRAGMENT_SETS; i++) {
		bool last = i % FRAGMENTS == FRAGMENTS - 1;
		size_t size = last ? rng_range(&s->rng, 592, 1245) : FRAGMENT_SIZE, n;

		if (i % FRAGMENTS == 0)
			s->id = version_id_after(s->version, s->id, 1);
		n = datagram_fragment(out, s->id, request, i % FRAGMENTS, last, size, &s->rng);
		delay += 0.010 + 0.014 * rng_unit(&s->rng);
		udp_sock_send_later(&s->udp, delay, to, (uint32_t)flow, true, "fragment", out, n);
	}
}

static void answer_search(struct server *s, const struct endpoint *from, long flow,
			  const struct skype_datagram *d, uint16_t reqid)
{
	if (d->plain.n + 11 >= BIG_SEARCH && flow >= 0)
		send_fragments(s, from, flow, d->id);
	else /* SkypeIRC.cap: one of 33 is longer */
		server_reply(s, from, flow, "search-reply", CMD_SEARCH_REPLY, reqid,
			     rng_range(&s->rng, 0, 32) ? 18 : 121, NULL, 0);
}

static void answer(struct server *s, const struct endpoint *from, const struct skype_datagram *d,
		   long flow)
{
	uint8_t out[16], self[ADDR_BYTES], list[60 * ADDR_BYTES];
	const uint8_t *body;
	size_t body_len, n;
	unsigned command;
	uint16_t reqid;

	if (!plain_parse(&d->plain, &command, &reqid, &body, &body_len))
		return;
	put_address(self, from);
	switch (command) {
	case CMD_PROBE:
		if (s->spec.role == ROLE_BOOTSTRAP || s->spec.mood == SN_FULL_UDP)
			send_u4_refuse(s, from, flow, reqid);
		else
			send_u4_accept(s, from, flow, reqid);
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
			     list_supernodes(s, &s->rng, list, 60));
		break;
	case CMD_LOOKUP:
		server_reply(s, from, flow, "lookup-reply", CMD_LOOKUP_REPLY, reqid,
			     rng_range(&s->rng, 0, 1) ? 365 : 26, NULL, 0);
		break;
	case CMD_PUBLISH:
		n = datagram_nack(out, FN_ACK, d->id, &from->ip, rng_u32(&s->rng), &s->rng);
		if (flow < 0)
			break;
		udp_sock_send_later(&s->udp, server_delay(&s->rng), from, (uint32_t)flow, true,
				    "ack", out, n);
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

void supernode_datagram(void *server, const struct endpoint *from, const uint8_t *p, size_t n,
			long flow)
{
	struct server *s = server;
	struct skype_datagram d;

	if (s->spec.role == ROLE_SN && s->spec.mood == SN_GONE)
		return;
	if (!datagram_parse(p, n, &from->ip, &s->spec.ip, &d))
		return;
	if (d.fn == FN_MEDIA)
		relay_media_udp(s, from, p, n);
	else if (d.fn == FN_PAYLOAD && !d.ok && flow >= 0)
		server_send_u2(s, from, (uint32_t)flow, d.id);
	else if ((d.fn == FN_PAYLOAD || d.fn == FN_RESEND) && d.ok)
		answer(s, from, &d, flow);
}

/* --- TCP ---------------------------------------------------------------------------------- */

/* T3 answers T2: the super node lets the client in, or refuses with a list of others. */
static void send_t3(struct tcp_conn *c, uint16_t id)
{
	const struct server *s = c->owner;
	uint8_t list[60 * ADDR_BYTES];
	size_t size, n;

	if (s->spec.role == ROLE_BOOTSTRAP || s->spec.mood != SN_ACCEPTS) {
		n = list_supernodes(s, &c->rng, list, 50);
		server_send_record(c, "T3", s->version ? s->version->tcp.refuse : 339, REC_REFUSE,
				   id, list, n);
		return;
	}
	do
		size = s->version ? dist_draw(&s->version->tcp.accept, &c->rng) : 587;
	while (s->version && size == s->version->tcp.refuse);
	c->purpose = CONN_SESSION;
	server_send_record(c, "T3", size, REC_ACCEPT, id, NULL, 0);
}

static void record(struct tcp_conn *c, unsigned command, uint16_t id, const uint8_t *body, size_t n)
{
	static const uint16_t ping_sizes[] = {48, 75, 82};

	switch (command) {
	case REC_CONNECT:
		send_t3(c, id);
		break;
	case REC_FOLLOW_A:
		server_send_record(c, "follow", 274, REC_FOLLOW_A, id, NULL, 0);
		break;
	case REC_FOLLOW_B:
		server_send_record(c, "follow", rng_range(&c->rng, 655, 663), REC_FOLLOW_B, id,
				   NULL, 0);
		break;
	case REC_FOLLOW_C:
		server_send_record(c, "ack", ACK_SIZE, REC_ACK, id, NULL, 0);
		break;
	case REC_FOLLOW_D:
		server_send_record(c, "follow", rng_range(&c->rng, 655, 663), REC_FOLLOW_D, id,
				   NULL, 0);
		break;
	case REC_PING:
		server_send_record(c, "ping-reply", ping_sizes[rng_range(&c->rng, 0, 2)], REC_REPLY,
				   id, NULL, 0);
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
			server_send_record(c, "sn-reply", 21, REC_REPLY, id, NULL, 0);
		else
			server_send_record(c, "ack", ACK_SIZE, REC_ACK, id, NULL, 0);
		break;
	default:
		break;
	}
}

static void take(struct tcp_conn *c, size_t n)
{
	memmove(c->in, c->in + n, c->in_len - n);
	c->in_len -= n;
}

static void records(struct tcp_conn *c)
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

/* Writes the super node's key block. */
static size_t own_block(struct tcp_conn *c, uint8_t *out, bool plain)
{
	const struct server *s = c->owner;
	size_t pad = s->version ? dist_draw(&s->version->tcp.reply_pad, &c->rng) : 0;

	return key_block(out, plain || !pad ? PAD_NONE : PAD_RANDOM, pad, false, &c->tx, &c->rng);
}

/* R2 on port 443: a TLS server hello and the key block. */
static void send_r2_443(struct tcp_conn *c)
{
	struct server *s = c->owner;
	uint8_t out[256];
	bool plain = rng_range(&c->rng, 0, 99) < SEED_ONLY_PART;
	size_t n = SERVER_HELLO + own_block(c, out + SERVER_HELLO, plain);

	memcpy(out, server_hello_443, SERVER_HELLO);
	conn_send_later(c, server_delay(&s->rng), "R2", out, n);
	c->stage = STAGE_R3;
}

/* The answer to a client's key block: R2 on port 80, the reply to T1 on the own port. */
static void send_key_reply(struct tcp_conn *c)
{
	struct server *s = c->owner;
	bool r1 = c->local.port == 80 && c->local.port != s->spec.port;
	uint8_t out[256];
	size_t n = own_block(c, out, false);

	conn_send_later(c, server_delay(&s->rng), r1 ? "R2" : "reply", out, n);
	c->stage = r1 ? STAGE_R3 : STAGE_RECORDS;
}

/* The first bytes of a connection say what it is. */
static void start(struct tcp_conn *c)
{
	static const char not_found[] = "HTTP/1.0 404 Not Found\r\n\r\n";
	struct server *s = c->owner;
	size_t n;

	if (c->local.port == 443 && c->in_len >= HELLO_SIZE &&
	    !memcmp(c->in, hello_443, HELLO_FIXED)) {
		take(c, HELLO_SIZE);
		send_r2_443(c);
	} else if (login_is_l3(c->in, c->in_len)) {
		if (!s->version)
			return;
		n = c->in_len;
		c->in_len = 0;
		login_server_answer_l3(c, c->in, n);
	} else if (c->in_len >= 4 && !memcmp(c->in, "GET ", 4)) {
		c->in_len = 0;
		conn_send_later(c, server_delay(&s->rng), "http", not_found, sizeof(not_found) - 1);
	} else if ((n = key_block_parse(c->in, c->in_len, &c->rx))) {
		take(c, n);
		send_key_reply(c);
	}
}

static void supernode_data(struct tcp_conn *c, const uint8_t *p, size_t n)
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

static const struct conn_ops supernode_ops = {.data = supernode_data};

void supernode_accepted(struct listener *l, struct tcp_conn *c)
{
	c->ops = &supernode_ops;
	c->owner = l->owner;
}
