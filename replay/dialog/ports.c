// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ports.c - bound sockets that dialogs share
 *
 * There is one UDP socket or TCP listener per namespace, transport, address and port, open for as
 * long as a dialog uses it or a server keeps it. A dialog whose opener has not been seen yet waits
 * in a list of its acceptor's port, oldest first. A port that nobody prescribes is drawn from the
 * dialog's own random numbers, so the seed decides it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replay/dialog/ports.h"

#define DRAWN_LOW  10240
#define DRAWN_HIGH 65535
#define DRAWS	   64

int port_bind(int fd, struct endpoint *at, struct rng *rng, struct err *e)
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

struct dialog_port *port_get(struct dialogs *ds, uint8_t proto, int netns,
			     const struct endpoint *at, port_open_fn *open, struct err *e)
{
	struct dialog_port_key key;
	struct dialog_port *p;

	memset(&key, 0, sizeof(key));
	key.netns = netns;
	key.proto = proto;
	key.at.ip = at->ip;
	key.at.port = at->port;
	HASH_FIND(hh, ds->ports, &key, sizeof(key), p);
	if (p) {
		p->refs++;
		return p;
	}
	p = xcalloc(1, sizeof(*p));
	p->key = key;
	p->ds = ds;
	p->refs = 1;
	if (open(p, e) < 0) {
		if (p->fd >= 0)
			close(p->fd);
		free(p);
		return NULL;
	}
	HASH_ADD(hh, ds->ports, key, sizeof(p->key), p);
	return p;
}

static void port_free(struct dialog_port *p)
{
	struct peer_entry *entry = p->peers, *next;

	HASH_CLEAR(hh, p->peers);
	for (; entry; entry = next) {
		next = entry->hh.next;
		free(entry);
	}
	loop_fd_del(p->ds->loop, p->fd);
	close(p->fd);
	free(p);
}

void port_put(struct dialog_port *p)
{
	if (!p || --p->refs)
		return;
	HASH_DEL(p->ds->ports, p);
	port_free(p);
}

void ports_free(struct dialogs *ds)
{
	struct dialog_port *p = ds->ports, *next;

	HASH_CLEAR(hh, ds->ports);
	for (; p; p = next) {
		next = p->hh.next;
		port_free(p);
	}
}

void port_wait(struct dialog_port *p, struct dialog *d)
{
	struct dialog **end = &p->waiting;

	while (*end)
		end = &(*end)->wait_next;
	*end = d;
	d->wait_next = NULL;
	d->waiting = true;
}

void port_wait_end(struct dialog_port *p, struct dialog *d)
{
	if (!d->waiting)
		return;
	for (struct dialog **i = &p->waiting; *i; i = &(*i)->wait_next)
		if (*i == d) {
			*i = d->wait_next;
			break;
		}
	d->waiting = false;
}
