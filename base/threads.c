// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * threads.c - how many threads are of use, and one more; and how soon they run
 *
 * Useful are as many as there are processors that this process is pinned to, not as the machine has. A
 * limit on CPU time (cgroup) is not seen.
 *
 * Who runs soon: since Linux 6.12 a thread that asks for short turns is let in before those that have a
 * long one, as soon as it is woken; its part of the time is the same. Before, a thread that slept is let
 * in anyhow. No privilege is needed. Threads of a real-time class are left as they are.
 */
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/threads.h"

#define SHORT_TURN_NS 100000 /* the kernel's least */

/* The kernel's struct sched_attr: its header and that of glibc exclude each other. */
struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

unsigned threads_useful(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set) < 0 || CPU_COUNT(&set) < 1)
		return 1;
	return (unsigned)CPU_COUNT(&set);
}

int thread_start(pthread_t *thread, void *(*work)(void *arg), void *arg)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(thread, NULL, work, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

void threads_wake_soon(void)
{
	struct attributes a = {.size = sizeof(a)};

	if (syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0) < 0 || a.policy != SCHED_OTHER)
		return;
	a.runtime = SHORT_TURN_NS;
	(void)syscall(SYS_sched_setattr, 0, &a, 0);
}
