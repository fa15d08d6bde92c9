// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ports.c - bound sockets that talks share
 *
 * A UDP socket or a TCP listener stands once per namespace, transport, address and port, for as
 * long as a talk uses it or a server keeps it. Talks whose opener has not been seen yet wait in a
 * list of their acceptor's port, oldest first. Ports nobody prescribes are drawn from the talk's
 * own random numbers, so that the seed decides them.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replay/dialog/dialog_private.h"

#define DRAWN_LOW  10240
#define DRAWN_HIGH 65535
#define DRAWS	   64

int bind_drawn(int fd, struct endpoint *at, struct rng *rng, struct err *e)
{
	struct sockaddr_storage ss;
	bool drawn = !at->port;
	char text[ENDPOINT_TEXT_LEN];

	for (int i = 0; i < (drawn ? DRAWS : 1); i++) {
		if (drawn)
			at->port = (uint16_t)rng_range(rng, DRAWN_LOW, DRAWN_HIGH);
		if (!bind(fd, (struct sockaddr *)&ss, endpoint_to_sockaddr(at, &ss)))
			return 0;
		if (errno != EADDRINUSE)
			break;
	}
	return err_env(e, "cannot bind %s: %s", endpoint_text(at, text), strerror(errno));
}

struct port *port_get(struct talks *ts, uint8_t proto, int netns, const struct endpoint *at,
		      struct err *e)
{
	struct port_key key;
	struct port *p;

	memset(&key, 0, sizeof(key));
	key.netns = netns;
	key.proto = proto;
	key.at.ip = at->ip;
	key.at.port = at->port;
	HASH_FIND(hh, ts->ports, &key, sizeof(key), p);
	if (p) {
		p->refs++;
		return p;
	}
	p = xcalloc(1, sizeof(*p));
	p->key = key;
	p->ts = ts;
	p->refs = 1;
	if ((proto == IPPROTO_UDP ? udp_port_open(p, e) : tcp_port_open(p, e)) < 0) {
		if (p->fd >= 0)
			close(p->fd);
		free(p);
		return NULL;
	}
	HASH_ADD(hh, ts->ports, key, sizeof(p->key), p);
	return p;
}

void port_free(struct port *p)
{
	struct peer_entry *entry = p->peers, *next;

	HASH_CLEAR(hh, p->peers);
	for (; entry; entry = next) {
		next = entry->hh.next;
		free(entry);
	}
	loop_fd_del(p->ts->loop, p->fd);
	close(p->fd);
	free(p);
}

void port_put(struct port *p)
{
	if (!p || --p->refs)
		return;
	HASH_DEL(p->ts->ports, p);
	port_free(p);
}

void waiting_add(struct port *p, struct talk *t)
{
	struct talk **end = &p->waiting;

	while (*end)
		end = &(*end)->wait_next;
	*end = t;
	t->wait_next = NULL;
	t->waiting = true;
}

void waiting_remove(struct port *p, struct talk *t)
{
	if (!t->waiting)
		return;
	for (struct talk **i = &p->waiting; *i; i = &(*i)->wait_next)
		if (*i == t) {
			*i = t->wait_next;
			break;
		}
	t->waiting = false;
}

int talks_serve(struct talks *ts, uint8_t proto, const struct talk_side *side, struct err *e)
{
	return port_get(ts, proto, side->netns, &side->at, e) ? 0 : -1;
}
