/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_SANDBOX_H
#define LAB_SANDBOX_H

#include <stdbool.h>

#include "base/err.h"

/* Takes this process out of the host: user (unless root), mount, PID and network namespaces, so
 * that nothing outlives it, kill -9 included. It forks: the caller goes on as the grandchild; the
 * original process waits, passes signals on and ends with the same status. Call it once, before any
 * thread exists and before lab_up() and loop_new(). The loopback of the private network namespace
 * is up afterwards. 0, or -1 with @e set (EXIT_ENV: names the sysctl or the sudo to try). */
int lab_sandbox_enter(struct err *e);
/* The same for a lab in which users run programs of theirs: root, too, enters a user namespace, and
 * nothing of the host's kernel can be changed from inside. Where the kernel has none for root, a
 * warning says so. */
int lab_sandbox_enter_for_programs(struct err *e);
/* Tries lab_sandbox_enter() in a process of its own; this one stays where it is. 0, or -1 with @e set. */
int lab_sandbox_possible(struct err *e);
bool lab_sandbox_entered(void);

#endif
