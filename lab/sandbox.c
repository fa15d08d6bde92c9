// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sandbox.c - takes the process out of the host, so that nothing can be left behind
 *
 * Model: three processes.
 *	outer	the one the user started: waits, passes signals on, ends with the same status
 *	init	process 1 of a new PID namespace: reaps orphans
 *	worker	goes on with the program, in new user (unless root), mount and network namespaces
 *
 * Every lab namespace, link and rule hangs on descriptors of the worker; every foreign program runs
 * in the PID namespace. When the outer is killed, init gets SIGKILL (parent death signal), and when
 * a PID namespace's init dies the kernel kills all in it: kill -9 leaves nothing, whichever of the
 * three it hits. The worker is not process 1 itself because the kernel withholds signals without a
 * handler from that one, and ^C would do nothing.
 *
 * An ordinary user becomes root of a user namespace in which only his own id exists. Real root stays
 * root where only our own code and programs of our choice run; where users run programs of theirs
 * (`lab up`, `capture`) root enters a user namespace as well, in which every id is itself. A
 * multithreaded process cannot enter a user namespace: call this first.
 *
 * Limits: programs inside see the host's files and may change those that their user may change.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/reap.h"
#include "lab/sandbox.h"
#include "lab/userns.h"

static bool entered;

/* The child of this process, for the signal handler. */
static volatile sig_atomic_t below;

static const int passed_on[] = {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGINT, SIGQUIT};

bool lab_sandbox_entered(void)
{
	return entered;
}

/* Passes on what another process sent; the terminal signals every process of the group itself. */
static void pass_on(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (below > 0 && info->si_code != SI_KERNEL)
		kill(below, sig);
}

static void pass_signals_on(pid_t to)
{
	struct sigaction a = {.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART};

	below = to;
	for (size_t i = 0; i < ARRAY_LEN(passed_on); i++)
		sigaction(passed_on[i], &a, NULL);
}

/* Waits for @child and ends as it ended; reaps whatever else becomes ours. */
static void __attribute__((noreturn)) wait_and_end(pid_t child, const sigset_t *old)
{
	int status = 0;
	pid_t got;

	pass_signals_on(child);
	sigprocmask(SIG_SETMASK, old, NULL);
	do
		got = waitpid(-1, &status, 0);
	while (got != child && (got > 0 || errno == EINTR));
	if (getpid() != 1 && WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* Returns in the child; the parent waits for it and ends. 0, or -1 with @e set. */
static int fork_below(struct err *e)
{
	sigset_t all, old;
	int alive[2];
	pid_t pid;

	fflush(NULL);
	if (pipe2(alive, O_CLOEXEC) < 0)
		return err_env(e, "cannot make a pipe: %s", strerror(errno));
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	pid = fork();
	if (pid < 0) {
		err_env(e, "cannot fork: %s", strerror(errno));
		sigprocmask(SIG_SETMASK, &old, NULL);
		close(alive[0]);
		close(alive[1]);
		return -1;
	}
	if (pid) {
		close(alive[0]);
		wait_and_end(pid, &old);
	}
	close(alive[1]);
	die_with_parent(alive[0]);
	for (size_t i = 0; i < ARRAY_LEN(passed_on); i++)
		signal(passed_on[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return 0;
}

static int loopback_up(struct err *e)
{
	struct ifreq r = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = 0;

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &r) < 0)
		rc = err_env(e, "cannot bring the private loopback up: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc;
}

/* The new namespaces of this process. */
static int leave_host(bool always_user, struct err *e)
{
	const int own = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID;

	if (geteuid() == 0 && always_user) {
		if (userns_of_all(own) == 0)
			return 0;
		/* unshare() was granted and the map was not: there is no way back. */
		if (geteuid() != 0)
			return userns_refused("a user namespace", errno, e);
		log_warn("no user namespace for root (%s): programs in this lab run as the host's "
			 "root",
			 strerror(errno));
	}
	/* Root without the capability (a container) tries as an ordinary user does. */
	if (geteuid() == 0 && unshare(own) == 0)
		return 0;
	return userns_of_self(0, own, e);
}

static int enter(bool always_user, struct err *e)
{
	if (entered)
		return 0;
	if (leave_host(always_user, e) < 0)
		return -1;
	/* Mounts made from here on are seen by nobody else. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return errno == EINVAL && userns_in_chroot()
			       ? err_env(e,
					 "cannot make mounts private: / is no mount point, as in a "
					 "plain chroot; enter the folder by `systemd-nspawn -D`, "
					 "or `mount --bind` it onto itself before chroot")
			       : userns_refused("private mounts", errno, e);
	if (fork_below(e) < 0) /* goes on as process 1 */
		return -1;
	/* For `ps` and the like inside; a container may forbid it, and nothing of ours needs it. */
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		log_debug("no fresh /proc: %s", strerror(errno));
	if (fork_below(e) < 0) /* goes on as the worker */
		return -1;
	if (loopback_up(e) < 0)
		return -1;
	entered = true;
	return 0;
}

int lab_sandbox_enter(struct err *e)
{
	return enter(false, e);
}

int lab_sandbox_enter_for_programs(struct err *e)
{
	return enter(true, e);
}

static int try_to_enter(void *arg, struct err *e)
{
	(void)arg;
	return lab_sandbox_enter(e);
}

int lab_sandbox_possible(struct err *e)
{
	return in_child(try_to_enter, NULL, "the process that tried to make namespaces", e);
}
