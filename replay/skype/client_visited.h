/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_VISITED_H
#define REPLAY_CLIENT_VISITED_H

#include "replay/skype/message.h"
#include "replay/skype/peer_tcp.h"

/* What a client answers to nodes that come to it from outside. */

struct sc;

/* Somebody has connected to the client's own port. */
void visited_accepted(struct listener *l, struct tcp_conn *k);
/* A request that nobody here waits for: acknowledged with the sender's address. */
void visited_datagram(struct sc *c, const struct endpoint *from, const struct skype_datagram *d,
		      long flow);

#endif
