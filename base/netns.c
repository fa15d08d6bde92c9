// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * netns.c - enters a network namespace and comes back
 *
 * A socket stays in the namespace where it was made, so one thread and one epoll loop serve all
 * nodes of a lab: enter, make the socket, leave. Only the calling thread moves.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/netns.h"

int netns_enter(int netns, struct err *e)
{
	int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	if (home < 0)
		return err_env(e, "/proc/thread-self/ns/net: %s", strerror(errno));
	if (netns >= 0 && setns(netns, CLONE_NEWNET) < 0) {
		err_env(e, "cannot enter a network namespace: %s", strerror(errno));
		close(home);
		return -1;
	}
	return home;
}

void netns_leave(int previous)
{
	if (previous < 0)
		return;
	if (setns(previous, CLONE_NEWNET) < 0)
		log_error("cannot go back to the home network namespace");
	close(previous);
}

int netns_socket(int netns, int domain, int type, int protocol, struct err *e)
{
	int home = netns_enter(netns, e), fd;

	if (home < 0)
		return -1;
	fd = socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	if (fd < 0)
		err_sys(e, "cannot open a socket");
	netns_leave(home);
	return fd;
}
