// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * runner.c - the cells of a scenario, each in a process of its own
 *
 * Processes. The parent schedules and, at the end, adds the cells up into the run's tables; it
 * never touches a network namespace. One worker per cell builds the network, at most `jobs` at a
 * time, each pinned to a CPU, because the virtual clock works best on one. One janitor cleans up
 * after the parent, whatever ends it.
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
 *
 * Ends of a run. Each leaves no process and no unfinished cell behind:
 *
 *	end			workers				unfinished cells
 *	all cells done		have ended			there are none; the parent sends the
 *								janitor a byte: leave everything
 *	an error, SIGINT,	kill_workers()			the parent closes the janitor's pipe
 *	SIGTERM							without a byte: it clears up
 *	kill -9 of the parent	die by PR_SET_PDEATHSIG, and	the kernel closes the pipe: the
 *				their sandboxes with them	janitor clears up
 *
 * The janitor is in run_dir.c, which has the directory. Naming the directory again takes a run up
 * where it stopped: finished cells are kept and scored from their files.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/inner.h"
#include "base/label.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/reap.h"
#include "run/cell/background.h"
#include "run/cell/cell.h"
#include "run/cell/transfer.h"
#include "run/choose_signatures.h"
#include "run/run_dir.h"
#include "run/run_tables.h"
#include "run/runner.h"
#include "run/scenario/load.h"
#include "run/scenario/schema.h"
#include "lab/lab.h"

#define MAX_JOBS 64

struct worker {
	pid_t pid; /* 0 = free */
	size_t cell;
	int report; /* memory file: the cell's scores, or a struct err when it failed */
};

struct runner {
	const struct run_options *o;
	struct scenario *s;
	struct signature_set *signatures;
	struct under_test detectors;
	struct scenario_cell *cells;
	size_t n;
	struct run_dir dir;
	struct worker workers[MAX_JOBS];
	unsigned jobs;
	bool *done;		     /* by cell: there is a folder */
	bool *invalid;		     /* by cell */
	struct score_table **scores; /* (owned) by cell; NULL = not known */
	size_t finished, reused, bad;
	double began;
	sigset_t mask; /* of signals, outside run_cells() */
};

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* ------------------------------------------------------------------ workers */

static void pin(unsigned slot)
{
	cpu_set_t all, one;
	unsigned seen = 0, count;

	if (sched_getaffinity(0, sizeof(all), &all) < 0)
		return;
	count = (unsigned)CPU_COUNT(&all);
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all) || seen++ != slot % count)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
		return;
	}
}

/* Leaves in @report what the cell came to. 0, or -1 with @e set. */
static int send_scores(int report, const struct score_table *scores, struct err *e)
{
	FILE *f = fdopen(dup(report), "w");

	if (!f)
		return err_sys(e, "fdopen");
	transfer_send(scores, f);
	return fclose(f) ? err_sys(e, "the cell's scores cannot be kept in memory") : 0;
}

/* What looks at cell @i beside our own detector; NULL = nothing. */
static const struct under_test *detectors_of(const struct runner *r, size_t i)
{
	return under_test_at(&r->detectors, r->s->detector_repeat, r->cells[i].repetition);
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
			       .detectors = detectors_of(r, i),
			       .live = r->o->live,
			       .program = r->o->program};
	int rc = -1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_ENV);
	pin(slot);
	if ((job.program ? lab_sandbox_enter_for_programs(&e) : lab_sandbox_enter(&e)) == 0)
		rc = cell_run(&job, scores, &e);
	if (rc == 0)
		rc = send_scores(report, scores, &e);
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

/* Takes a worker's result. 0, or -1 with @e set when the run cannot go on. */
static int end_worker(struct runner *r, struct worker *w, int status, struct err *e)
{
	const char *name = r->cells[w->cell].name;
	char *tmp = run_dir_unfinished(&r->dir, w->cell);
	char *whole = run_dir_cell(&r->dir, w->cell);
	struct err why = {0};
	int rc = 0;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		if (rename(tmp, whole) < 0)
			rc = err_sys(e, "%s", whole);
		r->done[w->cell] = true;
		r->scores[w->cell] = take_scores(w->report);
		if (rc == 0 && !r->scores[w->cell])
			rc = err_sys(e, "cell %s: its scores cannot be read", name);
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

static void progress(const struct runner *r, bool last)
{
	double left, spent = now_s() - r->began;
	size_t ran = r->finished - r->reused;

	if (!isatty(STDERR_FILENO) || log_level < 1)
		return;
	left = ran ? spent / (double)ran * (double)(r->n - r->finished) : 0;
	if (last)
		fprintf(stderr, "\r\033[K");
	else
		fprintf(stderr, "\r\033[K%zu of %zu %s, %.0f s left", r->finished, r->n,
			r->s->repeat > 1 ? "trials" : "cells", left);
	fflush(stderr);
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

static int run_cells(struct runner *r, struct err *e)
{
	struct old_signals old;
	size_t next = 0, running = 0;
	int rc = 0, status;

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
		progress(r, false);
		if (rc < 0 || !running)
			break;
		w = wait_worker(r, &status);
		if (interrupted)
			rc = err_set(e, "interrupted; `skypelab run %s -o %s` goes on from here",
				     r->o->scenario, r->dir.path);
		else if (w) {
			running--;
			rc = end_worker(r, w, status, e);
		} else if (errno != EINTR) {
			rc = err_sys(e, "waitpid");
		}
	}
	kill_workers(r);
	progress(r, true);
	leave_signals(r, &old);
	return rc;
}

/* ------------------------------------------------------------------ the whole */

static void print_plan(const struct runner *r)
{
	size_t cells = r->n / r->s->repeat;

	printf("%s: %zu cell%s", r->s->scenario, cells, cells == 1 ? "" : "s");
	if (r->s->repeat > 1)
		printf(", %u repetitions of each: %zu trials", r->s->repeat, r->n);
	putchar('\n');
	for (size_t i = 0; i < r->n; i += r->s->repeat) {
		printf("  %s", r->cells[i].cell);
		for (unsigned a = 0; a < r->s->matrix_len; a++)
			printf("%s%s=%s", a ? " " : "\t", r->s->matrix[a].axis,
			       r->cells[i].settings[a].text);
		putchar('\n');
	}
}

static char *default_dir(const struct scenario *s)
{
	time_t t = time(NULL);
	struct tm tm;
	char text[32];

	localtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y%m%d-%H%M%S", &tm);
	return xasprintf("results/runs/%s-%s", s->scenario, text);
}

/* Seed and repetitions as the command line wants them. */
static int set_trials(struct runner *r, struct err *e)
{
	if (r->o->seed_given)
		r->s->seed = r->o->seed;
	if (r->o->repeat)
		r->s->repeat = r->o->repeat;
	r->s->seed_by_repetition = r->o->seeds;
	for (unsigned i = 0; r->o->seeds && i < r->s->matrix_len; i++)
		if (!strcmp(r->s->matrix[i].axis, "seed"))
			return err_set(e,
				       "--seeds: %s has an axis seed already; use --repeat, or "
				       "take the axis out",
				       r->s->path);
	return 0;
}

/* The target as the command line wants it. */
static int set_target(struct runner *r, struct err *e)
{
	if (!r->o->target)
		return 0;
	if (!label_names_application(r->o->target))
		return err_set(e, "--target %.80s, expected an application: " LABEL_FORM,
			       r->o->target);
	free(r->s->target);
	r->s->target = xstrdup(r->o->target);
	return 0;
}

static int load_detectors(struct runner *r, struct err *e)
{
	const char *const *words = r->o->detectors;
	size_t n = r->o->detectors_len;

	if (!n) {
		words = (const char *const *)r->s->detectors;
		n = r->s->detectors_len;
	}
	return under_test_load(&r->detectors, words, n, r->signatures, e);
}

static int load(struct runner *r, struct err *e)
{
	r->s = scenario_load(r->o->scenario, e);
	if (!r->s || set_trials(r, e) < 0 || set_target(r, e) < 0)
		return -1;
	r->signatures = choose_signatures(r->o, r->s, e);
	if (!r->signatures || load_detectors(r, e) < 0)
		return -1;
	r->cells = scenario_cells(r->s, r->o->filters, r->o->filters_len, &r->n, e);
	if (!r->cells)
		return -1;
	if (r->o->program && r->n != 1)
		return err_set(e,
			       "%s has %zu cells, but a program runs in only one; choose it with "
			       "--filter",
			       r->o->scenario, r->n);
	if (backgrounds_check(r->s, r->cells, r->n, r->o->program, e) < 0)
		return -1;
	r->done = xcalloc(r->n, sizeof(bool));
	r->invalid = xcalloc(r->n, sizeof(bool));
	r->scores = xcalloc(r->n, sizeof(*r->scores));
	r->jobs = r->o->jobs ? r->o->jobs : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	if (r->jobs > MAX_JOBS)
		r->jobs = MAX_JOBS;
	r->dir.path = r->o->dir ? xstrdup(r->o->dir) : default_dir(r->s);
	r->dir.cells = r->cells;
	r->dir.n = r->n;
	return 0;
}

/* The application that a finished cell was made for. */
static const char *target_of(const json_t *facts)
{
	const char *target =
		json_string_value(json_object_get(json_object_get(facts, "scoring"), "target"));

	return target ? target : LABEL_SKYPE;
}

/* 1: the cell is there and drew from the seed that it would have now; 0: it is not there; -1 with @e
 * set: it is of another seed. */
static int is_done(const struct runner *r, size_t i, struct err *e)
{
	char *facts = path_inf(r->dir.path, "cells/%s/cell.json", r->cells[i].name);
	struct scenario *s = scenario_apply(r->s, &r->cells[i]);
	char *folder = run_dir_cell(&r->dir, i);
	json_t *j = inner_json(folder, "cell.json", NULL);
	const struct under_test *u = detectors_of(r, i);
	int done = j != NULL;

	if (j && (uint64_t)json_integer_value(json_object_get(j, "seed")) != s->seed)
		done = err_set(e,
			       "%s: made with another seed or another number of repetitions; "
			       "name another directory with -o",
			       facts);
	else if (j && !label_is(target_of(j), s->target))
		done = err_set(e,
			       "%s: made for target %s, not %s; name another directory with -o, or "
			       "score it with score --run --target",
			       facts, target_of(j), s->target);
	else if (j && (u || json_object_get(j, "detectors")) &&
		 !json_equal(json_object_get(j, "detectors"), u ? u->facts : NULL))
		done = err_set(e,
			       "%s: made with other detectors, or other versions of them; name "
			       "another directory with -o",
			       facts);
	json_decref(j);
	scenario_free(s);
	free(folder);
	free(facts);
	return done;
}

/* Cells that are there but none of this run's would end in its tables' folder unseen. */
static int check_strangers(const struct runner *r, struct err *e)
{
	char *cells = path_in(r->dir.path, "cells");
	DIR *d = opendir(cells);
	int rc = 0;

	for (struct dirent *de; rc == 0 && d && (de = readdir(d));) {
		bool known = de->d_name[0] == '.';

		for (size_t i = 0; i < r->n && !known; i++)
			known = !strcmp(de->d_name, r->cells[i].name);
		if (!known)
			rc = err_set(e,
				     "%s/%s: of a run with other cells or another number of "
				     "repetitions; name another directory with -o",
				     cells, de->d_name);
	}
	if (d)
		closedir(d);
	free(cells);
	return rc;
}

static int find_done(struct runner *r, struct err *e)
{
	if (r->dir.made)
		return 0;
	if (check_strangers(r, e) < 0)
		return -1;
	for (size_t i = 0; i < r->n; i++) {
		int done = is_done(r, i, e);

		if (done < 0)
			return -1;
		r->done[i] = done;
		r->finished += done > 0;
		r->reused += done > 0;
	}
	if (r->reused)
		log_info("%zu of %zu cells are finished already and are kept", r->reused, r->n);
	return 0;
}

static void free_run(struct runner *r)
{
	for (size_t i = 0; r->scores && i < r->n; i++)
		score_table_free(r->scores[i]);
	free(r->scores);
	scenario_cells_free(r->cells, r->n);
	signatures_free(r->signatures);
	under_test_free(&r->detectors);
	scenario_free(r->s);
	free(r->done);
	free(r->invalid);
	free(r->dir.path);
}

enum run_end run_scenario(const struct run_options *o, struct err *e)
{
	struct runner r = {.o = o, .dir = {.lock = -1, .janitor = -1}, .began = now_s()};
	enum run_end end = RUN_FAILED;
	bool damaged = false, failed = false;

	if (load(&r, e) < 0)
		goto out;
	if (o->dry_run) {
		print_plan(&r);
		end = RUN_DONE;
		goto out;
	}
	if (run_dir_take(&r.dir, r.s->path, e) < 0 || find_done(&r, e) < 0 ||
	    run_dir_guard(&r.dir, e) < 0)
		goto out;
	if (run_cells(&r, e) == 0) {
		struct finished_run finished = {
			.dir = r.dir.path,
			.scenario = r.s,
			.cells = r.cells,
			.n = r.n,
			.invalid = r.invalid,
			.scores = r.scores,
			.signatures = r.signatures,
			.detectors = &r.detectors,
			.command = o->command,
			.began = r.began,
			.no_report = o->no_report,
			.live = o->live,
			.program = o->program,
			.damaged = &damaged,
			.failed = &failed,
		};

		if (run_tables_write(&finished, e) == 0)
			end = damaged ? RUN_DAMAGED : r.bad || failed ? RUN_INVALID : RUN_DONE;
	}
out:
	run_dir_leave(&r.dir, end != RUN_FAILED);
	free_run(&r);
	return end;
}
