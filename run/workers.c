// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * workers.c - a process for each cell of a run
 *
 * Processes. The parent schedules and, at the end, adds the cells up into the run's tables; it
 * never touches a network namespace. One worker per cell builds the network, at most `jobs` at a
 * time, each pinned to a CPU where there are as many, because the virtual clock works best on one.
 * One janitor cleans up after the parent, whatever ends it.
 *
 * A worker, from its parent's view (struct worker, r->done, r->invalid, cells/):
 *
 *	state		entered when			left when
 *	forked		start_worker() made the folder	it has entered the sandbox: a fork inside,
 *			cells/.NAME and a memory file	whose first process passes on signals and
 *			for its report, and forked	the exit status (lab_sandbox_enter())
 *	sandboxed	the namespaces are its own	cell_run() begins
 *	running		cell_run() fills cells/.NAME	cell_run() returns, or the worker is killed
 *	finished	exit status 0; the report	for good: end_worker() renamed cells/.NAME to
 *			holds the cell's scores		cells/NAME, so a cell is there whole or not
 *	failed		another status or a signal;	for good: end_worker() removed cells/.NAME.
 *			the report holds a struct err,	The cell is invalid. EXIT_NO (its tap lost
 *			or nothing if it was killed	packets): the run goes on; else it ends here
 *
 * The parent sees forked, sandboxed and running as one: the slot's pid is not 0. A report is a
 * memory file and not a pipe, since scores may be larger than a pipe holds and nobody reads while a
 * worker runs.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/capture/pcap.h"
#include "base/clock.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/progress.h"
#include "base/reap.h"
#include "lab/lab.h"
#include "run/cell/cell.h"
#include "run/cell/transfer.h"
#include "run/scenario/schema.h"
#include "run/sweep/kept.h"
#include "run/workers.h"

double run_clock(void)
{
	return (double)clock_ns(CLOCK_REALTIME) / 1e9;
}

/* What looks at cell @i beside our own detector; NULL = nothing. */
const struct under_test *runner_detectors(const struct runner *r, size_t i)
{
	return under_test_at(&r->detectors, r->s->detector_repeat, r->cells[i].repetition);
}

/* Keeps this worker of @jobs on one processor. With fewer workers than processors the kernel chooses: other
 * runs may be here, such as shards of the same sweep, and all would choose the first. */
static void pin(unsigned slot, unsigned jobs)
{
	cpu_set_t all, one;
	unsigned seen = 0, count;

	if (sched_getaffinity(0, sizeof(all), &all) < 0)
		return;
	count = (unsigned)CPU_COUNT(&all);
	if (jobs < count)
		return;
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all) || seen++ != slot % count)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
		return;
	}
}

/* Leaves in @report what the cell in @dir came to, of a part of a run with its files' digests. 0, or -1
 * with @e set. */
static int send_scores(int report, const char *dir, const struct score_table *scores, bool part,
		       struct err *e)
{
	FILE *f = fdopen(dup(report), "w");
	int rc = 0;

	if (!f)
		return err_sys(e, "fdopen");
	if (part)
		rc = kept_write(f, dir, scores, e);
	else
		transfer_send(scores, f);
	if (rc < 0) {
		fclose(f);
		return rc;
	}
	return fclose(f) ? err_sys(e, "the cell's scores cannot be kept in memory") : 0;
}

static void work(struct runner *r, size_t i, unsigned slot, int report, pid_t parent)
{
	struct err e = {0};
	struct scenario *s = scenario_apply(r->s, &r->cells[i]);
	struct score_table *scores = score_table_new();
	char *dir = run_dir_unfinished(&r->dir, i);
	struct cell_job job = {.scenario = s,
			       .name = r->cells[i].name,
			       .dir = dir,
			       .signatures = r->signatures,
			       .detectors = runner_detectors(r, i),
			       .live = r->o->live,
			       .program = r->o->program};
	int rc = -1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_ENV);
	pin(slot, r->jobs);
	if ((job.program ? lab_sandbox_enter_for_programs(&e) : lab_sandbox_enter(&e)) == 0)
		rc = cell_run(&job, scores, &e);
	if (rc == 0)
		rc = send_scores(report, dir, scores, r->plan != NULL, &e);
	if (rc < 0)
		(void)!pwrite(report, &e, sizeof(e), 0);
	free(dir);
	score_table_free(scores);
	scenario_free(s);
	_exit(rc < 0 ? 1 : 0);
}

static int start_worker(struct runner *r, unsigned slot, size_t i, struct err *e)
{
	char *dir = run_dir_unfinished(&r->dir, i);
	pid_t parent = getpid(), pid;
	int report;

	remove_tree(dir);
	if (make_dirs(dir, e) < 0) {
		free(dir);
		return -1;
	}
	free(dir);
	report = memfd_create("cell", MFD_CLOEXEC);
	if (report < 0)
		return err_sys(e, "cannot make a file in memory");
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		err_sys(e, "cannot start a process for a cell");
		close(report);
		return -1;
	}
	if (pid == 0) {
		signal(SIGCHLD, SIG_DFL);
		sigprocmask(SIG_SETMASK, &r->mask, NULL);
		close(r->dir.janitor);
		work(r, i, slot, report, parent);
	}
	r->workers[slot] = (struct worker){pid, i, report};
	return 0;
}

/* The scores that a worker left; NULL when they are not whole. */
static struct score_table *take_scores(int report)
{
	FILE *f = fdopen(dup(report), "r");
	struct score_table *t = NULL;

	if (f && fseek(f, 0, SEEK_SET) == 0)
		t = transfer_receive(f);
	if (f)
		fclose(f);
	return t;
}

/* Keeps what a worker of a part of a run left, before its cell is there. 0, or -1 with @e set. */
static int keep(const struct runner *r, const struct worker *w, struct err *e)
{
	char *path = path_inf(r->dir.path, KEPT_FOLDER "/%s", r->cells[w->cell].name);
	off_t at = 0, end = lseek(w->report, 0, SEEK_END);
	struct outfile o;
	char buf[16384];
	int rc = outfile_open(&o, path, e);

	free(path);
	if (rc < 0)
		return -1;
	while (at < end) {
		ssize_t got = pread(w->report, buf, sizeof(buf), at);

		if (got <= 0)
			break;
		fwrite(buf, 1, (size_t)got, o.f);
		at += got;
	}
	if (at == end)
		return outfile_commit(&o, e);
	outfile_abort(&o);
	return err_set(e, "cell %s: what its worker left cannot be read", r->cells[w->cell].name);
}

/* The cell of a worker that did it is there, with its scores. 0, or -1 with @e set. */
static int take_cell(struct runner *r, const struct worker *w, const char *tmp, const char *whole,
		     struct err *e)
{
	if (r->plan && keep(r, w, e) < 0)
		return -1;
	if (rename(tmp, whole) < 0)
		return err_sys(e, "%s", whole);
	r->done[w->cell] = true;
	if (r->plan)
		return 0;
	r->scores[w->cell] = take_scores(w->report);
	return r->scores[w->cell]
		       ? 0
		       : err_sys(e, "cell %s: its scores cannot be read", r->cells[w->cell].name);
}

/* Takes a worker's result. 0, or -1 with @e set when the run cannot go on. */
static int end_worker(struct runner *r, struct worker *w, int status, struct err *e)
{
	const char *name = r->cells[w->cell].name;
	char *tmp = run_dir_unfinished(&r->dir, w->cell);
	char *whole = run_dir_cell(&r->dir, w->cell);
	struct err why = {0};
	int rc = 0;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		rc = take_cell(r, w, tmp, whole, e);
	} else {
		if (pread(w->report, &why, sizeof(why), 0) != (ssize_t)sizeof(why))
			err_env(&why, "the worker ended by %s %d",
				WIFSIGNALED(status) ? "signal" : "exit",
				WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		remove_tree(tmp);
		r->invalid[w->cell] = true;
		r->bad++;
		if (why.code == EXIT_NO) {
			log_error("cell %s is invalid: %s", name, why.msg);
			free(r->why[w->cell]);
			r->why[w->cell] = xstrdup(why.msg);
		} else {
			*e = why;
			rc = err_push(e, "cell %s", name);
		}
	}
	r->finished++;
	close(w->report);
	w->pid = 0;
	free(tmp);
	free(whole);
	return rc;
}

static void show_progress(struct progress *p, const struct runner *r)
{
	size_t ran = r->finished - r->reused, all = r->n - r->reused;

	progress_show(p, all ? (double)ran / (double)all : 1, "%zu of %zu %s", r->finished, r->n,
		      r->s->repeat > 1 ? "trials" : "cells");
}

static void kill_workers(struct runner *r)
{
	for (unsigned k = 0; k < r->jobs; k++)
		if (r->workers[k].pid)
			kill(r->workers[k].pid, SIGKILL);
	for (unsigned k = 0; k < r->jobs; k++)
		if (r->workers[k].pid) {
			reap(r->workers[k].pid, NULL);
			close(r->workers[k].report);
			r->workers[k].pid = 0;
		}
}

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	interrupted = sig;
}

static void on_child(int sig)
{
	(void)sig;
}

/* Signals are blocked but in sigsuspend(), so that none is lost between a look and the wait. NULL
 * with errno EINTR when the run is interrupted. */
static struct worker *wait_worker(struct runner *r, int *status)
{
	for (;;) {
		pid_t pid = waitpid(-1, status, WNOHANG);

		if (pid < 0)
			return NULL;
		if (interrupted) {
			errno = EINTR;
			return NULL;
		}
		if (!pid) {
			sigsuspend(&r->mask);
			continue;
		}
		for (unsigned k = 0; k < r->jobs; k++)
			if (r->workers[k].pid == pid)
				return &r->workers[k];
	}
}

/* What run_cells() changes of the process's signals. */
struct old_signals {
	struct sigaction actions[4];
};

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};

static void catch_signals(struct runner *r, struct old_signals *old)
{
	struct sigaction act = {.sa_handler = on_signal};
	sigset_t block;

	sigemptyset(&block);
	for (size_t i = 0; i < ARRAY_LEN(caught); i++)
		sigaddset(&block, caught[i]);
	sigprocmask(SIG_BLOCK, &block, &r->mask);
	for (size_t i = 0; i < ARRAY_LEN(caught); i++) {
		act.sa_handler = caught[i] == SIGCHLD ? on_child : on_signal;
		sigaction(caught[i], NULL, &old->actions[i]);
		if (caught[i] != SIGHUP || old->actions[i].sa_handler != SIG_IGN) /* nohup stays */
			sigaction(caught[i], &act, NULL);
	}
}

static void leave_signals(const struct runner *r, const struct old_signals *old)
{
	for (size_t i = 0; i < ARRAY_LEN(caught); i++)
		sigaction(caught[i], &old->actions[i], NULL);
	sigprocmask(SIG_SETMASK, &r->mask, NULL);
}

int run_cells(struct runner *r, struct err *e)
{
	struct progress progress = progress_begin(log_level > 0, false);
	struct old_signals old;
	size_t next = 0, running = 0;
	int rc = 0, status;

	library_load(&library_pcap); /* of the taps */
	catch_signals(r, &old);
	while (rc == 0) {
		struct worker *w;

		for (unsigned k = 0; rc == 0 && k < r->jobs; k++) {
			while (next < r->n && r->done[next])
				next++;
			if (r->workers[k].pid || next >= r->n)
				continue;
			rc = start_worker(r, k, next++, e);
			running += rc == 0;
		}
		show_progress(&progress, r);
		if (rc < 0 || !running)
			break;
		w = wait_worker(r, &status);
		if (interrupted)
			rc = err_set(e, "interrupted; `skypelab run %s%s -o %s` goes on from here",
				     r->o->scenario, r->plan ? " ..." : "", r->dir.path);
		else if (w) {
			running--;
			rc = end_worker(r, w, status, e);
		} else if (errno != EINTR) {
			rc = err_sys(e, "waitpid");
		}
	}
	kill_workers(r);
	progress_end(&progress);
	leave_signals(r, &old);
	return rc;
}
