// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * control.c - how a command finds and asks the process that holds a lab
 *
 * Model: the holder listens on a Unix socket whose file, in a folder of this user (names.c), is the
 * lab's name. No other user can take the name or reach the socket; nevertheless both sides check the
 * user at the other end (SO_PEERCRED, unix(7)). A program inside the lab is no user of it: it may see
 * the file, and is refused by its process number, which a process outside has none of there.
 *
 * A file is removed with its lab. What kill -9 leaves is a file that nobody listens to: it is no lab,
 * and whoever takes a name next removes it, under the lock of the folder.
 *
 * One request and one answer per connection, each one datagram (SOCK_SEQPACKET); descriptors go
 * with the answer: namespaces to step into, or a memory file with text.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

	return n && n < CONTROL_NAME_LEN && *name != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == n;
}

#define CONNECT_S 2 /* a listener that does not take connections is nobody's lab */

static struct sockaddr_un address(const char *folder, const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	_Static_assert(NAME_FOLDER_PATH + CONTROL_NAME_LEN <= sizeof(a.sun_path),
		       "the path of a name fits");
	snprintf(a.sun_path, sizeof(a.sun_path), "%.*s/%.*s", NAME_FOLDER_PATH - 1, folder,
		 CONTROL_NAME_LEN - 1, name);
	return a;
}

static int connect_in(const char *folder, const char *name)
{
	const struct timeval most = {.tv_sec = CONNECT_S};
	struct sockaddr_un a = address(folder, name);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
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

/* What a name in a folder is. */
enum name_state { NAME_LAB, NAME_DEAD, NAME_UNKNOWN };

static enum name_state look(const char *folder, const char *name)
{
	int fd = name_ok(name) ? connect_in(folder, name) : -1;
	enum name_state is = fd >= 0 && is_ours(fd)				? NAME_LAB
			     : name_ok(name) && fd < 0 && errno == ECONNREFUSED ? NAME_DEAD
										: NAME_UNKNOWN;

	if (fd >= 0)
		close(fd);
	return is;
}

/* A connection to the lab of that name. -1 with errno set. */
static int try_connect(const char *name)
{
	char folders[NAME_FOLDERS][NAME_FOLDER_PATH];
	size_t n = names_folders(folders);
	int why = ENOENT;

	for (size_t i = 0; i < n; i++) {
		int fd = connect_in(folders[i], name);

		if (fd >= 0 && is_ours(fd))
			return fd;
		why = fd < 0 && errno != ENOENT ? errno : why;
		if (fd >= 0)
			close(fd);
	}
	errno = why;
	return -1;
}

bool control_is_up(const char *name)
{
	int fd = name_ok(name) ? try_connect(name) : -1;

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Removes the names that killed labs left in a locked folder. */
static void sweep(int folder, const char *path)
{
	DIR *d = opendir(path);

	for (struct dirent *de; d && (de = readdir(d));)
		if (look(path, de->d_name) == NAME_DEAD)
			unlinkat(folder, de->d_name, 0);
	if (d)
		closedir(d);
}

/* Listens in the locked folder. 0, or -1 with @e set. */
static int listen_in(struct control_listener *l, struct err *e)
{
	struct sockaddr_un a = address(l->path, l->name);
	struct stat st;

	l->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return err_sys(e, "no Unix socket");
	if (bind(l->fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(l->fd, 16) < 0 ||
	    stat(a.sun_path, &st) < 0) {
		err_env(e, "lab '%s': cannot listen at %s: %s", l->name, a.sun_path,
			strerror(errno));
		close(l->fd);
		return -1;
	}
	l->inode = st.st_ino;
	return 0;
}

int control_listen(struct control_listener *l, const char *name, struct err *e)
{
	int rc;

	if (!name_ok(name))
		return err_set(
			e,
			"lab name '%s': expected 1 to %d letters of a-z 0-9 - _ ., the first "
			"not a dot",
			name, CONTROL_NAME_LEN - 1);
	l->folder = names_lock(l->path, e);
	if (l->folder < 0)
		return -1;
	snprintf(l->name, sizeof(l->name), "%s", name);
	sweep(l->folder, l->path);
	if (control_is_up(name))
		rc = err_set(e, "a lab named '%s' is up; `skypelab lab down -n %s` ends it", name,
			     name);
	else
		rc = listen_in(l, e);
	names_unlock(l->folder, l->path);
	if (rc < 0)
		close(l->folder);
	return rc;
}

void control_unlisten(struct control_listener *l)
{
	struct stat st;

	names_lock_again(l->folder);
	if (fstatat(l->folder, l->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == l->inode)
		unlinkat(l->folder, l->name, 0);
	names_unlock(l->folder, l->path);
	close(l->folder);
	close(l->fd);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **control_names(size_t *n)
{
	char folders[NAME_FOLDERS][NAME_FOLDER_PATH], **names = NULL;
	size_t many = names_folders(folders);

	*n = 0;
	for (size_t i = 0; i < many; i++) {
		DIR *d = opendir(folders[i]);

		for (struct dirent *de; d && (de = readdir(d));) {
			if (look(folders[i], de->d_name) != NAME_LAB)
				continue;
			names = xrealloc(names, (*n + 1) * sizeof(*names));
			names[(*n)++] = xstrdup(de->d_name);
		}
		if (d)
			closedir(d);
	}
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
	char only[CONTROL_NAME_LEN] = "";
	int fd;

	if (!name) {
		if (only_name(only, e) < 0)
			return -1;
		name = only;
	}
	if (!name_ok(name))
		return err_set(e, "no lab is named '%s'", name);
	fd = try_connect(name);
	return fd >= 0 ? fd : err_set(e, "no lab named '%s' is up (%s)", name, strerror(errno));
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
		if (!control_is_up(name))
			return 0;
		nanosleep(&pause, NULL);
	}
	return err_env(e, "the lab named '%s' has not ended after 10 s", name);
}
