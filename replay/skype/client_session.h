/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_SESSION_H
#define REPLAY_CLIENT_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "replay/skype/peer_timer.h"

/* What a client sends while it has a super node. */

struct sc;
struct vocab_run;

/**
 * struct session - the traffic of a client that is connected
 * @runs:	(owned) One per entry of the version's session list; NULL before the first start
 * @keepalive:	Until the next ping
 * @unheard:	Since the first ping after which the super node was silent: until it is taken for gone
 * @patience:	How long that is, drawn; a stream of its own, so that nothing else is drawn otherwise
 * @connections: With super nodes, since the program was installed
 * @gone:	The super node does not answer; set by the client
 */
struct session {
	struct vocab_run *runs;
	struct peer_timer keepalive, unheard;
	struct rng patience;
	unsigned connections;
	void (*gone)(struct sc *c);
};

void client_session_start(struct sc *c);
void client_session_stop(struct sc *c);
void client_session_heard(struct sc *c); /* something has come from the super node */
void client_session_ask(struct sc *c);	 /* is the super node there? standing.ping_ns */
void client_session_free(struct sc *c);
void client_session_search(struct sc *c);   /* the user looks somebody up in the directory */
void client_session_presence(struct sc *c); /* the user's state has changed: other nodes are told */

#endif
