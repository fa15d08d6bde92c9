// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * control.c - how a command finds and asks the process that holds a lab
 *
 * Model: the holder listens on a Unix socket in the abstract name space, "skypelab/UID/NAME". Such
 * a name is not a file: it goes with its process, however that ends, so no stale name can be left.
 * Anybody may take such a name, so nothing is believed of it: a lab is one whose listener is of the
 * same user (SO_PEERCRED, unix(7)) and whose name is made of the letters that names are made of. Both
 * sides check the user.
 *
 * One request and one answer per connection, each one datagram (SOCK_SEQPACKET); descriptors go
 * with the answer: namespaces to step into, or a memory file with text.
 *
 * Limits: abstract names belong to the network namespace `lab up` was called in. Another user who
 * takes a name keeps it from us, which is said; another name helps.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cli/lab/control.h"

struct wire_answer {
	int32_t code;
	uint32_t has; /* bit i: fds[i] comes with it */
	char msg[1000];
};

static bool name_ok(const char *name)
{
	size_t n = strlen(name);

	return n && n < CONTROL_NAME_LEN &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == n;
}

static socklen_t address(const char *name, struct sockaddr_un *a)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)snprintf(a->sun_path + 1, sizeof(a->sun_path) - 1,
					    "skypelab/%u/%s", geteuid(), name));
}

#define CONNECT_S 2 /* a listener that does not take connections is nobody's lab */

static int try_connect(const char *name)
{
	const struct timeval most = {.tv_sec = CONNECT_S};
	struct sockaddr_un a;
	socklen_t len = address(name, &a);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
	if (connect(fd, (struct sockaddr *)&a, len) < 0) {
		int why = errno;

		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

/* Whether the process that listens at the other end is this user's. */
static bool is_ours(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.uid == geteuid();
}

/* Whether a lab of this user has that name. */
static bool is_lab(const char *name)
{
	int fd = name_ok(name) ? try_connect(name) : -1;
	bool ours = fd >= 0 && is_ours(fd);

	if (fd >= 0)
		close(fd);
	return ours;
}

int control_listen(const char *name, struct err *e)
{
	struct sockaddr_un a;
	socklen_t len;
	int fd;

	if (!name_ok(name))
		return err_set(e, "lab name '%s': expected 1 to %d letters of a-z 0-9 - _ .", name,
			       CONTROL_NAME_LEN - 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, "no Unix socket");
	len = address(name, &a);
	if (bind(fd, (struct sockaddr *)&a, len) < 0 || listen(fd, 16) < 0) {
		int why = errno;

		if (why == EADDRINUSE && is_lab(name))
			err_set(e, "a lab named '%s' is up; `skypelab lab down -n %s` ends it",
				name, name);
		else if (why == EADDRINUSE)
			err_env(e,
				"the name '%s' is held by a process of another user; choose "
				"another with -n NAME",
				name);
		else
			err_env(e, "lab '%s': cannot listen: %s", name, strerror(why));
		close(fd);
		return -1;
	}
	return fd;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **control_names(size_t *n)
{
	char line[512], mark[64], **names = NULL;
	FILE *f = fopen("/proc/net/unix", "re");

	*n = 0;
	snprintf(mark, sizeof(mark), "@skypelab/%u/", geteuid());
	while (f && fgets(line, sizeof(line), f)) {
		unsigned flags = 0;
		char *at = strstr(line, mark);

		/* Num RefCount Protocol Flags ...: a listener has __SO_ACCEPTCON. */
		if (!at || sscanf(line, "%*s %*s %*s %x", &flags) != 1 || !(flags & 0x10000))
			continue;
		at += strlen(mark);
		at[strcspn(at, "\n")] = '\0';
		if (!is_lab(at))
			continue;
		names = xrealloc(names, (*n + 1) * sizeof(*names));
		names[(*n)++] = xstrdup(at);
	}
	if (f)
		fclose(f);
	if (*n)
		qsort(names, *n, sizeof(*names), by_name);
	return names;
}

void control_names_free(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* The only lab there is, into @name. 0, or -1 with @e set. */
static int only_name(char name[CONTROL_NAME_LEN], struct err *e)
{
	size_t n;
	char **names = control_names(&n);
	int rc = 0;

	if (n == 1)
		snprintf(name, CONTROL_NAME_LEN, "%s", names[0]);
	else if (!n)
		rc = err_set(e, "no lab is up; `skypelab lab up` starts one");
	else
		rc = err_set(e, "%zu labs are up (%s, %s%s): say which with -n NAME", n, names[0],
			     names[1], n > 2 ? ", ..." : "");
	control_names_free(names, n);
	return rc;
}

int control_connect(const char *name, struct err *e)
{
	char only[CONTROL_NAME_LEN];
	int fd;

	if (!name) {
		if (only_name(only, e) < 0)
			return -1;
		name = only;
	}
	if (!name_ok(name))
		return err_set(e, "no lab is named '%s'", name);
	fd = try_connect(name);
	if (fd < 0)
		return err_set(e, "no lab named '%s' is up (%s)", name, strerror(errno));
	if (!is_ours(fd)) {
		close(fd);
		return err_set(e, "the lab named '%s' is another user's", name);
	}
	return fd;
}

pid_t control_holder(int fd)
{
	struct ucred peer = {0};
	socklen_t len = sizeof(peer);

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	return peer.pid;
}

/* Takes the descriptors of a message in the order of their places. */
static void take_fds(struct msghdr *m, uint32_t has, struct control_answer *a)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	int fds[CONTROL_FDS];
	size_t n = 0, got = 0;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
		got = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(c), got * sizeof(int));
	}
	for (size_t i = 0; i < CONTROL_FDS; i++)
		if (has & 1U << i && n < got)
			a->fds[i] = fds[n++];
}

int control_ask(int fd, const char *request, struct control_answer *a, struct err *e)
{
	union {
		char buf[CMSG_SPACE(sizeof(int) * CONTROL_FDS)];
		struct cmsghdr align;
	} control;
	struct wire_answer w = {0};
	struct iovec iov = {.iov_base = &w, .iov_len = sizeof(w)};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control.buf,
			   .msg_controllen = sizeof(control.buf)};

	memset(a, 0, sizeof(*a));
	for (size_t i = 0; i < CONTROL_FDS; i++)
		a->fds[i] = -1;
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		return err_sys(e, "cannot ask the lab");
	if (recvmsg(fd, &m, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(w))
		return err_env(e, "the lab ended without an answer");
	take_fds(&m, w.has, a);
	a->code = (enum exit_code)w.code;
	memcpy(a->msg, w.msg, sizeof(a->msg));
	a->msg[sizeof(a->msg) - 1] = '\0';
	if (!a->code)
		return 0;
	err_set(e, "%s", a->msg);
	if (e)
		e->code = a->code;
	return -1;
}

int control_answer(int fd, const struct control_answer *a)
{
	union {
		char buf[CMSG_SPACE(sizeof(int) * CONTROL_FDS)];
		struct cmsghdr align;
	} control = {0};
	struct wire_answer w = {.code = (int32_t)a->code};
	struct iovec iov = {.iov_base = &w, .iov_len = sizeof(w)};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	int fds[CONTROL_FDS];
	size_t n = 0;

	memcpy(w.msg, a->msg, sizeof(w.msg));
	for (size_t i = 0; i < CONTROL_FDS; i++)
		if (a->fds[i] >= 0) {
			w.has |= 1U << i;
			fds[n++] = a->fds[i];
		}
	if (n) {
		struct cmsghdr *c;

		m.msg_control = control.buf;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL) == (ssize_t)sizeof(w) ? 0 : -1;
}

int control_wait_gone(const char *name, struct err *e)
{
	struct timespec pause = {.tv_nsec = 5000000};

	for (int tries = 0; tries < 2000; tries++) {
		if (!is_lab(name))
			return 0;
		nanosleep(&pause, NULL);
	}
	return err_env(e, "the lab named '%s' has not ended after 10 s", name);
}
