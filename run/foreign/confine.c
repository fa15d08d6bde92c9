// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * confine.c - the last steps of a contained program before its exec
 *
 * Model: namespaces took away what it could see (view.c); this takes what it could do.
 *
 *	privilege	nobody if root ran it, no capability, none to gain (base/privilege.c). One
 *			that reads an interface keeps CAP_NET_RAW, in a network that has only this
 *	system calls	a deny-list, since a detector may need any ordinary one: no namespaces,
 *			mounts, looks into other processes, kernel modules, keys, BPF, rings
 *	sockets		those of local programs, IPv4, IPv6 and netlink, live also packets: other
 *			families are much code of the kernel that no detector needs
 *	limits		rlimits hold for each process or user; what all processes hold together is
 *			watched by warden.c. The exception is RLIMIT_NPROC, which holds for all: the
 *			user namespace is the program's own, and the kernel counts by namespace
 *
 * Memory that has no process (memfd, System V) would be out of the count, so there is none.
 * clone3() says "not implemented", as its flags cannot be read by a filter; C libraries then use
 * clone().
 *
 * Limits: Linux before 5.14 counts processes by user, whatever the namespace.
 */
#include <errno.h>
#include <linux/capability.h>
#include <math.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/privilege.h"
#include "run/foreign/confine.h"

/* Processes of contained.c that the kernel may count as the program's: both have one user. */
#define BESIDE 2

static const char *const denied[] = {
	/* namespaces and mounts */
	"unshare", "setns", "mount", "umount", "umount2", "pivot_root", "chroot", "open_tree",
	"move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
	/* other processes */
	"ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd",
	/* the kernel */
	"bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter",
	"io_uring_register", "init_module", "finit_module", "delete_module", "kexec_load",
	"kexec_file_load", "reboot", "swapon", "swapoff", "syslog", "acct", "quotactl",
	"quotactl_fd", "add_key", "request_key", "keyctl", "open_by_handle_at", "fanotify_init",
	"lookup_dcookie", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex",
	"sethostname", "setdomainname", "iopl", "ioperm", "modify_ldt", "personality", "vhangup",
	/* memory that belongs to no process */
	"memfd_create", "memfd_secret", "shmget", "semget", "msgget", "mq_open"};

static const int namespaces[] = {CLONE_NEWNS,  CLONE_NEWUSER, CLONE_NEWPID,   CLONE_NEWNET,
				 CLONE_NEWIPC, CLONE_NEWUTS,  CLONE_NEWCGROUP};

static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

static bool family_allowed(int family, bool live)
{
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (families[i] == family)
			return true;
	return live && family == AF_PACKET;
}

static int deny_families(scmp_filter_ctx ctx, bool live)
{
	const uint32_t no = SCMP_ACT_ERRNO(EAFNOSUPPORT);
	int rc = seccomp_rule_add(ctx, no, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_GE, AF_MAX, 0));

	for (int f = 0; !rc && f < AF_MAX; f++)
		if (!family_allowed(f, live))
			rc = seccomp_rule_add(ctx, no, SCMP_SYS(socket), 1,
					      SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)f, 0));
	return rc;
}

static int deny_namespaces(scmp_filter_ctx ctx)
{
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	for (size_t i = 0; !rc && i < ARRAY_LEN(namespaces); i++) {
		const scmp_datum_t flag = (scmp_datum_t)namespaces[i];

		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
				      SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag));
	}
	return rc;
}

static int filter(bool live, struct err *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int rc = ctx ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < ARRAY_LEN(denied); i++) {
		int call = seccomp_syscall_resolve_name(denied[i]);

		/* Names that this architecture, or this libseccomp, does not know. */
		if (call >= 0)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), call, 0);
	}
	if (!rc)
		rc = deny_namespaces(ctx);
	if (!rc)
		rc = deny_families(ctx, live);
	if (!rc)
		rc = seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	return rc ? err_env(e, "cannot filter a contained program's system calls: %s",
			    strerror(-rc))
		  : 0;
}

static int limit(int what, uint64_t most, const char *name, struct err *e)
{
	struct rlimit l = {most, most};

	if (setrlimit(what, &l) < 0)
		return err_env(e, "cannot limit a contained program's %s: %s", name,
			       strerror(errno));
	return 0;
}

static int limit_all(const struct contained_limits *l, struct err *e)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_max > 1024)
		files.rlim_max = 1024;
	if (limit(RLIMIT_CORE, 0, "dumps", e) < 0 ||
	    limit(RLIMIT_FSIZE, l->output_bytes, "files", e) < 0 ||
	    limit(RLIMIT_NOFILE, files.rlim_max, "open files", e) < 0 ||
	    limit(RLIMIT_NPROC, l->processes + BESIDE, "processes", e) < 0 ||
	    limit(RLIMIT_MSGQUEUE, 0, "message queues", e) < 0 ||
	    limit(RLIMIT_CPU, (uint64_t)ceil(l->cpu_seconds) + 1, "processor time", e) < 0)
		return -1;
	return limit(RLIMIT_DATA, l->memory_bytes, "memory", e);
}

int confine(const struct contained_limits *limits, bool live, struct err *e)
{
	if (privilege_give_up(NULL, live ? CAP_NET_RAW : -1, e) < 0 || filter(live, e) < 0)
		return -1;
	return limit_all(limits, e);
}
