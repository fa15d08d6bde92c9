// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * loop.c - one epoll loop and an emulated clock for everything that happens in a lab
 *
 * Model. All peers, generators and taps of a cell live in one thread. Emulated time is real time
 * plus an offset. With the virtual clock, whenever no descriptor is ready and the kernel has
 * nothing under way, the offset grows until the next timer is due: minutes of emulated waiting cost
 * nothing. No packet is hurried, because work takes real, and so emulated, time. With
 * the real clock the offset is constant and the loop sleeps.
 *
 * What the virtual clock does (loop_run(); each state is left for the first reason that holds):
 *
 *   state | entered when                     | left when
 *   ------+----------------------------------+----------------------------------------------------
 *   SERVE | loop_run() begins; any state     | no descriptor is ready          -> FENCE
 *         | below has caused work            |
 *   FENCE | nothing is ready                 | the fences are back and a
 *         |                                  |   descriptor is ready           -> SERVE
 *         |                                  | the fences are back, all quiet,
 *         |                                  |   and a timer is due            -> FIRE
 *         |                                  |   and none is due               -> JUMP
 *   JUMP  | the kernel is at rest            | the clock is held: real time has
 *         |                                  |   passed                        -> SERVE
 *         |                                  | the offset has grown            -> FIRE
 *   FIRE  | the kernel is at rest, and a     | one timer has fired             -> SERVE
 *         | timer or the time limit is due   | no timer is left before the limit,
 *         |                                  |   or there is neither           -> the loop ends
 *
 * loop_stop() ends it from any state.
 *
 * One seed, one order of events. One timer fires at a time, and only when all that the timer before
 * it has caused is served, also when both are overdue. Whoever plans does so from loop_due(), the
 * time for which the last timer was set, and not from the clock, which a busy machine moves. So the
 * times of all timers, and with them their order, are sums of what the seed has drawn.
 *
 * Is the kernel at rest? Fences say so (fence.c), before a timer fires and before a jump.
 *
 * Stalls. A machine with much else to do lets us wait, and that is no emulated time: where work took
 * longer than STALL_NS, the clock is set back to what it would be after STALL_NS, but never before a time
 * that somebody has read. So an answer that is 20 ms away does not come after seconds in a capture.
 *
 * Time stamps. A tap's packets carry the kernel's real time. Every jump is kept, so that
 * loop_stamp() gives the emulated time of any stamp later on; taps need not be read at each jump
 * (offsets.c).
 *
 * Limits. The kernel's own timers (TCP retransmission, conntrack lifetimes) run in real time. A
 * lost segment of an emulated TCP connection is sent again only after its real retransmission time;
 * whoever loses segments on purpose holds the clock for so long (loop_hold()). Conntrack tables are
 * aged by their owner through loop_on_jump().
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/fence.h"
#include "base/loop.h"
#include "base/offsets.h"

#define STALL_NS (50 * NS_PER_MS)

struct fd_watch {
	loop_fd_fn *fn;
	void *arg;
	uint32_t generation; /* tells events of a closed descriptor from its successor's */
};

struct jump_hook {
	void (*fn)(void *arg, uint64_t jump_ns);
	void *arg;
};

struct loop {
	enum loop_clock clock;
	int epoll;
	struct fence *fence; /* of the virtual clock */
	bool stop;
	bool begun; /* loop_run() was called */
	uint64_t offset;
	uint64_t epoch_ns;
	uint64_t due_ns; /* of the timer fired last, or where a run began or ended; 0 = none yet */
	uint64_t hold_until_ns; /* real time before which there is no jump */
	uint64_t last_ns; /* emulated time never runs backwards, whatever the wall clock does */
	uint64_t order;
	struct loop_timer **heap; /* binary heap by (at_ns, order) */
	size_t timers, heap_cap;
	struct fd_watch *watch; /* by descriptor */
	size_t watch_cap, watches;
	uint32_t generation;
	struct offsets offsets; /* what @offset was, and when */
	uint64_t looked_ns; /* real time of the last look for a stall; 0 = there is none to find */
	struct jump_hook hooks[512];
	size_t hook_count;
};

enum loop_clock loop_kind(const struct loop *l)
{
	return l->clock;
}

uint64_t loop_now(struct loop *l)
{
	uint64_t now = clock_ns(CLOCK_REALTIME) + l->offset;

	if (l->clock == LOOP_VIRTUAL && !l->begun)
		return l->epoch_ns;
	if (now > l->last_ns)
		l->last_ns = now;
	return l->last_ns;
}

uint64_t loop_elapsed(struct loop *l)
{
	return loop_now(l) - l->epoch_ns;
}

uint64_t loop_due(struct loop *l)
{
	return l->clock == LOOP_VIRTUAL && l->due_ns ? l->due_ns : loop_now(l);
}

uint64_t loop_stamp(struct loop *l, uint64_t realtime_ns)
{
	uint64_t at = offsets_stamp(&l->offsets, realtime_ns);

	if (at > l->last_ns && l->begun) /* it is read, so it stays past */
		l->last_ns = at;
	return at;
}

struct loop *loop_new(enum loop_clock clock, uint64_t epoch_ns, struct err *e)
{
	struct loop *l = xcalloc(1, sizeof(*l));
	uint64_t now;

	l->clock = clock;
	l->epoch_ns = l->last_ns = epoch_ns;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0) {
		err_env(e, "epoll_create1: %s", strerror(errno));
		loop_free(l);
		return NULL;
	}
	if (clock == LOOP_VIRTUAL) {
		l->fence = fence_open(e);
		if (!l->fence) {
			loop_free(l);
			return NULL;
		}
	}
	now = clock_ns(CLOCK_REALTIME);
	l->offset = epoch_ns - now;
	offsets_begin(&l->offsets, l->offset);
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	if (l->epoll >= 0)
		close(l->epoll);
	fence_close(l->fence);
	free(l->heap);
	free(l->watch);
	offsets_free(&l->offsets);
	free(l);
}

/* --- timers ------------------------------------------------------------------------------- */

static bool earlier(const struct loop_timer *a, const struct loop_timer *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void heap_put(struct loop *l, size_t i, struct loop_timer *t)
{
	l->heap[i] = t;
	t->slot = i + 1;
}

static void heap_up(struct loop *l, size_t i, struct loop_timer *t)
{
	while (i && earlier(t, l->heap[(i - 1) / 2])) {
		heap_put(l, i, l->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	heap_put(l, i, t);
}

static void heap_down(struct loop *l, size_t i, struct loop_timer *t)
{
	for (;;) {
		size_t c = 2 * i + 1;

		if (c >= l->timers)
			break;
		if (c + 1 < l->timers && earlier(l->heap[c + 1], l->heap[c]))
			c++;
		if (!earlier(l->heap[c], t))
			break;
		heap_put(l, i, l->heap[c]);
		i = c;
	}
	heap_put(l, i, t);
}

void loop_timer_cancel(struct loop *l, struct loop_timer *t)
{
	size_t i = t->slot;
	struct loop_timer *last;

	if (!i--)
		return;
	t->slot = 0;
	last = l->heap[--l->timers];
	if (last == t)
		return;
	if (i && earlier(last, l->heap[(i - 1) / 2]))
		heap_up(l, i, last);
	else
		heap_down(l, i, last);
}

void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t at_ns)
{
	loop_timer_cancel(l, t);
	t->at_ns = at_ns;
	t->order = l->order++;
	if (l->timers == l->heap_cap) {
		l->heap_cap = l->heap_cap ? l->heap_cap * 2 : 64;
		l->heap = xrealloc(l->heap, l->heap_cap * sizeof(*l->heap));
	}
	heap_up(l, l->timers++, t);
}

void loop_timer_after(struct loop *l, struct loop_timer *t, uint64_t delay_ns)
{
	loop_timer_set(l, t, loop_due(l) + delay_ns);
}

static void fire_first(struct loop *l)
{
	struct loop_timer *t = l->heap[0];

	loop_timer_cancel(l, t);
	t->fn(t->arg);
}

/* Fires what is due; how many. */
static size_t fire_due(struct loop *l)
{
	uint64_t now = loop_now(l);
	size_t n = 0;

	for (; !l->stop && l->timers && l->heap[0]->at_ns <= now; n++)
		fire_first(l);
	return n;
}

/* --- descriptors -------------------------------------------------------------------------- */

int loop_fd_add(struct loop *l, int fd, uint32_t events, loop_fd_fn *fn, void *arg, struct err *e)
{
	struct epoll_event ev = {.events = events};

	if ((size_t)fd >= l->watch_cap) {
		size_t cap = l->watch_cap ? l->watch_cap : 64;

		while (cap <= (size_t)fd)
			cap *= 2;
		l->watch = xrealloc(l->watch, cap * sizeof(*l->watch));
		memset(l->watch + l->watch_cap, 0, (cap - l->watch_cap) * sizeof(*l->watch));
		l->watch_cap = cap;
	}
	l->watch[fd] = (struct fd_watch){fn, arg, ++l->generation};
	ev.data.u64 = (uint64_t)l->generation << 32 | (uint32_t)fd;
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) < 0) {
		l->watch[fd].fn = NULL;
		return err_sys(e, "epoll_ctl");
	}
	l->watches++;
	return 0;
}

int loop_fd_mod(struct loop *l, int fd, uint32_t events)
{
	struct epoll_event ev = {.events = events};

	ev.data.u64 = (uint64_t)l->watch[fd].generation << 32 | (uint32_t)fd;
	return epoll_ctl(l->epoll, EPOLL_CTL_MOD, fd, &ev);
}

void loop_fd_del(struct loop *l, int fd)
{
	if (fd < 0 || (size_t)fd >= l->watch_cap || !l->watch[fd].fn)
		return;
	epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
	l->watch[fd].fn = NULL;
	l->watches--;
}

/* Waits at most @wait_ns (real time) and gives events to their owners; how many there were. */
static int poll_fds(struct loop *l, uint64_t wait_ns)
{
	struct timespec ts = {(time_t)(wait_ns / NS_PER_SEC), (long)(wait_ns % NS_PER_SEC)};
	struct epoll_event ev[64];
	int n = epoll_pwait2(l->epoll, ev, ARRAY_LEN(ev), &ts, NULL);

	for (int i = 0; i < n && !l->stop; i++) {
		struct fd_watch *w = &l->watch[(uint32_t)ev[i].data.u64];

		if (w->fn && w->generation == ev[i].data.u64 >> 32)
			w->fn(w->arg, ev[i].events);
	}
	return n;
}

/* --- running ------------------------------------------------------------------------------ */

void loop_on_jump(struct loop *l, void (*fn)(void *arg, uint64_t jump_ns), void *arg)
{
	if (l->hook_count < ARRAY_LEN(l->hooks))
		l->hooks[l->hook_count++] = (struct jump_hook){fn, arg};
}

void loop_off_jump(struct loop *l, const void *arg)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->hook_count; i++)
		if (l->hooks[i].arg != arg)
			l->hooks[kept++] = l->hooks[i];
	l->hook_count = kept;
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}

void loop_hold(struct loop *l, uint64_t real_ns)
{
	l->hold_until_ns = real_ns ? clock_ns(CLOCK_REALTIME) + real_ns : 0;
}

/* Waits, while the clock is held, in real time and not beyond @next. Was it held? */
static bool held(struct loop *l, uint64_t now, uint64_t next)
{
	uint64_t real = clock_ns(CLOCK_REALTIME), wait;

	if (real >= l->hold_until_ns)
		return false;
	wait = l->hold_until_ns - real;
	poll_fds(l, next && next - now < wait ? next - now : wait);
	return true;
}

/* What is planned moves on to @at_ns. The hooks see it before. */
static void plan_from(struct loop *l, uint64_t at_ns)
{
	if (at_ns <= l->due_ns)
		return;
	for (size_t i = 0; i < l->hook_count; i++)
		l->hooks[i].fn(l->hooks[i].arg, at_ns - l->due_ns);
	l->due_ns = at_ns;
}

static void jump_to(struct loop *l, uint64_t at_ns)
{
	uint64_t real = clock_ns(CLOCK_REALTIME);

	if (at_ns <= real + l->offset)
		return;
	l->offset = at_ns - real;
	offsets_note(&l->offsets, real, l->offset);
}

/* With the virtual clock time begins here, at the epoch: the real time that the set-up took would
 * otherwise shift one source against another, differently in each run. Packets of the set-up have
 * stamps before the epoch. A later run plans from where the one before it ended, and not from the
 * clock, which has gone on meanwhile, by how much the machine decides. */
static void begin(struct loop *l)
{
	l->stop = false;
	if (!l->begun && l->clock == LOOP_VIRTUAL) {
		l->offset = l->epoch_ns - clock_ns(CLOCK_REALTIME);
		offsets_begin(&l->offsets, l->offset);
		l->last_ns = l->due_ns = l->epoch_ns;
	}
	l->begun = true;
	l->looked_ns = 0;
}

/* Takes back what the machine has kept us waiting since the last look. */
static void look_for_stall(struct loop *l)
{
	uint64_t real = clock_ns(CLOCK_REALTIME), now = real + l->offset;
	uint64_t took = l->looked_ns && real > l->looked_ns ? real - l->looked_ns : 0, back;

	l->looked_ns = real;
	if (took <= STALL_NS || now <= l->last_ns)
		return;
	back = took - STALL_NS;
	l->offset -= back < now - l->last_ns ? back : now - l->last_ns;
	offsets_note(&l->offsets, real, l->offset);
}

static int run_virtual(struct loop *l, uint64_t until_ns, struct err *e)
{
	while (!l->stop) {
		uint64_t now, next;
		bool timer;
		int n;

		look_for_stall(l);
		n = poll_fds(l, 0); /* SERVE */
		if (n < 0 && errno != EINTR)
			return err_sys(e, "epoll_pwait2");
		if (n || l->stop)
			continue;
		fence_wait(l->fence); /* FENCE */
		look_for_stall(l);
		if (poll_fds(l, 0) > 0)
			continue;
		now = loop_now(l);
		timer = l->timers && (!until_ns || l->heap[0]->at_ns <= until_ns);
		next = timer ? l->heap[0]->at_ns : until_ns;
		if (!next || next > now) {
			if (held(l, now, next)) {
				l->looked_ns = 0; /* this time is to pass */
				continue;
			}
			jump_to(l, next); /* JUMP */
		}
		if (!timer)
			break;
		plan_from(l, next);
		fire_first(l); /* FIRE */
	}
	if (!l->stop)
		plan_from(l, until_ns);
	return 0;
}

static int run_real(struct loop *l, uint64_t until_ns, struct err *e)
{
	while (!l->stop) {
		uint64_t now, next;
		size_t fired;
		int n = poll_fds(l, 0);

		if (n < 0 && errno != EINTR)
			return err_sys(e, "epoll_pwait2");
		if (l->stop)
			break;
		fired = fire_due(l);
		now = loop_now(l);
		if (until_ns && now >= until_ns) /* also when there is always something ready */
			break;
		if (fired || n != 0)
			continue;
		next = l->timers ? l->heap[0]->at_ns : until_ns;
		if (until_ns && next > until_ns)
			next = until_ns;
		if (next && next <= now)
			continue;
		if (!next && !l->watches)
			break;
		poll_fds(l, next ? next - now : NS_PER_SEC);
	}
	return 0;
}

int loop_run(struct loop *l, uint64_t until_ns, struct err *e)
{
	begin(l);
	return l->clock == LOOP_VIRTUAL ? run_virtual(l, until_ns, e) : run_real(l, until_ns, e);
}
