// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * child.c - a function in a process of its own, and the error that it ends with
 *
 * Limits: nothing else comes back. A struct err fits into a pipe that nobody reads meanwhile.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/reap.h"

int in_child(int (*fn)(void *arg, struct err *e), void *arg, const char *name, struct err *e)
{
	int report[2], status;
	struct err why = {0};
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (fn(arg, &why) == 0)
			_exit(EXIT_SUCCESS);
		(void)!write(report[1], &why, sizeof(why));
		_exit(EXIT_FAILURE);
	}
	close(report[1]);
	if (pid < 0) {
		close(report[0]);
		return err_sys(e, "cannot start a process");
	}
	reap(pid, &status);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS) {
		close(report[0]);
		return 0;
	}
	if (read(report[0], &why, sizeof(why)) != (ssize_t)sizeof(why))
		err_env(&why, "%s was killed", name);
	close(report[0]);
	*e = why;
	return -1;
}
