// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * contained.c - runs a foreign program where it can harm nothing
 *
 * Model: three processes beside the caller.
 *	outer	leaves the caller's namespaces, builds the file system (view.c), waits
 *	warden	process 1 of the new PID namespace: starts the program, watches and measures it
 *		(warden.c), digests or copies its outputs (keep.c), tells the caller how it went and
 *		hands over what was not copied (talk.c)
 *	program	the foreign one, confined (confine.c)
 *
 * The namespaces are user, mount, PID, network, IPC, UTS and cgroup. The network has nothing but a
 * loopback that is down, and for a live program its interface (feed.c). The caller's death ends the
 * outer, its death the warden, and the death of process 1 all that the program started.
 *
 * An ordinary user's program runs as this user, root's as nobody. Inside, both are called nobody:
 * programs that see themselves as root would do what only root can.
 *
 * Limits: no cgroup is made, since only some users may; memory of all processes together is
 * watched, so it may be exceeded for some milliseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/reap.h"
#include "base/text.h"
#include "lab/exec.h"
#include "lab/userns.h"
#include "run/foreign/contained.h"
#include "run/foreign/feed.h"
#include "run/foreign/talk.h"
#include "run/foreign/view.h"
#include "run/foreign/warden.h"

/**
 * struct contained - a program, and the processes around it
 * @pid:	The outer
 * @alive:	Closed by our end
 * @talk:	Messages of the outer and the warden
 * @feed:	For frames, -1 = not live
 * @outputs:	The folder, once it has ended; -1 = none
 * @ended, @last: TALK_END has come
 */
struct contained {
	struct contained_job job;
	pid_t pid;
	int alive, talk, feed, outputs;
	bool ended;
	struct talk last;
};

#define NOBODY 65534

static void fill_limits(struct contained_limits *l)
{
	if (l->wall_seconds <= 0)
		l->wall_seconds = 300;
	if (l->cpu_seconds <= 0)
		l->cpu_seconds = l->wall_seconds * (double)sysconf(_SC_NPROCESSORS_ONLN);
	if (!l->memory_bytes)
		l->memory_bytes = 2ULL << 30;
	if (!l->output_bytes)
		l->output_bytes = 256ULL << 20;
	if (!l->files)
		l->files = 4096;
	if (!l->processes)
		l->processes = 64;
}

/* Closes all but the standard streams and the three given ones, each of which may be -1. */
static void close_others(int a, int b, int c)
{
	int kept[] = {a, b, c};
	unsigned from = 3;

	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		for (size_t j = i + 1; j < ARRAY_LEN(kept); j++)
			if (kept[j] < kept[i]) {
				int swap = kept[i];

				kept[i] = kept[j];
				kept[j] = swap;
			}
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		if (kept[i] < (int)from)
			continue;
		if ((unsigned)kept[i] > from)
			close_range(from, (unsigned)kept[i] - 1, 0);
		from = (unsigned)kept[i] + 1;
	}
	close_range(from, ~0U, 0);
}

/* @outputs: the folder for the caller, -1 = none. */
static void __attribute__((noreturn)) tell_and_end(int fd, struct talk *t, int rc, int outputs)
{
	t->kind = TALK_END;
	t->failed = rc < 0;
	_exit(talk_send(fd, t, outputs) == 0 ? 0 : EXIT_ENV);
}

static int leave(struct err *e)
{
	const int own = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
			CLONE_NEWCGROUP;

	/* When memory ends, the kernel shall take it from here. */
	(void)!write_existing("/proc/self/oom_score_adj", "1000");
	if (geteuid() != 0 || !userns_has(NOBODY)) {
		if (userns_of_self(NOBODY, own, e) < 0)
			return -1;
	} else if (userns_of_all(own) < 0) {
		return userns_refused("a user namespace", errno, e);
	}
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return userns_refused("private mounts", errno, e);
	return 0;
}

static void __attribute__((noreturn))
warden(const struct contained_job *job, const char *program, int to, int fd, int alive)
{
	static struct talk end;
	bool proc = false;
	int rc;

	die_with_parent(alive);
	close_others(to, fd, -1);
	rc = view_enter(&proc, &end.e);
	/* Nothing of this process is the program's to see, though both have one user. */
	prctl(PR_SET_DUMPABLE, 0);
	if (rc == 0)
		rc = warden_run(job, program, proc, to, fd, &end.r, &end.e);
	tell_and_end(fd, &end, rc,
		     rc == 0 && to < 0 ? open(CONTAINED_OUT, O_PATH | O_DIRECTORY | O_CLOEXEC)
				       : -1);
}

static int give_feed(const char *interface, int fd, struct err *e)
{
	struct talk t = {.kind = TALK_FEED};
	int feed = feed_make(interface, e), rc;

	if (feed < 0)
		return -1;
	rc = talk_send(fd, &t, feed);
	if (rc < 0)
		err_env(e, "cannot hand over a socket: %s", strerror(errno));
	close(feed);
	return rc;
}

static void __attribute__((noreturn))
outer(const struct contained_job *job, const char *program, int to, int fd, int alive)
{
	static struct talk end;
	int below[2];
	pid_t pid;

	exec_ready();
	close_others(to, fd, alive);
	umask(022);
	if (leave(&end.e) < 0)
		tell_and_end(fd, &end, -1, -1);
	/* Only now: a change of privilege takes the signal back. */
	die_with_parent(alive);
	if ((job->interface && give_feed(job->interface, fd, &end.e) < 0) ||
	    view_build(job, program, &end.e) < 0)
		tell_and_end(fd, &end, -1, -1);
	pid = pipe2(below, O_CLOEXEC) < 0 ? -1 : fork();
	if (pid < 0)
		tell_and_end(fd, &end, err_env(&end.e, "cannot fork: %s", strerror(errno)), -1);
	if (pid == 0) {
		close(below[1]);
		warden(job, program, to, fd, below[0]);
	}
	reap(pid, NULL);
	_exit(0);
}

/* Starts the outer. 0, or -1 with @e set. */
static int start(struct contained *c, const char *program, int to, struct err *e)
{
	int alive[2] = {-1, -1}, talk[2] = {-1, -1};

	fflush(NULL);
	if (pipe2(alive, O_CLOEXEC) == 0 && talk_pair(talk) == 0)
		c->pid = fork();
	if (c->pid == 0) {
		close(alive[1]);
		outer(&c->job, program, to, talk[1], alive[0]);
	}
	c->alive = alive[1];
	c->talk = talk[0];
	if (c->pid < 0)
		err_env(e, "cannot start a process: %s", strerror(errno));
	close(alive[0]);
	close(talk[1]);
	return c->pid < 0 ? -1 : 0;
}

/* Takes messages until one of @kind, or the last one. 0, or -1 with @e set: the other side has
 * gone. */
static int take(struct contained *c, enum talk_kind kind, struct err *e)
{
	while (!c->ended) {
		int passed = -1;

		if (talk_receive(c->talk, &c->last, &passed) < 0)
			return err_env(e, "%s: what watched it was killed", c->job.argv[0]);
		c->ended = c->last.kind == TALK_END;
		if (passed >= 0)
			*(c->ended ? &c->outputs : &c->feed) = passed;
		if (c->last.kind == kind)
			break;
	}
	return 0;
}

static void release(struct contained *c)
{
	int fds[] = {c->alive, c->talk, c->feed, c->outputs};

	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	if (c->pid > 0)
		reap(c->pid, NULL);
	free(c);
}

/* A program that is under way, or is known not to be there. NULL with @e set. */
static struct contained *begin(const struct contained_job *job, struct err *e)
{
	struct contained *c = xcalloc(1, sizeof(*c));
	char *program = view_program(job->argv[0]);
	int to = -1, rc = 0;

	*c = (struct contained){
		.job = *job, .pid = -1, .alive = -1, .talk = -1, .feed = -1, .outputs = -1};
	fill_limits(&c->job.limits);
	if (!program) {
		c->ended = true;
		c->last.r.end = CONTAINED_MISSING;
		text_show(c->last.r.last_line, sizeof(c->last.r.last_line),
			  "there is no such program here");
		return c;
	}
	if (job->out)
		to = open(job->out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (job->out && to < 0)
		rc = err_sys(e, "%s", job->out);
	else
		rc = start(c, program, to, e);
	if (to >= 0)
		close(to);
	free(program);
	if (rc == 0)
		return c;
	release(c);
	return NULL;
}

/* The last message; frees. */
static int finish(struct contained *c, struct contained_result *out, struct err *e)
{
	int rc = take(c, TALK_END, e);

	if (rc == 0 && c->last.failed) {
		if (e)
			*e = c->last.e;
		rc = err_push(e, "%s", c->job.argv[0]);
	}
	*out = rc == 0 ? c->last.r : (struct contained_result){0};
	out->outputs = rc == 0 ? c->outputs : -1;
	if (rc == 0)
		c->outputs = -1;
	release(c);
	return rc;
}

int contained_run(const struct contained_job *job, struct contained_result *out, struct err *e)
{
	struct contained *c = begin(job, e);

	*out = (struct contained_result){.outputs = -1};
	return c ? finish(c, out, e) : -1;
}

struct contained *contained_start(const struct contained_job *job, struct err *e)
{
	struct contained *c = begin(job, e);

	if (c && take(c, TALK_READY, e) < 0) {
		release(c);
		return NULL;
	}
	return c;
}

bool contained_frame(struct contained *c, const void *frame, size_t len)
{
	return c->feed >= 0 && send(c->feed, frame, len, MSG_NOSIGNAL) == (ssize_t)len;
}

void contained_ask_to_end(struct contained *c)
{
	if (c->talk >= 0)
		shutdown(c->talk, SHUT_WR); /* the warden sees the end */
}

int contained_end(struct contained *c, struct contained_result *out, struct err *e)
{
	contained_ask_to_end(c);
	return finish(c, out, e);
}

void contained_result_free(struct contained_result *r)
{
	if (r->outputs >= 0)
		close(r->outputs);
	r->outputs = -1;
}

static double mebibytes(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

void contained_describe(const struct contained_job *job, const struct contained_result *r,
			char *text, size_t room)
{
	struct contained_limits l = job->limits;

	fill_limits(&l);
	switch (r->end) {
	case CONTAINED_EXITED:
		snprintf(text, room, "exit status %d", r->status);
		break;
	case CONTAINED_SIGNALLED:
		snprintf(text, room, "killed by signal %d (%s)", r->status, strsignal(r->status));
		break;
	case CONTAINED_MISSING:
		snprintf(text, room, "cannot be run");
		break;
	case CONTAINED_TIME:
		snprintf(text, room, "did not end within %.15g s", l.wall_seconds);
		break;
	case CONTAINED_CPU:
		snprintf(text, room, "more than %.15g s of processor time", l.cpu_seconds);
		break;
	case CONTAINED_MEMORY:
		snprintf(text, room, "more than %.15g MiB of memory", mebibytes(l.memory_bytes));
		break;
	case CONTAINED_OUTPUT:
		snprintf(text, room, "more than %.15g MiB of output", mebibytes(l.output_bytes));
		break;
	case CONTAINED_FILES:
		snprintf(text, room, "more than %u files of output", l.files);
		break;
	case CONTAINED_PROCESSES:
		snprintf(text, room, "more than %u processes", l.processes);
		break;
	case CONTAINED_DEAF:
		snprintf(text, room, "did not begin to read its interface");
		break;
	case CONTAINED_DEFIANT:
		snprintf(text, room, "did not end when it was asked to");
		break;
	}
}
