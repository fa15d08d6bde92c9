// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fresh_run.c - a run of a scenario by this same program, as a process of its own
 *
 * What it says on standard error is seen, its tables are not printed: they are in the run directory. It is
 * killed when this process ends.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/reap.h"
#include "run/fresh/fresh_run.h"

/* A folder that a variable names stays the same from another one. */
static void make_absolute(const char *variable)
{
	const char *was = getenv(variable);
	char *is = was && *was && *was != '/' ? realpath(was, NULL) : NULL;

	if (is)
		setenv(variable, is, 1);
	free(is);
}

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
	if (pid < 0 || reap(pid, &status) < 0)
		return err_sys(e, "%s: cannot run", r->scenario);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	err_set(e, "%s: the run failed", r->scenario);
	e->code = WIFEXITED(status) ? (enum exit_code)WEXITSTATUS(status) : EXIT_ENV;
	return -1;
}
