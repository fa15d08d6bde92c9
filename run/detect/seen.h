/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_SEEN_H
#define RUN_DETECT_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* A set of numbers that stand for what was seen, such as flow_identity(). NULL is the empty set. */
struct seen;

bool seen_has(const struct seen *all, uint64_t key);
/* Whether @key was in the set; it is after that. */
bool seen_before(struct seen **all, uint64_t key);
/* Whether a file with the same bytes was seen: 1, or 0, and it is after that; -1 with @e set. */
int seen_file_before(struct seen **all, const char *path, struct err *e);
/* Have the sets a number in common? */
bool seen_meet(const struct seen *a, const struct seen *b);
/* Adds to a set what @from has. */
void seen_add(struct seen **to, const struct seen *from);
void seen_clear(struct seen **all); /* it is empty after that */

#endif
