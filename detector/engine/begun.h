/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_BEGUN_H
#define DETECTOR_BEGUN_H

#include "detector/engine/flow_state.h"

/* Rules that have taken the same first message and wait for their second, see begun.c. */

/* Whether start @start may wait so. */
static inline bool begun_may(const struct detector *d, const struct dispatch_proto *p,
			     unsigned start)
{
	return start < WAITING_WORDS * 64 && !d->none_waits &&
	       (p->waiting.starts[start / 64] >> (start % 64) & 1);
}
/* Start @start waits; its message is @v, which goes @dir. *@group: the group of the payload's other
 * starts, where this one goes too if nothing began in between; 0 = there is none. */
void begun_add(struct detector *d, struct flow_state *x, const struct view *v, int dir,
	       unsigned start, uint32_t *group);
/* The bits of a rule's starts. */
void begun_starts(const struct detector *d, const struct rule *r, uint64_t out[WAITING_WORDS]);
/* How many of @starts wait in group @g. */
static inline unsigned begun_count(const struct match *g, const uint64_t starts[WAITING_WORDS])
{
	unsigned n = 0;

	for (unsigned w = 0; w < WAITING_WORDS; w++)
		for (uint64_t b = g->starts[w] & starts[w]; b; b &= b - 1)
			n++;
	return n;
}
/* The first of them waits no longer. */
void begun_drop_oldest(struct match *g, const uint64_t starts[WAITING_WORDS]);
/* Offers a datagram to the group that the link @at in the flow's list names: rules that take it become
 * matches, beside the group. Those are marked in @took. Returns the link behind all of them. */
uint32_t *begun_offer(struct detector *d, struct flow_state *x, uint32_t *at, struct view *v,
		      int dir, uint64_t took[RULES_MAX / 64]);
/* All that waits on a flow becomes matches. */
void begun_spread(struct detector *d, struct flow_state *x);

#endif
