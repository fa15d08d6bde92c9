// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gnuplot.c - runs gnuplot
 *
 * By fork and exec in the plots' folder, once for all scripts, without a shell. A script that fails
 * ends the run: gnuplot's first complaint that names a line becomes the error.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/reap.h"
#include "results/report/gnuplot.h"

static void child(const char *dir, char *const *argv, int out)
{
	if (chdir(dir) < 0 || dup2(out, STDERR_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(126);
	/* One locale and no user's start-up file: the same plot everywhere. */
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("GNUTERM", "dumb", 1);
	execvp(argv[0], argv);
	_exit(127);
}

/* Reads gnuplot's messages to the end and keeps the first line that names a script's line; without
 * one, the first line. */
static void first_complaint(int fd, char *out, size_t cap)
{
	char buf[4096], *save = NULL;
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, buf + n, sizeof(buf) - 1 - n)) > 0) {
		n += (size_t)got;
		if (n >= sizeof(buf) - 1)
			n = sizeof(buf) / 2; /* keep draining, keep the beginning */
	}
	buf[n] = '\0';
	for (char *line = strtok_r(buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!*out || strstr(line, "line "))
			snprintf(out, cap, "%s", line);
		if (strstr(line, "line "))
			return;
	}
}

int gnuplot_run(const char *dir, const char *const *names, size_t n, struct err *e)
{
	char **argv = xcalloc(n + 3, sizeof(char *)), complaint[256] = "";
	int pipes[2], status = 0;
	pid_t pid = -1;

	argv[0] = xstrdup("gnuplot");
	argv[1] = xstrdup("-d"); /* no start-up file */
	for (size_t i = 0; i < n; i++)
		argv[i + 2] = xasprintf("./%s.gp", names[i]); /* never an option */
	if (pipe2(pipes, O_CLOEXEC) < 0) {
		err_sys(e, "cannot start gnuplot");
	} else {
		pid = fork();
		if (pid == 0)
			child(dir, argv, pipes[1]);
		if (pid < 0)
			err_sys(e, "cannot start gnuplot");
		close(pipes[1]);
		first_complaint(pipes[0], complaint, sizeof(complaint));
		close(pipes[0]);
		if (pid > 0)
			reap(pid, &status);
	}
	for (size_t i = 0; i < n + 2; i++)
		free(argv[i]);
	free(argv);
	if (pid < 0)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_env(e, "gnuplot is not installed: the plots' data and scripts are in %s",
			       dir);
	if (status || strstr(complaint, "line "))
		return err_set(e, "%s: gnuplot: %s", dir, *complaint ? complaint : "failed");
	return 0;
}
