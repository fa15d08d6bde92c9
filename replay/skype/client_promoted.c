// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_promoted.c - a client that becomes a super node itself
 *
 * Model. A client with a public address and no firewall in front of it may become a super node
 * (Ehlert and Petgang: one with good speed and unrestricted access). It then answers what other
 * clients send to it as any super node does (supernode.c), and stays a client of the super node
 * that it has. Both share one UDP port: what the client expects goes to the client, all other
 * datagrams go to the super node. TCP connections that come in on its port, 443 and 80 are the super
 * node's. Lists of super nodes name it from then on, so other clients of the overlay find it.
 *
 *   state       entered when                                     left when
 *   a client    the program starts                               it is promoted
 *   both        promoted_start(): connected, and nodes see it    it quits, roams
 *               under its own address
 *   both, mute  the machine sleeps                               it quits, roams
 *
 * Limits. That the address is its own is what a client can know: it learns it from U2 or a NAT
 * test. Whether a firewall lets anybody in, it does not know, so behind one it waits in vain. How
 * a client is chosen, and what it then says to other super nodes, no source has.
 */
#include "replay/skype/client_private.h"
#include "replay/skype/client_promoted.h"
#include "replay/skype/server.h"
#include "replay/skype/supernode.h"

static const struct server_ops promoted_ops = {
	.datagram = supernode_datagram,
	.accepted = supernode_accepted,
	.web_ports = true,
};

/* The super node takes the client's port over TCP; failing that, the client has it back. */
static bool take_over(struct sc *c, struct server *s)
{
	struct endpoint own = c->tcp.local;
	struct err e;

	listener_close(&c->tcp);
	if (server_open(s, &e) == 0)
		return true;
	log_warn("client %s: super-node: %s", c->name, e.msg);
	server_close(s);
	if (listener_open(&c->tcp, c->o, c->spec.netns, &own, false, &e) < 0)
		log_warn("client %s: %s", c->name, e.msg);
	return false;
}

bool promoted_start(struct sc *c)
{
	struct overlay_server_spec spec = {
		.role = ROLE_SN,
		.mood = SN_ACCEPTS,
		.netns = c->spec.netns,
		.node = c->node,
		.ip = c->spec.ip,
		.port = c->udp_port,
	};
	struct server *s;

	if (c->promoted || c->state != SC_CONNECTED || !ip_eq(&c->public_ip, &c->spec.ip))
		return false;
	s = server_new(c->o, &spec, &promoted_ops);
	s->lent = &c->udp;
	s->version = c->v;
	if (!take_over(c, s)) {
		server_free(s);
		return false;
	}
	server_add(s);
	c->promoted = s;
	return true;
}

void promoted_stop(struct sc *c)
{
	if (!c->promoted)
		return;
	server_close(c->promoted);
	c->promoted->spec.mood = SN_CLOSED;
	c->promoted = NULL;
}

void promoted_vanish(struct sc *c)
{
	if (!c->promoted)
		return;
	for (struct tcp_conn *k = c->o->conns; k; k = k->all)
		if (k->fd >= 0 && k->server && k->owner == c->promoted)
			conn_vanish(k);
	promoted_stop(c);
}

void promoted_fall_silent(struct sc *c)
{
	if (c->promoted)
		server_fall_silent(c->promoted);
}

void promoted_datagram(struct sc *c, const struct endpoint *from, const uint8_t *p, size_t n,
		       long flow)
{
	if (c->promoted)
		supernode_datagram(c->promoted, from, p, n, flow);
}
