// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * join.c - runs a program inside a node of a lab that another process holds
 *
 * Model: the holder hands over its namespaces as descriptors; this process steps into them (user,
 * PID, mount, then the node's network) and forks the program, which keeps this command's terminal,
 * streams and folder. The program is in the lab's PID namespace: it ends when the lab ends, in
 * whatever way, and it is killed when this command is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/reap.h"
#include "cli/lab/control.h"
#include "cli/lab/join.h"
#include "lab/exec.h"

static volatile sig_atomic_t child;

static void pass_on(int sig)
{
	if (child > 0)
		kill(child, sig);
}

static bool same_namespace(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

static int step(int fd, int kind, const char *what, struct err *e)
{
	if (setns(fd, kind) < 0)
		return err_env(e, "cannot enter the lab's %s namespace: %s", what, strerror(errno));
	return 0;
}

static int join(const struct control_answer *a, struct err *e)
{
	char *here = getcwd(NULL, 0);

	if (!same_namespace(a->fds[CONTROL_USER], "/proc/self/ns/user") &&
	    step(a->fds[CONTROL_USER], CLONE_NEWUSER, "user", e) < 0)
		goto fail;
	if (step(a->fds[CONTROL_PID], CLONE_NEWPID, "PID", e) < 0 ||
	    step(a->fds[CONTROL_MNT], CLONE_NEWNS, "mount", e) < 0 ||
	    step(a->fds[CONTROL_NET], CLONE_NEWNET, "network", e) < 0)
		goto fail;
	/* Entering a mount namespace leaves one at its root. */
	if (here && chdir(here) < 0)
		log_debug("%s: %s", here, strerror(errno));
	free(here);
	return 0;
fail:
	free(here);
	return -1;
}

static char *take_text(int fd)
{
	char path[64], *text;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	text = read_file(path, NULL, NULL);
	return text ? text : xstrdup("");
}

/* Its exit status, 128 + signal when it was killed. */
static int wait_for(pid_t pid)
{
	struct sigaction act = {.sa_handler = pass_on};
	int status = 0;

	/* The terminal sends ^C to the program itself; what others send us is passed on. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	child = pid;
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	reap(pid, &status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int join_run(const char *lab, const char *node, char *const argv[], int *status, struct err *e)
{
	struct control_answer a;
	char request[128], *resolv, *hosts;
	int fd = control_connect(lab, e);
	pid_t pid;

	snprintf(request, sizeof(request), "enter %.64s", node);
	if (fd < 0 || control_ask(fd, request, &a, e) < 0)
		return -1;
	resolv = take_text(a.fds[CONTROL_RESOLV]);
	hosts = take_text(a.fds[CONTROL_HOSTS]);
	if (join(&a, e) < 0)
		return -1;
	for (size_t i = 0; i < CONTROL_FDS; i++)
		close(a.fds[i]);
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return err_env(e, "cannot fork: %s", strerror(errno));
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setenv("SKYPELAB_NODE", node, 1);
		node_confine(resolv, hosts);
		node_exec(argv, environ);
	}
	free(resolv);
	free(hosts);
	close(fd);
	*status = wait_for(pid);
	return 0;
}
