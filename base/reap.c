// SPDX-License-Identifier: GPL-2.0-or-later
/* reap.c - waiting for a child that is known to end, whatever signals come; ending with a parent */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/reap.h"

int reap(pid_t pid, int *status)
{
	pid_t got;

	do
		got = waitpid(pid, status, 0);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -1 : 0;
}

void die_with_parent(int alive)
{
	struct pollfd p = {.fd = alive, .events = POLLIN};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (poll(&p, 1, 0) > 0)
		_exit(EXIT_ENV);
	close(alive);
}
