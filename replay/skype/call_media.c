// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * call_media.c - the media's way between two clients, and the media
 *
 * Model. Both ends send probes to the other's public endpoint at the same time (and to its own one
 * when both have the same public address), so that each one's NAT lets the other's in if it ever
 * will; a probe that comes from an unforeseen endpoint is answered with one. An answer that comes
 * shows a direct way. When none comes, the caller picks a super node as
 * a relay and both join it, over UDP, or where UDP gets no answer over TCP on the relay's own port,
 * 443 or 80. The media then flows both ways as function-d datagrams, or as records over TCP.
 *
 * Media is modelled on calls recorded in 2013 and 2014 (no capture of a call of 2006 is public):
 * sizes and gaps come from the version's file, ids are random, the truth's reason says so.
 *
 * Limits. No voice is in it. A TCP connection straight between two clients is not tried.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "replay/skype/call.h"

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
	uint32_t flow = sc_flow(c, IPPROTO_UDP, &c->udp.local, to, reason);

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
	uint16_t id = sc_id(c, 2);
	bool to_opener;
	uint32_t flow = flow_to(c, to, "call probe", &to_opener);

	plain_make(&p, command, (uint16_t)(id - 1), size, &l->id, sizeof(l->id), &c->rng);
	usock_send(&c->udp, to, flow, to_opener, name, out,
		   datagram_payload(out, id, &c->public_ip, &to->ip, &p, &c->rng));
}

/* --- media -------------------------------------------------------------------------------- */

static void media_tick(void *arg)
{
	struct leg *l = arg;
	struct sc *c = l->c;
	size_t size = dist_draw(&c->v->call.media, &c->rng);
	uint8_t out[DATAGRAM_MAX], record[DATAGRAM_MAX];

	if (size < 3)
		size = 3;
	datagram_media(out, (uint16_t)rng_u32(&c->rng), size, &c->rng);
	if (l->way == WAY_TCP_RELAY) {
		if (l->conn) {
			size_t n = record_make(record, record_size(size), REC_MEDIA, sc_id(c, 1),
					       out, size, &c->rng);

			stream_apply(&l->conn->tx, record, n);
			conn_send(l->conn, "media", record, n);
		}
	} else {
		usock_send(&c->udp, l->way == WAY_DIRECT ? &l->direct : &l->relay, l->flow,
			   l->to_opener, "media", out, size);
	}
	l->sent++;
	ptimer_after(c->o, &l->media, dist_draw(&c->v->call.gap_ms, &c->rng) / 1000.0, media_tick,
		     l);
}

static void talk(struct leg *l)
{
	struct sc *c = l->c;

	if (l->state == LEG_TALKING || l->state == LEG_OVER)
		return;
	l->state = LEG_TALKING;
	if (l->way != WAY_TCP_RELAY) {
		const struct endpoint *to = l->way == WAY_DIRECT ? &l->direct : &l->relay;

		l->flow = flow_to(c, to, MEDIA_TRUTH, &l->to_opener);
		if (l->way == WAY_DIRECT)
			snprintf(truth_flow_at(c->o->truth, l->flow)->reason, 48, MEDIA_TRUTH);
	}
	if (l->outcome >= 0)
		c->o->outcomes[l->outcome].sn = l->way == WAY_DIRECT	  ? l->direct
						: l->way == WAY_TCP_RELAY ? l->conn->remote
									  : l->relay;
	if (l->caller)
		leg_hang_up_after(l, l->seconds);
	media_tick(l);
}

void call_media(struct sc *c, const struct endpoint *from, size_t n)
{
	for (struct leg *l = call_legs(c); l; l = l->next)
		if (l->state != LEG_OVER &&
		    (endpoint_eq(from, &l->direct) || endpoint_eq(from, &l->relay))) {
			l->received++;
		}
	(void)n;
}

/* --- relay over TCP ----------------------------------------------------------------------- */

static const struct conn_ops relay_ops;

static void join_tcp(struct leg *l)
{
	struct sc *c = l->c;
	struct endpoint to = l->relay;

	while (!l->conn && l->rung < RUNGS) {
		if (l->rung)
			to.port = l->rung == 1 ? 443 : 80;
		l->conn = sc_connect(c, &to, "media relay tcp", &relay_ops,
				     c->v->tcp.connect_timeout);
		l->rung++;
	}
	if (!l->conn) {
		leg_over(l, OUTCOME_GAVE_UP, "no way");
		return;
	}
	l->conn->owner = l;
	l->conn->rung = l->rung - 1;
	if (l->outcome >= 0)
		c->o->outcomes[l->outcome].connects++;
}

static void relay_connected(struct conn *k)
{
	struct leg *l = k->owner;
	uint8_t out[256];
	size_t n;

	if (k->rung == 1) {
		memcpy(out, hello_443, HELLO_FIXED);
		rng_fill(&l->c->rng, out + HELLO_FIXED, HELLO_SIZE - HELLO_FIXED);
		n = HELLO_SIZE;
	} else {
		n = sc_key_block(k, l->c, out, k->rung == 2);
	}
	conn_send_later(k, k->rtt_s, k->rung ? "R1" : "T1", out, n);
}

static void relay_data(struct conn *k, const uint8_t *p, size_t n)
{
	struct leg *l = k->owner;
	struct sc *c = l->c;
	size_t skip = k->rung == 1 ? SERVER_HELLO : 0;
	uint8_t out[256];

	if (k->stage == 0) {
		if (n <= skip || !key_block_parse(p + skip, n - skip, &k->rx))
			return;
		if (k->rung) {
			n = sc_key_block(k, c, out, false);
			conn_send(k, "R3", out, n);
		}
		n = record_make(out, JOIN_SIZE, REC_JOIN, sc_id(c, 1), &l->id, sizeof(l->id),
				&c->rng);
		stream_apply(&k->tx, out, n);
		conn_send(k, "relay-join", out, n);
		k->stage = 1;
	} else if (k->stage == 1) {
		k->stage = 2;
		talk(l);
	} else {
		l->received++;
	}
}

static void relay_closed(struct conn *k, int error)
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
	for (struct leg *x = call_legs(q->sc); x; x = x->next)
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

void leg_take_way(struct leg *l)
{
	struct sc *c = l->c;

	if (l->way == WAY_DIRECT) {
		if (!l->have_direct)
			l->direct = l->heard.port ? l->heard : l->peer_pub;
		talk(l);
		return;
	}
	l->state = LEG_JOINING;
	if (c->udp_alive && sc_request(c, &l->relay, -1, CMD_RELAY, RELAY_SIZE, "relay-join",
				       &l->id, sizeof(l->id), joined))
		return;
	l->way = WAY_TCP_RELAY;
	join_tcp(l);
}

static bool relay_taken(struct sc *c, const struct endpoint *ep)
{
	for (struct leg *l = call_legs(c); l; l = l->next)
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

	for (size_t i = 0; i < c->host_count; i++)
		n += c->hosts[i].state == HOST_POSITIVE && !relay_taken(c, &c->hosts[i].ep);
	l->relay = c->hosts[c->sn_host].ep;
	if (!n)
		return;
	pick = rng_range(&c->rng, 0, (uint32_t)n - 1);
	for (size_t i = 0; i < c->host_count; i++)
		if (c->hosts[i].state == HOST_POSITIVE && !relay_taken(c, &c->hosts[i].ep) &&
		    pick-- == 0)
			l->relay = c->hosts[i].ep;
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
	put_endpoint(more + 1, &l->relay);
	call_signal(l, SIG_PATH, more, sizeof(more));
	leg_take_way(l);
}

static void probe_tick(void *arg)
{
	struct leg *l = arg;
	struct sc *c = l->c;

	if (l->probes++ == PROBES || l->have_direct) {
		if (l->caller)
			ptimer_after(c->o, &l->t, 0.2, choose, l);
		return;
	}
	if (c->udp_alive && l->peer_udp) {
		send_plain(l, &l->peer_pub, CMD_PUNCH, PROBE_SIZE, "call-probe");
		if (ip_eq(&l->peer_pub.ip, &c->public_ip) &&
		    !endpoint_eq(&l->peer_pub, &l->peer_priv))
			send_plain(l, &l->peer_priv, CMD_PUNCH, PROBE_SIZE, "call-probe");
	}
	ptimer_after(c->o, &l->t, CHOOSE_S / PROBES, probe_tick, l);
}

void leg_probe(struct leg *l)
{
	l->state = LEG_PROBING;
	l->probes = 0;
	probe_tick(l);
}

void leg_stop(struct leg *l)
{
	ptimer_cancel(&l->t);
	ptimer_cancel(&l->media);
	if (l->conn)
		conn_close(l->conn, false);
	l->conn = NULL;
}

bool call_datagram(struct sc *c, const struct endpoint *from, unsigned command, const uint8_t *body,
		   size_t n, long flow)
{
	struct leg *l;
	uint32_t id;

	(void)flow;
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
