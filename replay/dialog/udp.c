// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * udp.c - the UDP sockets of talks
 *
 * One unconnected socket per bound address and port, shared by all talks that use it (a server, or
 * a client with one port for everything). A datagram finds its talk by the peer it comes from; a
 * peer not known yet is the opener of a waiting talk whose datagrams under way include this one.
 * Unconnected, because ICMP errors must not end a flow that goes on elsewhere on the same socket.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/netns.h"
#include "replay/dialog/dialog_private.h"

#define RECEIVE_BUFFER (4 << 20)

static void peer_set(struct port *p, const struct endpoint *peer, struct talk *t, int side)
{
	struct peer_entry *entry;
	struct endpoint key;

	memset(&key, 0, sizeof(key));
	key.ip = peer->ip;
	key.port = peer->port;
	HASH_FIND(hh, p->peers, &key, sizeof(key), entry);
	if (!entry) {
		entry = xcalloc(1, sizeof(*entry));
		entry->peer = key;
		HASH_ADD(hh, p->peers, peer, sizeof(entry->peer), entry);
	}
	entry->talk = t;
	entry->side = side;
	t->peer[side] = key;
}

static struct peer_entry *peer_get(struct port *p, const struct endpoint *peer)
{
	struct peer_entry *entry;

	HASH_FIND(hh, p->peers, peer, sizeof(*peer), entry);
	return entry;
}

static bool under_way(const struct talk *t, const uint8_t *data, uint32_t len, uint64_t digest)
{
	(void)data;
	for (uint32_t i = 0; i < t->flights[FROM_OPENER]; i++)
		if (t->flight[FROM_OPENER][i].size == len &&
		    t->flight[FROM_OPENER][i].digest == digest)
			return true;
	return false;
}

static void datagram(struct port *p, const struct endpoint *from, const uint8_t *data, uint32_t len)
{
	struct peer_entry *entry = peer_get(p, from);
	uint64_t digest;

	if (entry) {
		talk_got_datagram(entry->talk, !entry->side, data, len);
		return;
	}
	if (!p->waiting)
		return;
	digest = payload_digest(data, len);
	for (struct talk *t = p->waiting; t; t = t->wait_next) {
		if (!under_way(t, data, len, digest))
			continue;
		waiting_remove(p, t);
		peer_set(p, from, t, 1);
		talk_got_datagram(t, FROM_OPENER, data, len);
		return;
	}
}

static void on_readable(void *arg, uint32_t events)
{
	static uint8_t buf[65536];
	struct port *p = arg;

	(void)events;
	p->refs++; /* a talk that ends must not take the port away under us */
	for (int i = 0; i < 256; i++) {
		struct sockaddr_storage ss;
		socklen_t len = sizeof(ss);
		struct endpoint from;
		ssize_t n = recvfrom(p->fd, buf, sizeof(buf), 0, (struct sockaddr *)&ss, &len);

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			continue; /* an ICMP error, reported once */
		memset(&from, 0, sizeof(from));
		endpoint_from_sockaddr(&ss, &from);
		datagram(p, &from, buf, (uint32_t)n);
	}
	port_put(p);
}

static int udp_socket(int netns, struct endpoint *at, struct rng *rng, struct err *e)
{
	int fd = netns_socket(netns, at->ip.family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0, e);
	int size = RECEIVE_BUFFER;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)!setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind_drawn(fd, at, rng, e) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int udp_port_open(struct port *p, struct err *e)
{
	p->fd = udp_socket(p->key.netns, &p->key.at, NULL, e);
	if (p->fd < 0)
		return -1;
	return loop_fd_add(p->ts->loop, p->fd, EPOLLIN, on_readable, p, e);
}

/* A port that no port_get() has had yet: drawn, bound, and put in the table. */
static struct port *port_drawn(struct talk *t, struct rng *rng, struct err *e)
{
	struct port *p = xcalloc(1, sizeof(*p));

	p->ts = t->ts;
	p->refs = 1;
	p->key.netns = t->spec.opener.netns;
	p->key.proto = IPPROTO_UDP;
	p->key.at.ip = t->spec.opener.at.ip;
	p->fd = udp_socket(p->key.netns, &p->key.at, rng, e);
	if (p->fd < 0 || loop_fd_add(t->ts->loop, p->fd, EPOLLIN, on_readable, p, e) < 0) {
		if (p->fd >= 0)
			close(p->fd);
		free(p);
		return NULL;
	}
	t->spec.opener.at.port = p->key.at.port;
	HASH_ADD(hh, t->ts->ports, key, sizeof(p->key), p);
	return p;
}

int udp_talk_open(struct talk *t, struct rng *rng, struct err *e)
{
	struct talk_side *a = &t->spec.opener, *b = &t->spec.acceptor;

	t->port[1] = port_get(t->ts, IPPROTO_UDP, b->netns, &b->at, e);
	if (!t->port[1])
		return -1;
	t->port[0] = a->at.port ? port_get(t->ts, IPPROTO_UDP, a->netns, &a->at, e)
				: port_drawn(t, rng, e);
	if (!t->port[0])
		return -1;
	peer_set(t->port[0], &t->spec.target, t, 0);
	waiting_add(t->port[1], t);
	return 0;
}

int udp_talk_send(struct talk *t, int dir, const uint8_t *data, uint32_t len)
{
	struct sockaddr_storage ss;
	socklen_t n = endpoint_to_sockaddr(&t->peer[dir], &ss);

	/* What cannot be sent (no route, a local rule) is lost, as it is on a network. */
	(void)!sendto(t->port[dir]->fd, data, len, MSG_NOSIGNAL, (struct sockaddr *)&ss, n);
	return 0;
}

void udp_talk_close(struct talk *t)
{
	for (int side = 0; side < 2; side++) {
		struct peer_entry *entry;

		if (!t->port[side])
			continue;
		entry = t->peer[side].ip.family ? peer_get(t->port[side], &t->peer[side]) : NULL;
		if (entry && entry->talk == t) {
			HASH_DEL(t->port[side]->peers, entry);
			free(entry);
		}
		port_put(t->port[side]);
		t->port[side] = NULL;
	}
}
