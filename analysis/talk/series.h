/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_TALK_SERIES_H
#define ANALYSIS_TALK_SERIES_H

#include <stdbool.h>
#include <uthash.h>

#include "analysis/message/stream.h"
#include "analysis/talk/spread.h"

/* Messages that are sent again to a side that is silent. */

#define SERIES_BYTES 64 /* first bytes that are compared */
#define SERIES_TRIES 8	/* a longer series counts as one of so many */

struct series_key {
	uint8_t proto;
	uint8_t by_responder;
	uint8_t same;  /* bytes beside the size are the same in all tries */
	uint8_t tries; /* 2 to SERIES_TRIES */
};

/**
 * struct series - one kind of series
 * @n:		Series of this kind
 * @answered:	Of them, those whose last try got an answer
 * @least, @most: Sizes of their messages
 * @kept:	Bit i: byte i was the same in all tries of every series
 * @gap:	From try i to try i + 1, as sent
 * @input, @number: First frame of the first example
 */
struct series {
	struct series_key key;
	uint64_t n, answered;
	uint32_t least, most;
	uint64_t kept;
	struct spread gap[SERIES_TRIES - 1];
	uint16_t input;
	uint64_t number;
	UT_hash_handle hh;
};

#define SERIES_OPEN 3 /* sizes that are followed in a flow at a time */

/* What a flow must carry for this. */
struct series_flow {
	bool reply; /* direction of what is open */
	struct series_try {
		uint32_t size, tries; /* tries 0 = not open */
		uint8_t bytes_n;
		uint64_t last_ns, number, kept;
		uint64_t gap[SERIES_TRIES - 1];
		uint8_t bytes[SERIES_BYTES]; /* of the first try */
	} open[SERIES_OPEN];
};

struct all_series {
	struct series *kinds; /* (owned) */
	uint64_t unanswered;  /* messages that nobody answered, series or not */
};

void series_message(struct all_series *s, struct series_flow *f, const struct message *m);
/* The flow ends. */
void series_end(struct all_series *s, struct series_flow *f, const struct message_flow *flow);
/* Most frequent first. */
void series_sort(struct all_series *s);
void series_clear(struct all_series *s);

#endif
