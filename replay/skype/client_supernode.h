/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_SUPERNODE_H
#define REPLAY_CLIENT_SUPERNODE_H

#include <stddef.h>
#include <stdint.h>

#include "replay/skype/peer_timer.h"

/* The client's way to a super node over TCP, and the connection with it. */

#define TRIES_MAX 32

/* A client takes its super node for gone after so many seconds without an answer: an assumption, no
 * source has the time. */
#define SILENT_LO_S 10.0
#define SILENT_HI_S 40.0

struct sc;
struct tcp_conn;

/**
 * struct supernode_link - the client's super node, or the search for one
 * @conn:	The connection with the super node, or NULL
 * @old:	The connection with the one before, which has fallen silent, until after another node is found
 * @silent:	Until it is noticed that the super node is silent, or @old is closed
 * @host:	Its index in the host cache
 * @tries:	Attempts that are under way
 * @stagger:	Until the next attempt
 */
struct supernode_link {
	struct tcp_conn *conn, *old;
	struct peer_timer silent;
	uint32_t host;
	struct tcp_conn *tries[TRIES_MAX];
	size_t try_count;
	struct peer_timer stagger;
};

/* Tries hosts one after the other, also those that no probe has shown: UDP is silent. */
void supernode_search(struct sc *c);
/* Tries one host of the cache, unless enough attempts are under way. */
void supernode_try(struct sc *c, size_t host);
/* Closes the connection with the super node, if there is one. */
void supernode_leave(struct sc *c);
/* Leaves it without a word, as a host whose cable is pulled. */
void supernode_vanish(struct sc *c);
/* Searches another super node. The connection with the present one is closed a little after that is found. */
void supernode_replace(struct sc *c);
/* The client's super node is switched off. The client notices after some time. */
void supernode_falls_silent(struct sc *c);
/* Gives up all attempts. */
void supernode_search_stop(struct sc *c);

#endif
