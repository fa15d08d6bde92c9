// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fresh_run.c - a run of a scenario by this same program, as a process of its own
 *
 * What it says on standard error is seen, its tables are not printed: they are in the run directory. It is
 * killed when this process ends. How far it is, this process sees by the cells that are in the run directory,
 * where a cell gets its name when it is finished.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/path.h"
#include "base/progress.h"
#include "base/reap.h"
#include "run/fresh/fresh_run.h"
#include "run/scenario/cells.h"
#include "run/scenario/load.h"
#include "run/scenario/schema.h"

#define LOOK_MS 200 /* between two looks at what is finished */

/* A folder that a variable names stays the same from another one. */
static void make_absolute(const char *variable)
{
	const char *was = getenv(variable);
	char *is = was && *was && *was != '/' ? realpath(was, NULL) : NULL;

	if (is)
		setenv(variable, is, 1);
	free(is);
}

/* ------------------------------------------------------------------ how far it is */

/* How many cells the scenario has; 0 = nobody knows, and the run says why. */
static size_t cells_in_all(const struct fresh_run *r)
{
	struct scenario_cell *cells;
	struct scenario *s;
	struct err e;
	size_t n = 0;

	if (r->cells)
		return r->cells;
	s = scenario_load(r->scenario, &e);
	if (!s)
		return 0;
	cells = scenario_cells(s, NULL, 0, &n, &e);
	if (cells)
		scenario_cells_free(cells, n);
	scenario_free(s);
	return cells ? n : 0;
}

static size_t cells_finished(const char *dir)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	for (const struct dirent *one; d && (one = readdir(d));)
		n += one->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

/* Shows how far the run is until it has ended. */
static void watch(const struct fresh_run *r, pid_t pid)
{
	struct progress progress = progress_begin(log_level > 0, false);
	struct pollfd end = {.fd = -1, .events = POLLIN};
	size_t all = progress.on ? cells_in_all(r) : 0;
	char *run = r->at && *r->dir != '/' ? path_in(r->at, r->dir) : xstrdup(r->dir);
	char *cells = path_in(run, "cells");

	if (all)
		end.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	while (end.fd >= 0 && poll(&end, 1, LOOK_MS) == 0) {
		size_t n = cells_finished(cells), finished = n < all ? n : all;

		progress_span(&progress, finished, finished, all, "cells");
	}
	if (end.fd >= 0)
		close(end.fd);
	progress_end(&progress);
	free(cells);
	free(run);
}

/* ------------------------------------------------------------------ the run */

static const char *const fixed[] = {"skypelab", "-q", "run", "--no-report", "-o"};

int fresh_run(const struct fresh_run *r, struct err *e)
{
	const char **words;
	size_t n = ARRAY_LEN(fixed), more = 0;
	pid_t pid, parent = getpid();
	int status = 0;

	while (r->options && r->options[more])
		more++;
	words = xcalloc(n + more + 3, sizeof(*words));
	for (size_t i = 0; i < n; i++)
		words[i] = fixed[i];
	words[n++] = r->dir;
	for (size_t i = 0; i < more; i++)
		words[n++] = r->options[i];
	words[n] = r->scenario;
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(126);
		make_absolute("SKYPELAB_DATA");
		make_absolute("SKYPELAB_CORPORA");
		if (null < 0 || dup2(null, STDOUT_FILENO) < 0 || (r->at && chdir(r->at) < 0))
			_exit(126);
		execv("/proc/self/exe", (char *const *)words);
		_exit(127);
	}
	free(words);
	if (pid > 0)
		watch(r, pid);
	if (pid < 0 || reap(pid, &status) < 0)
		return err_sys(e, "%s: cannot run", r->scenario);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	err_set(e, "%s: the run failed", r->scenario);
	e->code = WIFEXITED(status) ? (enum exit_code)WEXITSTATUS(status) : EXIT_ENV;
	return -1;
}
