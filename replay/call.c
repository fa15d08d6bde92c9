// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * call.c - calls
 */
#include "replay/call.h"

int call_start(struct sc *c, const char *to, const char *third, double seconds)
{
	(void)c;
	(void)to;
	(void)third;
	(void)seconds;
	return -1;
}

int call_pstn(struct sc *c, const char *number, double seconds)
{
	(void)c;
	(void)number;
	(void)seconds;
	return -1;
}

void call_end(struct sc *c)
{
	(void)c;
}

void call_block(struct sc *c, const char *name)
{
	(void)c;
	(void)name;
}
