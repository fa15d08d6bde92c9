/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_DELAYED_H
#define REPLAY_DELAYED_H

#include "replay/skype/peer.h"

/* Messages that wait for their time; between peer.c and peer_tcp.c. */

struct delayed {
	struct delayed *next, *all, **list; /* list it waits in */
	struct ptimer t;
	struct usock *sock;
	struct conn *conn;
	struct endpoint to;
	uint32_t flow;
	bool to_opener;
	char name[16];
	size_t n;
	uint8_t p[DATAGRAM_MAX];
};

/* A fresh one in @list; the caller says where it goes and arms its timer. */
struct delayed *delayed_new(struct overlay *o, struct delayed **list, const char *name,
			    const void *p, size_t n);
void delayed_fire(void *arg);
void delayed_drop_all(struct delayed **list);
/* Sends on a connection now, past what waits. */
void conn_push(struct conn *c, const char *name, const void *p, size_t n);
int bind_to(int fd, const struct endpoint *local);

#endif
