/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_DELAYED_SEND_H
#define REPLAY_DELAYED_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "replay/skype/message.h"
#include "replay/skype/peer_timer.h"

/**
 * struct delayed_send - a message that waits for its time in its sender's list
 * @send:	Sends it; must not close the sender
 * @sender:	The socket or connection, for @send
 * @to, @flow, @to_opener: For datagrams: where it goes and under which flow it is logged
 */
struct delayed_send {
	struct delayed_send *next, *all, **list;
	struct overlay *o;
	struct peer_timer t;
	void (*send)(const struct delayed_send *d);
	void *sender;
	struct endpoint to;
	uint32_t flow;
	bool to_opener;
	char name[16];
	size_t n;
	uint8_t p[DATAGRAM_MAX];
};

/* A copy of @p in @list. The caller says where it goes, then arms it with delayed_send_after(). */
struct delayed_send *delayed_send_new(struct overlay *o, struct delayed_send **list,
				      void (*send)(const struct delayed_send *), void *sender,
				      const char *name, const void *p, size_t n);
void delayed_send_after(struct delayed_send *d, double seconds);
/* Drops all that wait in @list. */
void delayed_send_drop(struct delayed_send **list);
/* Frees the overlay's pool of them. */
void delayed_send_free_all(struct overlay *o);

#endif
