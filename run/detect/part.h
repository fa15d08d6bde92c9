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
 * @missed_too:	The flow index gets what the detector does not see, too: then what passed and was not
 *		seen is missed
 */
struct capture_part {
	double skip_s;
	enum part_direction direction;
	unsigned one_in;
	uint64_t seed;
	bool missed_too;
};

/* As detect_capture() of run/detect/detect_score.h, on the part: it is cut while it is read. */
int detect_part(const struct signature_set *set, const char *path, const struct capture_part *part,
		struct detections *v, struct flow_index *x, struct err *e);

#endif
