/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_TRACKED_H
#define OPERATOR_FILTER_TRACKED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

/**
 * struct tracked_flow - what conntrack knows of a connection
 * @orig, @reply: As in the kernel: behind source NAT reply.dst is the outer side of orig.src
 * @mark:	Its mark
 * @offloaded:	A flowtable forwards it: its packets do not come by our rules
 */
struct tracked_flow {
	struct tuple orig, reply;
	uint32_t mark;
	bool offloaded;
};

/* Conntrack of one network namespace over netlink. */
struct tracked;

struct tracked *tracked_open(int netns, struct err *e);
void tracked_close(struct tracked *t); /* NULL is allowed */

/* The connection that @flow is in, seen from either side of a NAT and named from either end. 1, 0 =
 * there is none, or -1 with @e set. */
int tracked_find(struct tracked *t, const struct tuple *flow, struct tracked_flow *out,
		 struct err *e);
/* @flow as the forward hook sees it, between the NATs: before source NAT, after destination NAT. src
 * stays the same end. */
struct tuple tracked_inside(const struct tracked_flow *f, const struct tuple *flow);
/* Sets or clears the bits of @mask in the mark of the connection with this tuple, of either
 * direction. 1, 0 = there is none, or -1 with @e set. */
int tracked_mark(struct tracked *t, const struct tuple *tuple, uint32_t mask, bool set,
		 struct err *e);
/* Calls @fn for each connection whose mark has a bit of @mask. 0, or -1 with @e set. */
int tracked_each_marked(struct tracked *t, uint32_t mask,
			void (*fn)(void *arg, const struct tracked_flow *f), void *arg,
			struct err *e);

#endif
