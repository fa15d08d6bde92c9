// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * janitor.c - who clears up when this process is killed
 *
 * The janitor is a child in a session of its own, so that a signal to the terminal's process group
 * does not reach it; it ignores SIGINT and SIGTERM. A byte from its parent tells it to leave
 * everything; the end of the pipe without one, that it clears up.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run/janitor.h"

static void watch(int pipe, void (*clear)(const void *), const void *arg)
{
	struct timespec wait = {0, 100000000};
	char byte;

	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (read(pipe, &byte, 1) != 1) {
		/* Other children of the parent may still be writing: let them die first. */
		nanosleep(&wait, NULL);
		clear(arg);
	}
	_exit(0);
}

int janitor_start(void (*clear)(const void *), const void *arg, struct err *e)
{
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	pid = fork();
	if (pid < 0) {
		close(p[0]);
		close(p[1]);
		return err_sys(e, "fork");
	}
	if (pid == 0) {
		close(p[1]);
		watch(p[0], clear, arg);
	}
	close(p[0]);
	return p[1];
}

void janitor_dismiss(int janitor, bool whole)
{
	if (whole)
		(void)!write(janitor, "", 1);
	close(janitor);
	while (waitpid(-1, NULL, 0) > 0)
		;
}
