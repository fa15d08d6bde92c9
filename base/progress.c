// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * progress.c - one line that says how far something is
 *
 * The time left is that of what is done, times what is not: right for work whose parts are alike, and wrong
 * at the beginning of other work. It is said from the second second on.
 *
 * What counts stands in a stack, the outermost first. Only that one has a line; how far it is follows from all of
 * them: each inner one is a part of what is under way in the one before.
 *
 * Limits: one line at a time, of one thread; what is deeper than DEPTH is not looked at. A process that is forked
 * meanwhile must not show its own.
 */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/progress.h"

#define INTERVAL 0.2 /* seconds between two lines */
#define QUIET	 1.0 /* seconds before the first */
#define TOLD	 2.0 /* seconds after which the time left is said */

#define DEPTH 4

static bool shown; /* a line stands on the terminal */

/* What counts; @p NULL: it does not count. */
static struct counted {
	struct progress *p;
	unsigned long done, next, all;
	const char *what;
} counted[DEPTH];

static unsigned begun;

static double now(void)
{
	return (double)clock_ns(CLOCK_MONOTONIC) / 1e9;
}

struct progress progress_begin(bool wanted, bool anyway)
{
	if (begun < DEPTH)
		counted[begun].p = NULL;
	return (struct progress){.depth = begun++,
				 .on = anyway || (wanted && isatty(STDERR_FILENO)),
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

	if (!progress_due(p) || (p->depth && counted[0].p))
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
		fprintf(stderr, ", %s%s left", p->at_most ? "at most " : "",
			time_text(spent * (1 - part) / part, left));
	fputs("\033[K", stderr);
	fflush(stderr);
}

/* How much of all that counts from @depth on is done; of nothing: nothing. */
static double part_from(unsigned depth)
{
	const struct counted *c = depth < DEPTH && depth < begun ? &counted[depth] : NULL;

	if (!c || !c->p || !c->all)
		return 0;
	return ((double)c->done + (double)(c->next - c->done) * part_from(depth + 1)) /
	       (double)c->all;
}

/* The words of a line: of the outermost that counts more than one thing. */
static const struct counted *words_of(unsigned depth)
{
	unsigned at = depth;

	while (counted[at].all == 1 && at + 1 < DEPTH && at + 1 < begun && counted[at + 1].p)
		at++;
	return &counted[at];
}

void progress_span(struct progress *p, unsigned long done, unsigned long next, unsigned long all,
		   const char *what)
{
	const struct counted *words;
	unsigned first;

	if (p->depth >= DEPTH)
		return;
	counted[p->depth] = (struct counted){p, done, next, all, what};
	first = counted[0].p ? 0 : p->depth;
	words = words_of(first);
	progress_show(counted[first].p, counted[first].all ? part_from(first) : -1, "%lu of %lu %s",
		      words->done, words->all, words->what);
}

void progress_count(struct progress *p, unsigned long done, unsigned long all, const char *what)
{
	progress_span(p, done, done + 1, all, what);
}

void progress_end(struct progress *p)
{
	if (!p->depth || !counted[0].p)
		progress_hide();
	p->on = false;
	begun = p->depth;
	if (begun < DEPTH)
		counted[begun].p = NULL;
}

void progress_hide(void)
{
	if (!shown)
		return;
	fputs("\r\033[K", stderr);
	shown = false;
}
