/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_WATCH_LANES_H
#define OPERATOR_WATCH_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/capture/packet.h"
#include "base/capture/ring.h"
#include "detector/engine/prefilter.h"

#define LANE_BATCHES RING_PLACES /* that a lane holds at most */

/**
 * struct lane_batch - packets of one ring, in the order in which they came
 * @p, @found:	@n packets, and what the prefilter says of them
 * @place:	Of the ring's memory, where their bytes are
 * @set:	Which signatures @found is of
 */
struct lane_batch {
	struct packet p[RING_BATCH];
	struct prefilter found[RING_BATCH];
	size_t n;
	unsigned place, set;
	/* of lanes.c: what is left begins at @at; batches are counted as they are put */
	size_t at;
	uint64_t turn;
};

/**
 * struct lanes_wish - what is merged, and how
 * @n:		Lanes, one for each ring
 * @patience_ns: How long a packet waits at most for a lane that is being read and gives nothing
 * @margin_ns:	What a packet needs at most from its time to its ring
 * @give:	Gets the packets @from to @from + @n - 1 of a lane's batch; never called twice at once
 * @look:	Says of each of @n lanes whether its ring holds packets; must not wait
 * @clock:	Nanoseconds of CLOCK_REALTIME or CLOCK_MONOTONIC; NULL = the machine's
 */
struct lanes_wish {
	size_t n;
	uint64_t patience_ns, margin_ns;
	void (*give)(void *arg, size_t lane, struct lane_batch *b, size_t from, size_t n);
	void (*look)(void *arg, const size_t *lanes, size_t n, bool *holds);
	uint64_t (*clock)(void *arg, clockid_t which);
	void *arg;
};

/* Rings that are read by several threads, and whose packets are handed on as one sequence by time. */
struct lanes;

struct lanes *lanes_new(const struct lanes_wish *wish);
void lanes_free(struct lanes *l);

enum lane_state { LANE_TAKEN, LANE_HELD, LANE_FULL, LANE_ENDED };
/* Takes a lane: only the caller may read its ring until lanes_put(), into *@b. Otherwise: another thread
 * reads it, it has no room, or there is nothing more to come. */
enum lane_state lanes_take(struct lanes *l, size_t lane, struct lane_batch **b);
/* Gives it back. Its batch has @b->n packets, maybe none. @asked_ns: when the ring was asked, ns since
 * the epoch; @emptied: what had come by then was read; @end: nothing more will come. */
void lanes_put(struct lanes *l, size_t lane, uint64_t asked_ns, bool emptied, bool end);
/* Hands on what is next for certain. Returns a lane whose ring has to be read first, or -1; then *@wait_ns
 * says when to call again if no lane is put before: UINT64_MAX = nothing waits. */
#define LANES_NONE (-1)
int lanes_advance(struct lanes *l, uint64_t *wait_ns);
/* Waits until a lane was put or has room, at most @ns, unless @lane (or LANES_NONE) can be taken. */
void lanes_wait(struct lanes *l, int lane, uint64_t ns);
bool lanes_ended(struct lanes *l, size_t lane);
/* All packets from before this time were handed on; UINT64_MAX = all that will ever be. */
uint64_t lanes_seen_ns(struct lanes *l);

/**
 * struct lanes_counts - what became of the order
 * @late:	Packets that were handed on after a later one
 * @given_up:	How often patience with a lane ended
 */
struct lanes_counts {
	uint64_t late, given_up;
};
void lanes_counts(struct lanes *l, struct lanes_counts *out);

#endif
