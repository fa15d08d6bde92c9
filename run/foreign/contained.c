// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * contained.c - runs a foreign program where it can harm nothing
 *
 * Model: three processes beside the caller.
 *	outer	leaves the caller's namespaces, builds the file system (view.c), waits
 *	warden	process 1 of the new PID namespace: starts the program, watches and measures it
 *		(warden.c), copies its outputs (keep.c), reports to the caller through a pipe
 *	program	the foreign one, confined (confine.c)
 *
 * The namespaces are user, mount, PID, network, IPC, UTS and cgroup. The network has nothing but a
 * loopback that is down. The caller's death ends the outer, its death the warden, and the death of
 * process 1 all that the program started.
 *
 * An ordinary user's program runs as this user in a user namespace where nobody else exists; root's
 * runs as nobody.
 *
 * Limits: no cgroup is made, since only some users may; memory of all processes together is watched,
 * so it may be exceeded for some milliseconds.
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
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/reap.h"
#include "base/text.h"
#include "lab/exec.h"
#include "lab/userns.h"
#include "run/foreign/contained.h"
#include "run/foreign/view.h"
#include "run/foreign/warden.h"

/* What the warden reports, in one write. */
struct report {
	bool failed;
	struct err e;
	struct contained_result r;
};

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

static void __attribute__((noreturn)) report_and_end(int fd, struct report *report, int rc)
{
	report->failed = rc < 0;
	_exit(write(fd, report, sizeof(*report)) == (ssize_t)sizeof(*report) ? 0 : EXIT_ENV);
}

static int leave(struct err *e)
{
	const int own = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
			CLONE_NEWCGROUP;

	/* When memory ends, the kernel shall take it from here. */
	(void)!write_existing("/proc/self/oom_score_adj", "1000");
	if (geteuid() != 0) {
		if (userns_of_self(own, e) < 0)
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
	static struct report report;
	bool proc = false;
	int rc;

	die_with_parent(alive);
	close_others(to, fd, -1);
	rc = view_enter(&proc, &report.e);
	/* Nothing of this process is the program's to see, though both have one user. */
	prctl(PR_SET_DUMPABLE, 0);
	if (rc == 0)
		rc = warden_run(job, program, proc, to, &report.r, &report.e);
	report_and_end(fd, &report, rc);
}

static void __attribute__((noreturn))
outer(const struct contained_job *job, const char *program, int to, int fd, int alive)
{
	static struct report report;
	int below[2];
	pid_t pid;

	exec_ready();
	close_others(to, fd, alive);
	umask(022);
	if (leave(&report.e) < 0)
		report_and_end(fd, &report, -1);
	/* Only now: a change of privilege takes the signal back. */
	die_with_parent(alive);
	if (view_build(job, program, &report.e) < 0)
		report_and_end(fd, &report, -1);
	pid = pipe2(below, O_CLOEXEC) < 0 ? -1 : fork();
	if (pid < 0)
		report_and_end(fd, &report, err_env(&report.e, "cannot fork: %s", strerror(errno)));
	if (pid == 0) {
		close(below[1]);
		warden(job, program, to, fd, below[0]);
	}
	reap(pid, NULL);
	_exit(0);
}

/* The report, when it comes; else what ended without one. */
static int take_report(int fd, const char *name, struct contained_result *out, struct err *e)
{
	struct report report;
	ssize_t n;

	do
		n = read(fd, &report, sizeof(report));
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(report))
		return err_env(e, "%s: what watched it was killed", name);
	if (report.failed) {
		if (e)
			*e = report.e;
		return err_push(e, "%s", name);
	}
	*out = report.r;
	return 0;
}

static int run_below(const struct contained_job *job, const char *program, int to,
		     struct contained_result *out, struct err *e)
{
	int alive[2] = {-1, -1}, reports[2] = {-1, -1}, rc;
	pid_t pid = -1;

	fflush(NULL);
	if (pipe2(alive, O_CLOEXEC) == 0 && pipe2(reports, O_CLOEXEC) == 0)
		pid = fork();
	if (pid == 0) {
		close(alive[1]);
		outer(job, program, to, reports[1], alive[0]);
	}
	if (pid < 0)
		rc = err_env(e, "cannot start a process: %s", strerror(errno));
	close(alive[0]);
	close(reports[1]);
	if (pid > 0) {
		rc = take_report(reports[0], job->argv[0], out, e);
		reap(pid, NULL);
	}
	close(alive[1]);
	close(reports[0]);
	return rc;
}

int contained_run(const struct contained_job *job, struct contained_result *out, struct err *e)
{
	struct contained_job filled = *job;
	char *program = view_program(job->argv[0]);
	int to = -1, rc;

	memset(out, 0, sizeof(*out));
	fill_limits(&filled.limits);
	if (!program) {
		out->end = CONTAINED_MISSING;
		text_show(out->last_line, sizeof(out->last_line), "there is no such program here");
		return 0;
	}
	if (job->out)
		to = open(job->out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (job->out && to < 0)
		rc = err_sys(e, "%s", job->out);
	else
		rc = run_below(&filled, program, to, out, e);
	if (to >= 0)
		close(to);
	free(program);
	return rc;
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
	}
}
