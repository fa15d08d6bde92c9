/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/err.h"

#define NS_PER_MS 1000000ULL

enum loop_clock {
	LOOP_VIRTUAL, /* emulated time jumps over waits in which nothing can happen */
	LOOP_REAL,    /* emulated time runs as real time does: for foreign programs */
};

struct loop;

/**
 * struct loop_timer - a timer embedded in its owner; zero it before first use
 * @at_ns:	Emulated time at which it fires
 * @fn:		Called once, disarmed before the call (it may arm itself again)
 * @arg:	For @fn
 * @slot:	Heap position + 1; 0 = not armed (private)
 */
struct loop_timer {
	uint64_t at_ns;
	void (*fn)(void *arg);
	void *arg;
	size_t slot;
	uint64_t order; /* ties fire in the order they were armed (private) */
};

typedef void loop_fd_fn(void *arg, uint32_t events);

/* @epoch_ns: emulated time at the start, nanoseconds since the Unix epoch. The virtual clock sends
 * fences over the loopback of the network namespace the caller is in at this moment: it must be up
 * (loop_new() says so in @e if not). NULL with @e set. */
struct loop *loop_new(enum loop_clock clock, uint64_t epoch_ns, struct err *e);
void loop_free(struct loop *l);

enum loop_clock loop_kind(const struct loop *l);
uint64_t loop_now(struct loop *l);     /* emulated, ns since the Unix epoch */
uint64_t loop_elapsed(struct loop *l); /* emulated, ns since the start */

/* Emulated time to plan from: all that decides what is sent, and when, reckons with it and not with
 * loop_now(). With the virtual clock, when the last timer was due, or the limit of the last
 * loop_run(): the real time that consequences take, or that passes between two runs, does not count,
 * so that one seed gives one order of events; before the first loop_run(), the epoch. With the
 * real clock, now. */
uint64_t loop_due(struct loop *l);

void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t at_ns);
void loop_timer_after(struct loop *l, struct loop_timer *t, uint64_t delay_ns); /* loop_due() */
void loop_timer_cancel(struct loop *l, struct loop_timer *t);
static inline bool loop_timer_armed(const struct loop_timer *t)
{
	return t->slot != 0;
}

/* Watches a descriptor (level-triggered). 0, or -1 with @e set. */
int loop_fd_add(struct loop *l, int fd, uint32_t events, loop_fd_fn *fn, void *arg, struct err *e);
int loop_fd_mod(struct loop *l, int fd, uint32_t events);
void loop_fd_del(struct loop *l, int fd); /* before close(fd) */

/* With the virtual clock, called before loop_due() moves on, with the time by which it will; a
 * conntrack table is aged here. Whether the clock jumps there, or real time has passed, depends on
 * the machine and makes no difference. */
void loop_on_jump(struct loop *l, void (*fn)(void *arg, uint64_t jump_ns), void *arg);
/* Forgets the hooks of @arg: before it is freed. */
void loop_off_jump(struct loop *l, const void *arg);

/* For the next @real_ns of real time, and no longer, the virtual clock does not jump: for what waits
 * on a timer of the kernel, such as the retransmission of a lost segment. */
void loop_hold(struct loop *l, uint64_t real_ns);

/* With the virtual clock emulated time begins at the epoch with the first call: what was set up
 * before took none. Runs until loop_stop(), or until emulated time reaches @until_ns (0 = no
 * limit), or until no timer is armed and nothing is in flight. 0, or -1 with @e set. */
int loop_run(struct loop *l, uint64_t until_ns, struct err *e);
void loop_stop(struct loop *l);

/* Emulated time of a kernel time stamp (CLOCK_REALTIME, ns) taken while this loop ran. */
uint64_t loop_stamp(struct loop *l, uint64_t realtime_ns);

#endif
