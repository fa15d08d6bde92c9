// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * confine.c - what the filter's process may still do
 *
 * Model. It holds the one capability that could open the firewall, so it is kept as small as what it
 * reads: fixed messages from one socket, the kernel's answers from others. In this order:
 *
 *	1. another user, no capability but CAP_NET_ADMIN, none to gain	base/privilege.c
 *	2. killed by the kernel when the parent ends; step 1 would have undone it
 *	3. a list of system calls; any other kills it			base/syscall_filter.c
 *
 * No call of the list opens, connects, executes or makes anything. sendto and recvfrom work on the
 * sockets that are open: two to nftables, one to conntrack, one for routes, one to the parent.
 *
 * Limits. An architecture or kernel without seccomp has no step 3, which is said.
 */
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>

#include "base/privilege.h"
#include "base/syscall_filter.h"
#include "operator/filter/confine.h"

static const char *const allowed[] = {
	/* the sockets */
	"sendto", "sendmsg", "recvfrom", "recvmsg", "poll", "ppoll", "close", "getsockname",
	/* messages to standard error */
	"write", "writev",
	/* memory */
	"brk", "mmap", "mmap2", "munmap", "mremap", "madvise",
	/* time, signals, the end */
	"clock_gettime", "clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64",
	"nanosleep", "gettimeofday", "rt_sigprocmask", "rt_sigreturn", "sigreturn",
	"restart_syscall", "futex", "getpid", "gettid", "getrandom", "tgkill", "exit",
	"exit_group"};

int filter_confine(const char *user, struct err *e)
{
	if (privilege_give_up(user, CAP_NET_ADMIN, e) < 0)
		return -1;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return err_sys(e, "cannot bind the filter to its parent");
	return syscall_filter_only(allowed, ARRAY_LEN(allowed), e);
}
