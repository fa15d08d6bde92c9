/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_UPDATE_H
#define REPLAY_CLIENT_UPDATE_H

#include "replay/skype/peer_timer.h"

/* The check for a newer version of the program. */

struct sc;
struct tcp_conn;

struct update_check {
	struct tcp_conn *conn;
	struct peer_timer timer;
};

void update_check_after(struct sc *c, double seconds);
void update_check_stop(struct sc *c);

#endif
