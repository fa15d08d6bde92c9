// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * daemon.c - going into the background, as daemon(7) has it for a program started by hand
 *
 * Model. A fork and a new session, so that the process belongs to no terminal (none is opened as its own
 * later on: O_NOCTTY). The caller's process waits at a pipe: a byte says that everything is open; its end
 * without one, that the new process failed, whose status it then ends with.
 *
 * Threads may exist only after daemon_begin().
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "base/divert.h"
#include "base/reap.h"
#include "operator/watch/daemon.h"

static int ready_pipe = -1;
static bool pid_written;

static int status_of(pid_t pid)
{
	int status = 0;

	return reap(pid, &status) == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_ENV;
}

/* The caller's process: waits for the byte, else for the status. */
static void wait_and_end(int fd, pid_t pid)
{
	char byte;
	ssize_t n;

	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	_exit(n == 1 ? EXIT_DONE : status_of(pid));
}

int daemon_begin(struct err *e)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return err_sys(e, "cannot go into the background");
	if (pid > 0) {
		close(fds[1]);
		wait_and_end(fds[0], pid);
	}
	close(fds[0]);
	setsid();
	ready_pipe = fds[1];
	return 0;
}

static int write_pid(const char *path, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	int bad;

	if (fd < 0)
		return err_sys(e, "%s: cannot write", path);
	bad = dprintf(fd, "%ld\n", (long)getpid()) < 0;
	pid_written = true;
	return close(fd) < 0 || bad ? err_sys(e, "%s: cannot write", path) : 0;
}

/* Messages begin with the program's name, and warnings say that they are. */
static void to_syslog(void *arg, const char *line)
{
	static const char name[] = "skypelab: ", warning[] = "warning: ";
	const char *text = strncmp(line, name, strlen(name)) ? line : line + strlen(name);

	(void)arg;
	syslog(strncmp(text, warning, strlen(warning)) ? LOG_ERR : LOG_WARNING, "%s", text);
}

/* 0, or -1 with @e set. */
static int let_go_of_terminal(struct err *e)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return err_sys(e, "/dev/null");
	fflush(NULL);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
	return 0;
}

int daemon_ready(const char *pid_file, struct err *e)
{
	if ((pid_file && write_pid(pid_file, e) < 0) || let_go_of_terminal(e) < 0)
		return -1;
	openlog("skypelab", LOG_PID | LOG_NDELAY, LOG_DAEMON);
	divert_messages(to_syslog, NULL);
	(void)!chdir("/");
	(void)!write(ready_pipe, "", 1);
	close(ready_pipe);
	return 0;
}

void daemon_end(const char *pid_file)
{
	if (pid_written)
		unlink(pid_file);
}
