// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * call_direct.c - a call over one TCP connection straight between two clients
 *
 * Model. The caller asks through the super nodes where the callee is, and connects to the
 * callee's own port, which is open for TCP as for UDP (Ehlert and Petgang, section 4). When that
 * fails, because a NAT or a firewall is before the callee, it asks the callee to connect to its
 * own port in turn. On a connection that stands, both ends send a key block; the signals of the
 * call and its media follow as records of that one connection. When neither way goes, the call is
 * made as any other (call.c). Of Skype 0.97, Baset and Schulzrinne saw signals over a TCP
 * connection between two public clients, and media over TCP, by another node, where UDP was closed.
 *
 *   the caller    sends                  until
 *   LEG_ASKING    SIG_WHERE              SIG_HERE arrives: it connects; offline; 10 s
 *                 SYN, key block         the key block is answered: reached; failed
 *                 SIG_COME (once)        REC_JOIN arrives: reached; SIG_FAR; some time: not reached
 *
 *   the callee    is asked by            and does
 *                 SIG_WHERE              answers SIG_HERE
 *   LEG_ASKING    SIG_COME               connects, sends REC_JOIN; or sends SIG_FAR
 *                 a connection           answers the key block; SIG_INVITE follows on it
 *
 * The super node that passes a signal on puts in the address from which its client comes. A
 * client that is a super node as well has given its port away and is not called there.
 *
 * Limits. The form is ours, as that of all call signals; the first messages have the sizes of a
 * visit (supernode_visit.c). Ports 443 and 80 are not tried: a client does not listen there.
 */
#include <string.h>

#include "replay/skype/call.h"
#include "replay/skype/call_direct.h"
#include "replay/skype/call_leg.h"
#include "replay/skype/client_connect.h"
#include "replay/skype/client_private.h"
#include "replay/skype/client_request.h"
#include "replay/skype/message.h"

#define ANSWER_S  10.0 /* until SIG_HERE */
#define JOIN_SIZE 26

static const struct conn_ops direct_ops;

enum direct_stage {
	DIRECT_KEY = 2, /* this end has sent its key block */
	DIRECT_UP,	/* records are exchanged */
};

static struct leg *leg_on(const struct sc *c, const struct tcp_conn *k)
{
	for (struct leg *l = c->calls.legs; l; l = l->next)
		if (l->conn == k)
			return l;
	return NULL;
}

/* --- where the ends are ------------------------------------------------------------------- */

static void tell_where(const struct leg *l, enum call_signal_kind kind)
{
	const struct sc *c = l->c;
	struct endpoint open = {c->public_ip, c->promoted ? 0 : c->udp_port};
	uint8_t out[2 * ADDR_BYTES];

	put_address(out, &open);
	open.ip = c->spec.ip;
	put_address(out + ADDR_BYTES, &open);
	leg_signal(l, kind, out, sizeof(out));
}

/* Where the sender of a signal can be connected to; port 0 = nowhere. */
static struct endpoint where(const struct sc *c, const struct call_signal *s)
{
	struct endpoint outer = {{0}, 0}, own;

	if (s->n < 2 * ADDR_BYTES)
		return outer;
	get_address(s->more, &outer);
	get_address(s->more + ADDR_BYTES, &own);
	return ip_eq(&outer.ip, &c->public_ip) ? own : outer; /* the same NAT before both */
}

/* --- the search --------------------------------------------------------------------------- */

static void not_reached(void *arg)
{
	struct leg *l = arg;

	l->c->calls.reached(l);
}

/* This end cannot connect to the other. */
static void failed(struct leg *l)
{
	if (!l->caller) {
		leg_signal(l, SIG_FAR, (const uint8_t *)"", 0);
		leg_over(l, OUTCOME_GAVE_UP, "");
	} else if (!l->asked_back) {
		l->asked_back = true;
		tell_where(l, SIG_COME);
		peer_timer_after(l->c->o, &l->t, ANSWER_S + 2 * l->c->v->tcp.connect_timeout,
				 not_reached, l);
	} else {
		not_reached(l);
	}
}

static void attempt(struct leg *l, const struct endpoint *to)
{
	struct sc *c = l->c;

	peer_timer_cancel(&l->t);
	if (to->port)
		l->conn = connect_open(c, to, "call tcp", &direct_ops, c->v->tcp.connect_timeout);
	if (l->conn && leg_outcome(l))
		leg_outcome(l)->connects++;
	if (!l->conn)
		failed(l);
}

void direct_search(struct leg *l)
{
	l->state = LEG_ASKING;
	tell_where(l, SIG_WHERE);
	peer_timer_after(l->c->o, &l->t, ANSWER_S, not_reached, l);
}

bool direct_signalled(struct sc *c, struct leg *l, const struct call_signal *s)
{
	struct endpoint at = where(c, s);
	struct leg asked = {.c = c, .id = s->id};

	switch (s->kind) {
	case SIG_WHERE:
		memcpy(asked.peer, s->from, sizeof(asked.peer));
		tell_where(&asked, SIG_HERE);
		return true;
	case SIG_HERE:
		if (l && l->caller && l->state == LEG_ASKING && !l->conn && !l->asked_back)
			attempt(l, &at);
		return true;
	case SIG_COME:
		if (!l) {
			l = leg_new(c, s->from, s->id, false);
			l->state = LEG_ASKING;
			attempt(l, &at);
		}
		return true;
	case SIG_FAR:
		if (l && l->caller && l->state == LEG_ASKING)
			not_reached(l);
		return true;
	default:
		return false;
	}
}

/* --- the connection ----------------------------------------------------------------------- */

/* The leg's connection is closed. */
static void lost(struct leg *l)
{
	if (!l)
		return;
	l->conn = NULL;
	if (l->state == LEG_ASKING && !l->direct_tcp)
		failed(l);
	else
		leg_over_after_media(l);
}

static void drop(void *arg)
{
	struct tcp_conn *k = arg;
	struct leg *l = leg_on(k->owner, k);

	conn_close(k, false);
	lost(l);
}

static void connected(struct tcp_conn *k)
{
	struct sc *c = k->owner;
	uint8_t out[256];

	k->stage = DIRECT_KEY;
	peer_timer_after(c->o, &k->timer, c->v->tcp.connect_timeout, drop, k);
	conn_send(k, "call-key", out, connect_key_block(k, c, out, false));
}

/* Both key blocks are through: the connection is the leg's. */
static void stands(struct leg *l, struct tcp_conn *k)
{
	peer_timer_cancel(&k->timer);
	l->conn = k;
	l->direct_tcp = true;
	if (l->caller)
		l->c->calls.reached(l);
}

static void send_join(const struct leg *l)
{
	struct sc *c = l->c;
	uint8_t out[JOIN_SIZE];

	record_make(out, JOIN_SIZE, REC_JOIN, request_next_id(c, 1), &l->id, sizeof(l->id),
		    &c->rng);
	stream_apply(&l->conn->tx, out, JOIN_SIZE);
	conn_send(l->conn, "call-join", out, JOIN_SIZE);
}

static void joined(struct sc *c, struct tcp_conn *k, const uint8_t *body, size_t n)
{
	struct leg *l;
	uint32_t id;

	if (n < sizeof(id))
		return;
	memcpy(&id, body, sizeof(id));
	l = leg_by_id(c, id);
	if (l && l->caller && l->state == LEG_ASKING && !l->conn)
		stands(l, k);
}

static void records(struct sc *c, struct tcp_conn *k)
{
	unsigned generation = k->generation, command;
	const uint8_t *body;
	size_t n, size;
	uint16_t id;

	while ((size = record_parse(k->in, k->in_len, &command, &id, &body, &n))) {
		struct leg *l = leg_on(c, k);

		if (command == REC_CALL)
			c->calls.signalled(c, k, body, n);
		else if (command == REC_JOIN)
			joined(c, k, body, n);
		else if (command == REC_MEDIA && l)
			l->received++;
		if (k->generation != generation)
			return; /* the call is over */
		memmove(k->in, k->in + size, k->in_len - size);
		k->in_len -= size;
	}
}

/* Keeps what has arrived, readable. False when it is more than any record has. */
static bool keep(struct tcp_conn *k, const uint8_t *p, size_t n)
{
	if (n > sizeof(k->in) - k->in_len)
		return false;
	memcpy(k->in + k->in_len, p, n);
	if (k->stage != DIRECT_KEY)
		stream_apply(&k->rx, k->in + k->in_len, n);
	k->in_len += n;
	return true;
}

static void key_arrived(struct leg *l, struct tcp_conn *k)
{
	size_t n = key_block_parse(k->in, k->in_len, &k->rx);

	if (!n)
		return;
	k->in_len -= n;
	memmove(k->in, k->in + n, k->in_len);
	stream_apply(&k->rx, k->in, k->in_len);
	k->stage = DIRECT_UP;
	stands(l, k);
	if (!l->caller)
		send_join(l);
}

static void data(struct tcp_conn *k, const uint8_t *p, size_t n)
{
	struct sc *c = k->owner;
	struct leg *l = leg_on(c, k);

	if (c->asleep)
		return;
	if (!keep(k, p, n)) {
		drop(k);
		return;
	}
	if (k->stage == DIRECT_KEY && l)
		key_arrived(l, k);
	if (k->stage == DIRECT_UP)
		records(c, k);
}

static void closed(struct tcp_conn *k, int error)
{
	(void)error;
	lost(leg_on(k->owner, k));
}

static const struct conn_ops direct_ops = {
	.connected = connected,
	.data = data,
	.closed = closed,
};

bool direct_arrived(struct sc *c, struct tcp_conn *k, const uint8_t *p, size_t n)
{
	unsigned command = 0;
	const uint8_t *body;
	size_t body_len;
	uint16_t id;

	if (!keep(k, p, n))
		return false;
	if (!record_parse(k->in, k->in_len, &command, &id, &body, &body_len))
		return true; /* the rest comes */
	if (command != REC_CALL && command != REC_JOIN) {
		k->in_len = 0;
		return false;
	}
	k->ops = &direct_ops;
	k->stage = DIRECT_UP;
	records(c, k);
	return true;
}
