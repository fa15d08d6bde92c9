// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * feed.c - the interface of a contained program that reads live
 *
 * Model: a veth pair between two fresh network namespaces. The program's has one end and nothing
 * else. The other namespace lives as long as the socket in it: what comes there from the program
 * has no way on.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/netlink/link.h"
#include "run/foreign/feed.h"

#define OUTSIDE "feed"

static int here(struct err *e)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		err_env(e, "/proc/self/ns/net: %s", strerror(errno));
	return fd;
}

/* Frames go out of @ifindex as they are; what comes in is not read. */
static int open_socket(int ifindex, struct err *e)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = ifindex};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	err_env(e, "cannot open a socket to feed a program: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* This process is in @netns afterwards. */
static int bring_up(int netns, const struct link_end *end, struct err *e)
{
	struct nl *nl;
	int rc;

	if (setns(netns, CLONE_NEWNET) < 0)
		return err_env(e, "cannot enter a network namespace: %s", strerror(errno));
	nl = nl_open(-1, NETLINK_ROUTE, end->ifname, e);
	if (!nl)
		return -1;
	link_set_up(nl, end->ifindex, end->ifname);
	rc = nl_commit(nl, e);
	nl_close(nl);
	return rc;
}

static int wait_up(const struct link_end *end, struct err *e)
{
	struct nl *nl = nl_open(-1, NETLINK_ROUTE, end->ifname, e);
	int rc = nl ? link_wait_up(nl_fd(nl), end->ifname, end->ifname, e) : -1;

	nl_close(nl);
	return rc;
}

static int make_link(const struct link_end *outside, const struct link_end *inside, int netns,
		     struct err *e)
{
	struct nl *nl = nl_open(-1, NETLINK_ROUTE, outside->ifname, e);
	int rc;

	if (!nl)
		return -1;
	link_add_veth(nl, outside, inside, netns);
	rc = nl_commit(nl, e);
	nl_close(nl);
	return rc;
}

/* In @netns[0], the outside; the program's is @netns[1]. */
static int make(const int netns[2], const char *name, struct err *e)
{
	struct link_end outside = {.ifname = OUTSIDE, .ifindex = 2, .mac = {2, 0, 0, 0, 0, 1}};
	struct link_end inside = {.ifindex = 2, .mac = {2, 0, 0, 0, 0, 2}};
	int fd;

	snprintf(inside.ifname, sizeof(inside.ifname), "%s", name);
	if (node_sysctls(OUTSIDE, false, e) < 0 || make_link(&outside, &inside, netns[1], e) < 0 ||
	    bring_up(netns[1], &inside, e) < 0 || bring_up(netns[0], &outside, e) < 0 ||
	    wait_up(&outside, e) < 0)
		return -1;
	fd = open_socket(outside.ifindex, e);
	if (fd >= 0 && setns(netns[1], CLONE_NEWNET) < 0) {
		err_env(e, "cannot enter a network namespace: %s", strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

int feed_make(const char *name, struct err *e)
{
	int netns[2] = {-1, -1}, fd = -1;

	/* The namespace that this process is in is fresh already: it becomes the program's. */
	netns[1] = node_sysctls(name, false, e) < 0 ? -1 : here(e);
	if (netns[1] >= 0 && unshare(CLONE_NEWNET) < 0)
		err_env(e, "cannot make a network namespace: %s", strerror(errno));
	else if (netns[1] >= 0 && (netns[0] = here(e)) >= 0)
		fd = make(netns, name, e);
	for (int i = 0; i < 2; i++)
		if (netns[i] >= 0)
			close(netns[i]);
	return fd;
}
