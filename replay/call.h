/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CALL_H
#define REPLAY_CALL_H

#include "replay/sc.h"

/* Calls between clients, and to the telephone network. Private to the overlay. */

/* Begins a call to @to (and @third: a conference of three) of @seconds of media. script_next() is
 * called when it is over. -1 when it cannot even begin (not logged in). */
int call_start(struct sc *c, const char *to, const char *third, double seconds);
int call_pstn(struct sc *c, const char *number, double seconds);
/* Hangs up whatever is under way, without telling the script. */
void call_end(struct sc *c);
void call_block(struct sc *c, const char *name);
/* A datagram that belongs to a call; false when it does not. */
bool call_datagram(struct sc *c, const struct endpoint *from, const struct datagram *d, size_t n,
		   long flow);

#endif
