/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_PART_H
#define RUN_DETECT_PART_H

#include <stdbool.h>

#include "base/err.h"
#include "detector/detector.h"
#include "results/score/detections.h"
#include "results/score/flows.h"

/* Which packets of a flow's two directions. */
enum part_direction {
	PART_BOTH,
	PART_OPENER, /* from the side that sent the flow's first packet in the capture */
	PART_ANSWER, /* to it */
};

/**
 * struct capture_part - what of a capture a detector gets to see
 * @skip_s:	Nothing before so many seconds after the first packet
 * @direction:	Of UDP and TCP
 * @one_in:	One packet in so many, chosen at random by @seed and the frame's number; 0 and 1 = all
 * @flow_in:	One flow in so many, both directions of it, chosen by @seed and a hash of its addresses, ports
 *		and protocol; 0 and 1 = all
 * @snaplen:	So many first bytes of each frame; 0 = all. Lengths stay those on the wire
 */
struct capture_part {
	double skip_s;
	enum part_direction direction;
	unsigned one_in, flow_in;
	uint64_t seed;
	uint32_t snaplen;
};

/* The same part, with random choices of its own for what has this name: captures that are sampled by one
 * seed would have the same frames chosen, and would not be trials of their own. */
struct capture_part part_of_its_own(const struct capture_part *part, const char *name);

/**
 * detect_part() - as detect_capture() of run/detect/detect_score.h, on the part: it is cut while it is read
 * @passed:	Flows of the whole capture are added here, seen or not; NULL = not wanted
 * @kept:	Flows of what the detector gets; NULL = not wanted
 */
int detect_part(const struct signature_set *set, const char *path, const struct capture_part *part,
		struct detections *v, struct flow_index *passed, struct flow_index *kept,
		struct err *e);

#endif
