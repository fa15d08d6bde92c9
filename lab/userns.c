// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * userns.c - entering a user namespace, and saying what forbids it
 *
 * An ordinary user has all capabilities in a user namespace in which only his own id exists. Root
 * may enter one in which every id is itself: files are as before, and the kernel's settings,
 * devices and modules are out of reach. A multithreaded process cannot enter one.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/reap.h"
#include "lab/userns.h"

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

bool userns_in_chroot(void)
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

int userns_refused(const char *what, int code, struct err *e)
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
	if (code == EPERM && userns_in_chroot())
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
	return userns_refused(what, code, e);
}

/* A user namespace in which only this user exists, as @inside. */
static int map_ids(unsigned inside, uid_t uid, gid_t gid, struct err *e)
{
	char map[48];

	if (write_existing("/proc/self/setgroups", "deny") < 0 && errno != ENOENT)
		return refused_map("/proc/self/setgroups", e);
	snprintf(map, sizeof(map), "%u %u 1", inside, uid);
	if (write_existing("/proc/self/uid_map", map) < 0)
		return refused_map("/proc/self/uid_map", e);
	snprintf(map, sizeof(map), "%u %u 1", inside, gid);
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

int userns_of_self(unsigned inside, int also, struct err *e)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWUSER | also) < 0)
		return userns_refused("namespaces", errno, e);
	return map_ids(inside, uid, gid, e);
}

bool userns_has(unsigned id)
{
	unsigned inside, outside, count;
	FILE *f = fopen("/proc/self/uid_map", "re");
	bool has = false;

	while (f && !has && fscanf(f, "%u %u %u", &inside, &outside, &count) == 3)
		has = id >= inside && id - inside < count;
	if (f)
		fclose(f);
	return has;
}

/* A namespace's own process may map one user only, so a child that stays outside maps all. */
int userns_of_all(int also)
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
	rc = mapper < 0 ? -1 : unshare(CLONE_NEWUSER | also);
	if (rc == 0 && write(ready[1], "", 1) != 1)
		rc = -1;
	status = errno;
	close(ready[1]);
	errno = status;
	if (mapper < 0)
		return -1;
	reap(mapper, &status);
	if (rc == 0 && (!WIFEXITED(status) || WEXITSTATUS(status))) {
		errno = EPERM;
		rc = -1;
	}
	return rc;
}
