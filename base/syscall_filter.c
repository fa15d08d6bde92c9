// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * syscall_filter.c - the system calls that are left to a process that reads strangers' packets
 *
 * Model: a list of the calls that are allowed (libseccomp). A process on it can read and write what
 * is open, wait, tell the time, allocate memory and end. With @serves it can also do what a server does
 * with open sockets. It cannot make a file, a socket, a process, a thread or a name, nor look at another
 * process. @opens is for a process that reads no packets: it can also open and name files. Where a call
 * can do more than that, its arguments count:
 *
 *	ioctl		only to ask and set a terminal and its size; TIOCSTI, which types into the
 *			terminal for its user, is not among them
 *	fcntl		only flags; no copy of a descriptor
 *	mmap, mprotect	no memory that can be run
 *	write, writev, pwrite64, sendto, sendmsg
 *			not with the sockets in @receive_only: who reads packets cannot send frames
 *
 * The filter is set for all threads at once (TSYNC). A refused call fails with EPERM and does not end
 * the process, since libraries try what they can do without; nothing is lost by it, because a call that
 * is refused has done nothing.
 *
 * Limits: what is open stays open, and can be written where it was opened for that. An architecture
 * or a kernel that has no such filter has none, which is said.
 */
#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>

#include "base/syscall_filter.h"

#define DENIED_AT_ONCE 64 /* sockets in one filter: a program has at most 4096 instructions */

static const char *const allowed[] = {
	/* what is open */
	"read", "readv", "pread64", "recvfrom", "recvmsg", "poll", "ppoll", "epoll_wait",
	"epoll_pwait", "epoll_pwait2", "write", "writev", "pwrite64", "lseek", "_llseek", "fstat",
	"fstat64", "close", "fsync", "fdatasync", "ftruncate", "getsockopt",
	/* memory */
	"brk", "munmap", "mremap", "madvise",
	/* time, signals, threads that exist */
	"clock_gettime", "clock_gettime64", "clock_getres", "clock_nanosleep",
	"clock_nanosleep_time64", "nanosleep", "gettimeofday", "time", "rt_sigaction",
	"rt_sigprocmask", "rt_sigreturn", "sigreturn", "sigaltstack", "restart_syscall", "futex",
	"futex_time64", "sched_yield", "sched_getaffinity", "rseq", "set_robust_list", "getpid",
	"gettid", "getrandom", "tgkill",
	/* the end */
	"exit", "exit_group"};

static const char *const serving[] = {"accept",	     "accept4",		"sendto",
				      "sendmsg",     "shutdown",	"getsockname",
				      "getpeername", "timerfd_settime", "timerfd_settime64",
				      "epoll_ctl",   "wait4",		"waitid"};

/* What outfile.c, input.c and datadir.c do. */
static const char *const opening[] = {
	"open",	     "openat",	   "access",   "faccessat", "faccessat2", "stat",
	"stat64",    "lstat",	   "lstat64",  "fstatat64", "newfstatat", "statx",
	"readlink",  "readlinkat", "getcwd",   "getdents",  "getdents64", "fchmod",
	"fchown",    "fchown32",   "link",     "linkat",    "rename",	  "renameat",
	"renameat2", "unlink",	   "unlinkat", "tee",	    "sendmsg"};

static const char *const sending[] = {"write", "writev", "pwrite64", "sendto", "sendmsg"};

static const unsigned long ioctls[] = {TCGETS,	   TCSETS, TCSETSW,  TCSETSF,
				       TIOCGWINSZ, TCFLSH, FIONREAD, SIOCGIFFLAGS};

static const int fcntls[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL};

/* Names that only other architectures have resolve to negative numbers. */
static int allow(scmp_filter_ctx ctx, const char *const *names, size_t n)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < n; i++) {
		int call = seccomp_syscall_resolve_name(names[i]);

		if (call >= 0)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 0);
	}
	return rc;
}

/* The calls of which some uses are allowed. */
static int allow_some(scmp_filter_ctx ctx)
{
	static const char *const mapping[] = {"mmap", "mmap2", "mprotect"};
	int rc = 0;

	for (size_t i = 0; !rc && i < ARRAY_LEN(ioctls); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				      SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, ioctls[i]));
	for (size_t i = 0; !rc && i < ARRAY_LEN(fcntls); i++)
		rc = seccomp_rule_add(
			ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, (scmp_datum_t)fcntls[i]));
	for (size_t i = 0; !rc && i < ARRAY_LEN(mapping); i++) {
		int call = seccomp_syscall_resolve_name(mapping[i]);

		if (call >= 0)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 1,
					      SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	}
	return rc;
}

static int allow_opening(scmp_filter_ctx ctx)
{
	int rc = allow(ctx, opening, ARRAY_LEN(opening));

	return rc ? rc
		  : seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				     SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, F_DUPFD_CLOEXEC));
}

static int load(scmp_filter_ctx ctx)
{
	int rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);

	return rc ? rc : seccomp_load(ctx);
}

static int loaded(int rc, struct err *e)
{
	if (rc == -EINVAL || rc == -ENOSYS) {
		log_warn("this kernel has no filter of system calls: none is set");
		return 0;
	}
	return rc ? err_env(e, "cannot filter system calls: %s", strerror(-rc)) : 0;
}

/* Of two filters the stricter answer counts, so this one needs to know nothing but what it denies. */
static int deny_sending(const int *fds, size_t n)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int rc = 0;

	if (!ctx)
		return -ENOMEM;
	for (size_t i = 0; !rc && i < n; i++)
		for (size_t k = 0; !rc && k < ARRAY_LEN(sending); k++)
			rc = seccomp_rule_add(
				ctx, SCMP_ACT_ERRNO(EPERM),
				seccomp_syscall_resolve_name(sending[k]), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, (scmp_datum_t)fds[i]));
	if (!rc)
		rc = load(ctx);
	seccomp_release(ctx);
	return rc;
}

int syscall_filter_only(const char *const *names, size_t n, struct err *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = ctx ? allow(ctx, names, n) : -ENOMEM;

	if (!rc)
		rc = load(ctx);
	if (ctx)
		seccomp_release(ctx);
	return loaded(rc, e);
}

static int allow_needed(const struct syscall_needs *needs)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc;

	if (!ctx)
		return -ENOMEM;
	rc = allow(ctx, allowed, ARRAY_LEN(allowed));
	if (!rc && needs->serves)
		rc = allow(ctx, serving, ARRAY_LEN(serving));
	if (!rc && needs->opens)
		rc = allow_opening(ctx);
	if (!rc)
		rc = allow_some(ctx);
	if (!rc)
		rc = load(ctx);
	seccomp_release(ctx);
	return rc;
}

int syscall_filter(const struct syscall_needs *needs, struct err *e)
{
	int rc = 0;

	for (size_t at = 0; !rc && at < needs->receive_only_n; at += DENIED_AT_ONCE) {
		size_t left = needs->receive_only_n - at;

		rc = deny_sending(needs->receive_only + at,
				  left < DENIED_AT_ONCE ? left : DENIED_AT_ONCE);
	}
	if (!rc)
		rc = allow_needed(needs);
	return loaded(rc, e);
}
