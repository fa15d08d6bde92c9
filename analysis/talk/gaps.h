/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_TALK_GAPS_H
#define ANALYSIS_TALK_GAPS_H

#include <stdbool.h>
#include <uthash.h>

#include "analysis/message/stream.h"
#include "analysis/talk/spread.h"

/* How long one side waits before it sends a message of the same size again, within a flow. */

#define GAPS_KINDS	     4096
#define GAPS_LEAST_NS	     500000000ULL    /* shorter gaps are no clock's */
#define GAPS_MOST_NS	     600000000000ULL /* longer ones neither */
#define GAPS_WHOLE_FROM_NS   900000000ULL
#define GAPS_WHOLE_TOLERANCE 0.02 /* seconds on either side of a whole one */
#define GAPS_LATEST	     16
#define GAPS_COPY_NS	     1000000000ULL /* spans that differ less at both ends are one trial */

struct gap_key {
	uint32_t size;
	uint8_t proto;
	uint8_t by_responder;
	uint8_t zero[2];
};

/**
 * struct gap_kind - the gaps between messages of one size, protocol and direction
 * @gaps:	From GAPS_LEAST_NS to GAPS_MOST_NS
 * @flows:	With such gaps
 * @shorter, @longer: Gaps that were not looked at
 * @copies:	Gaps that began and ended when another one of the kind did: one trial with it
 * @latest, @turn: The last gaps that were counted, a ring
 * @whole, @whole_of: So many of so many of GAPS_WHOLE_FROM_NS or more are whole seconds
 * @input, @number: The first such gap ends with this frame
 * Below, filled by gaps_finish(), from the sample:
 * @beat_s:	The steadiest gap; @beat of @beat_of are within @width of each other around it (0.01 =
 *		the longest is 1 % longer than the shortest)
 * @beat_p, @whole_p: Chance of as many, corrected for the kinds tried
 */
struct gap_kind {
	struct gap_key key;
	struct spread gaps;
	uint64_t flows, shorter, longer, copies;
	struct gap_span {
		uint64_t from_ns, to_ns;
	} latest[GAPS_LATEST];
	uint32_t turn;
	uint64_t whole, whole_of;
	uint16_t input;
	uint64_t number;
	double beat_s, width, beat_p, whole_p;
	uint32_t beat, beat_of;
	UT_hash_handle hh;
};

#define GAP_SIZES 3 /* sizes that a direction of a flow is followed in at a time */

/* What a flow must carry for this. */
struct gap_flow {
	struct gap_place {
		uint32_t size;
		bool counted; /* the flow is in the kind's @flows */
		uint64_t last_ns;
	} places[2][GAP_SIZES];
};

struct all_gaps {
	struct gap_kind *kinds; /* (owned) */
	uint64_t left_out;	/* messages whose kind found no room */
};

void gaps_message(struct all_gaps *g, struct gap_flow *f, const struct message *m);
/* After the last message: beats and chances; most gaps first. */
void gaps_finish(struct all_gaps *g);
void gaps_clear(struct all_gaps *g);

#endif
