// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lanes.c - packets of several rings, read by several threads, as one sequence by time
 *
 * Model. A ring is a lane, whose batches wait here in the order in which they came. The packet with the
 * earliest time is handed on when every other lane is known to give nothing earlier: it has a packet
 * that waits, it has given a later one, or its ring was empty after the packet had been found in its own.
 * (The kernel queues packets between their time and their rings, in order: so what is earlier was there.)
 * Whoever has put a batch looks at the rings of the lanes that have none; so a lane in which nothing
 * happens costs a look and no time.
 *
 *   state of a lane | what it may still give          | the packet before it waits until
 *   ----------------+---------------------------------+------------------------------------------
 *   has batches     | from its first packet's time on | that is handed on
 *   held            | from what it gave last on, or   | it is put, or patience ends
 *                   | from when it was last empty     |
 *   ring holds some | the same                        | the caller of lanes_advance() reads it
 *   ring is empty   | what comes from now on          | the margin is over
 *   given up        | anything: it is not waited for  | -
 *   ended           | nothing                         | -
 *
 * A lane that is held for longer than patience (its thread gets no processor) is given up until it is
 * put; what it then has is handed on at once, late.
 *
 * Any thread may read any lane, one at a time: so nobody waits for a thread to wake up. One thread at a
 * time hands on (@busy), all that can be; others put theirs meanwhile and read on. All is under @lock,
 * except the handing on.
 *
 * Limits. Packets of one lane keep their order, even where their times disagree. Packets that several
 * processors receive at once have the order of their times as far as they are in their rings within the
 * margin. When the clock is set back, order is kept again once all lanes gave a packet.
 */
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "operator/watch/lanes.h"

/**
 * struct lane - see above
 * @batches:	(owned) LANE_BATCHES of them; those that wait are @n from @first on
 * @last_ns:	Of the last packet that it gave
 * @empty_ns:	Its ring was empty then,
 * @empty_turn:	when this batch, and those before, had been put
 * @taken_turn:	The last batch that had been put when it was taken
 * @holds:	Its ring was not, at the last look
 */
struct lane {
	struct lane_batch *batches;
	unsigned first, n;
	bool held, holds, given_up, ended;
	uint64_t last_ns, empty_ns, empty_turn, taken_turn;
};

/**
 * struct lanes - see above
 * @asked, @holds: (owned) Room for a look
 * @blocked_ns:	Since when the first packet waits, monotonic; 0 = it does not
 * @given_ns:	Latest time that was handed on
 * @turn:	Of the batch that was put last
 * @waiters:	Threads in lanes_wait()
 */
struct lanes {
	struct lanes_wish wish;
	struct lane *lanes;
	size_t *asked;
	bool *holds;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned waiters;
	bool busy;
	uint64_t blocked_ns, given_ns, turn;
	struct lanes_counts counts;
};

static uint64_t clock_now(const struct lanes *l, clockid_t which)
{
	return l->wish.clock ? l->wish.clock(l->wish.arg, which) : clock_ns(which);
}

struct lanes *lanes_new(const struct lanes_wish *wish)
{
	struct lanes *l = xcalloc(1, sizeof(*l));
	pthread_condattr_t attr;

	l->wish = *wish;
	l->lanes = xcalloc(wish->n, sizeof(*l->lanes));
	l->asked = xcalloc(wish->n, sizeof(*l->asked));
	l->holds = xcalloc(wish->n, sizeof(*l->holds));
	for (size_t i = 0; i < wish->n; i++) {
		l->lanes[i].batches = xcalloc(LANE_BATCHES, sizeof(struct lane_batch));
		l->lanes[i].empty_ns = clock_now(l, CLOCK_REALTIME);
	}
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->changed, &attr);
	pthread_condattr_destroy(&attr);
	return l;
}

void lanes_free(struct lanes *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->wish.n; i++)
		free(l->lanes[i].batches);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->lock);
	free(l->lanes);
	free(l->asked);
	free(l->holds);
	free(l);
}

/* ---- lanes ---- */

static struct lane_batch *batch_at(struct lane *a, unsigned i)
{
	return &a->batches[(a->first + i) % LANE_BATCHES];
}

static uint64_t head_ns(struct lane *a)
{
	struct lane_batch *b = batch_at(a, 0);

	return b->p[b->at].ts_ns;
}

/* A datagram of fragments lies in memory that the ring's next packets use again. */
static bool ends_with_fragments(struct lane *a)
{
	struct lane_batch *b = batch_at(a, a->n - 1);

	return b->p[b->n - 1].fragments;
}

static enum lane_state state_of(struct lane *a)
{
	if (a->held)
		return LANE_HELD;
	if (a->ended)
		return LANE_ENDED;
	return a->n == LANE_BATCHES || (a->n && ends_with_fragments(a)) ? LANE_FULL : LANE_TAKEN;
}

enum lane_state lanes_take(struct lanes *l, size_t lane, struct lane_batch **b)
{
	struct lane *a = &l->lanes[lane];
	enum lane_state state;

	pthread_mutex_lock(&l->lock);
	state = state_of(a);
	if (state == LANE_TAKEN) {
		a->held = true;
		a->taken_turn = l->turn;
		*b = batch_at(a, a->n);
		(*b)->place = (a->first + a->n) % LANE_BATCHES;
		(*b)->n = (*b)->at = 0;
	}
	pthread_mutex_unlock(&l->lock);
	return state;
}

static void wake(struct lanes *l)
{
	if (l->waiters)
		pthread_cond_broadcast(&l->changed);
}

void lanes_put(struct lanes *l, size_t lane, uint64_t asked_ns, bool emptied, bool end)
{
	struct lane *a = &l->lanes[lane];
	struct lane_batch *b;

	pthread_mutex_lock(&l->lock);
	b = batch_at(a, a->n);
	if (b->n) {
		a->last_ns = b->p[b->n - 1].ts_ns;
		b->turn = ++l->turn;
		a->n++;
	}
	if (emptied) {
		a->empty_ns = asked_ns;
		a->empty_turn = a->taken_turn;
	}
	a->held = a->given_up = false;
	a->ended = end;
	wake(l);
	pthread_mutex_unlock(&l->lock);
}

bool lanes_ended(struct lanes *l, size_t lane)
{
	bool ended;

	pthread_mutex_lock(&l->lock);
	ended = l->lanes[lane].ended;
	pthread_mutex_unlock(&l->lock);
	return ended;
}

void lanes_wait(struct lanes *l, int lane, uint64_t ns)
{
	struct timespec t = clock_timespec(clock_ns(CLOCK_MONOTONIC) + ns);

	pthread_mutex_lock(&l->lock);
	if (lane == LANES_NONE || state_of(&l->lanes[lane]) != LANE_TAKEN) {
		l->waiters++;
		pthread_cond_timedwait(&l->changed, &l->lock, &t);
		l->waiters--;
	}
	pthread_mutex_unlock(&l->lock);
}

/* ---- order ---- */

/* Nothing from before this time will come from a lane, as far as packets of a batch ask that. */
static uint64_t bound_of(const struct lanes *l, struct lane *a, uint64_t turn)
{
	uint64_t empty = 0;

	if (a->n)
		return head_ns(a);
	if (a->ended || a->given_up)
		return UINT64_MAX;
	if (a->empty_turn >= turn && a->empty_ns > l->wish.margin_ns)
		empty = a->empty_ns - l->wish.margin_ns;
	return a->last_ns > empty ? a->last_ns : empty;
}

/* The lane with the earliest packet, or NULL. */
static struct lane *earliest(struct lanes *l)
{
	struct lane *best = NULL;

	for (size_t i = 0; i < l->wish.n; i++) {
		struct lane *a = &l->lanes[i];

		if (a->n && (!best || head_ns(a) < head_ns(best)))
			best = a;
	}
	return best;
}

/* The lane beside @head that may give the earliest packet, and its bound. */
static struct lane *least_known(struct lanes *l, struct lane *head, uint64_t *bound)
{
	uint64_t turn = batch_at(head, 0)->turn;
	struct lane *least = NULL;

	*bound = UINT64_MAX;
	for (size_t i = 0; i < l->wish.n; i++) {
		struct lane *a = &l->lanes[i];
		uint64_t one = a == head ? UINT64_MAX : bound_of(l, a, turn);

		if (one < *bound) {
			*bound = one;
			least = a;
		}
	}
	return least;
}

/* Hands on what a lane has up to a time. */
static void give(struct lanes *l, struct lane *a, uint64_t until_ns)
{
	struct lane_batch *b = batch_at(a, 0);
	size_t from = b->at, to = from;

	for (; to < b->n && b->p[to].ts_ns <= until_ns; to++) {
		l->counts.late += b->p[to].ts_ns < l->given_ns;
		if (b->p[to].ts_ns > l->given_ns)
			l->given_ns = b->p[to].ts_ns;
	}
	pthread_mutex_unlock(&l->lock);
	l->wish.give(l->wish.arg, (size_t)(a - l->lanes), b, from, to - from);
	pthread_mutex_lock(&l->lock);
	b->at = to;
	l->blocked_ns = 0;
	if (to < b->n)
		return;
	a->first = (a->first + 1) % LANE_BATCHES;
	a->n--;
	wake(l);
}

/* Looks at the rings of lanes that have nothing here. */
static void look(struct lanes *l)
{
	uint64_t now = clock_now(l, CLOCK_REALTIME);
	size_t n = 0;

	for (size_t i = 0; i < l->wish.n; i++)
		if (!l->lanes[i].n && !l->lanes[i].held && !l->lanes[i].ended)
			l->asked[n++] = i;
	if (n)
		l->wish.look(l->wish.arg, l->asked, n, l->holds);
	for (size_t i = 0; i < n; i++) {
		struct lane *a = &l->lanes[l->asked[i]];

		a->holds = l->holds[i];
		if (a->holds)
			continue;
		a->empty_ns = now;
		a->empty_turn = l->turn;
	}
}

/* The packet at @head_ns waits for a lane: which lane is to be read, or how long it waits. Whether it is
 * not waited for any more. */
static bool wait_for(struct lanes *l, struct lane *a, uint64_t head_ns, int *lane,
		     uint64_t *wait_ns)
{
	uint64_t now = clock_now(l, CLOCK_MONOTONIC), over;

	if (!l->blocked_ns)
		l->blocked_ns = now;
	if (now - l->blocked_ns >= l->wish.patience_ns) {
		a->given_up = true;
		l->counts.given_up++;
		return true;
	}
	*wait_ns = l->blocked_ns + l->wish.patience_ns - now;
	if (a->held)
		return false;
	if (a->holds) {
		*lane = (int)(a - l->lanes);
		return false;
	}
	over = head_ns + l->wish.margin_ns;
	/* found empty just now, but too early */
	if (over > a->empty_ns && over - a->empty_ns < *wait_ns)
		*wait_ns = over - a->empty_ns;
	return false;
}

int lanes_advance(struct lanes *l, uint64_t *wait_ns)
{
	bool looked = false, more = true;
	int lane = LANES_NONE;

	*wait_ns = UINT64_MAX;
	pthread_mutex_lock(&l->lock);
	if (l->busy) {
		pthread_mutex_unlock(&l->lock);
		return LANES_NONE;
	}
	l->busy = true;
	while (more) {
		struct lane *head = earliest(l), *least;
		uint64_t bound;

		if (!head)
			break;
		least = least_known(l, head, &bound);
		if (head_ns(head) <= bound) {
			give(l, head, bound);
			looked = false;
		} else if (!looked) {
			look(l);
			looked = true;
		} else {
			more = wait_for(l, least, head_ns(head), &lane, wait_ns);
		}
	}
	l->busy = false;
	pthread_mutex_unlock(&l->lock);
	return lane;
}

uint64_t lanes_seen_ns(struct lanes *l)
{
	uint64_t seen = UINT64_MAX;

	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < l->wish.n; i++) {
		struct lane *a = &l->lanes[i];
		uint64_t empty = a->empty_ns, one = a->last_ns > empty ? a->last_ns : empty;

		if (a->n)
			one = head_ns(a);
		else if (a->ended)
			one = UINT64_MAX;
		seen = one < seen ? one : seen;
	}
	pthread_mutex_unlock(&l->lock);
	return seen;
}

void lanes_counts(struct lanes *l, struct lanes_counts *out)
{
	pthread_mutex_lock(&l->lock);
	*out = l->counts;
	pthread_mutex_unlock(&l->lock);
}
