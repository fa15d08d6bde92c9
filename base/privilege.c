// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * privilege.c - gives up privilege before the first foreign packet is read
 *
 * Model: capturing needs root (or two capabilities) to open its sockets and nothing to read them.
 * What parses packets of strangers should be able to read these sockets, write the output that is
 * open, and nothing else. In this order, since each step needs what a later one takes:
 *
 *	1. the bounding set is emptied		needs CAP_SETPCAP
 *	2. groups, group and user are changed	needs CAP_SETUID, CAP_SETGID
 *	3. every capability is given up
 *	4. no_new_privs				lets 5 be done by an ordinary user
 *	5. a filter of system calls (libseccomp), an allow-list; the others fail with EPERM
 *
 * Limits: files that are open stay open and writable. A user namespace in which only root exists
 * (a lab's, of an ordinary user) has no other user to become: root there is that ordinary user, and
 * step 2 is left out. An architecture that libseccomp does not know has no step 5, which is said.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/privilege.h"

#define DEFAULT_USER "nobody"

/* What reading, waiting, printing, allocating and ending make. No way to a new process or a
 * new socket is among them. */
static const char *const allowed[] = {
	/* the sockets and the output */
	"read", "readv", "recvfrom", "recvmsg", "poll", "ppoll", "epoll_wait", "epoll_pwait",
	"write", "writev", "pwrite64", "lseek", "_llseek", "fstat", "fstat64", "close", "fsync",
	"fdatasync", "ftruncate", "fcntl", "getsockopt", "setsockopt", "ioctl",
	/* memory */
	"brk", "mmap", "mmap2", "munmap", "mremap", "madvise", "mprotect",
	/* time, signals, threads that exist */
	"clock_gettime", "clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64",
	"nanosleep", "gettimeofday", "time", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
	"sigreturn", "restart_syscall", "futex", "futex_time64", "sched_yield", "rseq",
	"set_robust_list", "getpid", "gettid", "getrandom", "tgkill",
	/* the end */
	"exit", "exit_group"};

/* All but @kept (-1 = none). */
static int drop_bounding_set(int kept, struct err *e)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		if (cap != kept && prctl(PR_CAPBSET_READ, cap) > 0 &&
		    prctl(PR_CAPBSET_DROP, cap) < 0 &&
		    errno != EPERM) /* not root: no_new_privs makes the set worthless */
			return err_env(e, "cannot give up capability %d: %s", cap, strerror(errno));
	return 0;
}

/* The numbers of a user by name. 0; 1 = there is none of that name. */
static int look_up(const char *name, uid_t *uid, gid_t *gid)
{
	struct passwd entry, *found = NULL;
	char text[16384];

	if (getpwnam_r(name, &entry, text, sizeof(text), &found) != 0 || !found)
		return 1;
	*uid = found->pw_uid;
	*gid = found->pw_gid;
	return 0;
}

static int change_user(const char *user, struct err *e)
{
	const char *name = user ? user : DEFAULT_USER;
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		return user ? err_env(e, "cannot become user %s: only root can; leave -Z out", user)
			    : 0;
	if (look_up(name, &uid, &gid))
		return err_env(e, "no user '%s' here: name one with -Z", name);
	if (!uid)
		return 0;
	if (setgroups(1, &gid) == 0 && setresgid(gid, gid, gid) == 0 &&
	    setresuid(uid, uid, uid) == 0)
		return 0;
	/* EINVAL: no such user in this namespace; EPERM: its groups are fixed, as an ordinary
	 * user's namespace has them. */
	if (!user && geteuid() == 0 && (errno == EINVAL || errno == EPERM)) {
		log_debug("%s does not exist in this user namespace: user 0 is kept", name);
		return 0;
	}
	return err_env(e, "cannot become user %s: %s", name, strerror(errno));
}

/* All but @kept (-1 = none), which a program that is run keeps. */
static int drop_capabilities(int kept, struct err *e)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (kept >= 0) {
		struct __user_cap_data_struct *set = &sets[CAP_TO_INDEX(kept)];

		set->effective = set->permitted = set->inheritable = CAP_TO_MASK(kept);
	}
	if (syscall(SYS_capset, &head, sets) < 0)
		return err_env(e, "cannot give up capabilities: %s", strerror(errno));
	if (kept >= 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept, 0, 0) < 0)
		return err_env(e, "cannot keep capability %d: %s", kept, strerror(errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_env(e, "cannot set no_new_privs: %s", strerror(errno));
	return 0;
}

/* Files may be opened to be read: libpcap takes what an interface lost from /sys. */
static int allow_reading_files(scmp_filter_ctx ctx)
{
	const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC;

	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
}

static int filter_calls(struct err *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc = ctx ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < ARRAY_LEN(allowed); i++) {
		int call = seccomp_syscall_resolve_name(allowed[i]);

		/* Names that only other architectures have resolve to negative numbers. */
		if (call >= 0)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 0);
	}
	if (!rc)
		rc = allow_reading_files(ctx);
	if (!rc)
		rc = seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	if (rc == -EINVAL || rc == -ENOSYS) {
		log_warn("this kernel has no filter of system calls: none is set");
		return 0;
	}
	return rc ? err_env(e, "cannot filter system calls: %s", strerror(-rc)) : 0;
}

int privilege_give_up(const char *user, int kept, struct err *e)
{
	if (drop_bounding_set(kept, e) < 0)
		return -1;
	if (kept >= 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_env(e, "cannot keep capability %d: %s", kept, strerror(errno));
	if (change_user(user, e) < 0)
		return -1;
	return drop_capabilities(kept, e);
}

int privilege_drop(const char *user, struct err *e)
{
	return privilege_give_up(user, -1, e) < 0 ? -1 : filter_calls(e);
}
