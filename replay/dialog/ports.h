/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_DIALOG_PORTS_H
#define REPLAY_DIALOG_PORTS_H

#include "base/rng.h"
#include "replay/dialog/dialog_private.h"

struct dialog_port_key {
	int netns;
	uint8_t proto;
	struct endpoint at;
};

/* UDP: the dialog that a port has with one peer. */
struct peer_entry {
	struct endpoint peer;
	struct dialog *dialog;
	int side; /* of the dialog that has this port */
	UT_hash_handle hh;
};

/* A bound UDP socket, or a TCP listener. */
struct dialog_port {
	struct dialog_port_key key;
	struct dialogs *ds;
	int fd;
	unsigned refs;
	struct peer_entry *peers; /* UDP: dialogs by the peer's endpoint */
	struct dialog *waiting;	  /* acceptor side: opener not seen yet, oldest first */
	UT_hash_handle hh;
};

/* Opens @p->fd at @p->key. 0, or -1 with @e set; what was opened is closed by the caller. */
typedef int port_open_fn(struct dialog_port *p, struct err *e);

/* The port of an address, opened with @open where there is none yet. NULL with @e set. Every
 * success is given back with port_put(). */
struct dialog_port *port_get(struct dialogs *ds, uint8_t proto, int netns,
			     const struct endpoint *at, port_open_fn *open, struct err *e);
/* Closes the port when nobody uses it any more. May be NULL. */
void port_put(struct dialog_port *p);
/* Closes and frees every port, whoever uses it. */
void ports_free(struct dialogs *ds);

/* The acceptor's port waits for the first packet of this dialog; or does no longer. */
void port_wait(struct dialog_port *p, struct dialog *d);
void port_wait_end(struct dialog_port *p, struct dialog *d);

/* Binds @fd to @at, or to a drawn port where it has none; the port chosen is written back. 0, or
 * -1 with @e set. */
int port_bind(int fd, struct endpoint *at, struct rng *rng, struct err *e);

#endif
