/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_CONTACTS_H
#define REPLAY_CLIENT_CONTACTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "replay/skype/peer_timer.h"

/* The contact list. */

#define CONTACTS_MAX 16

struct sc;

/* @timer: until the contacts are asked after */
struct contacts {
	char name[CONTACTS_MAX][32];
	size_t count;
	struct peer_timer timer;
};

/* Asks after all contacts, soon. */
void contacts_ask_after(struct sc *c);
void contacts_stop(struct sc *c); /* ... or not, after all */
/* Both tell the event server of the change. A name that does not fit is ignored. */
void contacts_add(struct sc *c, const char *name);
void contacts_remove(struct sc *c, const char *name);
/* The list has changed in another way: the event server is told. */
void contacts_changed(struct sc *c);
/* Somebody asks whether this client is there. */
void contacts_asked(struct sc *c, const struct endpoint *from, uint16_t reqid, long flow);

#endif
