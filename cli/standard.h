/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_STANDARD_H
#define CLI_STANDARD_H

#include <stdbool.h>

#include "base/err.h"

/* Before anything else: descriptors 0 to 2 are there, and no signal of a write ends the program. */
void standard_begin(void);
/* Whether @e, of a command that failed, only says that the reader of standard output has gone. */
bool standard_reader_gone(const struct err *e);
/* At the very end: standard output has to be whole. Returns @status, or that of a failure, which is
 * reported; a reader that has gone is none. */
int standard_end(int status);

#endif
