/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_ONCE_H
#define BASE_ONCE_H

#include <stdbool.h>

/* Whether @text was not asked for yet, by this process, by one that it was forked from, or, after once_share(), by any
 * that came of it; remembers it. Of any thread. When the places are full, all are new. */
bool once(const char *text);
/* From here on, processes that are forked remember together. */
void once_share(void);

#endif
