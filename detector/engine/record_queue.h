/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ENGINE_RECORD_QUEUE_H
#define DETECTOR_ENGINE_RECORD_QUEUE_H

#include "detector/engine/flow_record.h"

/* Flow records on their way from the thread that makes them to the one that asks rules. */

/* @signatures: whose rules are to be asked, by bit */
struct record_ready {
	struct flow_record record;
	uint64_t signatures;
};

struct record_chunk;

/**
 * struct record_queue - see record_queue.c; all zero = empty
 * @first, @last: (owned) Chunks: the taker's, the putter's
 * @put, @taken: Records so far
 */
struct record_queue {
	struct record_chunk *first, *last;
	uint64_t put, taken;
};
void record_queue_free(struct record_queue *q);
void record_queue_put(struct record_queue *q, const struct flow_record *r, uint64_t signatures);
/* There must be one, and the thread that calls must know that by something that orders memory, such as a lock. */
struct record_ready record_queue_take(struct record_queue *q);

#endif
