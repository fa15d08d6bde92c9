/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_HOSTS_H
#define REPLAY_CLIENT_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* The host cache: the nodes that a client knows. */

#define HOSTS_MAX 256

struct sc;

enum host_state {
	HOST_FRESH,    /* known, not asked yet */
	HOST_ASKED,    /* probed, no answer (yet) */
	HOST_NEGATIVE, /* answered 51 or 53 bytes, or 339: left alone for the session */
	HOST_POSITIVE, /* answered 18 bytes */
	HOST_FAILED,   /* no way in over TCP */
};

/**
 * struct cached_host - one entry of the host cache
 * @full:	Its probe took U1 to U4
 * @trying:	A TCP connection to it is under way
 * @listed:	Learnt from another node's list, so probably there
 * @useful:	It answered a search: publications go there
 * @asked_ns:	When it was probed last
 */
struct cached_host {
	struct endpoint ep;
	enum host_state state;
	bool full, trying, listed, useful;
	uint64_t asked_ns;
};

/* Which hosts a request after the login goes to. */
enum host_pick { PICK_USEFUL, PICK_LISTED, PICK_ANY, PICKS };

/**
 * struct host_cache - all hosts that a client knows
 * @next_probe:	Where the next probe of a silent host begins to look
 * @next_tcp:	The same for the next TCP connection
 * @next_session: The same for requests after the login
 */
struct host_cache {
	struct cached_host at[HOSTS_MAX];
	size_t count, next_probe, next_tcp, next_session[PICKS];
};

/* Learns the addresses of another node's list, @n bytes. */
void hosts_learn_list(struct sc *c, const uint8_t *list, size_t n);
/* Makes the cache ready for a start of the program. */
void hosts_fill(struct sc *c);
/* Index of the next host to be sent @command, an enum udp_command; -1 when there is none. */
int hosts_pick(struct sc *c, unsigned command);

#endif
