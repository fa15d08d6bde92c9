/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_LINE_H
#define BASE_LINE_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/* The most bytes that a line may have. */
#define LINE_BYTES (1UL << 20)

/* The next line of @f into *buf, as getline(3): its length, with its newline if there is one; -1 at
 * the end. -2 = it is longer than LINE_BYTES. *buf is (owned) by the caller, NULL at first. */
ssize_t line_read(char **buf, size_t *room, FILE *f);

#endif
