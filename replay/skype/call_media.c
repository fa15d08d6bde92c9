// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * call_media.c - the media's way between two clients, and the media
 *
 * Model. Both ends send probes to the other's public endpoint at the same time (and to its own one
 * when both have the same public address), so that each one's NAT lets the other's in if it ever
 * will. A probe that comes from an unforeseen endpoint is answered with one. An answer that arrives
 * shows a direct way. When none does, the caller picks a super node as a relay, and both ends join
 * it: over UDP, or where UDP gets no answer over TCP on the relay's own port, 443 or 80. The media
 * then flows both ways as function-d datagrams, or as records over TCP. The states of a leg are
 * listed in call_leg.c.
 *
 * Media is modelled on calls recorded in 2013 and 2014 (no capture of a call of 2006 is public):
 * sizes and gaps come from the version's file, ids are random, the truth's reason says so.
 *
 * A call for which the two have a TCP connection with each other (call_direct.c) has its way
 * already.
 *
 * Limits. No voice is in it.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "replay/skype/call_leg.h"
#include "replay/skype/call_media.h"
#include "replay/skype/client_connect.h"
#include "replay/skype/client_hosts.h"
#include "replay/skype/client_private.h"
#include "replay/skype/client_request.h"
#include "replay/skype/flow_log.h"
#include "replay/skype/message.h"

#define PROBE_SIZE	 28
#define PROBE_REPLY_SIZE 24
#define PROBES		 4
#define CHOOSE_S	 2.5 /* the caller waits so long for an answer to its probes */
#define RELAY_SIZE	 34
#define JOIN_SIZE	 40
#define MEDIA_TRUTH	 "media (model 2013-14)"

static uint32_t flow_to(struct sc *c, const struct endpoint *to, const char *reason,
			bool *to_opener)
{
	uint32_t flow = flow_log_open(c->o, &c->opener, IPPROTO_UDP, &c->udp.local, to, reason);

	/* the other end may have opened it: without NAT it is one tuple */
	*to_opener = !endpoint_eq(&truth_flow_at(c->o->truth, flow)->tuple.src, &c->udp.local);
	return flow;
}

static void send_plain(struct leg *l, const struct endpoint *to, unsigned command, size_t size,
		       const char *name)
{
	struct sc *c = l->c;
	uint8_t out[DATAGRAM_MAX];
	struct plain p;
	uint16_t id = request_next_id(c, 2);
	bool to_opener;
	uint32_t flow = flow_to(c, to, "call probe", &to_opener);

	plain_make(&p, command, (uint16_t)(id - 1), size, &l->id, sizeof(l->id), &c->rng);
	udp_sock_send(&c->udp, to, flow, to_opener, name, out,
		      datagram_payload(out, id, &c->public_ip, &to->ip, &p, &c->rng));
}

/* --- media -------------------------------------------------------------------------------- */

static bool over_tcp(const struct leg *l)
{
	return l->way == WAY_TCP_RELAY || l->way == WAY_TCP_DIRECT;
}

static void media_tick(void *arg)
{
	struct leg *l = arg;
	struct sc *c = l->c;
	size_t size = dist_draw(&c->v->call.media, &c->rng);
	uint8_t out[DATAGRAM_MAX], record[DATAGRAM_MAX];

	if (size < 3)
		size = 3;
	datagram_media(out, (uint16_t)rng_u32(&c->rng), size, &c->rng);
	if (over_tcp(l)) {
		if (l->conn) {
			size_t n = record_make(record, record_size(size), REC_MEDIA,
					       request_next_id(c, 1), out, size, &c->rng);

			stream_apply(&l->conn->tx, record, n);
			conn_send(l->conn, "media", record, n);
		}
	} else {
		udp_sock_send(&c->udp, l->way == WAY_DIRECT ? &l->direct : &l->relay, l->flow,
			      l->to_opener, "media", out, size);
	}
	l->sent++;
	peer_timer_after(c->o, &l->media, dist_draw(&c->v->call.gap_ms, &c->rng) / 1000.0,
			 media_tick, l);
}

static void set_reason(struct sc *c, const struct leg *l, const char *reason)
{
	struct truth_flow *f = truth_flow_at(c->o->truth, l->flow);

	snprintf(f->reason, sizeof(f->reason), "%s", reason);
}

static void talk(struct leg *l)
{
	struct sc *c = l->c;

	if (l->state == LEG_TALKING || l->state == LEG_OVER)
		return;
	l->state = LEG_TALKING;
	if (!over_tcp(l)) {
		const struct endpoint *to = l->way == WAY_DIRECT ? &l->direct : &l->relay;

		l->flow = flow_to(c, to, MEDIA_TRUTH, &l->to_opener);
		if (l->way == WAY_DIRECT)
			set_reason(c, l, MEDIA_TRUTH);
	} else if (l->conn->flow >= 0) {
		l->flow = (uint32_t)l->conn->flow;
		if (l->way == WAY_TCP_DIRECT)
			set_reason(c, l, "call tcp, " MEDIA_TRUTH);
	}
	flow_log_call(c->o, l->flow, true);
	if (leg_outcome(l))
		leg_outcome(l)->sn = l->way == WAY_DIRECT ? l->direct
				     : over_tcp(l)	  ? l->conn->remote
							  : l->relay;
	if (l->caller)
		leg_hang_up_after(l, l->seconds);
	media_tick(l);
}

void media_received(struct sc *c, const struct endpoint *from)
{
	for (struct leg *l = c->calls.legs; l; l = l->next)
		if (l->state != LEG_OVER &&
		    (endpoint_eq(from, &l->direct) || endpoint_eq(from, &l->relay))) {
			l->received++;
		}
}

/* --- relay over TCP ----------------------------------------------------------------------- */

static const struct conn_ops relay_ops;

/* Where the connection with a relay stands: ->stage. */
enum relay_stage {
	RELAY_START,  /* R1 or T1 is sent */
	RELAY_ASKED,  /* the request to join is sent */
	RELAY_JOINED, /* what arrives is media */
};

static void join_tcp(struct leg *l)
{
	struct sc *c = l->c;
	struct endpoint to = l->relay;

	while (!l->conn && l->rung < RUNGS) {
		to.port = connect_port(l->rung, to.port);
		l->conn = connect_open(c, &to, "media relay tcp", &relay_ops,
				       c->v->tcp.connect_timeout);
		l->rung++;
	}
	if (!l->conn) {
		leg_over(l, OUTCOME_GAVE_UP, "no way");
		return;
	}
	flow_log_served(c->o, (uint32_t)l->conn->flow, &c->opener);
	l->conn->owner = l;
	l->conn->rung = l->rung - 1;
	if (leg_outcome(l))
		leg_outcome(l)->connects++;
}

/* R1 or T1, as to a super node. */
static void relay_connected(struct tcp_conn *k)
{
	struct leg *l = k->owner;
	uint8_t out[256];
	size_t n = k->rung == RUNG_443 ? connect_r1_443(l->c, out)
				       : connect_key_block(k, l->c, out, k->rung == RUNG_80);

	conn_send(k, k->rung == RUNG_OWN ? "T1" : "R1", out, n);
}

/* R2 or the reply has arrived: R3 where it follows, and the request to join. */
static void send_join(struct tcp_conn *k, const uint8_t *p, size_t n)
{
	struct leg *l = k->owner;
	struct sc *c = l->c;
	size_t skip = k->rung == RUNG_443 ? SERVER_HELLO : 0;
	uint8_t out[256];

	if (n <= skip || !key_block_parse(p + skip, n - skip, &k->rx))
		return;
	if (k->rung != RUNG_OWN) {
		n = connect_key_block(k, c, out, false);
		conn_send(k, "R3", out, n);
	}
	n = record_make(out, JOIN_SIZE, REC_JOIN, request_next_id(c, 1), &l->id, sizeof(l->id),
			&c->rng);
	stream_apply(&k->tx, out, n);
	conn_send(k, "relay-join", out, n);
	k->stage = RELAY_ASKED;
}

static void relay_data(struct tcp_conn *k, const uint8_t *p, size_t n)
{
	struct leg *l = k->owner;

	if (k->stage == RELAY_START) {
		send_join(k, p, n);
	} else if (k->stage == RELAY_ASKED) {
		k->stage = RELAY_JOINED;
		talk(l);
	} else {
		l->received++;
	}
}

static void relay_closed(struct tcp_conn *k, int error)
{
	struct leg *l = k->owner;

	(void)error;
	l->conn = NULL;
	if (l->state == LEG_JOINING)
		join_tcp(l);
}

static const struct conn_ops relay_ops = {
	.connected = relay_connected,
	.data = relay_data,
	.closed = relay_closed,
};

/* --- choosing ----------------------------------------------------------------------------- */

static void joined(struct request *q, unsigned command, const uint8_t *body, size_t n)
{
	struct leg *l = NULL;

	(void)body;
	(void)n;
	for (struct leg *x = q->sc->calls.legs; x; x = x->next)
		if (x->state == LEG_JOINING && endpoint_eq(&x->relay, &q->to))
			l = x;
	if (!l)
		return;
	if (command == CMD_RELAY_REPLY) {
		l->way = WAY_UDP_RELAY;
		talk(l);
	} else {
		l->way = WAY_TCP_RELAY;
		join_tcp(l);
	}
}

void media_take_way(struct leg *l)
{
	struct sc *c = l->c;

	if (l->way == WAY_DIRECT) {
		if (!l->have_direct)
			l->direct = l->heard.port ? l->heard : l->peer_pub;
		talk(l);
		return;
	}
	l->state = LEG_JOINING;
	if (c->probing.udp_alive && request_send(c, &l->relay, NO_HOST, CMD_RELAY, RELAY_SIZE,
						 "relay-join", &l->id, sizeof(l->id), joined))
		return;
	l->way = WAY_TCP_RELAY;
	join_tcp(l);
}

static bool relay_taken(struct sc *c, const struct endpoint *ep)
{
	for (struct leg *l = c->calls.legs; l; l = l->next)
		if (l->state >= LEG_JOINING && l->state != LEG_OVER && endpoint_eq(&l->relay, ep))
			return true;
	return false;
}

/* A relay is a super node that answered, another one for each leg of a conference; the caller's
 * own super node when there is no other. */
static void pick_relay(struct leg *l)
{
	struct sc *c = l->c;
	size_t n = 0, pick;

	for (size_t i = 0; i < c->hosts.count; i++)
		n += c->hosts.at[i].state == HOST_POSITIVE && !relay_taken(c, &c->hosts.at[i].ep);
	l->relay = c->hosts.at[c->supernode.host].ep;
	if (!n)
		return;
	pick = rng_range(&c->rng, 0, (uint32_t)n - 1);
	for (size_t i = 0; i < c->hosts.count; i++)
		if (c->hosts.at[i].state == HOST_POSITIVE && !relay_taken(c, &c->hosts.at[i].ep) &&
		    pick-- == 0)
			l->relay = c->hosts.at[i].ep;
}

static void choose(void *arg)
{
	struct leg *l = arg;
	uint8_t more[1 + ADDR_BYTES];

	if (l->have_direct) {
		l->way = WAY_DIRECT;
	} else {
		l->way = WAY_UDP_RELAY;
		pick_relay(l);
	}
	more[0] = (uint8_t)l->way;
	put_address(more + 1, &l->relay);
	leg_signal(l, SIG_PATH, more, sizeof(more));
	media_take_way(l);
}

static void probe_tick(void *arg)
{
	struct leg *l = arg;
	struct sc *c = l->c;

	if (l->probes++ == PROBES || l->have_direct) {
		if (l->caller)
			peer_timer_after(c->o, &l->t, 0.2, choose, l);
		return;
	}
	if (c->probing.udp_alive && l->peer_udp) {
		send_plain(l, &l->peer_pub, CMD_PUNCH, PROBE_SIZE, "call-probe");
		if (ip_eq(&l->peer_pub.ip, &c->public_ip) &&
		    !endpoint_eq(&l->peer_pub, &l->peer_priv))
			send_plain(l, &l->peer_priv, CMD_PUNCH, PROBE_SIZE, "call-probe");
	}
	peer_timer_after(c->o, &l->t, CHOOSE_S / PROBES, probe_tick, l);
}

void media_find_way(struct leg *l)
{
	if (l->direct_tcp) {
		l->way = WAY_TCP_DIRECT;
		talk(l);
		return;
	}
	l->state = LEG_PROBING;
	l->probes = 0;
	probe_tick(l);
}

bool media_probed(struct sc *c, const struct endpoint *from, unsigned command, const uint8_t *body,
		  size_t n)
{
	struct leg *l;
	uint32_t id;

	if ((command != CMD_PUNCH && command != CMD_PUNCH_REPLY) || n < sizeof(id))
		return false;
	memcpy(&id, body, sizeof(id));
	l = leg_by_id(c, id);
	if (!l)
		return true;
	if (command == CMD_PUNCH) {
		send_plain(l, from, CMD_PUNCH_REPLY, PROBE_REPLY_SIZE, "probe-reply");
		/* from somewhere else than the other end said it is (its NAT maps by destination):
		 * a probe of ours goes back there */
		if (l->state <= LEG_PROBING && !l->have_direct && !endpoint_eq(from, &l->heard) &&
		    !endpoint_eq(from, &l->peer_pub))
			send_plain(l, from, CMD_PUNCH, PROBE_SIZE, "call-probe");
		l->heard = *from;
	} else if (!l->have_direct) {
		l->direct = *from;
		l->have_direct = true;
	}
	return true;
}
