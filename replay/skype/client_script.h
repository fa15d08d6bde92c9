/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_SCRIPT_H
#define REPLAY_CLIENT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "replay/skype/peer_timer.h"
#include "replay/skype/script.h"

/* The user, who does the actions of the script one after the other. */

struct sc;

/**
 * struct script_run - how far a client's script is
 * @at:		Index of the action under way
 * @timer:	Until the next action begins or, for "wait", this one ends
 * @ended:	The whole script is done
 * @all_done:	Called once, then
 */
struct script_run {
	struct script script;
	size_t at;
	struct peer_timer timer;
	bool ended;
	void (*all_done)(struct overlay *o);
};

/* Begins the script @delay_s from now. */
void client_script_start(struct sc *c, double delay_s, void (*all_done)(struct overlay *o));
void client_script_free(struct sc *c);

#endif
