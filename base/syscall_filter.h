/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_SYSCALL_FILTER_H
#define BASE_SYSCALL_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/**
 * struct syscall_needs - what a process must still do that reads strangers' packets, or serves one
 * @serves:	Accept connections, send and take descriptors over sockets, set timers
 * @opens:	Find, open, replace and remove files, and send descriptors over a socket that is open
 * @receive_only: Sockets that nothing may be sent with, first @receive_only_n: those that packets
 *		come from
 */
struct syscall_needs {
	bool serves, opens;
	const int *receive_only;
	size_t receive_only_n;
};

/* Lets all threads of the process read and write what is open, wait, and end; the kernel answers
 * every other system call with EPERM, for good. no_new_privs must be set. 0, or -1 with @e set: then
 * the process must end. */
int syscall_filter(const struct syscall_needs *needs, struct err *e);
/* The same for a process that knows its calls, the first @n of @names: any other call kills it. */
int syscall_filter_only(const char *const *names, size_t n, struct err *e);

#endif
