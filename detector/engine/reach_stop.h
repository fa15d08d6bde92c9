/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_REACH_STOP_H
#define DETECTOR_REACH_STOP_H

#include <stddef.h>
#include <stdint.h>

#include "detector/engine/reach.h"

/**
 * struct reach_stop - why a signature says nothing of a flow
 * @rule:	(owned by the set) The rule that came furthest of those that report; "" = none came near
 * @line:	Of the rule in its file; 0 = none
 * @why:	The condition that failed first, in words: "U4 did not follow"
 */
struct reach_stop {
	const char *rule;
	unsigned line;
	char why[160];
};

/* Of signature @signature, by its place in the set, on a flow of @proto with these @notes. */
void reach_stop(const struct signature_set *set, size_t signature, uint8_t proto,
		const struct reach_note *notes, struct reach_stop *out);

#endif
