// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * divert.c - messages of the program while something else has the terminal
 *
 * Limits: to be set before there are other threads, or while they are silent.
 */
#include <stddef.h>

#include "base/divert.h"

static void (*diverted)(void *arg, const char *line);
static void *diverted_arg;

void divert_messages(void (*fn)(void *arg, const char *line), void *arg)
{
	diverted_arg = arg;
	diverted = fn;
}

bool divert_line(const char *line)
{
	if (diverted)
		diverted(diverted_arg, line);
	return diverted != NULL;
}
