/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include "base/err.h"

/* Calls @fn in a process of its own and waits for its end: for what changes the process that does it.
 * 0, or -1 with @e set, as @fn returned and set it; @name says whose process it was where it was killed
 * ("the process that tried it"). */
int in_child(int (*fn)(void *arg, struct err *e), void *arg, const char *name, struct err *e);

#endif
