// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * udp.c - the UDP sockets of dialogs
 *
 * There is one unconnected socket per bound address and port, shared by all dialogs that use it (a
 * server, or a client with one port for everything). A datagram finds its dialog by the peer that
 * it comes from. An unknown peer is the opener of a waiting dialog that has this very datagram
 * under way. Sockets are unconnected because an ICMP error must not end the other dialogs on the
 * same socket.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/netns.h"
#include "replay/dialog/udp.h"

#define RECEIVE_BUFFER (4 << 20)

static void peer_set(struct dialog_port *p, const struct endpoint *peer, struct dialog *d, int side)
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
	entry->dialog = d;
	entry->side = side;
	d->peer[side] = key;
}

static struct peer_entry *peer_get(struct dialog_port *p, const struct endpoint *peer)
{
	struct peer_entry *entry;

	HASH_FIND(hh, p->peers, peer, sizeof(*peer), entry);
	return entry;
}

uint64_t udp_digest(const uint8_t *p, uint32_t n)
{
	return fnv1a_more(FNV1A_START ^ n, p, n);
}

static bool under_way(const struct dialog *d, uint32_t len, uint64_t digest)
{
	for (uint32_t i = 0; i < d->flights[FROM_OPENER]; i++)
		if (d->flight[FROM_OPENER][i].size == len &&
		    d->flight[FROM_OPENER][i].digest == digest)
			return true;
	return false;
}

static void datagram(struct dialog_port *p, const struct endpoint *from, const uint8_t *data,
		     uint32_t len)
{
	struct peer_entry *entry = peer_get(p, from);
	uint64_t digest;

	if (entry) {
		p->ds->events->datagram(entry->dialog, !entry->side, data, len);
		return;
	}
	if (!p->waiting)
		return;
	digest = udp_digest(data, len);
	for (struct dialog *d = p->waiting; d; d = d->wait_next) {
		if (!under_way(d, len, digest))
			continue;
		port_wait_end(p, d);
		peer_set(p, from, d, 1);
		p->ds->events->datagram(d, FROM_OPENER, data, len);
		return;
	}
}

static void on_readable(void *arg, uint32_t events)
{
	static uint8_t buf[65536];
	struct dialog_port *p = arg;

	(void)events;
	p->refs++; /* a dialog that ends here must not close the port */
	for (int i = 0; i < 256; i++) {
		struct sockaddr_storage ss;
		socklen_t len = sizeof(ss);
		struct endpoint from;
		ssize_t n = recvfrom(p->fd, buf, sizeof(buf), 0, (struct sockaddr *)&ss, &len);

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			continue; /* an ICMP error; the kernel reports it once */
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
	if (port_bind(fd, at, rng, e) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int udp_port_open(struct dialog_port *p, struct err *e)
{
	p->fd = udp_socket(p->key.netns, &p->key.at, NULL, e);
	if (p->fd < 0)
		return -1;
	return loop_fd_add(p->ds->loop, p->fd, EPOLLIN, on_readable, p, e);
}

/* A new port with a drawn number, bound and put in the table. */
static struct dialog_port *port_drawn(struct dialog *d, struct rng *rng, struct err *e)
{
	struct dialog_port *p = xcalloc(1, sizeof(*p));

	p->ds = d->ds;
	p->refs = 1;
	p->key.netns = d->spec.opener.netns;
	p->key.proto = IPPROTO_UDP;
	p->key.at.ip = d->spec.opener.at.ip;
	p->fd = udp_socket(p->key.netns, &p->key.at, rng, e);
	if (p->fd < 0 || loop_fd_add(d->ds->loop, p->fd, EPOLLIN, on_readable, p, e) < 0) {
		if (p->fd >= 0)
			close(p->fd);
		free(p);
		return NULL;
	}
	d->spec.opener.at.port = p->key.at.port;
	HASH_ADD(hh, d->ds->ports, key, sizeof(p->key), p);
	return p;
}

/* An acceptor at a multicast group joins it on the link that the opener's address is on. Its socket
 * leaves it when it is closed. */
static int group_join(const struct dialog *d, struct err *e)
{
	const struct dialog_side *b = &d->spec.acceptor;
	struct ip_mreq r = {.imr_multiaddr.s_addr = htonl(ip4_host(&b->at.ip)),
			    .imr_interface.s_addr = htonl(ip4_host(&d->spec.opener.at.ip))};
	char text[IP_TEXT_LEN];

	if (!IN_MULTICAST(ip4_host(&b->at.ip)) ||
	    !setsockopt(d->port[1]->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &r, sizeof(r)) ||
	    errno == EADDRINUSE) /* joined before */
		return 0;
	return err_sys(e, "cannot join %s", ip_text(&b->at.ip, text));
}

int udp_open(struct dialog *d, struct rng *rng, struct err *e)
{
	struct dialog_side *a = &d->spec.opener, *b = &d->spec.acceptor;

	d->port[1] = port_get(d->ds, IPPROTO_UDP, b->netns, &b->at, udp_port_open, e);
	if (!d->port[1] || group_join(d, e) < 0)
		return -1;
	d->port[0] = a->at.port ? port_get(d->ds, IPPROTO_UDP, a->netns, &a->at, udp_port_open, e)
				: port_drawn(d, rng, e);
	if (!d->port[0])
		return -1;
	peer_set(d->port[0], &d->spec.target, d, 0);
	port_wait(d->port[1], d);
	return 0;
}

int udp_send(struct dialog *d, int dir, const uint8_t *data, uint32_t len)
{
	struct sockaddr_storage ss;
	socklen_t n = endpoint_to_sockaddr(&d->peer[dir], &ss);

	/* A datagram that cannot be sent (no route, a local rule) is lost, as on a network. */
	(void)!sendto(d->port[dir]->fd, data, len, MSG_NOSIGNAL, (struct sockaddr *)&ss, n);
	return 0;
}

void udp_close(struct dialog *d)
{
	for (int side = 0; side < 2; side++) {
		struct peer_entry *entry;

		if (!d->port[side])
			continue;
		entry = d->peer[side].ip.family ? peer_get(d->port[side], &d->peer[side]) : NULL;
		if (entry && entry->dialog == d) {
			HASH_DEL(d->port[side]->peers, entry);
			free(entry);
		}
		port_put(d->port[side]);
		d->port[side] = NULL;
	}
}
