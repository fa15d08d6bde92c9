// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * peer_timer.c - the peers' clock and timers
 *
 * Model. With the virtual clock, a peer plans from the time of the timer whose consequences it is
 * handling, not from the clock. The real time that work takes then does not move later events, and
 * one seed gives one order; loop_due() knows it, whoever's timer it was. With the real clock, the
 * time is the clock's.
 */
#include "replay/skype/overlay_private.h"
#include "replay/skype/peer_timer.h"

uint64_t peer_now(const struct overlay *o)
{
	return loop_due(o->loop);
}

static void timer_fired(void *arg)
{
	struct peer_timer *t = arg;

	t->fn(t->arg);
}

void peer_timer_after(struct overlay *o, struct peer_timer *t, double seconds, void (*fn)(void *),
		      void *arg)
{
	t->o = o;
	t->fn = fn;
	t->arg = arg;
	t->t.fn = timer_fired;
	t->t.arg = t;
	loop_timer_set(o->loop, &t->t, peer_now(o) + (uint64_t)(seconds < 0 ? 0 : seconds * 1e9));
}

void peer_timer_cancel(struct peer_timer *t)
{
	if (t->o)
		loop_timer_cancel(t->o->loop, &t->t);
}
