/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_STANDING_H
#define REPLAY_CLIENT_STANDING_H

#include <stdbool.h>
#include <stdint.h>

/* When a client was in, as it knows itself. */

struct sc;

/**
 * struct client_standing - since its first login
 * @asked_ns:	The user logged in for the first time; 0 = never
 * @first_ns:	First in; 0 = never
 * @last_ns:	Last in: now, when it is, or when it noticed that it was not any more
 * @since_ns:	In since then, when it is in
 * @heard_ns:	Something came last from its super node
 * @ping_ns:	Its super node was asked whether it is there (overlay_ask()); 0 = never
 * @served_ns:	In and heard of by its super node, altogether: each time until it last heard from it;
 *		the present time is not among them
 * @times:	How often it came in
 * @in:		It has a super node and its login was accepted
 * @alive:	It is in, and its super node has answered since @ping_ns or, where that is 0, no longer
 *		ago than pings are apart: standing_now()
 * @at_quit:	It was that when its user quit last
 */
struct client_standing {
	uint64_t asked_ns, first_ns, last_ns, since_ns, heard_ns, ping_ns, served_ns;
	unsigned times;
	bool in, alive, at_quit;
};

/* Something has changed: a node is there or lost, a login accepted. */
void standing_now(struct sc *c);
/* Something came from the super node. */
void standing_heard(struct sc *c);
/* The user logs in; the user quits. Before anything else is done for it. */
void standing_asked(struct sc *c);
void standing_quit(struct sc *c);

#endif
