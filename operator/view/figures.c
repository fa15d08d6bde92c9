// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * figures.c - times and numbers in few cells
 *
 * Times are UTC, as everywhere in the program's output. Years outside of what gmtime_r() takes are shown
 * as dashes.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/moment.h"
#include "operator/view/figures.h"

#define NS_PER_S 1000000000
#define MINUTE	 60
#define HOUR	 3600
#define DAY	 86400

static bool broken_down(uint64_t ns, struct tm *tm, unsigned *ms)
{
	int64_t rest = (int64_t)ns % NS_PER_S;
	time_t s = (time_t)((int64_t)ns / NS_PER_S - (rest < 0));

	*ms = (unsigned)((rest < 0 ? rest + NS_PER_S : rest) / 1000000);
	return gmtime_r(&s, tm) != NULL;
}

const char *figure_clock(uint64_t ns, uint64_t now_ns, char out[FIGURE_TEXT])
{
	struct tm then = {0}, now = {0};
	unsigned ms;

	memcpy(out, "-", 2);
	if (!broken_down(ns, &then, &ms) || !broken_down(now_ns, &now, &ms))
		return out;
	if (then.tm_year != now.tm_year)
		strftime(out, FIGURE_TEXT, "%Y-%m", &then);
	else if (then.tm_yday != now.tm_yday)
		strftime(out, FIGURE_TEXT, "%b %d", &then);
	else
		strftime(out, FIGURE_TEXT, "%H:%M:%S", &then);
	return out;
}

const char *figure_second(uint64_t ns, char out[FIGURE_TEXT])
{
	struct tm tm;
	unsigned ms;

	memcpy(out, "-", 2);
	if (broken_down(ns, &tm, &ms))
		strftime(out, FIGURE_TEXT, "%Y-%m-%d %H:%M:%S", &tm);
	return out;
}

const char *figure_milli(uint64_t ns, char out[FIGURE_TEXT])
{
	struct tm tm;
	unsigned ms;
	size_t n;

	memcpy(out, "-", 2);
	if (broken_down(ns, &tm, &ms)) {
		n = strftime(out, FIGURE_TEXT, "%H:%M:%S", &tm);
		snprintf(out + n, FIGURE_TEXT - n, ".%03u", ms);
	}
	return out;
}

/* Seconds from one to the other; 0 when it is not after. */
static uint64_t seconds(uint64_t from_ns, uint64_t to_ns)
{
	return moment_before(from_ns, to_ns) ? (to_ns - from_ns) / NS_PER_S : 0;
}

const char *figure_age(uint64_t from_ns, uint64_t to_ns, char out[FIGURE_TEXT])
{
	unsigned long long s = seconds(from_ns, to_ns);

	if (s < 100)
		snprintf(out, FIGURE_TEXT, "%llus", s);
	else if (s < 100ULL * MINUTE)
		snprintf(out, FIGURE_TEXT, "%llum", s / MINUTE);
	else if (s < 100ULL * HOUR)
		snprintf(out, FIGURE_TEXT, "%lluh", s / HOUR);
	else
		snprintf(out, FIGURE_TEXT, "%llud", s / DAY);
	return out;
}

const char *figure_lasted(uint64_t from_ns, uint64_t to_ns, char out[FIGURE_TEXT])
{
	unsigned long long s = seconds(from_ns, to_ns);

	if (s < HOUR)
		snprintf(out, FIGURE_TEXT, "%llu:%02llu", s / MINUTE, s % MINUTE);
	else if (s < DAY)
		snprintf(out, FIGURE_TEXT, "%llu:%02llu:%02llu", s / HOUR, s % HOUR / MINUTE,
			 s % MINUTE);
	else
		snprintf(out, FIGURE_TEXT, "%llud %02lluh", s / DAY, s % DAY / HOUR);
	return out;
}

const char *figure_count(uint64_t n, char out[FIGURE_TEXT])
{
	static const char units[] = {'k', 'M', 'G', 'T', 'P', 'E'};
	uint64_t unit = 1000;
	int i = 0;

	if (n < 10000) {
		snprintf(out, FIGURE_TEXT, "%llu", (unsigned long long)n);
		return out;
	}
	while (i < 5 && n / unit >= 1000) {
		unit *= 1000;
		i++;
	}
	if (n / unit < 100)
		snprintf(out, FIGURE_TEXT, "%llu.%llu%c", (unsigned long long)(n / unit),
			 (unsigned long long)(n % unit / (unit / 10)), units[i]);
	else
		snprintf(out, FIGURE_TEXT, "%llu%c", (unsigned long long)(n / unit), units[i]);
	return out;
}
