// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * progress.c - one line that says how far something is
 *
 * The time left is that of what is done, times what is not: right for work whose parts are alike, and wrong
 * at the beginning of other work. It is said from the second second on.
 *
 * Limits: one line at a time. A process that is forked meanwhile must not show its own.
 */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/progress.h"

#define INTERVAL 0.2 /* seconds between two lines */
#define QUIET	 1.0 /* seconds before the first */
#define TOLD	 2.0 /* seconds after which the time left is said */

static bool shown; /* a line stands on the terminal */

static double now(void)
{
	return (double)clock_ns(CLOCK_MONOTONIC) / 1e9;
}

struct progress progress_begin(bool wanted, bool anyway)
{
	return (struct progress){.on = anyway || (wanted && isatty(STDERR_FILENO)),
				 .at_once = anyway,
				 .began = now()};
}

bool progress_due(const struct progress *p)
{
	double t = p->on ? now() : 0;

	return p->on && t - p->last >= INTERVAL && (p->at_once || t - p->began >= QUIET);
}

/* "2 h 05 min", "1:05", "7 s" */
static const char *time_text(double seconds, char out[32])
{
	unsigned long s = seconds < 0	  ? 0
			  : seconds > 1e8 ? 100000000UL
					  : (unsigned long)(seconds + 0.5);

	if (s >= 3600)
		snprintf(out, 32, "%lu h %02lu min", s / 3600, s / 60 % 60);
	else if (s >= 60)
		snprintf(out, 32, "%lu:%02lu", s / 60, s % 60);
	else
		snprintf(out, 32, "%lu s", s);
	return out;
}

void progress_show(struct progress *p, double part, const char *fmt, ...)
{
	double spent = now() - p->began;
	char left[32];
	va_list ap;

	if (!progress_due(p))
		return;
	p->last = now();
	shown = true;
	fputc('\r', stderr);
	if (part >= 0)
		fprintf(stderr, "%5.1f %%  ", part * 100);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	if (part > 0 && spent >= TOLD)
		fprintf(stderr, ", %s left", time_text(spent * (1 - part) / part, left));
	fputs("\033[K", stderr);
	fflush(stderr);
}

void progress_count(struct progress *p, unsigned long done, unsigned long all, const char *what)
{
	progress_show(p, all ? (double)done / (double)all : -1, "%lu of %lu %s", done, all, what);
}

void progress_end(struct progress *p)
{
	progress_hide();
	p->on = false;
}

void progress_hide(void)
{
	if (!shown)
		return;
	fputs("\r\033[K", stderr);
	shown = false;
}
