// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * moment.c - points in time as text, and back
 *
 * The parser trusts no text: it checks the digits and the range of each part, and refuses what follows.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/moment.h"

#define NS_PER_S 1000000000LL

const char *moment_text(uint64_t ns, char out[MOMENT_TEXT_LEN])
{
	bool before = moment_before(ns, 0);
	uint64_t away = before ? -ns : ns;

	snprintf(out, MOMENT_TEXT_LEN, "%s%" PRIu64 ".%09" PRIu64, before ? "-" : "",
		 away / (uint64_t)NS_PER_S, away % (uint64_t)NS_PER_S);
	return out;
}

/* @n digits at *p. False = there are other bytes. */
static bool digits(const char **p, unsigned n, unsigned *out)
{
	*out = 0;
	for (; n; n--, ++*p) {
		if (**p < '0' || **p > '9')
			return false;
		*out = *out * 10 + (unsigned)(**p - '0');
	}
	return true;
}

/* Days from 1970 to a civil date: H. Hinnant, "chrono-compatible low-level date algorithms". */
static int64_t days_of(int year, unsigned month, unsigned day)
{
	int y = year - (month <= 2);
	unsigned yoe = (unsigned)(y % 400);
	unsigned doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return (int64_t)(y / 400) * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static bool day(const char **p, int64_t *days)
{
	unsigned y, m, d;

	if (!digits(p, 4, &y) || *(*p)++ != '-' || !digits(p, 2, &m) || *(*p)++ != '-' ||
	    !digits(p, 2, &d) || y < 1 || m < 1 || m > 12 || d < 1 || d > 31)
		return false;
	*days = days_of((int)y, m, d);
	return true;
}

static bool time_of_day(const char **p, unsigned *seconds, unsigned *fraction)
{
	unsigned h, m, s, digit, unit = 100000000;

	if (!digits(p, 2, &h) || *(*p)++ != ':' || !digits(p, 2, &m) || *(*p)++ != ':' ||
	    !digits(p, 2, &s) || h > 23 || m > 59 || s > 60)
		return false;
	*seconds = h * 3600 + m * 60 + s;
	*fraction = 0;
	if (**p == '.')
		for (++*p; digits(p, 1, &digit); unit /= 10)
			*fraction += digit * unit;
	return true;
}

/* Seconds that the zone is east of UTC. */
static bool zone(const char **p, int *east)
{
	int sign = **p == '-' ? -1 : 1;
	unsigned hours, minutes;

	*east = 0;
	if (!**p)
		return true;
	if (**p == 'Z') {
		++*p;
		return true;
	}
	if (**p != '-' && **p != '+')
		return false;
	++*p;
	if (!digits(p, 2, &hours) || hours > 23)
		return false;
	*p += **p == ':';
	if (!digits(p, 2, &minutes) || minutes > 59)
		return false;
	*east = sign * (int)(hours * 3600 + minutes * 60);
	return true;
}

bool moment_parse(const char *text, uint64_t *ns)
{
	const char *p = text;
	unsigned seconds, fraction;
	int64_t days, t;
	int east;

	if (!p || !day(&p, &days) || *p++ != 'T' || !time_of_day(&p, &seconds, &fraction) ||
	    !zone(&p, &east) || *p)
		return false;
	t = days * 86400 + seconds - east;
	if (t >= INT64_MAX / NS_PER_S || t <= INT64_MIN / NS_PER_S)
		return false;
	*ns = (uint64_t)(t * NS_PER_S + fraction);
	return true;
}
