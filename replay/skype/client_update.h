/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_UPDATE_H
#define REPLAY_CLIENT_UPDATE_H

#include "replay/skype/peer_timer.h"
#include "replay/skype/peer_udp.h"

/* The check for a newer version of the program. */

struct sc;
struct tcp_conn;

/**
 * struct update_check - one check
 * @timer:	Until it begins, or until the query is sent again
 * @lookup:	Socket of the look-up; open while it waits for its answer
 * @query:	Id of the query
 * @queries:	How often it was sent
 */
struct update_check {
	struct tcp_conn *conn;
	struct peer_timer timer;
	struct udp_sock lookup;
	uint16_t query;
	unsigned queries;
};

void update_check_init(struct sc *c);

void update_check_after(struct sc *c, double seconds);
void update_check_stop(struct sc *c);

#endif
