// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * line.c - lines of a file that may have none
 *
 * getline(3) takes as much memory as a line asks for, and a file of anybody's may be one line, or
 * a device that never ends one. Here a line has an end.
 */
#include <string.h>

#include "base/err.h"
#include "base/line.h"

ssize_t line_read(char **buf, size_t *room, FILE *f)
{
	size_t n = 0;
	int c;

	while ((c = getc_unlocked(f)) != EOF) {
		if (n == LINE_BYTES)
			return -2;
		if (n + 2 > *room) {
			*room = *room ? 2 * *room : 512;
			*buf = xrealloc(*buf, *room);
		}
		(*buf)[n++] = (char)c;
		if (c == '\n')
			break;
	}
	if (!n)
		return -1;
	(*buf)[n] = '\0';
	return (ssize_t)n;
}
