/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_FAN_H
#define BASE_FAN_H

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

/**
 * struct fan - the same work for each of many items, on several processors
 * @n:		Items, from 0
 * @workers:	Processes at most; 0 = as many as are of use. What comes of it is the same for every number.
 * @work:	Does item @i, perhaps in a process of its own, and writes to @out what came of it. It may leave things
 *		for the items that come after it in the same process, but they must not depend on them. What it logs
 *		is printed before @take is called.
 * @take:	Reads what came of item @i from @in, in this process, by rising @i. 0, or -1 with @e set to end here.
 */
struct fan {
	size_t n;
	unsigned workers;
	void (*work)(void *arg, size_t i, FILE *out);
	int (*take)(void *arg, size_t i, FILE *in, struct err *e);
	void *arg;
};

/* 0, or -1 with @e set: by @take, or a process ended before its work was done. */
int fan_run(const struct fan *f, struct err *e);

#endif
