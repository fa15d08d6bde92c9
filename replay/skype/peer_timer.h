/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_PEER_TIMER_H
#define REPLAY_PEER_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"

struct overlay;

/* The emulated time to plan from: that of the last timer, so that the real time our own work takes
 * does not move later events. The same seed therefore gives the same order. */
uint64_t peer_now(const struct overlay *o);

/* A timer of a peer. Zero it before first use. */
struct peer_timer {
	struct loop_timer t;
	struct overlay *o;
	void (*fn)(void *arg);
	void *arg;
};

/* Calls @fn once, @seconds from peer_now(). A timer that is armed already is moved. */
void peer_timer_after(struct overlay *o, struct peer_timer *t, double seconds, void (*fn)(void *),
		      void *arg);
void peer_timer_cancel(struct peer_timer *t);
static inline bool peer_timer_armed(const struct peer_timer *t)
{
	return loop_timer_armed(&t->t);
}

#endif
