/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ENDING_H
#define DETECTOR_ENDING_H

#include <stdbool.h>

#include "base/addr.h"
#include "detector/engine/pool.h"

/* What is to be reported when a flow ends. */

/**
 * struct ending - something that ends with a flow: a session, or a match of a rule with "until"
 * @flow:	First, since the pool keeps its free list there
 * @next:	In the bucket of its flow; 0 = none
 * @next_client: In the bucket of its client (sessions)
 * @at:		Its place in the heap, from 1
 * @due:	It ends not before this, unless the flow is closed: where to look again
 * @session:	A session: of @signature and @client
 * @rule:	The rule that began it
 * @answered:	That event was
 */
struct ending {
	uint32_t flow;
	uint32_t next, next_client, at;
	uint64_t due;
	struct ip client;
	uint8_t client_dir;
	bool session, answered;
	uint16_t signature, rule;
	uint32_t version;
};

/**
 * struct endings - all of them
 * @by_flow, @by_client: (owned) Buckets, @mask + 1 each
 * @heap:	(owned) By @due, the earliest first; as many as the pool has live
 * @evicted:	Ended early for want of room
 * @key:	Secret of the hashes
 */
struct endings {
	struct pool pool;
	uint32_t *by_flow, *by_client, *heap;
	size_t mask;
	uint64_t evicted;
	uint64_t key[2];
};
void endings_init(struct endings *t, size_t limit);
void endings_free(struct endings *t);
size_t endings_bytes(const struct endings *t);
static inline struct ending *ending_at(const struct endings *t, uint32_t i)
{
	return pool_at(&t->pool, i);
}

/* A copy of @what is kept; returns its index. There must be room: endings_full(). */
uint32_t ending_add(struct endings *t, const struct ending *what);
static inline bool endings_full(const struct endings *t)
{
	return t->pool.live >= t->pool.limit;
}
void ending_remove(struct endings *t, uint32_t i);
/* The ending goes on with another flow. */
void ending_move(struct endings *t, uint32_t i, uint32_t flow);
void ending_set_due(struct endings *t, uint32_t i, uint64_t due);
/* Signatures and rules have other numbers now, by the old ones: all of what is there is among them. */
void endings_renumber(struct endings *t, const uint16_t *signatures, const uint16_t *rules);
/* The one that is due first; 0 = there is none. */
uint32_t ending_first(const struct endings *t);
/* The session of a client, by signature; 0 = none. */
uint32_t ending_of_client(const struct endings *t, uint16_t signature, const struct ip *client);
/* The flow's next ending behind @after, in the order in which they were added; 0 = begin, none. */
uint32_t ending_of_flow(const struct endings *t, uint32_t flow, uint32_t after);

#endif
