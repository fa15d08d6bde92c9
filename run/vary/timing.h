/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_VARY_TIMING_H
#define RUN_VARY_TIMING_H

#include "run/vary/copied.h"

/* How far away a copy's nodes are. */
enum vary_distance { VARY_FAR, VARY_NEAR, VARY_MIXED, VARY_DISTANCES };

/**
 * struct vary_pace - what a copy does to time
 * @seed:	Of all that is drawn
 * @offset_ns:	Added to every time
 * @scale:	Factor on all times of the copy, the protocol's timers too; 0 = 1
 * @pause:	Factor on pauses (what is longer than 100 ms and is no timer of the protocol)
 * @distance:	Round trips: far 350 to 1,300 ms, near 5 to 60 ms, mixed 20 to 600 ms
 */
struct vary_pace {
	uint64_t seed;
	int64_t offset_ns;
	double scale, pause;
	enum vary_distance distance;
};

/* Gives every frame its time in the copy. Needs the index. */
void vary_timing(struct copied_capture *r, const struct vary_pace *pace);

#endif
