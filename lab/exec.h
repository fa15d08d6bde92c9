/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_EXEC_H
#define LAB_EXEC_H

#include "base/err.h"

struct lab;

/* Forks and runs a program inside a node with the given argv and environment (NULL = ours), its
 * standard streams replaced where fds[i] is not -1 (then it is 3 or more). It dies with this
 * process. /etc/resolv.conf and /etc/hosts name the lab's resolver (group "dns") and nodes. Returns
 * the pid, or -1 with @e set.
 */
int lab_spawn(struct lab *lab, const char *node, char *const argv[], char *const envp[],
	      const int fds[3], struct err *e);

/* What /etc/resolv.conf and /etc/hosts say inside a node; the caller frees. */
char *lab_resolv_conf(const struct lab *lab);
char *lab_hosts_file(const struct lab *lab);

/* For a forked child that is in the node's network namespace: a mount namespace of its own with
 * these two files and the node's /sys, in which nothing of the host's kernel can be changed: /proc/sys
 * is read-only, /dev has no disks, CAP_SYS_ADMIN is gone. What cannot be mounted stays as it is. */
void node_confine(const char *resolv_conf, const char *hosts);
/* Before an exec: default signals, nothing open afterwards but the standard streams. */
void exec_ready(void);
/* exec_ready() and exec; ends the process in any case. */
void node_exec(char *const argv[], char *const envp[]) __attribute__((noreturn));

#endif
