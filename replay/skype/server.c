// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * server.c - what the overlay's servers share: sockets, delays, the forms of their answers
 *
 * Model. A server has a role (super node, login server, ...). The role's struct server_ops says
 * which ports are open and who handles what arrives; this file knows no role's protocol. Everything
 * a server draws comes from a stream named after its address.
 *
 * Answers wait for the server's own time to think. The way there and back is the network's.
 *
 * Limits. One that is switched off while it runs still completes handshakes: the kernel does.
 * A super node that is switched off (SN_GONE) keeps its sockets open and swallows what
 * arrives, so that no ICMP error gives it away. One that is closed (SN_CLOSED) opens none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/skype/delayed_send.h"
#include "replay/skype/message.h"
#include "replay/skype/overlay_private.h"
#include "replay/skype/server.h"
#include "replay/skype/version.h"

struct server *server_new(struct overlay *o, const struct overlay_server_spec *spec,
			  const struct server_ops *ops)
{
	struct server *s = xcalloc(1, sizeof(*s));
	char name[IP_TEXT_LEN + 16], ip[IP_TEXT_LEN];

	s->o = o;
	s->ops = ops;
	s->spec = *spec;
	snprintf(s->node, sizeof(s->node), "%s", spec->node ? spec->node : "");
	s->spec.node = s->node;
	snprintf(name, sizeof(name), "server/%s", ip_text(&spec->ip, ip));
	rng_init(&s->rng, o->seed, name);
	s->id = (uint16_t)rng_u32(&s->rng);
	if (!s->spec.port)
		s->spec.port = ops->port ? ops->port : (uint16_t)rng_range(&s->rng, 1025, 65000);
	udp_sock_init(&s->udp);
	udp_sock_init(&s->media);
	for (int i = 0; i < 3; i++)
		s->tcp[i].fd = -1;
	return s;
}

void server_add(struct server *s)
{
	struct overlay *o = s->o;

	o->servers = xrealloc(o->servers, (o->server_count + 1) * sizeof(struct server *));
	o->servers[o->server_count++] = s;
}

static int open_udp(struct server *s, struct err *e)
{
	struct endpoint at = {s->spec.ip, s->spec.port}, media = {s->spec.ip, PORT_MEDIA};

	s->udp.owner = s->media.owner = s;
	s->udp.rx = s->ops->datagram;
	s->media.rx = s->ops->media;
	s->udp.local = at;
	if (s->lent) {
		udp_sock_borrow(&s->udp, s->lent);
		return 0;
	}
	if (s->ops->datagram && udp_sock_open(&s->udp, s->o, s->spec.netns, &at, e) < 0)
		return -1;
	if (s->ops->media && udp_sock_open(&s->media, s->o, s->spec.netns, &media, e) < 0)
		return -1;
	return 0;
}

int server_open(struct server *s, struct err *e)
{
	bool filtered =
		s->spec.role == ROLE_SN && (s->spec.mood == SN_GONE || s->spec.mood == SN_UDP_ONLY);
	uint16_t ports[3] = {s->spec.port, 443, 80};

	if (s->spec.role == ROLE_SN && s->spec.mood == SN_CLOSED) {
		s->udp.local = (struct endpoint){s->spec.ip, s->spec.port};
		return 0; /* the kernel refuses what comes */
	}
	if (open_udp(s, e) < 0)
		return -1;
	for (int i = 0; i < 3; i++) {
		struct endpoint at = {s->spec.ip, ports[i]};

		if (!s->ops->accepted)
			break;
		if (i && (!s->ops->web_ports || ports[i] == ports[0]))
			continue;
		s->tcp[i].owner = s;
		s->tcp[i].accepted = s->ops->accepted;
		if (listener_open(&s->tcp[i], s->o, s->spec.netns, &at, filtered, e) < 0)
			return -1;
	}
	return 0;
}

void server_close(struct server *s)
{
	peer_timer_cancel(&s->leave);
	udp_sock_close(&s->udp);
	udp_sock_close(&s->media);
	for (int i = 0; i < 3; i++)
		listener_close(&s->tcp[i]);
	for (struct tcp_conn *c = s->o->conns; c; c = c->all)
		if (c->fd >= 0 && c->server && c->owner == s)
			conn_close(c, false);
}

static void swallow(struct tcp_conn *c, const uint8_t *p, size_t n)
{
	(void)c;
	(void)p;
	(void)n;
}

/* Connects, and hears nothing. */
static void hear_nothing(struct listener *l, struct tcp_conn *c)
{
	static const struct conn_ops silent = {.data = swallow};

	c->ops = &silent;
	c->owner = l->owner;
}

void server_fall_silent(struct server *s)
{
	struct listener none = {.owner = s};

	s->spec.mood = SN_GONE;
	for (int i = 0; i < 3; i++)
		s->tcp[i].accepted = hear_nothing;
	for (struct tcp_conn *c = s->o->conns; c; c = c->all)
		if (c->fd >= 0 && c->server && c->owner == s) {
			delayed_send_drop(&c->later);
			hear_nothing(&none, c);
		}
}

void server_free(struct server *s)
{
	server_close(s);
	free(s);
}

struct server *server_find(const struct overlay *o, enum overlay_role role, size_t nth)
{
	for (size_t i = 0; i < o->server_count; i++)
		if (o->servers[i]->spec.role == role && nth-- == 0)
			return o->servers[i];
	return NULL;
}

double server_delay(struct rng *r)
{
	double x = rng_unit(r);

	return 0.0002 + 0.006 * x * x;
}

/* --- answers ------------------------------------------------------------------------------ */

void server_send_u2(struct server *s, const struct endpoint *to, uint32_t flow, uint16_t id)
{
	uint8_t out[16];
	size_t n = datagram_nack(out, FN_NACK, id, &to->ip, rng_u32(&s->rng), &s->rng);

	udp_sock_send_later(&s->udp, server_delay(&s->rng), to, flow, true, "U2", out, n);
}

void server_reply(struct server *s, const struct endpoint *to, long flow, const char *name,
		  unsigned command, uint16_t reqid, size_t size, const void *body, size_t body_len)
{
	uint8_t out[DATAGRAM_MAX];
	struct plain p;
	size_t n;

	if (flow < 0)
		return; /* not one of ours: nothing that could be put into the truth */
	s->id = version_id_after(s->version, s->id, rng_range(&s->rng, 1, 60));
	plain_make(&p, command, reqid, size, body, body_len, &s->rng);
	n = datagram_payload(out, s->id, &s->spec.ip, &to->ip, &p, &s->rng);
	udp_sock_send_later(&s->udp, server_delay(&s->rng), to, (uint32_t)flow, true, name, out, n);
}

void server_send_record(struct tcp_conn *c, const char *name, size_t size, unsigned command,
			uint16_t id, const void *body, size_t body_len)
{
	struct server *s = c->owner;
	uint8_t out[DATAGRAM_MAX];
	size_t n = command == REC_ACK
			   ? record_ack(out, id)
			   : record_make(out, size, command, id, body, body_len, &c->rng);

	stream_apply(&c->tx, out, n);
	conn_send_later(c, server_delay(&s->rng), name, out, n);
}
