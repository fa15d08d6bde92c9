// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_connect.c - what all of a client's TCP connections share
 *
 * Model. The version says how source ports are chosen: at random, or one after the other from a
 * first one, going on a little above the last one after a restart. A server is tried on a ladder of
 * ports (enum rung). On its own port and on 80 the client opens with a key block, on 443 with a TLS
 * hello.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "replay/skype/client_connect.h"
#include "replay/skype/client_private.h"
#include "replay/skype/client_request.h"
#include "replay/skype/message.h"
#include "replay/skype/server.h"

#define PORT_TRIES  64
#define RESUME_STEP 5	 /* a restarted 1.4 goes on about so many source ports above its last */
#define RESUME_S    3600 /* ... unless it was off that long */

/* --- source ports ------------------------------------------------------------------------- */

void source_ports_start(struct sc *c)
{
	const struct version_tcp *t = &c->v->tcp;
	bool resume = c->source.next && peer_now(c->o) - c->source.used_ns < RESUME_S * NS_PER_SEC;

	if (t->ports != PORTS_SEQUENTIAL)
		return;
	c->source.next = resume ? (uint16_t)(c->source.next + RESUME_STEP)
				: (uint16_t)dist_draw(&t->first_port, &c->rng);
	if (c->source.next > t->last_port)
		c->source.next = (uint16_t)dist_draw(&t->first_port, &c->rng);
}

static uint16_t source_port(struct sc *c)
{
	const struct version_tcp *t = &c->v->tcp;
	uint16_t port;

	if (t->ports == PORTS_RANDOM)
		return (uint16_t)rng_range(&c->rng, t->first_port.part[0].lo, t->last_port);
	port = c->source.next;
	c->source.next =
		port >= t->last_port ? (uint16_t)t->first_port.part[0].lo : (uint16_t)(port + 1);
	c->source.used_ns = peer_now(c->o);
	return port;
}

struct tcp_conn *connect_open(struct sc *c, const struct endpoint *to, const char *reason,
			      const struct conn_ops *ops, double timeout_s)
{
	for (int i = 0; i < PORT_TRIES; i++) {
		struct endpoint local = {c->spec.ip, source_port(c)};
		struct tcp_conn *k = conn_open(c->o, c->spec.netns, &local, to, timeout_s, ops, c);

		if (k) {
			k->flow = (long)flow_log_open(c->o, &c->opener, IPPROTO_TCP, &local, to,
						      reason);
			return k;
		}
		if (errno != EADDRINUSE && errno != EADDRNOTAVAIL)
			return NULL;
	}
	return NULL;
}

/* SkypeIRC.cap: 0.3 to 1 ms. Drawn by flow and stage, so that no other draw moves. */
double connect_think(const struct overlay *o, const struct tcp_conn *k)
{
	char name[48];
	struct rng r;

	snprintf(name, sizeof(name), "think/%ld/%d/%zu", k->flow, k->stage, strlen(k->path));
	rng_init(&r, o->seed, name);
	return 0.0002 + 0.0008 * rng_unit(&r);
}

uint16_t connect_port(int rung, uint16_t own)
{
	return rung == RUNG_443 ? 443 : rung == RUNG_80 ? 80 : own;
}

/* --- what is sent ------------------------------------------------------------------------- */

size_t connect_record(struct tcp_conn *k, uint8_t *out, size_t size, unsigned command, bool ack)
{
	struct sc *c = k->owner;
	size_t n = 0;

	if (ack)
		n = record_ack(out, k->reqid);
	if (size > n)
		n += record_make(out + n, size - n, command, request_next_id(c, 1), NULL, 0,
				 &c->rng);
	stream_apply(&k->tx, out, n);
	return n;
}

size_t connect_r1_443(struct sc *c, uint8_t *out)
{
	memcpy(out, hello_443, HELLO_FIXED);
	rng_fill(&c->rng, out + HELLO_FIXED, HELLO_SIZE - HELLO_FIXED);
	return HELLO_SIZE;
}

size_t connect_key_block(struct tcp_conn *k, struct sc *c, uint8_t *out, bool r1_80)
{
	enum pad_form form = r1_80 ? c->v->tcp.r1_80 : c->v->tcp.block;
	/* R3 on port 80 ends as R1 does, but only where blocks are padded (2.0) */
	bool tail = c->v->tcp.tail_80 && (r1_80 || (k->rung == RUNG_80 && form != PAD_NONE));

	return key_block(out, form, dist_draw(&c->v->tcp.pad, &c->rng), tail, &k->tx, &c->rng);
}

size_t proxy_request(uint8_t *out, size_t size, const struct endpoint *to)
{
	char text[ENDPOINT_TEXT_LEN];

	return (size_t)snprintf((char *)out, size, "CONNECT %s HTTP/1.0\r\n\r\n",
				endpoint_text(to, text));
}

int proxy_answer(const uint8_t *p, size_t n)
{
	static const char end[] = "\r\n\r\n", version[] = "HTTP/1.";

	/* "HTTP/1.0 200"; a refusal has a page of text behind its head */
	if (!memmem(p, n, end, sizeof(end) - 1))
		return 0;
	return n > 12 && !memcmp(p, version, sizeof(version) - 1) && !memcmp(p + 8, " 200", 4) ? 1
											       : -1;
}
