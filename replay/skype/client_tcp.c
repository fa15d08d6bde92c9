// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_tcp.c - the client's way to a super node over TCP
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
 * T3 of 339 bytes is a refusal with a list of other hosts.
 *
 * Limits. The kernel makes the three-way handshake, without the emulated distance; to keep the
 * time line a trace shows, the first message waits one round-trip time of that host. SYNs are
 * repeated by the kernel in real time only, so with the virtual clock a blocked SYN is seen once.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "replay/skype/call.h"
#include "replay/skype/client.h"

#define PORT_TRIES  64
#define REST_S	    6.0 /* after all hosts failed (Baset and Schulzrinne: 6 s) */
#define NEGATIVE_S  60.0
#define FOLLOW_WAIT 0.5

enum stage { WAIT_R2, WAIT_REPLY, WAIT_T3, UP, WAIT_PROXY };

static const uint16_t rung_ports[RUNGS] = {0, 443, 80};
static const struct conn_ops sn_ops;

static uint16_t source_port(struct sc *c)
{
	const struct version_tcp *t = &c->v->tcp;
	uint16_t port;

	if (t->ports == PORTS_RANDOM)
		return (uint16_t)rng_range(&c->rng, t->first_port.part[0].lo, t->last_port);
	port = c->src_port;
	c->src_port =
		port >= t->last_port ? (uint16_t)t->first_port.part[0].lo : (uint16_t)(port + 1);
	c->src_port_ns = overlay_now(c->o);
	return port;
}

struct conn *sc_connect(struct sc *c, const struct endpoint *to, const char *reason,
			const struct conn_ops *ops, double timeout_s)
{
	for (int i = 0; i < PORT_TRIES; i++) {
		struct endpoint local = {c->spec.ip, source_port(c)};
		struct conn *k = conn_open(c->o, c->spec.netns, &local, to, timeout_s, ops, c);

		if (k) {
			k->flow = (long)sc_flow(c, IPPROTO_TCP, &local, to, reason);
			for (size_t s = 0; s < c->o->server_count; s++)
				if (ip_eq(&c->o->servers[s]->spec.ip, &to->ip))
					k->rtt_s = c->o->servers[s]->rtt_s;
			return k;
		}
		if (errno != EADDRINUSE && errno != EADDRNOTAVAIL)
			return NULL;
	}
	return NULL;
}

size_t sc_record(struct conn *k, uint8_t *out, size_t size, unsigned command, bool ack)
{
	struct sc *c = k->owner;
	size_t n = 0;

	if (ack)
		n = record_ack(out, k->reqid);
	if (size > n)
		n += record_make(out + n, size - n, command, sc_id(c, 1), NULL, 0, &c->rng);
	stream_apply(&k->tx, out, n);
	return n;
}

/* --- the list of attempts ----------------------------------------------------------------- */

static void forget(struct sc *c, struct conn *k)
{
	for (size_t i = 0; i < c->try_count; i++)
		if (c->tries[i] == k) {
			c->tries[i] = c->tries[--c->try_count];
			c->hosts[k->host].trying = false;
			return;
		}
}

static void more(void *arg);

static void try_rung(struct sc *c, size_t host, int rung)
{
	static const char *const reasons[] = {"sn tcp", "sn tcp 443", "sn tcp 80", "sn proxy"};
	int last = c->spec.proxy.port ? RUNG_PROXY : RUNGS - 1;

	for (; rung <= last; rung++) {
		struct endpoint to = rung == RUNG_PROXY ? c->spec.proxy : c->hosts[host].ep;
		const char *reason = reasons[rung];
		struct conn *k;

		if (rung < RUNGS && rung_ports[rung])
			to.port = rung_ports[rung];
		k = sc_connect(c, &to, reason, &sn_ops, c->v->tcp.connect_timeout);
		if (c->outcome >= 0)
			c->o->outcomes[c->outcome].connects++;
		if (!k)
			continue;
		k->purpose = FOR_SN;
		k->host = (uint32_t)host;
		k->rung = rung;
		c->hosts[host].trying = true;
		c->tries[c->try_count++] = k;
		return;
	}
	if (c->hosts[host].state != HOST_NEGATIVE)
		c->hosts[host].state = HOST_FAILED;
}

void sc_tcp_try(struct sc *c, size_t host)
{
	if (c->sn || c->hosts[host].trying || c->try_count >= c->v->tcp.parallel ||
	    c->try_count >= TRIES_MAX)
		return;
	try_rung(c, host, 0);
}

static void restart_hosts(struct sc *c)
{
	for (size_t i = 0; i < c->host_count; i++)
		if (c->hosts[i].state == HOST_FAILED || c->hosts[i].state == HOST_NEGATIVE)
			c->hosts[i].state = HOST_FRESH;
}

/* Begins the next attempt: a positively probed host, or any when UDP is silent. */
static void more(void *arg)
{
	struct sc *c = arg;
	double again = c->v->tcp.stagger;
	size_t pick = HOSTS_MAX, failed = 0, negative = 0;

	if (c->sn || c->state != SC_SEARCHING)
		return;
	for (size_t k = 0; k < c->host_count; k++) {
		size_t i = (c->next_tcp + k) % c->host_count;
		const struct host *h = &c->hosts[i];

		failed += h->state == HOST_FAILED;
		negative += h->state == HOST_NEGATIVE;
		if (h->trying || h->state == HOST_FAILED || h->state == HOST_NEGATIVE)
			continue;
		if (pick == HOSTS_MAX && (h->state == HOST_POSITIVE || !c->udp_alive))
			pick = i;
	}
	if (pick < HOSTS_MAX) {
		c->next_tcp = pick + 1;
		sc_tcp_try(c, pick);
	} else if (!c->try_count && failed + negative == c->host_count) {
		restart_hosts(c);
		again = failed ? REST_S : NEGATIVE_S;
	} else if (!c->try_count && failed) {
		restart_hosts(c);
		again = REST_S;
	}
	ptimer_after(c->o, &c->stagger, again, more, c);
}

void sc_tcp_start(struct sc *c)
{
	if (!ptimer_armed(&c->stagger))
		more(c);
}

void sc_tcp_stop(struct sc *c)
{
	ptimer_cancel(&c->stagger);
	while (c->try_count) {
		struct conn *k = c->tries[0];

		forget(c, k);
		conn_close(k, false);
	}
}

static void attempt_closed(struct conn *k, int error)
{
	struct sc *c = k->owner;
	size_t host = k->host;
	int rung = k->rung;

	(void)error;
	if (k == c->sn) {
		sc_sn_lost(c);
		return;
	}
	forget(c, k);
	if (c->state != SC_SEARCHING)
		return;
	try_rung(c, host, rung + 1);
	if (!ptimer_armed(&c->stagger))
		ptimer_after(c->o, &c->stagger, 0.05, more, c);
}

/* --- handshake ---------------------------------------------------------------------------- */

static void say(struct conn *k, const char *name, double delay_s, const uint8_t *p, size_t n)
{
	size_t used = strlen(k->path);

	if (k->stage != UP || !strcmp(name, "T4"))
		snprintf(k->path + used, sizeof(k->path) - used, "%s%s", used ? " " : "", name);
	if (delay_s > 0)
		conn_send_later(k, delay_s, name, p, n);
	else
		conn_send(k, name, p, n);
}

size_t sc_proxy_request(uint8_t *out, size_t size, const struct endpoint *to)
{
	char text[ENDPOINT_TEXT_LEN];

	return (size_t)snprintf((char *)out, size, "CONNECT %s HTTP/1.0\r\n\r\n",
				endpoint_text(to, text));
}

int sc_proxy_answer(uint8_t *p, size_t n)
{
	char line[16];

	if (n < 4 || memcmp(p + n - 4, "\r\n\r\n", 4) != 0)
		return 0;
	snprintf(line, sizeof(line), "%.12s", (const char *)p);
	return !strncmp(line, "HTTP/1.", 7) && !strcmp(line + 9, "200") ? 1 : -1;
}

size_t sc_key_block(struct conn *k, struct sc *c, uint8_t *out, bool r1_80)
{
	static const enum pad_form pads[] = {PAD_NONE, PAD_RANDOM, PAD_ONES};
	enum block_form form = r1_80 ? c->v->tcp.r1_80 : c->v->tcp.block;
	/* R3 on port 80 ends as R1 does, but only where blocks are padded (2.0) */
	bool tail = c->v->tcp.tail_80 && (r1_80 || (k->rung == 2 && form != BLOCK_PLAIN));

	return key_block(out, pads[form], dist_draw(&c->v->tcp.pad, &c->rng), tail, &k->tx,
			 &c->rng);
}

static void handshake_timeout(void *arg)
{
	struct conn *k = arg;
	struct sc *c = k->owner;
	size_t host = k->host;
	int rung = k->rung;

	forget(c, k);
	conn_close(k, false);
	if (c->state == SC_SEARCHING)
		try_rung(c, host, rung + 1);
}

static void sn_connected(struct conn *k)
{
	struct sc *c = k->owner;
	uint8_t out[256];
	size_t n;

	ptimer_after(c->o, &k->timer, c->v->tcp.connect_timeout + k->rtt_s, handshake_timeout, k);
	if (k->rung == RUNG_PROXY && k->stage != WAIT_PROXY) {
		struct endpoint to = {c->hosts[k->host].ep.ip, 443};

		k->stage = WAIT_PROXY;
		n = sc_proxy_request(out, sizeof(out), &to);
		say(k, "CONNECT", 0, out, n);
		return;
	}
	if (k->rung == 0) {
		n = sc_key_block(k, c, out, false);
		say(k, "T1", k->rtt_s, out, n);
		k->stage = WAIT_REPLY;
		return;
	}
	k->stage = WAIT_R2;
	if (k->rung == 1 || k->rung == RUNG_PROXY) {
		memcpy(out, hello_443, HELLO_FIXED);
		rng_fill(&c->rng, out + HELLO_FIXED, HELLO_SIZE - HELLO_FIXED);
		n = HELLO_SIZE;
	} else {
		n = sc_key_block(k, c, out, true);
	}
	say(k, "R1", k->rtt_s, out, n);
}

static void ask(struct conn *k)
{
	struct sc *c = k->owner;
	uint8_t out[128];

	say(k, "T2", 0, out,
	    sc_record(k, out, dist_draw(&c->v->tcp.request, &c->rng), REC_CONNECT, false));
	k->stage = WAIT_T3;
}

static void got_block(struct conn *k)
{
	struct sc *c = k->owner;
	size_t skip =
		k->stage == WAIT_R2 && (k->rung == 1 || k->rung == RUNG_PROXY) ? SERVER_HELLO : 0;
	uint8_t out[256];
	size_t n = k->in_len > skip ? key_block_parse(k->in + skip, k->in_len - skip, &k->rx) : 0;

	if (!n)
		return; /* not all there */
	k->in_len = 0;
	if (k->stage == WAIT_R2) {
		snprintf(k->path + strlen(k->path), sizeof(k->path) - strlen(k->path), " R2");
		n = sc_key_block(k, c, out, false);
		say(k, "R3", 0, out, n);
	} else if (c->v->tcp.extra.parts) {
		n = sc_record(k, out, dist_draw(&c->v->tcp.extra, &c->rng), REC_EXTRA, false);
		conn_send(k, "extra", out, n);
	}
	ask(k);
}

/* This host is the super node now. */
static void up(struct conn *k)
{
	struct sc *c = k->owner;
	struct host *h = &c->hosts[k->host];
	uint8_t out[128];
	size_t n = dist_draw(&c->v->tcp.follow, &c->rng);

	k->stage = UP;
	ptimer_cancel(&k->timer);
	snprintf(k->path + strlen(k->path), sizeof(k->path) - strlen(k->path), " T3");
	say(k, "T4", 0, out, sc_record(k, out, n, REC_FOLLOW_A, true));
	if (n == ACK_SIZE)
		conn_send_later(k, 0.23, "follow", out, sc_record(k, out, 56, REC_FOLLOW_D, false));
	if (k->flow >= 0) {
		struct truth_flow *f = truth_flow_at(c->o->truth, (size_t)k->flow);

		snprintf(f->reason, sizeof(f->reason), "sn session");
		f->session = true;
	}
	forget(c, k);
	sc_tcp_stop(c);
	sc_probe_stop(c);
	ptimer_cancel(&c->give_up);
	c->sn = k;
	c->sn_host = k->host;
	c->state = SC_CONNECTED;
	if (c->outcome >= 0) {
		struct overlay_outcome *out_come = &c->o->outcomes[c->outcome];
		bool probed = h->state == HOST_POSITIVE;

		out_come->sn = k->remote;
		out_come->tcp_port = k->remote.port;
		snprintf(out_come->probe, sizeof(out_come->probe), "%s",
			 !probed   ? "none"
			 : h->full ? "full"
				   : "partial");
		snprintf(c->way_udp, sizeof(c->way_udp), "%s",
			 !probed   ? ""
			 : h->full ? "U1 U2 U3 U4"
				   : "U1 U4");
		snprintf(c->way_tcp, sizeof(c->way_tcp), "%s", k->path);
	}
	h->state = HOST_POSITIVE;
	sc_session_start(c);
	sc_authenticate(c);
}

static void session_record(struct conn *k, unsigned command, const uint8_t *body, size_t n)
{
	uint8_t out[128];

	if (command == REC_FOLLOW_A)
		conn_send_later(k, 0.2, "follow", out, sc_record(k, out, 11, REC_FOLLOW_B, false));
	else if (command == REC_CALL)
		call_signalled(k->owner, body, n);
	else if (command == REC_FOLLOW_B)
		conn_send(k, "follow", out, sc_record(k, out, 45, REC_FOLLOW_C, false));
}

static void sn_data(struct conn *k, const uint8_t *p, size_t n)
{
	struct sc *c = k->owner;
	unsigned generation = k->generation, command;
	const uint8_t *body;
	size_t body_len;
	uint16_t id;

	if (n > sizeof(k->in) - k->in_len) {
		handshake_timeout(k);
		return;
	}
	memcpy(k->in + k->in_len, p, n);
	if (k->stage == WAIT_T3 || k->stage == UP)
		stream_apply(&k->rx, k->in + k->in_len, n);
	k->in_len += n;
	if (k->stage == WAIT_PROXY) {
		int answer = sc_proxy_answer(k->in, k->in_len);

		if (answer < 0)
			handshake_timeout(k);
		if (answer <= 0)
			return;
		k->in_len = 0;
		sn_connected(k);
		return;
	}
	if (k->stage == WAIT_R2 || k->stage == WAIT_REPLY) {
		got_block(k);
		return;
	}
	while ((n = record_parse(k->in, k->in_len, &command, &id, &body, &body_len))) {
		k->reqid = id;
		if (k->stage == UP) {
			session_record(k, command, body, body_len);
		} else if (command == REC_ACCEPT) {
			up(k);
		} else if (command == REC_REFUSE) {
			c->hosts[k->host].state = HOST_NEGATIVE;
			sc_learn_list(c, body, body_len);
			forget(c, k);
			conn_close(k, false);
			ptimer_after(c->o, &c->stagger, 0.01, more, c);
			return;
		}
		if (k->generation != generation)
			return;
		memmove(k->in, k->in + n, k->in_len - n);
		k->in_len -= n;
	}
}

static const struct conn_ops sn_ops = {
	.connected = sn_connected,
	.data = sn_data,
	.closed = attempt_closed,
};

void sc_sn_lost(struct sc *c)
{
	c->sn = NULL;
	c->hosts[c->sn_host].state = HOST_FAILED;
	sc_session_stop(c);
	if (c->state != SC_CONNECTED)
		return;
	c->state = SC_SEARCHING;
	c->udp_alive = false;
	sc_probe_start(c);
	for (size_t i = 0; i < c->host_count; i++)
		if (c->hosts[i].state == HOST_POSITIVE)
			sc_tcp_try(c, i);
}
