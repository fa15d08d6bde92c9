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
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/outfile.h"
#include "lab/sandbox.h"

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

/* Makes this process die with its parent. When the parent is dead already, its end of the pipe is
 * closed. */
static void die_with_parent(int alive)
{
	struct pollfd p = {.fd = alive, .events = POLLIN};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (poll(&p, 1, 0) > 0)
		_exit(EXIT_ENV);
	close(alive);
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

/* Number in a file of /proc/sys, or -1 when it is not there. */
static long sysctl_read(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n > 0 ? strtol(text, NULL, 10) : -1;
}

/* True when / is not among the mounts: the root was changed by chroot(2) alone. */
static bool in_chroot(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[4096];
	bool mounted = !f;

	while (f && !mounted && fgets(line, sizeof(line), f)) {
		char point[4096];

		mounted = sscanf(line, "%*s %*s %*s %*s %4095s", point) == 1 && !strcmp(point, "/");
	}
	if (f)
		fclose(f);
	return !mounted;
}

/* The kernel refused @what: names the switch and the command that changes it. */
static int refused(const char *what, int code, struct err *e)
{
	static const struct {
		const char *path;
		long bad;
		const char *name;
		const char *mend;
		const char *also;
	} switches[] = {
		{"/proc/sys/kernel/unprivileged_userns_clone", 0,
		 "kernel.unprivileged_userns_clone", "1", ""},
		{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 1,
		 "kernel.apparmor_restrict_unprivileged_userns", "0",
		 "load the AppArmor profile lab/skypelab.apparmor (its head says how), "},
		{"/proc/sys/user/max_user_namespaces", 0, "user.max_user_namespaces", "10000", ""},
		{"/proc/sys/user/max_net_namespaces", 0, "user.max_net_namespaces", "10000", ""},
		{"/proc/sys/user/max_pid_namespaces", 0, "user.max_pid_namespaces", "10000", ""},
		{"/proc/sys/user/max_mnt_namespaces", 0, "user.max_mnt_namespaces", "10000", ""},
	};

	if (access("/proc/self/ns/user", F_OK) < 0)
		return err_env(e,
			       "/proc is missing here (%s: %s): `mount -t proc proc /proc` first",
			       what, strerror(code));
	for (size_t i = 0; i < ARRAY_LEN(switches); i++)
		if (sysctl_read(switches[i].path) == switches[i].bad)
			return err_env(e,
				       "the kernel refuses %s (%s): %s is %ld; %stry `sudo sysctl "
				       "-w %s=%s`, or run as root",
				       what, strerror(code), switches[i].name, switches[i].bad,
				       switches[i].also, switches[i].name, switches[i].mend);
	if (code == EPERM && in_chroot())
		return err_env(e,
			       "the kernel refuses %s (%s) to who is in a plain chroot: enter the "
			       "folder by `systemd-nspawn -D`, or by pivot_root, as containers do",
			       what, strerror(code));
	return err_env(e,
		       "the kernel refuses %s (%s): run as root, or see sysctl "
		       "user.max_user_namespaces and, in a container, its seccomp profile",
		       what, strerror(code));
}

static int refused_map(const char *path, struct err *e)
{
	const int code = errno;
	char what[64];

	snprintf(what, sizeof(what), "to write %s", path);
	return refused(what, code, e);
}

/* Root of a user namespace in which only this user exists. */
static int map_ids(uid_t uid, gid_t gid, struct err *e)
{
	char map[32];

	if (write_existing("/proc/self/setgroups", "deny") < 0 && errno != ENOENT)
		return refused_map("/proc/self/setgroups", e);
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (write_existing("/proc/self/uid_map", map) < 0)
		return refused_map("/proc/self/uid_map", e);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	if (write_existing("/proc/self/gid_map", map) < 0)
		return refused_map("/proc/self/gid_map", e);
	return 0;
}

/* The ids of this user namespace, each mapped to itself: what a map says inside, twice. */
static char *same_ids(const char *map)
{
	unsigned inside, outside, count;
	char *text = NULL;
	size_t len;
	FILE *in = fopen(map, "re"), *out = in ? open_memstream(&text, &len) : NULL;

	while (out && fscanf(in, "%u %u %u", &inside, &outside, &count) == 3)
		fprintf(out, "%u %u %u\n", inside, inside, count);
	if (in)
		fclose(in);
	if (out)
		fclose(out);
	return text;
}

static int map_all(pid_t pid, const char *name)
{
	char *own = xasprintf("/proc/self/%s", name);
	char *its = xasprintf("/proc/%d/%s", (int)pid, name);
	char *text = same_ids(own);
	int rc = text && *text ? write_existing(its, text) : -1;

	free(text);
	free(its);
	free(own);
	return rc;
}

/* Root becomes root of a user namespace in which every user is himself: files are as before, and
 * the kernel's settings, devices and modules are out of reach. A namespace's own process may map
 * one user only, so a child that stays outside maps all. 0, or -1 with errno set. */
static int own_user_namespace(int own)
{
	int ready[2], status = -1, rc;
	pid_t self = getpid(), mapper;
	char c;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return -1;
	mapper = fork();
	if (mapper == 0) {
		close(ready[1]);
		if (read(ready[0], &c, 1) != 1)
			_exit(1);
		_exit(map_all(self, "uid_map") < 0 || map_all(self, "gid_map") < 0 ? 1 : 0);
	}
	close(ready[0]);
	rc = mapper < 0 ? -1 : unshare(CLONE_NEWUSER | own);
	if (rc == 0 && write(ready[1], "", 1) != 1)
		rc = -1;
	status = errno;
	close(ready[1]);
	errno = status;
	if (mapper < 0)
		return -1;
	while (waitpid(mapper, &status, 0) < 0 && errno == EINTR)
		;
	if (rc == 0 && (!WIFEXITED(status) || WEXITSTATUS(status))) {
		errno = EPERM;
		rc = -1;
	}
	return rc;
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
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (uid == 0 && always_user) {
		if (own_user_namespace(own) == 0)
			return 0;
		/* unshare() was granted and the map was not: there is no way back. */
		if (geteuid() != 0)
			return refused("a user namespace", errno, e);
		log_warn("no user namespace for root (%s): programs in this lab run as the host's "
			 "root",
			 strerror(errno));
	}
	/* Root without the capability (a container) tries as an ordinary user does. */
	if (uid == 0 && unshare(own) == 0)
		return 0;
	if (unshare(CLONE_NEWUSER | own) < 0)
		return refused("namespaces", errno, e);
	return map_ids(uid, gid, e);
}

static int enter(bool always_user, struct err *e)
{
	if (entered)
		return 0;
	if (leave_host(always_user, e) < 0)
		return -1;
	/* Mounts made from here on are seen by nobody else. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return errno == EINVAL && in_chroot()
			       ? err_env(e,
					 "cannot make mounts private: / is no mount point, as in a "
					 "plain chroot; enter the folder by `systemd-nspawn -D`, "
					 "or `mount --bind` it onto itself before chroot")
			       : refused("private mounts", errno, e);
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
