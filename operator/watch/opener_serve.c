// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * opener_serve.c - the process that opens files for one that may not
 *
 * It stays the user that started the program, since the files are his; of capabilities it keeps those
 * about files, of system calls those that find, open and name files and answer. It has no network, starts
 * nothing, and holds nothing of the other process but the socket and the output. A request is a number;
 * what is no request ends it. Signals that end the other process are ignored: it ends at the end of the
 * socket.
 *
 *   asked         | done
 *   --------------+---------------------------------------------------------------------------
 *   EVE_LOOK      | says device and inode of what stands under the name
 *   EVE_OPEN      | opens it for adding, in the folder that was open at the start; only a file
 *   PROM_BEGIN    | opens a file without a name (base/outfile.c); one at a time
 *   PROM_COMMIT   | gives it the name; PROM_ABORT drops it
 *   SIGNATURE k   | 0: looks which files the names stand for; opens file k for reading
 *   INPUT_LOOK k  | says which file stands under the name of input k
 *   INPUT_OPEN k  | opens it for reading
 *   OUTPUT_COMMIT | gives its name to the output that was open at the start
 *   REMOVE        | removes the control socket and the pid file
 *
 * Limits: it follows links and reads what its user may, as the program did when it started.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/input.h"
#include "base/outfile.h"
#include "base/privilege.h"
#include "operator/watch/opener_serve.h"

/**
 * struct serving - the process
 * @eve_name, @eve_dir: Last part of the EVE file's path; its folder, -1 = none
 * @prom:	What PROM_BEGIN opened; @prom.f NULL = nothing
 * @files, @count: What SIGNATURE 0 found
 */
struct serving {
	struct opener_paths paths;
	const char *eve_name;
	int eve_dir;
	struct outfile prom;
	struct signature_file *files;
	size_t count;
};

/* Each answers a request: a descriptor to be sent and closed, or -1. @r->rc is 1 at first. */
typedef int serve_fn(struct serving *s, uint32_t number, struct opener_reply *r);

static int look_at_eve(struct serving *s, uint32_t number, struct opener_reply *r)
{
	struct stat st;

	(void)number;
	if (fstatat(s->eve_dir, s->eve_name, &st, 0) < 0) {
		r->rc = errno == ENOENT ? 0 : err_sys(&r->failure, "%s", s->paths.eve);
		return -1;
	}
	r->file = (struct opener_file){st.st_dev, st.st_ino};
	return -1;
}

static int open_eve(struct serving *s, uint32_t number, struct opener_reply *r)
{
	int fd = openat(s->eve_dir, s->eve_name,
			O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0644);
	struct stat st;

	(void)number;
	if (fd < 0) {
		r->rc = err_sys(&r->failure, "%s: cannot write", s->paths.eve);
		return -1;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		r->file = (struct opener_file){st.st_dev, st.st_ino};
		return fd;
	}
	close(fd);
	r->rc = err_set(&r->failure, "%s: cannot write: what stands there now is no file",
			s->paths.eve);
	return -1;
}

static int begin_prom(struct serving *s, uint32_t number, struct opener_reply *r)
{
	(void)number;
	outfile_abort(&s->prom);
	r->rc = outfile_open(&s->prom, s->paths.prom, &r->failure) < 0 ? -1 : 1;
	return r->rc < 0 ? -1 : fcntl(fileno(s->prom.f), F_DUPFD_CLOEXEC, 0);
}

static int commit_prom(struct serving *s, uint32_t number, struct opener_reply *r)
{
	(void)number;
	r->rc = outfile_commit(&s->prom, &r->failure) < 0 ? -1 : 1;
	return -1;
}

static int abort_prom(struct serving *s, uint32_t number, struct opener_reply *r)
{
	(void)number;
	(void)r;
	outfile_abort(&s->prom);
	return -1;
}

/* Whether it is no device, which who reads it cannot see; it is closed then. */
static bool readable(FILE *in, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fileno(in), &st) == 0 && (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode)))
		return true;
	fclose(in);
	err_set(e, "%s: expected a file", path);
	return false;
}

static int open_signature(struct serving *s, uint32_t number, struct opener_reply *r)
{
	const struct signature_file *f;
	FILE *in;
	int fd;

	if (!number) {
		signature_files_free(s->files, s->count);
		r->rc = signature_files_find(s->paths.signatures, s->paths.signatures_n, &s->files,
					     &s->count, &r->failure);
	}
	if (r->rc < 0 || number >= s->count) {
		r->rc = r->rc < 0 ? -1 : 0;
		return -1;
	}
	f = &s->files[number];
	in = input_open(f->path, &r->failure);
	if (!in || !readable(in, f->path, &r->failure)) {
		r->rc = -1;
		return -1;
	}
	r->rc = 1;
	r->name = (uint32_t)f->name;
	snprintf(r->path, sizeof(r->path), "%s", f->path);
	fd = fcntl(fileno(in), F_DUPFD_CLOEXEC, 0);
	fclose(in);
	return fd;
}

static int look_at_input(struct serving *s, uint32_t number, struct opener_reply *r)
{
	r->rc = input_look(s->paths.inputs[number], &r->input);
	if (r->rc < 0)
		err_sys(&r->failure, "%s: cannot read", s->paths.inputs[number]);
	return -1;
}

static int open_input(struct serving *s, uint32_t number, struct opener_reply *r)
{
	int fd = -1;

	r->rc = input_follow(s->paths.inputs[number], &fd, &r->input, &r->failure);
	return r->rc > 0 ? fd : -1;
}

static int commit_output(struct serving *s, uint32_t number, struct opener_reply *r)
{
	(void)number;
	r->rc = outfile_commit(s->paths.output, &r->failure) < 0 ? -1 : 1;
	return -1;
}

static int remove_names(struct serving *s, uint32_t number, struct opener_reply *r)
{
	(void)number;
	(void)r;
	for (size_t i = 0; i < ARRAY_LEN(s->paths.removed); i++)
		if (s->paths.removed[i])
			unlink(s->paths.removed[i]);
	return -1;
}

static serve_fn *const serve[OPENER_ASKED] = {
	[OPENER_EVE_LOOK] = look_at_eve,	[OPENER_EVE_OPEN] = open_eve,
	[OPENER_PROM_BEGIN] = begin_prom,	[OPENER_PROM_COMMIT] = commit_prom,
	[OPENER_PROM_ABORT] = abort_prom,	[OPENER_SIGNATURE] = open_signature,
	[OPENER_INPUT_LOOK] = look_at_input,	[OPENER_INPUT_OPEN] = open_input,
	[OPENER_OUTPUT_COMMIT] = commit_output, [OPENER_REMOVE] = remove_names,
};

/* Whether it is a request, for something that there is. */
static bool valid(const struct serving *s, const struct opener_request *q, ssize_t n)
{
	if (n != sizeof(*q) || q->magic != OPENER_MAGIC || q->what >= OPENER_ASKED)
		return false;
	if (q->what == OPENER_EVE_LOOK || q->what == OPENER_EVE_OPEN)
		return s->eve_dir >= 0;
	if (q->what == OPENER_INPUT_LOOK || q->what == OPENER_INPUT_OPEN)
		return q->number < s->paths.inputs_n;
	if (q->what == OPENER_OUTPUT_COMMIT)
		return s->paths.output;
	return s->paths.prom || (q->what != OPENER_PROM_BEGIN && q->what != OPENER_PROM_COMMIT);
}

/* 0, or -1: nobody is there. */
static int answer(int to, const struct opener_reply *r, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec part = {.iov_base = (void *)r, .iov_len = sizeof(*r)};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd >= 0) {
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
		control.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
						.cmsg_type = SCM_RIGHTS,
						.cmsg_len = CMSG_LEN(sizeof(int))};
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
	}
	return sendmsg(to, &m, MSG_NOSIGNAL) == sizeof(*r) ? 0 : -1;
}

static void serve_all(struct serving *s, int fd)
{
	struct opener_request q;
	struct opener_reply r;
	ssize_t n;
	int got, rc = 0;

	while (!rc) {
		n = recv(fd, &q, sizeof(q), MSG_TRUNC);
		if (n < 0 && errno == EINTR)
			continue;
		if (!valid(s, &q, n))
			return;
		memset(&r, 0, sizeof(r));
		r.magic = OPENER_MAGIC;
		r.rc = 1;
		got = serve[q.what](s, q.number, &r);
		rc = answer(fd, &r, got);
		if (got >= 0)
			close(got);
	}
}

/* Closes the descriptors from @first to @last. */
static bool let_go(int first, int last)
{
	return first > last || close_range((unsigned)first, (unsigned)last, 0) == 0;
}

/* Lets go of all that the other process has open, but for @a and @b, which may be the same; none of them is
 * a standard one. */
static bool hold_only(int a, int b)
{
	int low = a < b ? a : b, high = a < b ? b : a, null = open("/dev/null", O_RDWR);

	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (null < 0 || dup2(null, i) < 0)
			return false;
	return let_go(STDERR_FILENO + 1, low - 1) && let_go(low + 1, high - 1) &&
	       let_go(high + 1, INT_MAX);
}

static void open_eve_folder(struct serving *s)
{
	const char *slash = s->paths.eve ? strrchr(s->paths.eve, '/') : NULL;
	char *folder;

	s->eve_dir = -1;
	if (!s->paths.eve)
		return;
	s->eve_name = slash ? slash + 1 : s->paths.eve;
	folder = slash ? xasprintf("%.*s/", (int)(slash - s->paths.eve), s->paths.eve)
		       : xstrdup(".");
	s->eve_dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(folder);
}

void opener_serve(const struct opener_paths *paths, int fd)
{
	const struct syscall_needs needs = {.opens = true};
	struct serving s = {.paths = *paths};

	for (size_t i = 0; i < 4; i++)
		signal((const int[]){SIGINT, SIGTERM, SIGHUP, SIGQUIT}[i], SIG_IGN);
	if (!hold_only(fd, paths->output ? fileno(paths->output->f) : fd) ||
	    privilege_keep_files(NULL) < 0)
		return;
	open_eve_folder(&s);
	if (syscall_filter(&needs, NULL) < 0)
		return;
	serve_all(&s, fd);
	outfile_abort(&s.prom);
	if (s.paths.output)
		outfile_abort(s.paths.output);
	signature_files_free(s.files, s.count);
}
