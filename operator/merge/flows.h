/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_MERGE_FLOWS_H
#define OPERATOR_MERGE_FLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "operator/sighting.h"

#define FLOW_EVENTS 32 /* kept of each flow */

/* An event as far as another sensor saw the same: @print is of what it says and of the names, sizes and
 * directions of its messages; each was so much after @ts_ns. */
struct flow_event {
	uint64_t print, ts_ns;
	unsigned sensor;
	size_t count;
	int32_t after_us[EVIDENCE_MAX];
};

/* An event that was told, and the sensors, a bit each, that told it. */
struct flow_told {
	struct flow_event event;
	uint32_t sensors;
};

struct remote;

/**
 * struct merge_flow - a flow as one or more sensors saw it, by its addresses and ports
 * @t:		src = the client's side
 * @sensors:	Who saw it, a bit each
 * @rank:	The least rank of an input that had it: 0 is named first
 * @inner:	The same flow nearer to the client, on the other side of a NAT; NULL = none is known
 * @has_outer:	It is the inner one of another
 * @undecided:	More than one flow may have been the same one
 * @events, @told: Rings: first @event_count, @told_count of them
 */
struct merge_flow {
	struct tuple t;
	uint32_t sensors;
	unsigned rank;
	struct merge_flow *inner;
	bool has_outer, undecided;
	size_t event_count, event_next, told_count, told_next;
	struct flow_event events[FLOW_EVENTS];
	struct flow_told told[FLOW_EVENTS];
	struct remote *remote;
	struct merge_flow *near_prev, *near_next;     /* to the same remote end, used last first */
	struct merge_flow *recent_prev, *recent_next; /* of all, used last first */
};

/* Flows of all sensors, at most so many; the one used least recently goes. */
struct merge_flows;

struct merge_flows *merge_flows_new(size_t most);
void merge_flows_free(struct merge_flows *all);
/* The flow of these addresses and ports, new where there was none, as used last. */
struct merge_flow *merge_flows_get(struct merge_flows *all, const struct tuple *t);
/* Flows to the same remote end over the same protocol, used last first. */
struct merge_flow *merge_flow_near(const struct merge_flow *f);
/* The innermost known flow that is the same; @f itself when none is. */
struct merge_flow *merge_flow_root(struct merge_flow *f);

#endif
