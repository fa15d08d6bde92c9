/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_FLOW_STATE_H
#define DETECTOR_FLOW_STATE_H

#include "detector/engine/engine_private.h"

struct reassembly;

#define ARMED_MAX 8

/* A rule ("on: open") whose first step is tried at every message of the flow. */
struct armed_rule {
	uint16_t rule;
	uint8_t client_dir;
	bool done;
	bool out; /* cannot begin in this message burst, however it grows */
};

/**
 * struct flow_state - what is known of a flow that a rule is or was interested in
 * @matches:	List of struct match; 0 = none
 * @reassembly:	struct reassembly; 0 = none
 * @burst_no:	TCP: number of the message burst under way
 * @claimed:	Signatures that reported the flow as Skype's, by bit
 * @bursts:	TCP: message bursts that the flow had when its reassembly was freed: the one under
 *		way then was read
 * @pending:	The message burst may grow into the first message of a rule
 * @armed:	First @armed_n
 * @done_starts: Starts of rules that are done, in as many words as the dispatch has
 */
struct flow_state {
	uint32_t flow;
	uint32_t matches;
	uint32_t reassembly;
	uint32_t burst_no;
	uint32_t bursts;
	uint64_t claimed;
	uint8_t armed_n;
	bool pending;
	struct armed_rule armed[ARMED_MAX];
	uint64_t done_starts[];
};

static inline struct flow_state *flow_state_of(struct detector *d, uint32_t flow)
{
	struct flow *f = flow_at(&d->flows, flow);

	return f->state ? pool_at(&d->flow_states, f->state) : NULL;
}
/* Ahead of time: brings the flow's state into the cache. */
HINT void flow_state_hint(const struct detector *d, uint32_t flow)
{
	const struct flow *f = flow_at(&d->flows, flow);
	const char *x;

	if (!f->state)
		return;
	x = pool_at(&d->flow_states, f->state);
	__builtin_prefetch(x);
	__builtin_prefetch(x + 64);
}

/* Finds or makes the flow's state; at the limit another flow's is given up. Never NULL. */
struct flow_state *flow_state_make(struct detector *d, uint32_t flow);
/* Frees the flow's state, if it has one. */
void flow_state_drop(struct detector *d, uint32_t flow);
/* Whether a rule that reports once did so on the flow. */
bool flow_state_done(const struct detector *d, const struct flow_state *x, uint16_t rule);
void flow_state_set_done(struct detector *d, struct flow_state *x, uint16_t rule);
/* Finds or makes the flow's reassembly; at the limit another flow's gives way. NULL when there is
 * no room. */
struct reassembly *flow_state_reassemble(struct detector *d, struct flow_state *x);
/* A second struct reassembly for the flow; 0 when there is no room. */
uint32_t flow_state_second(struct detector *d, struct flow_state *x);
/* A new match of @rule, or WAITING, before the one that the link @at in the flow's list names; at the
 * limit others give way, but none of this flow. NULL when there is no room. */
struct match *flow_state_add_match(struct detector *d, struct flow_state *x, uint32_t *at,
				   uint16_t rule, int client_dir);
/* Frees a match that is in no list any more. */
void flow_state_free_match(struct detector *d, uint32_t i);
/* Frees the matches that are over, and the reassembly when nothing needs it. */
void flow_state_settle(struct detector *d, struct flow_state *x);

#endif
