/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_CONSTRAINT_H
#define DETECTOR_CONSTRAINT_H

#include "detector/engine/match.h"

#define CONSTRAINT_NONE UINT16_MAX

/* What a rule asks of a flow and of its first message, each condition by itself. */
struct constraints;

/* Every stated condition of @r, which must outlive it. Never NULL. */
struct constraints *constraints_of(const struct rule *r);
void constraints_free(struct constraints *c);

/* How many conditions of one kind do not hold, and which of them was the last: a number for
 * constraint_text(). */
struct constraint_misses {
	unsigned asked, missed;
	uint16_t which;
};
/* Adds the conditions on the flow: ports, hosts, handshake. */
void constraints_flow(const struct constraints *c, const struct flow_table *t, const struct flow *f,
		      int client_dir, struct constraint_misses *out);
/* Adds the conditions of first message @i, from 0, on the bytes @v. @whole: @v is a datagram, a
 * segment or a whole message burst. */
void constraints_message(const struct constraints *c, unsigned i, const struct view *v, bool whole,
			 struct constraint_misses *out);
/* Number of first messages: alternatives of the first step, or messages that are counted; 0 = the
 * rule begins and ends with the flow's opening. */
unsigned constraints_messages(const struct constraints *c);
/* The key of the condition in the signature file, with message and line: "size of U1, line 12". */
void constraint_text(const struct rule *r, uint16_t which, char *buf, size_t size);

#endif
