// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * threads.c - how many threads are of use, and one more
 *
 * Useful are as many as there are processors that this process is pinned to, not as the machine has. A
 * limit on CPU time (cgroup) is not seen.
 */
#include <sched.h>
#include <signal.h>

#include "base/threads.h"

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
