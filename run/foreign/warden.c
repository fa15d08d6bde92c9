// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * warden.c - process 1 beside a contained program: starts it, watches it, ends it, measures it
 *
 * Model: a loop that wakes up when the program ends or prints an error, and every few milliseconds
 * to look at what its processes hold. The first limit that is reached is how it ended; then all
 * processes of the namespace are killed, which also happens when the program ends by itself: what
 * it left running would measure nothing. Whoever loses his parent becomes a child of process 1, so
 * the times of all are in its account of children.
 *
 * Limits: without a /proc only what the kernel limits by itself is limited. Processes whose parent
 * ignores SIGCHLD are missing in the processor time.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/text.h"
#include "lab/exec.h"
#include "run/foreign/confine.h"
#include "run/foreign/keep.h"
#include "run/foreign/talk.h"
#include "run/foreign/warden.h"
#include "run/foreign/watch.h"

#define COUNTED	      (1 << 20) /* bytes: the kernel counts a process's memory no more exactly */
#define LOOK_MS	      20	/* at most, between two looks at the processes */
#define READY_SECONDS 20	/* for a live program to begin to read */
/* Seconds. A packet socket that listens may yet be emptied: libpcap opens it, then gives it its ring,
 * and the kernel drops what was queued. So a program reads once it listens and rests. One that never
 * rests reads after a while all the same. */
#define SETTLE	       0.1
#define SETTLE_AT_MOST 2.0
/* Seconds. A live program is asked to end when it has had time to take what arrived, and rests:
 * libpcap hands frames over after a second, as many programs have it. One that never rests is asked
 * all the same. */
#define TAKE_AT_LEAST 1.5
#define TAKE_AT_MOST  10.0
#define REST	      1.1
/* From then on: asked again, and killed. */
#define ASK_AGAIN  5.0
#define KILL_AFTER 10.0

struct warden {
	const struct contained_job *job;
	struct contained_result *r;
	pid_t pid;
	int pidfd, errors;  /* @errors: its standard error */
	int talk;	    /* with the caller */
	uint64_t began;	    /* monotonic */
	uint64_t own_bytes; /* peak of the child until it became the program */
	uint64_t told;	    /* when the caller wanted a live program to end, 0 = not yet */
	uint64_t asked;	    /* when it was asked to, 0 = not yet */
	bool pressed;	    /* it was asked again */
	uint64_t worked;    /* when its processes were last seen to use a processor */
	uint64_t cpu_ns;    /* what they had used then */
	uint64_t listens;   /* when a packet socket of it was first seen to listen, 0 = not yet */
	bool ready;	    /* it reads */
	char line[240];	    /* of standard error, under way */
	size_t line_len;
	bool proc, over;
};

static double seconds_since(uint64_t ns)
{
	return (double)(clock_ns(CLOCK_MONOTONIC) - ns) / 1e9;
}

/* The program's whole environment. */
static char *const environment[] = {
	"PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin",
	"HOME=/tmp",
	"TMPDIR=/tmp",
	"LANG=C.UTF-8",
	"TZ=UTC",
	NULL};

/* What the child needs to become the program. */
struct program {
	const char *path;
	int in, out, errors;
	int told; /* gets its peak so far, and a struct err when it cannot be run */
};

/* Bytes of memory that a process, or the largest of its children, has had at most. */
static uint64_t peak_of(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return (uint64_t)u.ru_maxrss * 1024;
}

/* The child. It becomes the program, or says why not. */
static void __attribute__((noreturn))
become(const struct contained_job *job, const struct program *p)
{
	struct err e = {0};
	uint64_t own;
	cpu_set_t all;

	setsid();
	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
	if (dup2(p->in, 0) < 0 || dup2(p->out, 1) < 0 || dup2(p->errors, 2) < 0 ||
	    chdir(CONTAINED_OUT) < 0)
		err_env(&e, "cannot prepare a contained program: %s", strerror(errno));
	exec_ready();
	if (!e.code)
		(void)confine(&job->limits, job->interface != NULL, &e);
	own = peak_of(RUSAGE_SELF);
	(void)!write(p->told, &own, sizeof(own));
	if (e.code) {
		(void)!write(p->told, &e, sizeof(e));
		_exit(EXIT_ENV);
	}
	execve(p->path, job->argv, environment);
	err_set(&e, "%s",
		errno == ENOENT ? "it needs an interpreter or a loader that is not there"
				: strerror(errno));
	(void)!write(p->told, &e, sizeof(e));
	_exit(EXIT_ENV);
}

/* Starts the program. 1 = it cannot be run, *failure says why; -1 with @e set. */
static int start(struct warden *w, const char *path, struct err *failure, struct err *e)
{
	char *printed = path_in(CONTAINED_OUT, w->job->printed ? w->job->printed : "");
	int errors[2] = {-1, -1}, told[2] = {-1, -1};
	struct program p = {.path = path};
	ssize_t n = 0;

	p.in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	p.out = w->job->printed
			? open(printed, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_APPEND, 0666)
			: open("/dev/null", O_WRONLY | O_CLOEXEC);
	free(printed);
	if (p.in < 0 || p.out < 0 || pipe2(errors, O_CLOEXEC) < 0 || pipe2(told, O_CLOEXEC) < 0)
		return err_env(e, "cannot open a program's streams: %s", strerror(errno));
	p.errors = errors[1];
	p.told = told[1];
	w->errors = errors[0];
	fcntl(w->errors, F_SETFL, O_NONBLOCK);
	w->began = clock_ns(CLOCK_MONOTONIC);
	w->pid = fork();
	if (w->pid == 0)
		become(w->job, &p);
	close(p.in);
	close(p.out);
	close(errors[1]);
	close(told[1]);
	if (w->pid < 0)
		return err_env(e, "cannot fork: %s", strerror(errno));
	if (read(told[0], &w->own_bytes, sizeof(w->own_bytes)) == (ssize_t)sizeof(w->own_bytes))
		n = read(told[0], failure, sizeof(*failure)); /* nothing, when the exec closes it */
	close(told[0]);
	w->pidfd = (int)syscall(SYS_pidfd_open, w->pid, 0);
	return n == (ssize_t)sizeof(*failure) ? 1 : 0;
}

/* Ends the wait: how it ended is known. */
static void over(struct warden *w, enum contained_end end, int status)
{
	if (w->over)
		return;
	w->over = true;
	w->r->end = end;
	w->r->status = status;
	w->r->wall_ns = clock_ns(CLOCK_MONOTONIC) - w->began;
}

/* A signal that a limit of the kernel sends means that limit. */
static void ended(struct warden *w, int status)
{
	if (WIFEXITED(status))
		over(w, CONTAINED_EXITED, WEXITSTATUS(status));
	else if (WTERMSIG(status) == SIGXFSZ)
		over(w, CONTAINED_OUTPUT, 0);
	else if (WTERMSIG(status) == SIGXCPU)
		over(w, CONTAINED_CPU, 0);
	else
		over(w, CONTAINED_SIGNALLED, WTERMSIG(status));
}

static void line_ends(struct warden *w)
{
	char text[sizeof(w->line)];

	memcpy(text, w->line, w->line_len);
	text[w->line_len] = '\0';
	if (text[strspn(text, " \t")])
		text_show(w->r->last_line, sizeof(w->r->last_line), text);
	w->line_len = 0;
}

/* Reads what it printed on standard error; only the last line is kept. */
static void read_errors(struct warden *w)
{
	char text[4096];
	ssize_t n;

	while ((n = read(w->errors, text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < n; i++)
			if (text[i] == '\n' || text[i] == '\r' || !text[i])
				line_ends(w);
			else if (w->line_len < sizeof(w->line) - 1)
				w->line[w->line_len++] = text[i];
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		close(w->errors);
		w->errors = -1;
	}
}

static void reap_all(struct warden *w, int options)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, options)) > 0 || (pid < 0 && errno == EINTR))
		if (pid == w->pid)
			ended(w, status);
}

/* The account of those that have ended. */
static uint64_t cpu_of_children(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return ((uint64_t)u.ru_utime.tv_sec + (uint64_t)u.ru_stime.tv_sec) * 1000000000 +
	       ((uint64_t)u.ru_utime.tv_usec + (uint64_t)u.ru_stime.tv_usec) * 1000;
}

/* Whether there is no room for more output, and of which kind. */
static bool output_full(enum contained_end *kind)
{
	struct statvfs s;

	if (statvfs(CONTAINED_OUT, &s) < 0 || (s.f_bfree && s.f_ffree))
		return false;
	*kind = s.f_bfree ? CONTAINED_FILES : CONTAINED_OUTPUT;
	return true;
}

/* Holds everything against the limits. */
static void look(struct warden *w)
{
	const struct contained_limits *l = &w->job->limits;
	struct watched now = {0};
	enum contained_end full;

	if (w->proc)
		watch_processes(&now);
	if (now.running || now.cpu_ns != w->cpu_ns) {
		w->worked = clock_ns(CLOCK_MONOTONIC);
		w->cpu_ns = now.cpu_ns;
	}
	if (now.resident_bytes > w->r->peak_bytes)
		w->r->peak_bytes = now.resident_bytes;
	if (now.own_bytes > l->memory_bytes)
		over(w, CONTAINED_MEMORY, 0);
	else if (now.threads >= l->processes)
		over(w, CONTAINED_PROCESSES, 0);
	else if (output_full(&full))
		over(w, full, 0);
	else if ((double)(now.cpu_ns + cpu_of_children()) > l->cpu_seconds * 1e9)
		over(w, CONTAINED_CPU, 0);
	else if (seconds_since(w->began) > l->wall_seconds)
		over(w, CONTAINED_TIME, 0);
}

/* The caller wants the end of a live program. */
static void let_end(struct warden *w)
{
	double since = seconds_since(w->told);

	if (!w->asked) {
		if (since < TAKE_AT_LEAST ||
		    (since < TAKE_AT_MOST && seconds_since(w->worked) < REST))
			return;
		w->asked = clock_ns(CLOCK_MONOTONIC);
		kill(w->pid, SIGINT);
	} else if (seconds_since(w->asked) > KILL_AFTER) {
		over(w, CONTAINED_DEFIANT, 0);
	} else if (!w->pressed && seconds_since(w->asked) > ASK_AGAIN) {
		w->pressed = true;
		kill(w->pid, SIGTERM);
	}
}

static bool reads(struct warden *w)
{
	if (!w->listens && watch_listens())
		w->listens = w->worked = clock_ns(CLOCK_MONOTONIC);
	return w->listens &&
	       (seconds_since(w->worked) >= SETTLE || seconds_since(w->listens) >= SETTLE_AT_MOST);
}

/* A live program: tells the caller when it reads, and has it end when the caller wants that. */
static void look_live(struct warden *w)
{
	const struct talk ready = {.kind = TALK_READY};

	if (!w->ready && reads(w)) {
		w->ready = true;
		talk_send(w->talk, &ready, -1);
	}
	if (w->told)
		let_end(w);
	else if (!w->ready && seconds_since(w->began) > READY_SECONDS)
		over(w, CONTAINED_DEAF, 0);
}

static void watch(struct warden *w)
{
	const bool live = w->job->interface != NULL;
	int pause = 1;

	while (!w->over) {
		struct pollfd p[] = {{.fd = w->pidfd, .events = POLLIN},
				     {.fd = w->errors, .events = POLLIN},
				     {.fd = live && !w->told ? w->talk : -1, .events = POLLIN}};

		poll(p, ARRAY_LEN(p), pause);
		if (w->errors >= 0)
			read_errors(w);
		if (p[2].revents && !w->told)
			w->told = clock_ns(CLOCK_MONOTONIC);
		if (live)
			look_live(w);
		look(w);
		reap_all(w, WNOHANG);
		pause = pause < LOOK_MS ? pause + 1 : LOOK_MS;
	}
}

/* Ends what is left, and takes its account. */
static void finish(struct warden *w)
{
	uint64_t peak;

	kill(-1, SIGKILL);
	reap_all(w, 0);
	if (w->errors >= 0)
		read_errors(w);
	line_ends(w);
	w->r->cpu_ns = cpu_of_children();
	peak = peak_of(RUSAGE_CHILDREN);
	/* Until its exec the child was a copy of this process; above that it is the program's. */
	if (peak > w->own_bytes + COUNTED && peak > w->r->peak_bytes)
		w->r->peak_bytes = peak;
	/* It may have ended by itself on what it could not write. */
	(void)output_full(&w->r->end);
	w->r->network_tries = w->proc ? watch_network_tries() : 0;
	if (w->job->interface)
		w->r->interface_frames = watch_frames(w->job->interface);
}

static int run(struct warden *w, const char *program, int to, struct err *e)
{
	struct err failure = {0};
	int rc = start(w, program, &failure, e), from;

	if (rc < 0)
		return -1;
	if (rc == 0)
		watch(w);
	finish(w);
	if (rc == 1 && failure.code == EXIT_ENV) {
		*e = failure;
		return -1;
	}
	if (rc == 1) {
		w->r->end = CONTAINED_MISSING;
		text_show(w->r->last_line, sizeof(w->r->last_line), failure.msg);
		return 0;
	}
	if (chmod(CONTAINED_OUT, 0755) < 0 ||
	    (from = open(CONTAINED_OUT, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return err_env(e, "cannot open a program's outputs: %s", strerror(errno));
	rc = keep_outputs(from, to, w->job->limits.output_bytes, w->r, e);
	close(from);
	return rc;
}

int warden_run(const struct contained_job *job, const char *program, bool proc, int to, int talk,
	       struct contained_result *r, struct err *e)
{
	struct warden w = {
		.job = job, .r = r, .proc = proc, .pidfd = -1, .errors = -1, .talk = talk};
	int rc;

	rc = run(&w, program, to, e);
	if (w.errors >= 0)
		close(w.errors);
	if (w.pidfd >= 0)
		close(w.pidfd);
	return rc;
}
