/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_FOREIGN_CONFINE_H
#define RUN_FOREIGN_CONFINE_H

#include "base/err.h"
#include "run/foreign/contained.h"

/* For the child that is to become the program: limits of the kernel, no privilege, a filter of
 * system calls. @live: it may read packets. After it, exec. 0, or -1 with @e set: then the process
 * must end. */
int confine(const struct contained_limits *limits, bool live, struct err *e);

#endif
