// SPDX-License-Identifier: GPL-2.0-or-later
/* talk.c - messages from the processes around a contained program, some with a descriptor */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "run/foreign/talk.h"

/* Room for one descriptor. */
union rights {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int talk_pair(int fd[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd);
}

int talk_send(int fd, const struct talk *t, int passed)
{
	union rights rights = {0};
	struct iovec iov = {.iov_base = (void *)t, .iov_len = sizeof(*t)};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

	if (passed >= 0) {
		struct cmsghdr *c;

		m.msg_control = rights.bytes;
		m.msg_controllen = sizeof(rights.bytes);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &passed, sizeof(int));
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL) == (ssize_t)sizeof(*t) ? 0 : -1;
}

int talk_receive(int fd, struct talk *t, int *passed)
{
	union rights rights = {0};
	struct iovec iov = {.iov_base = t, .iov_len = sizeof(*t)};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = rights.bytes,
			   .msg_controllen = sizeof(rights.bytes)};
	const struct cmsghdr *c;
	ssize_t n;

	do
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(*t))
		return -1;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(passed, CMSG_DATA(c), sizeof(int));
	return 0;
}
