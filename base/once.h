/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_ONCE_H
#define BASE_ONCE_H

#include <stdbool.h>

/* Whether this is the first call with @text, and remembers it. Calls of the processes that this one was forked from
 * count, and after once_share() those of their children. Any thread may call it. When its places are full, every text
 * is new. */
bool once(const char *text);
/* From here on, processes that are forked remember together. */
void once_share(void);

#endif
