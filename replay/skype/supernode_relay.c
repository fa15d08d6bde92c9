// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * supernode_relay.c - what super nodes do for calls: they pass on signals, and media
 *
 * Model. A call signal that comes up a client's SN connection goes down the SN connection of the
 * client it names, wherever in the overlay that is. A relay knows the two ends of a call by the
 * call's id, each over UDP or TCP, and passes what comes from one to the other.
 *
 * Limits. The way between two super nodes takes no time of its own and is not seen on a wire.
 */
#include <stdlib.h>
#include <string.h>

#include "replay/skype/call_signal.h"
#include "replay/skype/message.h"
#include "replay/skype/overlay_private.h"
#include "replay/skype/supernode_relay.h"

struct relay_end {
	bool used;
	struct tcp_conn *conn; /* NULL = UDP */
	unsigned generation;
	struct endpoint ep;
	uint32_t flow;
};

struct relay {
	struct relay *next;
	uint32_t id;
	struct relay_end end[2];
};

/* The server side of the SN connection of a client, or NULL. */
static struct tcp_conn *connection_of(struct overlay *o, const char *client)
{
	for (struct tcp_conn *c = o->conns; c; c = c->all)
		if (c->fd >= 0 && c->server && c->purpose == CONN_SESSION && c->flow >= 0 &&
		    !strcmp(truth_flow_at(o->truth, (size_t)c->flow)->client, client))
			return c;
	return NULL;
}

/* Puts the address from which a client comes into its endpoint. */
static void put_public(uint8_t at[ADDR_BYTES], const struct tcp_conn *client)
{
	struct endpoint e;

	get_address(at, &e);
	e.ip = client->remote.ip;
	put_address(at, &e);
}

void relay_signal(struct tcp_conn *c, const uint8_t *body, size_t n)
{
	struct tcp_conn *to;
	struct call_signal signal;
	uint8_t offline[SIGNAL_MAX], seen[SIGNAL_MAX];

	if (n > SIGNAL_MAX || !call_signal_parse(body, n, &signal))
		return;
	if (signal.kind >= SIG_WHERE && signal.kind <= SIG_COME && signal.n >= ADDR_BYTES) {
		memcpy(seen, body, n);
		put_public(seen + (signal.more - body), c);
		body = seen;
	}
	to = connection_of(c->o, signal.to);
	if (!to) { /* back to where it came from */
		signal.kind = SIG_OFFLINE;
		n = call_signal_make(offline, &signal);
		body = offline;
		to = c;
	}
	server_send_record(to, "call-signal", record_size(n), REC_CALL, 1, body, n);
}

/* --- media -------------------------------------------------------------------------------- */

static struct relay *relay_of(struct server *s, uint32_t id)
{
	struct relay *r = s->relays;

	while (r && r->id != id)
		r = r->next;
	if (!r) {
		r = xcalloc(1, sizeof(*r));
		r->id = id;
		r->next = s->relays;
		s->relays = r;
	}
	return r;
}

static struct relay_end *free_end(struct relay *r, const struct endpoint *ep)
{
	for (int i = 0; i < 2; i++)
		if (r->end[i].used && endpoint_eq(&r->end[i].ep, ep))
			return &r->end[i];
	for (int i = 0; i < 2; i++)
		if (!r->end[i].used)
			return &r->end[i];
	return NULL;
}

void relay_join_udp(struct server *s, const struct endpoint *from, const uint8_t *body, size_t n,
		    long flow)
{
	struct relay_end *e;
	uint32_t id;

	if (n < sizeof(id) || flow < 0)
		return;
	memcpy(&id, body, sizeof(id));
	e = free_end(relay_of(s, id), from);
	if (e)
		*e = (struct relay_end){.used = true, .ep = *from, .flow = (uint32_t)flow};
}

void relay_join_tcp(struct tcp_conn *c, const uint8_t *body, size_t n)
{
	struct relay_end *e;
	uint32_t id;

	if (n < sizeof(id))
		return;
	memcpy(&id, body, sizeof(id));
	e = free_end(relay_of(c->owner, id), &c->remote);
	if (!e)
		return;
	*e = (struct relay_end){
		.used = true, .ep = c->remote, .conn = c, .generation = c->generation};
	c->purpose = CONN_RELAY;
	server_send_record(c, "relay-joined", 20, REC_REPLY, 1, NULL, 0);
}

static void pass_on(struct server *s, struct relay_end *to, const uint8_t *p, size_t n)
{
	double delay = server_delay(&s->rng);

	if (!to->used)
		return;
	if (!to->conn)
		udp_sock_send_later(&s->udp, delay, &to->ep, to->flow, true, "media", p, n);
	else if (to->conn->generation == to->generation)
		server_send_record(to->conn, "media", record_size(n), REC_MEDIA, 1, p, n);
}

static void media_from(struct server *s, const struct relay_end *match, const uint8_t *p, size_t n)
{
	for (struct relay *r = s->relays; r; r = r->next)
		for (int i = 0; i < 2; i++)
			if (r->end[i].used && r->end[i].conn == match->conn &&
			    endpoint_eq(&r->end[i].ep, &match->ep))
				pass_on(s, &r->end[!i], p, n);
}

void relay_media_udp(struct server *s, const struct endpoint *from, const uint8_t *p, size_t n)
{
	struct relay_end match = {.ep = *from};

	media_from(s, &match, p, n);
}

void relay_media_tcp(struct tcp_conn *c, const uint8_t *p, size_t n)
{
	struct relay_end match = {.ep = c->remote, .conn = c};

	if (n > 5)
		media_from(c->owner, &match, p, n);
}

void relays_free(struct server *s)
{
	while (s->relays) {
		struct relay *r = s->relays;

		s->relays = r->next;
		free(r);
	}
}
