/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_REAP_H
#define BASE_REAP_H

#include <sys/types.h>

/* Waits until the child @pid has ended, whatever signals come meanwhile; @status (may be NULL) as
 * of waitpid(2). 0, or -1 with errno set: it is no child of ours. */
int reap(pid_t pid, int *status);
/* Makes this process, a fresh child, get SIGKILL when its parent ends. @alive, which is closed, is
 * the end for reading of a pipe whose other end only the parent has: a parent that is dead already
 * has closed it. */
void die_with_parent(int alive);

#endif
