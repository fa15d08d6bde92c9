// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_supernode.c - the client's way to a super node over TCP
 *
 * Model. A host is tried on its own port (above 1024), then on 443, then on 80; hosts are tried
 * beside each other, some at once, begun a little apart (Ehlert and Petgang, sections 4 and 5.2).
 * Positively probed hosts are tried at once; when UDP is silent, any host of the cache after the
 * version's patience. The first that accepts wins, the others are closed.
 *
 *	own port:  T1 > < reply  (extra >)  T2 >  < T3  T4 >
 *	443:       R1 (a TLS hello) > < R2  R3 >  T2 >  < T3  T4 >
 *	80:        R1 (a key block) > < R2  R3 >  T2 >  < T3  T4 >
 *
 * On 443 a version may begin as on the own port (key-block-on-443).
 *
 * T3 of 339 bytes is a refusal with a list of other hosts. The stages of an attempt:
 *
 *   stage        entered when                  left when
 *   (none)       SYN is sent                   the connection stands
 *   STAGE_PROXY  CONNECT is sent to the proxy  the proxy says 200
 *   STAGE_R2     R1 is sent (443, 80, proxy)   R2 arrives: R3 and T2 are sent
 *   STAGE_REPLY  T1 is sent (own port)         the reply arrives: T2 is sent
 *   STAGE_T3     T2 is sent                    T3 accepts: T4 is sent; T3 refuses: closed
 *   STAGE_WAIT   T3 accepts, and the version   its time is over: T4 is sent
 *                waits before T4 (t4-after)
 *   STAGE_UP     T4 is sent                    the connection closes: the search begins anew;
 *                                              another node is up after this one fell silent: closed
 *
 * In any stage before STAGE_UP, silence or a close leads to the next rung of the ladder of ports;
 * after the last rung the host has failed (client_hosts.c).
 *
 * Limits. The kernel repeats SYNs in real time only, so with the virtual clock a blocked SYN is
 * seen once.
 */
#include <stdio.h>
#include <string.h>

#include "replay/skype/call.h"
#include "replay/skype/client_connect.h"
#include "replay/skype/client_hosts.h"
#include "replay/skype/client_login.h"
#include "replay/skype/client_outcome.h"
#include "replay/skype/client_private.h"
#include "replay/skype/client_probe.h"
#include "replay/skype/client_session.h"
#include "replay/skype/client_standing.h"
#include "replay/skype/client_supernode.h"
#include "replay/skype/flow_log.h"
#include "replay/skype/message.h"
#include "replay/skype/server.h"

#define REST_S	   6.0	/* after all hosts failed (Baset and Schulzrinne: 6 s) */
#define NEGATIVE_S 60.0 /* after all hosts refused */

/* The connection with a silent node is closed so long after another stands: an assumption. */
#define OLD_LO_S 1.0
#define OLD_HI_S 5.0

enum stage { STAGE_R2 = 1, STAGE_REPLY, STAGE_T3, STAGE_WAIT, STAGE_UP, STAGE_PROXY };

static const struct conn_ops supernode_ops;

/* --- the list of attempts ----------------------------------------------------------------- */

static void forget(struct sc *c, struct tcp_conn *k)
{
	for (size_t i = 0; i < c->supernode.try_count; i++)
		if (c->supernode.tries[i] == k) {
			c->supernode.tries[i] = c->supernode.tries[--c->supernode.try_count];
			c->hosts.at[k->host].trying = false;
			return;
		}
}

static void try_rung(struct sc *c, size_t host, int rung)
{
	static const char *const reasons[] = {"sn tcp", "sn tcp 443", "sn tcp 80", "sn proxy"};
	int last = c->spec.proxy.port ? RUNG_PROXY : RUNG_80;

	for (; rung <= last; rung++) {
		struct endpoint to = rung == RUNG_PROXY ? c->spec.proxy : c->hosts.at[host].ep;
		const char *reason = reasons[rung];
		struct tcp_conn *k;

		if (rung != RUNG_PROXY)
			to.port = connect_port(rung, to.port);
		k = connect_open(c, &to, reason, &supernode_ops, c->v->tcp.connect_timeout);
		if (outcome_login(c))
			outcome_login(c)->connects++;
		if (!k)
			continue;
		flow_log_served(c->o, (uint32_t)k->flow, &c->opener);
		k->host = (uint32_t)host;
		k->cut = c->v->tcp.cut;
		k->rung = rung;
		c->hosts.at[host].trying = true;
		c->supernode.tries[c->supernode.try_count++] = k;
		return;
	}
	if (c->hosts.at[host].state != HOST_NEGATIVE)
		c->hosts.at[host].state = HOST_FAILED;
}

void supernode_try(struct sc *c, size_t host)
{
	if (c->supernode.conn || c->hosts.at[host].trying ||
	    c->supernode.try_count >= c->v->tcp.parallel || c->supernode.try_count >= TRIES_MAX)
		return;
	try_rung(c, host, RUNG_OWN);
}

static void restart_hosts(struct sc *c)
{
	for (size_t i = 0; i < c->hosts.count; i++)
		if (c->hosts.at[i].state == HOST_FAILED || c->hosts.at[i].state == HOST_NEGATIVE)
			c->hosts.at[i].state = HOST_FRESH;
}

/* Begins the next attempt: a positively probed host, or any when UDP is silent. */
static void next_attempt(void *arg)
{
	struct sc *c = arg;
	double again = c->v->tcp.stagger;
	size_t pick = HOSTS_MAX, failed = 0, negative = 0;

	if (c->supernode.conn || c->state != SC_SEARCHING)
		return;
	for (size_t k = 0; k < c->hosts.count; k++) {
		size_t i = (c->hosts.next_tcp + k) % c->hosts.count;
		const struct cached_host *h = &c->hosts.at[i];

		failed += h->state == HOST_FAILED;
		negative += h->state == HOST_NEGATIVE;
		if (h->trying || h->state == HOST_FAILED || h->state == HOST_NEGATIVE)
			continue;
		if (pick == HOSTS_MAX && (h->state == HOST_POSITIVE || !c->probing.udp_alive))
			pick = i;
	}
	if (pick < HOSTS_MAX) {
		c->hosts.next_tcp = pick + 1;
		supernode_try(c, pick);
	} else if (!c->supernode.try_count && failed + negative == c->hosts.count) {
		restart_hosts(c);
		again = failed ? REST_S : NEGATIVE_S;
	} else if (!c->supernode.try_count && failed) {
		restart_hosts(c);
		again = REST_S;
	}
	peer_timer_after(c->o, &c->supernode.stagger, again, next_attempt, c);
}

void supernode_search(struct sc *c)
{
	if (!peer_timer_armed(&c->supernode.stagger))
		next_attempt(c);
}

void supernode_search_stop(struct sc *c)
{
	peer_timer_cancel(&c->supernode.stagger);
	while (c->supernode.try_count) {
		struct tcp_conn *k = c->supernode.tries[0];

		forget(c, k);
		conn_close(k, false);
	}
}

/* An attempt came to nothing: the next rung of the host's ladder. */
static void next_rung(struct sc *c, size_t host, int rung)
{
	if (c->state == SC_SEARCHING)
		try_rung(c, host, rung + 1);
}

static void attempt_failed(void *arg)
{
	struct tcp_conn *k = arg;
	struct sc *c = k->owner;
	size_t host = k->host;
	int rung = k->rung;

	forget(c, k);
	conn_close(k, false);
	next_rung(c, host, rung);
}

/* Reports that the connection to the super node closes. */
static void session_over(struct sc *c, const struct tcp_conn *k)
{
	if (k->flow >= 0)
		flow_log_event(c->o, (uint32_t)k->flow, "session-end");
}

void supernode_leave(struct sc *c)
{
	struct tcp_conn *k = c->supernode.conn ? c->supernode.conn : c->supernode.old;

	peer_timer_cancel(&c->supernode.silent);
	if (k)
		session_over(c, k);
	if (c->supernode.conn)
		conn_close(c->supernode.conn, false);
	if (c->supernode.old)
		conn_close(c->supernode.old, false);
	c->supernode.conn = c->supernode.old = NULL;
}

static void old_over(void *arg)
{
	struct sc *c = arg;

	if (c->supernode.old)
		conn_close(c->supernode.old, false);
	c->supernode.old = NULL;
}

void supernode_vanish(struct sc *c)
{
	peer_timer_cancel(&c->supernode.silent);
	if (c->supernode.conn)
		conn_vanish(c->supernode.conn);
	if (c->supernode.old)
		conn_vanish(c->supernode.old);
	c->supernode.conn = c->supernode.old = NULL;
	standing_now(c);
}

/* The super node is gone: another one is searched, those that answered before first. */
static void supernode_lost(struct sc *c)
{
	c->supernode.conn = NULL;
	standing_now(c);
	c->hosts.at[c->supernode.host].state = HOST_FAILED;
	client_session_stop(c);
	if (c->state != SC_CONNECTED)
		return;
	if (c->guest) {
		c->state = SC_FAILED;
		return;
	}
	c->state = SC_SEARCHING;
	c->probing.udp_alive = false;
	probing_start(c);
	for (size_t i = 0; i < c->hosts.count; i++)
		if (c->hosts.at[i].state == HOST_POSITIVE)
			supernode_try(c, i);
}

void supernode_replace(struct sc *c)
{
	if (!c->supernode.conn)
		return;
	old_over(c);
	c->supernode.old = c->supernode.conn;
	supernode_lost(c);
}

static void silence_noticed(void *arg)
{
	supernode_replace(arg);
}

void supernode_falls_silent(struct sc *c)
{
	const struct tcp_conn *k = c->supernode.conn;

	if (!k)
		return;
	for (size_t i = 0; i < c->o->server_count; i++)
		if (ip_eq(&c->o->servers[i]->spec.ip, &c->hosts.at[k->host].ep.ip))
			server_fall_silent(c->o->servers[i]);
	peer_timer_after(c->o, &c->supernode.silent,
			 SILENT_LO_S + (SILENT_HI_S - SILENT_LO_S) * rng_unit(&c->rng),
			 silence_noticed, c);
}

static void closed(struct tcp_conn *k, int error)
{
	struct sc *c = k->owner;

	(void)error;
	if (k == c->supernode.conn) {
		session_over(c, k);
		supernode_lost(c);
		return;
	}
	if (k == c->supernode.old) {
		if (!c->supernode.conn)
			session_over(c, k);
		c->supernode.old = NULL;
		return;
	}
	forget(c, k);
	if (c->state != SC_SEARCHING)
		return;
	next_rung(c, k->host, k->rung);
	if (!peer_timer_armed(&c->supernode.stagger))
		peer_timer_after(c->o, &c->supernode.stagger, 0.05, next_attempt, c);
}

/* --- what is sent ------------------------------------------------------------------------- */

/* Adds a message to the way in, as the outcome has it. */
static void note(struct tcp_conn *k, const char *name)
{
	size_t used = strlen(k->path);

	snprintf(k->path + used, sizeof(k->path) - used, "%s%s", used ? " " : "", name);
}

static void send_first(struct tcp_conn *k, const char *name, const uint8_t *p, size_t n)
{
	const struct sc *c = k->owner;

	note(k, name);
	conn_send_later(k, connect_think(c->o, k), name, p, n);
}

static void send_connect(struct tcp_conn *k)
{
	const struct sc *c = k->owner;
	struct endpoint to = {c->hosts.at[k->host].ep.ip, 443};
	uint8_t out[96];

	k->stage = STAGE_PROXY;
	note(k, "CONNECT");
	conn_send(k, "CONNECT", out, proxy_request(out, sizeof(out), &to));
}

static void send_t1(struct tcp_conn *k)
{
	uint8_t out[256];
	size_t n = connect_key_block(k, k->owner, out, false);

	send_first(k, "T1", out, n);
	k->stage = STAGE_REPLY;
}

static void send_r1(struct tcp_conn *k)
{
	uint8_t out[256];
	size_t n;

	if (k->rung != RUNG_80 && ((const struct sc *)k->owner)->v->tcp.block_443) {
		send_t1(k);
		return;
	}
	n = k->rung == RUNG_80 ? connect_key_block(k, k->owner, out, true)
			       : connect_r1_443(k->owner, out);

	k->stage = STAGE_R2;
	send_first(k, "R1", out, n);
}

static void send_r3(struct tcp_conn *k)
{
	uint8_t out[256];
	const struct sc *c = k->owner;
	size_t n = connect_key_block(k, k->owner, out, false);

	note(k, "R3");
	conn_send_later(k, connect_think(c->o, k), "R3", out, n);
}

/* What 2.0 sends between the reply and T2. */
static void send_extra(struct tcp_conn *k)
{
	struct sc *c = k->owner;
	uint8_t out[256];

	conn_send_later(
		k, connect_think(c->o, k), "extra", out,
		connect_record(k, out, dist_draw(&c->v->tcp.extra, &c->rng), REC_EXTRA, false));
}

static void send_t2(struct tcp_conn *k)
{
	struct sc *c = k->owner;
	uint8_t out[128];
	size_t n =
		connect_record(k, out, dist_draw(&c->v->tcp.request, &c->rng), REC_CONNECT, false);

	note(k, "T2");
	conn_send_later(k, connect_think(c->o, k), "T2", out, n);
	k->stage = STAGE_T3;
}

static void send_t4(struct tcp_conn *k)
{
	struct sc *c = k->owner;
	uint8_t out[128];
	size_t size = dist_draw(&c->v->tcp.follow, &c->rng);

	note(k, "T4");
	conn_send_later(k, connect_think(c->o, k), "T4", out,
			connect_record(k, out, size, REC_FOLLOW_A, true));
	if (size == ACK_SIZE)
		conn_send_later(k, 0.23, "follow", out,
				connect_record(k, out, 56, REC_FOLLOW_D, false));
}

/* --- what arrives ------------------------------------------------------------------------- */

static void connected(struct tcp_conn *k)
{
	struct sc *c = k->owner;

	peer_timer_after(c->o, &k->timer, c->v->tcp.connect_timeout, attempt_failed, k);
	if (k->rung == RUNG_PROXY && k->stage != STAGE_PROXY)
		send_connect(k);
	else if (k->rung == RUNG_OWN)
		send_t1(k);
	else
		send_r1(k);
}

/* CONNECT is answered. */
static void proxy_answered(struct tcp_conn *k)
{
	int answer = proxy_answer(k->in, k->in_len);

	if (answer < 0)
		attempt_failed(k);
	if (answer <= 0)
		return;
	k->in_len = 0;
	connected(k);
}

/* R2 or the reply to T1 has arrived, perhaps in part. */
static void block_arrived(struct tcp_conn *k)
{
	const struct sc *c = k->owner;
	bool r2 = k->stage == STAGE_R2;
	size_t skip = r2 && k->rung != RUNG_80 ? SERVER_HELLO : 0;

	if (k->in_len <= skip || !key_block_parse(k->in + skip, k->in_len - skip, &k->rx))
		return;
	k->in_len = 0;
	if (r2) {
		note(k, "R2");
		send_r3(k);
	} else if (c->v->tcp.extra.parts) {
		send_extra(k);
	}
	send_t2(k);
}

/* Writes the way in into the outcome. */
static void note_way(struct sc *c, const struct tcp_conn *k, const struct cached_host *h)
{
	static const char *const ways[] = {
		[PROBE_NONE] = "", [PROBE_PARTIAL] = "U1 U4", [PROBE_FULL] = "U1 U2 U3 U4"};
	struct overlay_outcome *out = outcome_login(c);

	if (!out)
		return;
	out->sn = k->rung == RUNG_PROXY ? (struct endpoint){h->ep.ip, 443} : k->remote;
	out->tcp_port = k->remote.port;
	out->probe = h->state != HOST_POSITIVE ? PROBE_NONE : h->full ? PROBE_FULL : PROBE_PARTIAL;
	snprintf(c->outcome.way_udp, sizeof(c->outcome.way_udp), "%s", ways[out->probe]);
	snprintf(c->outcome.way_tcp, sizeof(c->outcome.way_tcp), "%s", k->path);
}

/* This host is the super node now. */
static void up(struct tcp_conn *k)
{
	struct sc *c = k->owner;
	struct cached_host *h = &c->hosts.at[k->host];

	k->stage = STAGE_UP;
	peer_timer_cancel(&k->timer);
	note(k, "T3");
	send_t4(k);
	if (k->flow >= 0) {
		struct truth_flow *f = truth_flow_at(c->o->truth, (size_t)k->flow);

		snprintf(f->reason, sizeof(f->reason), "sn session");
		f->session = true;
		flow_log_event(c->o, (uint32_t)k->flow,
			       c->supernode.old ? "session-change" : "session-start");
	}
	if (c->supernode.old)
		peer_timer_after(c->o, &c->supernode.silent,
				 OLD_LO_S + (OLD_HI_S - OLD_LO_S) * rng_unit(&c->rng), old_over, c);
	forget(c, k);
	supernode_search_stop(c);
	probing_stop(c);
	peer_timer_cancel(&c->give_up);
	c->supernode.conn = k;
	c->supernode.host = k->host;
	c->state = SC_CONNECTED;
	note_way(c, k, h);
	h->state = HOST_POSITIVE;
	client_session_start(c);
	login_start(c);
	standing_now(c);
}

static void thought_over(void *arg)
{
	up(arg);
}

/* T3 accepts. T4 and all that follows may come later. */
static void accepted(struct tcp_conn *k)
{
	const struct sc *c = k->owner;

	if (c->v->tcp.t4_after > 0) {
		k->stage = STAGE_WAIT;
		peer_timer_after(c->o, &k->timer, c->v->tcp.t4_after, thought_over, k);
	} else {
		up(k);
	}
}

/* T3 refuses; @list is other hosts. */
static void refused(struct tcp_conn *k, const uint8_t *list, size_t n)
{
	struct sc *c = k->owner;

	c->hosts.at[k->host].state = HOST_NEGATIVE;
	hosts_learn_list(c, list, n);
	forget(c, k);
	conn_close(k, false);
	peer_timer_after(c->o, &c->supernode.stagger, 0.01, next_attempt, c);
}

static void record_arrived(struct tcp_conn *k, unsigned command, const uint8_t *body, size_t n)
{
	uint8_t out[128];

	if (k->stage == STAGE_T3 && command == REC_ACCEPT)
		accepted(k);
	else if (k->stage == STAGE_T3 && command == REC_REFUSE)
		refused(k, body, n);
	else if (k->stage != STAGE_UP)
		return;
	else if (command == REC_FOLLOW_A)
		conn_send_later(k, 0.2, "follow", out,
				connect_record(k, out, 11, REC_FOLLOW_B, false));
	else if (command == REC_CALL)
		call_signalled(k->owner, NULL, body, n);
	else if (command == REC_FOLLOW_B)
		conn_send(k, "follow", out, connect_record(k, out, 45, REC_FOLLOW_C, false));
}

static void records_arrived(struct tcp_conn *k)
{
	unsigned generation = k->generation, command;
	const uint8_t *body;
	size_t n, body_len;

	while ((n = record_parse(k->in, k->in_len, &command, &k->reqid, &body, &body_len))) {
		record_arrived(k, command, body, body_len);
		if (k->generation != generation)
			return;
		memmove(k->in, k->in + n, k->in_len - n);
		k->in_len -= n;
	}
}

static void data(struct tcp_conn *k, const uint8_t *p, size_t n)
{
	if (n > sizeof(k->in) - k->in_len) {
		attempt_failed(k);
		return;
	}
	if (k == ((struct sc *)k->owner)->supernode.conn)
		client_session_heard(k->owner);
	memcpy(k->in + k->in_len, p, n);
	if (k->stage == STAGE_T3 || k->stage == STAGE_WAIT || k->stage == STAGE_UP)
		stream_apply(&k->rx, k->in + k->in_len, n);
	k->in_len += n;
	if (k->stage == STAGE_PROXY)
		proxy_answered(k);
	else if (k->stage == STAGE_R2 || k->stage == STAGE_REPLY)
		block_arrived(k);
	else
		records_arrived(k);
}

static const struct conn_ops supernode_ops = {
	.connected = connected,
	.data = data,
	.closed = closed,
};
