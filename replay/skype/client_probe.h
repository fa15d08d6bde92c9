/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_PROBE_H
#define REPLAY_CLIENT_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "replay/skype/peer_timer.h"

/* The UDP probes U1 to U4, by which a client looks for super nodes. */

struct sc;

/**
 * struct probing - the probing of a client
 * @round:	Until the next round
 * @patience:	Until UDP counts as silent
 * @round_no:	Rounds so far: one host in even ones, several in odd ones
 * @udp_alive:	Some host has answered since the last start
 * @positive:	Called when a host accepts (U4 of 18 bytes) while the client searches
 * @silent:	Called when the patience is over and no host has answered
 */
struct probing {
	struct peer_timer round, patience;
	unsigned round_no;
	bool udp_alive;
	void (*positive)(struct sc *c, size_t host);
	void (*silent)(struct sc *c);
};

void probing_start(struct sc *c);
void probing_stop(struct sc *c);
/* Sends U1 to a host of the cache, whatever it answered before. */
void probing_send_u1(struct sc *c, size_t host);

#endif
