// SPDX-License-Identifier: GPL-2.0-or-later
/* iso_time.c - time stamps as EVE has them */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "results/score/iso_time.h"

#define NS_PER_S 1000000000LL

/* Seconds that the zone at @p is east of UTC. False when it is no zone. */
static bool zone_of(const char *p, long *east)
{
	int hours, minutes, used = 0;
	char sign;

	*east = 0;
	if (!*p || !strcmp(p, "Z"))
		return true;
	if ((sscanf(p, "%c%2d:%2d%n", &sign, &hours, &minutes, &used) < 3 &&
	     sscanf(p, "%c%2d%2d%n", &sign, &hours, &minutes, &used) < 3) ||
	    p[used] || (sign != '+' && sign != '-'))
		return false;
	*east = (sign == '+' ? 60L : -60L) * (hours * 60 + minutes);
	return true;
}

bool iso_time_ns(const char *text, uint64_t *ns)
{
	struct tm tm = {0};
	const char *p = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	uint64_t fraction = 0, scale = NS_PER_S / 10;
	long east;
	time_t t;

	if (!p)
		return false;
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++, scale /= 10)
			fraction += (uint64_t)(*p - '0') * scale;
	if (!zone_of(p, &east))
		return false;
	t = timegm(&tm) - east;
	if (t >= INT64_MAX / NS_PER_S || t <= INT64_MIN / NS_PER_S)
		return false;
	*ns = (uint64_t)t * NS_PER_S + fraction;
	return true;
}
