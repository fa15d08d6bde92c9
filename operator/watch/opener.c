// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * opener.c - asks a process of its own for files
 *
 * Model. `watch` opens files while it reads packets: its EVE file anew, its signatures, the file of
 * counters; or, while it reads what sensors write, their files anew. Who reads strangers' bytes must not
 * be able to. So a process is forked at the start that knows the
 * names (opener_serve.c), and here it is asked for each file by what it is for; no name is ever sent.
 * What comes back is a descriptor.
 *
 *	starting -> serving -(this process ends, however it ends: end of the socket)-> ended
 *
 * The opener never reads packets, nor anything from a file that it opens. If it ends first, the end of
 * the socket says so and `watch` ends.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/reap.h"
#include "operator/watch/opener_serve.h"

#define FILES_MAX 1024 /* of signatures */

struct opener {
	struct opener_paths paths;
	pid_t pid;
	int fd;
};

struct opener *opener_start(const struct opener_paths *paths, struct err *e)
{
	struct opener *o;
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
		err_sys(e, "socketpair");
		return NULL;
	}
	pid = fork();
	if (pid == 0) {
		/* A parent that has become another user may not send it: then the socket ends. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fds[0]);
		opener_serve(paths, fds[1]);
		_exit(EXIT_DONE);
	}
	close(fds[1]);
	if (pid < 0) {
		err_sys(e, "cannot start the process that opens files");
		close(fds[0]);
		return NULL;
	}
	o = xcalloc(1, sizeof(*o));
	*o = (struct opener){.paths = *paths, .pid = pid, .fd = fds[0]};
	return o;
}

int opener_fd(const struct opener *o)
{
	return o->fd;
}

static int receive(int fd, struct opener_reply *r, int *got)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = {.iov_base = r, .iov_len = sizeof(*r)};
	struct msghdr m = {.msg_iov = &part,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *c;
	ssize_t n;

	do
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	c = n >= 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(got, CMSG_DATA(c), sizeof(int));
	return n == sizeof(*r) && r->magic == OPENER_MAGIC ? 0 : -1;
}

/* The answer's rc, -1 with @e set. *@fd (may be NULL) is the descriptor that came with it, or -1. */
static int ask(struct opener *o, enum opener_asked what, uint32_t number, struct opener_reply *r,
	       int *fd, struct err *e)
{
	const struct opener_request q = {.magic = OPENER_MAGIC, .what = what, .number = number};
	int got = -1;

	if (send(o->fd, &q, sizeof(q), MSG_NOSIGNAL) != sizeof(q) || receive(o->fd, r, &got) < 0) {
		r->rc = -1;
		err_env(&r->failure, "the process that opens files has ended");
	}
	r->path[sizeof(r->path) - 1] = r->failure.msg[sizeof(r->failure.msg) - 1] = '\0';
	if (r->rc == 1 && fd && got < 0) {
		r->rc = -1;
		err_env(&r->failure, "no descriptor came: too many files are open");
	}
	if (got >= 0 && (!fd || r->rc != 1)) {
		close(got);
		got = -1;
	}
	if (fd)
		*fd = got;
	if (r->rc < 0 && e)
		*e = r->failure;
	return r->rc < 0 ? -1 : r->rc;
}

int opener_eve_look(struct opener *o, struct opener_file *file)
{
	struct opener_reply r;
	int rc = ask(o, OPENER_EVE_LOOK, 0, &r, NULL, NULL);

	*file = r.file;
	return rc;
}

int opener_eve(struct opener *o, struct opener_file *file, struct err *e)
{
	struct opener_reply r;
	int fd;

	if (ask(o, OPENER_EVE_OPEN, 0, &r, &fd, e) < 0)
		return -1;
	*file = r.file;
	return fd;
}

int opener_prom_begin(struct opener *o, struct err *e)
{
	struct opener_reply r;
	int fd;

	return ask(o, OPENER_PROM_BEGIN, 0, &r, &fd, e) < 0 ? -1 : fd;
}

int opener_prom_end(struct opener *o, bool keep, struct err *e)
{
	struct opener_reply r;

	return ask(o, keep ? OPENER_PROM_COMMIT : OPENER_PROM_ABORT, 0, &r, NULL, e) < 0 ? -1 : 0;
}

/* Gets and reads file @k. As ask(). */
static int signature(struct opener *o, size_t k, struct signature_file *f, struct err *e)
{
	struct opener_reply r;
	FILE *in;
	int fd, rc = ask(o, OPENER_SIGNATURE, (uint32_t)k, &r, &fd, e);

	if (rc != 1)
		return rc;
	if (r.name >= o->paths.signatures_n || !(in = fdopen(fd, "r"))) {
		close(fd);
		return err_set(e, "%s: cannot read", r.path);
	}
	*f = (struct signature_file){.name = r.name, .path = xstrdup(r.path)};
	return signature_file_read(f, in, e) < 0 ? -1 : 1;
}

struct signature_set *opener_signatures(struct opener *o, struct err *e)
{
	struct signature_file *files = xcalloc(FILES_MAX, sizeof(*files));
	struct signature_set *set = NULL;
	size_t n = 0;
	int rc;

	while ((rc = signature(o, n, &files[n], e)) == 1 && n + 1 < FILES_MAX)
		n++;
	if (rc == 0)
		set = signatures_from(o->paths.signatures, files, n, e);
	else if (rc > 0)
		err_set(e, "more than %d signature files", FILES_MAX - 1);
	signature_files_free(files, FILES_MAX);
	return set;
}

int opener_input_look(struct opener *o, size_t number, struct input_file *file)
{
	struct opener_reply r;
	int rc = ask(o, OPENER_INPUT_LOOK, (uint32_t)number, &r, NULL, NULL);

	*file = r.input;
	return rc;
}

int opener_input(struct opener *o, size_t number, int *fd, struct input_file *file, struct err *e)
{
	struct opener_reply r;
	int rc = ask(o, OPENER_INPUT_OPEN, (uint32_t)number, &r, fd, e);

	*file = r.input;
	return rc;
}

int opener_output_commit(struct opener *o, struct err *e)
{
	struct opener_reply r;

	return ask(o, OPENER_OUTPUT_COMMIT, 0, &r, NULL, e) < 0 ? -1 : 0;
}

bool opener_ended(const struct opener *o)
{
	struct pollfd p = {.fd = o->fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

void opener_remove(struct opener *o)
{
	struct opener_reply r;

	ask(o, OPENER_REMOVE, 0, &r, NULL, NULL);
}

void opener_end(struct opener *o)
{
	if (!o)
		return;
	close(o->fd);
	reap(o->pid, NULL);
	free(o);
}
