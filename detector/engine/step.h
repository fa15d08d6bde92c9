/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_STEP_H
#define DETECTOR_STEP_H

#include "detector/engine/engine_private.h"

/* Takes a message as step @s of the match, by message @m of its rule. */
void step_take(struct detector *d, struct match *in, unsigned s, unsigned m, const struct view *v,
	       const uint16_t pos[2]);
/* Offers a message to a match of a rule that counts; whether it counted. */
bool step_tally(struct detector *d, struct match *in, const struct view *v);
/* Offers one message, complete as it stands, to a match. @whole: it is a datagram, a segment or a
 * whole message burst; @starts: offsets in @v at which it may begin, the first for all messages,
 * the others for those that may stand anywhere. Returns whether it was taken. *@next: the match
 * waits for a message that must be the next of its direction. */
bool step_offer(struct detector *d, struct match *in, const struct view *v, bool whole,
		const uint32_t *starts, unsigned starts_n, bool *next);
/* Whether the match is over because its time is. */
bool step_expired(const struct detector *d, const struct rule *r, struct match *in);
/* Nanoseconds since the message before in that direction, if the match was under way then; else
 * UINT64_MAX. What other rules saw of the flow makes no difference. */
uint64_t step_gap(const struct detector *d, const struct match *in, int dir);

#endif
