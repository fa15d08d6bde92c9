/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_JANITOR_H
#define RUN_JANITOR_H

#include <stdbool.h>

#include "base/err.h"

/* A child process that clears up when this one ends without janitor_dismiss(), by whatever cause. A
 * signal to the terminal's process group does not reach it. It calls @clear with @arg as they are
 * now. Our end of its pipe, or -1 with @e set. */
int janitor_start(void (*clear)(const void *arg), const void *arg, struct err *e);
/* Ends a janitor, which clears up unless all is @whole; waits for it and for every other child. */
void janitor_dismiss(int janitor, bool whole);

#endif
