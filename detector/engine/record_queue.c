// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record_queue.c - a queue of flow records between two threads
 *
 * One puts, one takes; there is no lock. Whoever takes has been told, with the packets, how many there are, so the
 * two never touch the same record at the same time. Records lie in chunks. The taker frees a chunk when it goes on to
 * the next, which the putter had gone on to before.
 */
#include <stdlib.h>

#include "base/err.h"
#include "detector/engine/record_queue.h"

#define CHUNK 128

struct record_chunk {
	struct record_chunk *next;
	struct record_ready r[CHUNK];
};

void record_queue_free(struct record_queue *q)
{
	while (q->first) {
		struct record_chunk *next = q->first->next;

		free(q->first);
		q->first = next;
	}
	*q = (struct record_queue){0};
}

void record_queue_put(struct record_queue *q, const struct flow_record *r, uint64_t signatures)
{
	if (q->put % CHUNK == 0) {
		struct record_chunk *fresh = xmalloc(sizeof(*fresh));

		fresh->next = NULL;
		if (q->last)
			q->last->next = fresh;
		else
			q->first = fresh;
		q->last = fresh;
	}
	q->last->r[q->put++ % CHUNK] = (struct record_ready){*r, signatures};
}

struct record_ready record_queue_take(struct record_queue *q)
{
	if (q->taken && q->taken % CHUNK == 0) {
		struct record_chunk *done = q->first;

		q->first = done->next;
		free(done);
	}
	return q->first->r[q->taken++ % CHUNK];
}
