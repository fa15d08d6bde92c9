// SPDX-License-Identifier: GPL-2.0-or-later
/* reap.c - waiting for a child that is known to end: a signal does not cut the wait short */
#include <errno.h>
#include <sys/wait.h>

#include "base/reap.h"

int reap(pid_t pid, int *status)
{
	pid_t got;

	do
		got = waitpid(pid, status, 0);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -1 : 0;
}
