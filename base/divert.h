/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_DIVERT_H
#define BASE_DIVERT_H

#include <stdbool.h>

/* Messages (base/err.h) go to @fn, without a newline, and not to standard error, while something else
 * has the terminal; until @fn is NULL. Called in the thread of the message. */
void divert_messages(void (*fn)(void *arg, const char *line), void *arg);
/* Whether @line went there. */
bool divert_line(const char *line);

#endif
