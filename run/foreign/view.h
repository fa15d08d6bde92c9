/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_FOREIGN_VIEW_H
#define RUN_FOREIGN_VIEW_H

#include "base/err.h"
#include "run/foreign/contained.h"

/* The file that argv[0] names, as an absolute path (owned), or NULL: there is none that can be
 * run. */
char *view_program(const char *name);

/* In a mount namespace of its own: builds the file system in which @program (absolute) is to run.
 * 0, or -1 with @e set. */
int view_build(const struct contained_job *job, const char *program, struct err *e);
/* By process 1 of the PID namespace, after view_build(): makes it the root, and the rest
 * unreachable. *proc = it has a /proc, which a container may forbid. 0, or -1 with @e set. */
int view_enter(bool *proc, struct err *e);

#endif
