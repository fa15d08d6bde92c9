/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_START_H
#define DETECTOR_START_H

#include "detector/engine/flow_state.h"

#define MATCHES_PER_RULE 4 /* a rule is under way on a flow at most so often */

/* Which rules a payload may start, by how they read TCP. UDP payloads start rules of either. */
enum start_reads { READS_ANY, READS_BURSTS, READS_SEGMENTS };

/**
 * struct start_payload - a payload that may hold first messages
 * @proto, @bits: The starts worth trying, from dispatch_find()
 * @v:		The payload
 * @dir:	Its direction
 * @reads:	Rules that are tried
 * @took:	Rules that took it already, by bit, and are not tried; NULL = none
 */
struct start_payload {
	const struct dispatch_proto *proto;
	const uint64_t *bits;
	struct view *v;
	uint32_t flow;
	int dir;
	enum start_reads reads;
	const uint64_t *took;
};

/* Tries to start rule @r with its message number @message; MATCH_MORE when the payload may grow
 * into that. *@out gets the match when there is one to go on with. @out NULL: only asks. */
enum match_result start_rule(struct detector *d, uint32_t flow, const struct rule *r,
			     unsigned message, struct view *v, int dir, int client_dir,
			     struct match **out);
/* Starts the rules that the payload starts. Whether one more could start if it grew. */
bool start_found(struct detector *d, const struct start_payload *s);
/* Whether any rule could start with the payload, now or when it has grown. Starts none. */
bool start_possible(struct detector *d, const struct start_payload *s);
/* Tries the rules that the flow is armed with; @psh: those that read segments, else the others. */
void start_armed(struct detector *d, uint32_t flow, struct flow_state *x, struct view *v, int dir,
		 bool psh, const uint64_t *took);
/* A flow is first seen: rules that begin with that ("on: open"). */
void start_open(struct detector *d, uint32_t flow);

#endif
