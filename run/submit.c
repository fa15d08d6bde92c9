// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * submit.c - a sweep, given to Slurm or to GNU parallel
 *
 * Size of shards. Starting a task costs a scheduler a fraction of a second, a cell of the paper about as
 * much: a shard is to be a minute's work at least. What a cell takes is measured here, by CALIBRATED
 * cells that are spread over the run and thrown away: processor time, which others at work here do not
 * change, or, with a real clock, time. Other machines may be faster or slower; --shards says
 * otherwise.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/reap.h"
#include "run/run_command.h"
#include "run/run_load.h"
#include "run/scenario/schema.h"
#include "run/submit.h"

#define CALIBRATED    4
#define SHARD_SECONDS 60
#define SHARDS_MOST   1000 /* as many tasks as an array has where nobody set MaxArraySize */

/* ------------------------------------------------------------------ calibration */

/* Names of a few cells, spread over all, in the file @path. How many; -1 with @e set. */
static int write_sample(const struct runner *r, const char *path, struct err *e)
{
	size_t n = r->n < CALIBRATED ? r->n : CALIBRATED;
	struct outfile o;

	if (outfile_open(&o, path, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		fprintf(o.f, "%s\n", r->cells[(2 * i + 1) * r->n / (2 * n)].name);
	return outfile_commit(&o, e) < 0 ? -1 : (int)n;
}

static int run_quietly(void *run, struct err *e)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (nowhere >= 0)
		dup2(nowhere, STDOUT_FILENO);
	return run_scenario(run, e) == RUN_FAILED ? -1 : 0;
}

/* Runs the cells of the list @only into @dir, in a process that prints nothing. 0, or -1 with @e set. */
static int run_sample(const struct run_options *run, const char *only, const char *dir,
		      struct err *e)
{
	struct run_options o = *run;

	o.only = only;
	o.dir = dir;
	o.jobs = 1;
	o.shard = (struct shard){0};
	if (in_child(run_quietly, &o, "its process", e) == 0)
		return 0;
	return err_push(e, "calibration (--shards N goes without)");
}

/* Processor time of children that have ended. */
static double spent(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* Seconds that a cell takes on one processor; negative with @e set. */
static double calibrate(const struct runner *r, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	char *folder = path_in(tmp && *tmp ? tmp : "/tmp", "skypelab-calibration-XXXXXX");
	char *only = NULL, *dir = NULL;
	bool real = r->s->clock == LOOP_REAL;
	double began, seconds = -1;
	int n;

	if (!mkdtemp(folder)) {
		err_sys(e, "%s", folder);
		free(folder);
		return -1;
	}
	only = path_in(folder, "cells");
	dir = path_in(folder, "part");
	n = write_sample(r, only, e);
	began = real ? run_clock() : spent();
	if (n > 0 && run_sample(r->o, only, dir, e) == 0)
		seconds = ((real ? run_clock() : spent()) - began) / n;
	remove_tree(folder);
	free(only);
	free(dir);
	free(folder);
	return seconds;
}

/* In how many parts; 0 with @e set. */
static unsigned choose_shards(const struct submit_request *q, const struct runner *r, struct err *e)
{
	double seconds, shards;

	if (q->shards)
		return q->shards;
	seconds = calibrate(r, e);
	if (seconds < 0)
		return 0;
	shards = seconds * (double)r->n / SHARD_SECONDS / q->jobs;
	shards = shards > SHARDS_MOST ? SHARDS_MOST : shards;
	shards = shards > (double)r->n ? (double)r->n : shards;
	fprintf(stderr, "a cell takes %.2f s of a processor, all %zu of them %.0f s: %u shards\n",
		seconds, r->n, seconds * (double)r->n, shards < 1 ? 1 : (unsigned)shards);
	return shards < 1 ? 1 : (unsigned)shards;
}

/* ------------------------------------------------------------------ the script */

static int start(const char *path, int *status, struct err *e)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		execl("/bin/sh", "sh", path, (char *)NULL);
		_exit(127);
	}
	if (pid < 0)
		return err_sys(e, "cannot start a process");
	reap(pid, status);
	*status = WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
	return 0;
}

/* Is there who runs it, and room for the run? */
static int check(const struct submit_request *q, const char *out, struct err *e)
{
	const char *name = q->engine == SCRIPT_SLURM ? "sbatch" : "parallel";
	char *path = path_of_program(name, NULL);

	free(path);
	if (!path)
		return err_env(e,
			       "%s is not in the PATH; install %s, or take the script of "
			       "`skypelab submit --print`",
			       name, q->engine == SCRIPT_SLURM ? "Slurm" : "GNU parallel");
	if (access(out, F_OK) == 0)
		return err_set(e, "%s: is there already; name another directory with -o", out);
	return 0;
}

static int write_and_start(const struct script *s, int *status, struct err *e)
{
	char *folder = xasprintf("%s.shards", s->out), *path = path_in(folder, "submit.sh");
	struct outfile o;
	int rc = make_dirs(folder, e);

	if (rc == 0)
		rc = outfile_open(&o, path, e);
	if (rc == 0) {
		script_write(s, o.f);
		rc = outfile_commit(&o, e);
	}
	if (rc == 0)
		rc = start(path, status, e);
	free(path);
	free(folder);
	return rc;
}

/* The program that this is (owned); NULL with @e set. */
static char *own_program(struct err *e)
{
	char *path = realpath("/proc/self/exe", NULL);

	if (!path)
		err_sys(e, "/proc/self/exe");
	return path;
}

int run_submit(const struct submit_request *q, int *status, struct err *e)
{
	struct runner r = {.o = q->run, .dir = {.lock = -1, .janitor = -1}};
	char *program = own_program(e), *folder = realpath(".", NULL);
	char *words = run_command_of(q->run);
	struct script s = {.engine = q->engine,
			   .hosts = q->hosts,
			   .program = program,
			   .words = strchr(words, ' ') + 1,
			   .folder = folder,
			   .jobs = q->jobs,
			   .no_report = q->run->no_report};
	int rc = -1;

	*status = 0;
	if (!program || !folder || runner_load(&r, e) < 0)
		goto out;
	s.name = r.s->scenario;
	s.out = r.dir.path;
	s.cells = r.n;
	if (!q->print && check(q, s.out, e) < 0)
		goto out;
	s.shards = choose_shards(q, &r, e);
	if (!s.shards)
		goto out;
	rc = 0;
	if (q->print)
		script_write(&s, stdout);
	else
		rc = write_and_start(&s, status, e);
out:
	runner_free(&r);
	free(words);
	free(folder);
	free(program);
	return rc;
}
