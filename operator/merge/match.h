/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_MATCH_H
#define OPERATOR_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "operator/merge/clocks.h"
#include "operator/merge/flows.h"
#include "operator/merge/mappings.h"
#include "operator/sighting.h"

#define MATCH_LOOK 256 /* flows to one remote end that are compared, used last first */

/* What is known of the sensors and of NATs. */
struct match_with {
	const struct clocks *clocks;
	struct mappings *mappings;
};

/* The flow that is the same, its event that shows it, and by how much that is later by its clock. */
struct match {
	struct merge_flow *flow;
	const struct flow_event *event;
	int64_t ahead_ns;
};

/* What of @s another sensor's sighting is compared with. */
struct flow_event match_event(const struct sighting *s, unsigned sensor);
/* Whether @a and @b may be one event at two sensors; then *ahead_ns is by how much @b is later. */
bool match_alike(const struct clocks *clocks, const struct flow_event *a,
		 const struct flow_event *b, int64_t *ahead_ns);
/* Whether @f is nearer to the client than @g. */
bool match_nearer(const struct merge_flow *f, const struct merge_flow *g);
/* The flow on the other side of a NAT that @f is, by its event @e. 1 = found; 0 = none fits; -1 = several
 * fit, and nothing decides: @f is undecided when it is the outer one. */
int match_find(const struct match_with *with, struct merge_flow *f, const struct flow_event *e,
	       struct match *out);

#endif
