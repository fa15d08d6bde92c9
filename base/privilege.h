/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_PRIVILEGE_H
#define BASE_PRIVILEGE_H

#include "base/err.h"
#include "base/syscall_filter.h"

/* Gives up, for good, all that reading packets from open descriptors does not need: the user of
 * root becomes @user (NULL = nobody), every capability goes, a program that is run gains none, and
 * the kernel answers EPERM to every system call that is not among @needs. Call it when everything is
 * open, before other threads exist; who has threads calls privilege_give_up() before he begins them,
 * and syscall_filter() when they are there. Someone who is not root keeps his user; naming another is
 * an error. 0, or -1 with @e set: then the process must end. */
int privilege_drop(const char *user, const struct syscall_needs *needs, struct err *e);
/* The same without the filter of system calls. The capability @kept (-1 = none) stays, also in a
 * program that is run. */
int privilege_give_up(const char *user, int kept, struct err *e);
/* Gives up, for good, all that opening files as this user does not need: the user stays, and of the
 * capabilities those that he has to open, replace and own files. 0, or -1 with @e set. */
int privilege_keep_files(struct err *e);

#endif
