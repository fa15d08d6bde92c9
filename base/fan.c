// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fan.c - work on many items by several processes, and what came of it in the order of the items
 *
 * Model. Each worker is a fork of the caller. It takes the next item that no other has (a counter in shared memory),
 * does it, and writes a head and what came of it into its pipe. The caller reads from whichever pipe has something,
 * keeps what comes too early, and takes item by item. Processes and not threads, since many of our functions return
 * texts in static storage.
 *
 * Memory. What comes too early is kept up to HELD_BYTES; then only the pipe with the next item is read, and the
 * others' workers wait. It has to come, since the items in one pipe rise: all before it in its pipe were taken.
 *
 * A worker's standard error is a file in memory, so that what is logged of an item is printed in its turn. With one
 * worker there is no fork: each item is done and taken in turn.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fan.h"
#include "base/once.h"
#include "base/reap.h"
#include "base/threads.h"

#define HELD_BYTES  (64UL << 20)
#define PIPE_BYTES  (1 << 20)
#define WORKERS_MAX 256

/* What stands before each item in a pipe. */
struct head {
	uint64_t item, bytes, log_bytes;
};

/* What came of an item, and after it what was logged. */
struct came {
	char *data; /* (owned); NULL = it is still to come */
	size_t bytes, log_bytes;
};

struct worker {
	pid_t pid;
	int fd; /* -1 = at its end */
	struct head head;
	bool headed; /* @head was read, what belongs to it was not */
};

struct fanning {
	const struct fan *f;
	unsigned n;
	struct worker w[WORKERS_MAX];
	struct came *came; /* (owned) by item */
	size_t next, held;
	_Atomic uint64_t *counter; /* shared: the first item that nobody has */
};

/* ------------------------------------------------------------------ a worker */

static bool put(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n) {
		ssize_t put = write(fd, p, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		p += put;
		n -= (size_t)put;
	}
	return true;
}

/* Sends what was logged since the last item. */
static bool put_log(int fd, size_t n)
{
	char buf[4096];

	for (off_t at = 0; (size_t)at < n;) {
		ssize_t got = pread(STDERR_FILENO, buf, sizeof(buf), at);

		if (got <= 0 || !put(fd, buf, (size_t)got))
			return false;
		at += got;
	}
	return ftruncate(STDERR_FILENO, 0) == 0 && lseek(STDERR_FILENO, 0, SEEK_SET) == 0;
}

static bool do_item(const struct fan *f, size_t i, int fd)
{
	char *data = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&data, &bytes);
	struct head head = {.item = i};
	off_t logged;
	bool ok;

	if (!out)
		return false;
	f->work(f->arg, i, out);
	ok = fclose(out) == 0;
	logged = lseek(STDERR_FILENO, 0, SEEK_CUR);
	head.bytes = bytes;
	head.log_bytes = logged > 0 ? (uint64_t)logged : 0;
	ok = ok && put(fd, &head, sizeof(head)) && put(fd, data, bytes) &&
	     (!head.log_bytes || put_log(fd, head.log_bytes));
	free(data);
	return ok;
}

__attribute__((noreturn)) static void work(const struct fanning *s, int fd, int alive)
{
	int log = memfd_create("log", MFD_CLOEXEC);
	uint64_t i;

	die_with_parent(alive);
	signal(SIGPIPE, SIG_IGN);
	if (log < 0 || dup2(log, STDERR_FILENO) < 0)
		_exit(EXIT_ENV);
	close(log);
	while ((i = atomic_fetch_add(s->counter, 1)) < s->f->n)
		if (!do_item(s->f, i, fd))
			_exit(EXIT_ENV);
	_exit(0);
}

/* ------------------------------------------------------------------ the caller */

static int start(struct fanning *s, const int alive[2], struct err *e)
{
	struct worker *w = &s->w[s->n];
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	(void)fcntl(fds[1], F_SETPIPE_SZ, PIPE_BYTES); /* else it waits for the caller more often */
	w->pid = fork();
	if (w->pid < 0) {
		close(fds[0]);
		close(fds[1]);
		return err_sys(e, "cannot start a process");
	}
	if (!w->pid) {
		close(fds[0]);
		close(alive[1]);
		for (unsigned i = 0; i < s->n; i++)
			close(s->w[i].fd);
		work(s, fds[1], alive[0]);
	}
	close(fds[1]);
	w->fd = fds[0];
	s->n++;
	return 0;
}

/* All of @n bytes; false at the end of the pipe. */
static bool get(int fd, void *data, size_t n)
{
	char *p = data;

	while (n) {
		ssize_t got = read(fd, p, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

/* Reads from a pipe that has something: an item, unless it is too early and there is no room. */
static void read_some(struct fanning *s, struct worker *w)
{
	struct came *c;

	if (!w->headed)
		w->headed = get(w->fd, &w->head, sizeof(w->head));
	if (!w->headed) {
		close(w->fd);
		w->fd = -1;
		return;
	}
	if (w->head.item != s->next && s->held > HELD_BYTES)
		return;
	c = &s->came[w->head.item];
	c->bytes = w->head.bytes;
	c->log_bytes = w->head.log_bytes;
	c->data = xmalloc(c->bytes + c->log_bytes + 1);
	w->headed = false;
	if (get(w->fd, c->data, c->bytes + c->log_bytes)) {
		s->held += c->bytes;
		return;
	}
	free(c->data);
	c->data = NULL;
	close(w->fd);
	w->fd = -1;
}

/* Whether the pipe is to be read, or waits with an item that is too early. */
static bool is_wanted(const struct fanning *s, const struct worker *w)
{
	return w->fd >= 0 && (!w->headed || w->head.item == s->next || s->held <= HELD_BYTES);
}

/* Waits until some pipe has something, and reads it. False: there is nothing left to read. */
static bool wait_some(struct fanning *s)
{
	struct pollfd p[WORKERS_MAX];
	bool any = false;

	for (unsigned i = 0; i < s->n; i++) {
		p[i] = (struct pollfd){.fd = is_wanted(s, &s->w[i]) ? s->w[i].fd : -1,
				       .events = POLLIN};
		any |= p[i].fd >= 0;
	}
	if (!any)
		return false;
	if (poll(p, s->n, -1) > 0)
		for (unsigned i = 0; i < s->n; i++)
			if (p[i].revents)
				read_some(s, &s->w[i]);
	return true;
}

static int take(struct fanning *s, struct err *e)
{
	struct came *c = &s->came[s->next];
	FILE *in;
	int rc;

	fwrite(c->data + c->bytes, 1, c->log_bytes, stderr);
	in = c->bytes ? fmemopen(c->data, c->bytes, "r") : fopen("/dev/null", "re");
	rc = in ? s->f->take(s->f->arg, s->next, in, e) : err_sys(e, "cannot read memory");
	if (in)
		fclose(in);
	s->held -= c->bytes;
	free(c->data);
	c->data = NULL;
	s->next++;
	return rc;
}

static int take_all(struct fanning *s, struct err *e)
{
	int rc = 0;

	while (rc == 0 && s->next < s->f->n) {
		if (s->came[s->next].data)
			rc = take(s, e);
		else if (!wait_some(s))
			rc = err_env(e,
				     "a process ended before its work was done: it was killed, or "
				     "memory was short");
	}
	return rc;
}

/* Ends what still runs. */
static void end(struct fanning *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		if (s->w[i].fd >= 0)
			close(s->w[i].fd);
		if (s->next < s->f->n)
			kill(s->w[i].pid, SIGKILL);
		reap(s->w[i].pid, NULL);
	}
	for (size_t i = 0; i < s->f->n; i++)
		free(s->came[i].data);
}

static int alone(const struct fan *f, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < f->n; i++) {
		char *data = NULL;
		size_t bytes = 0;
		FILE *out = open_memstream(&data, &bytes), *in = NULL;

		if (out) {
			f->work(f->arg, i, out);
			fclose(out);
			in = bytes ? fmemopen(data, bytes, "r") : fopen("/dev/null", "re");
		}
		rc = in ? f->take(f->arg, i, in, e) : err_sys(e, "cannot read memory");
		if (in)
			fclose(in);
		free(data);
	}
	return rc;
}

static int by_workers(const struct fan *f, unsigned workers, struct err *e)
{
	struct fanning *s = xcalloc(1, sizeof(*s));
	int alive[2], rc = 0;

	s->f = f;
	s->counter = mmap(NULL, sizeof(*s->counter), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->counter == MAP_FAILED || pipe2(alive, O_CLOEXEC) < 0) {
		free(s);
		return err_sys(e, "no memory to share");
	}
	s->came = xcalloc(f->n, sizeof(*s->came));
	once_share();
	fflush(NULL); /* what is buffered is not printed twice */
	while (s->n < workers && start(s, alive, e) == 0)
		;
	close(alive[0]);
	rc = s->n ? take_all(s, e) : alone(f, e); /* as many as the machine lets us have */
	end(s);
	close(alive[1]);
	munmap(s->counter, sizeof(*s->counter));
	free(s->came);
	free(s);
	return rc;
}

int fan_run(const struct fan *f, struct err *e)
{
	unsigned workers = f->workers ? f->workers : threads_useful();

	if (workers > WORKERS_MAX)
		workers = WORKERS_MAX;
	if (workers > f->n)
		workers = (unsigned)f->n;
	return workers > 1 ? by_workers(f, workers, e) : alone(f, e);
}
