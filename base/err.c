// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * err.c - errors as one line, messages to standard error, allocation that does not fail
 *
 * A function that can fail for a reason a user can mend takes a struct err, fills it where the
 * reason is known, and returns a negative number. Callers put their context in front with
 * err_push(). Only the command layer prints it and chooses the exit code. A user cannot mend a lack
 * of memory during a run, so the x... functions end the program with one line.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/divert.h"
#include "base/err.h"
#include "base/progress.h"
#include "base/text.h"

#define LEVEL_DEBUG 3

int log_level = 1;

__attribute__((format(printf, 4, 0))) static void err_fill(struct err *e, enum exit_code code,
							   int sys, const char *fmt, va_list ap)
{
	size_t n;

	if (!e)
		return;
	e->code = code;
	e->used_up = sys && code == EXIT_ENV;
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	n = strlen(e->msg);
	if (sys && n < sizeof(e->msg))
		snprintf(e->msg + n, sizeof(e->msg) - n, ": %s", strerror(sys));
}

/* Whether the machine lacks something, and the input is not to blame. */
static bool is_lack(int sys)
{
	return sys == ENOSPC || sys == EDQUOT || sys == EFBIG || sys == EMFILE || sys == ENFILE ||
	       sys == ENOMEM || sys == EAGAIN || sys == EIO;
}

int err_set(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_fill(e, EXIT_USAGE, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int err_env(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_fill(e, EXIT_ENV, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int err_sys(struct err *e, const char *fmt, ...)
{
	int sys = errno;
	va_list ap;

	va_start(ap, fmt);
	err_fill(e, is_lack(sys) ? EXIT_ENV : EXIT_USAGE, sys, fmt, ap);
	va_end(ap);
	return -1;
}

int err_push(struct err *e, const char *fmt, ...)
{
	char old[sizeof(e->msg)];
	va_list ap;
	size_t n;

	if (!e)
		return -1;
	memcpy(old, e->msg, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	n = strlen(e->msg);
	if (n + 2 < sizeof(e->msg)) {
		memcpy(e->msg + n, ": ", 2);
		n += 2;
		strncpy(e->msg + n, old, sizeof(e->msg) - n - 1);
		e->msg[sizeof(e->msg) - 1] = '\0';
	}
	return -1;
}

/* One line, plain text. */
static void put_line(const char *word, const char *shown)
{
	char line[4200];

	snprintf(line, sizeof(line), "skypelab: %s%s", word, shown);
	if (divert_line(line))
		return;
	progress_hide();
	fprintf(stderr, "%s\n", line);
}

__attribute__((format(printf, 3, 0))) static void log_line(int level, const char *word,
							   const char *fmt, va_list ap)
{
	char buf[2048], shown[2 * sizeof(buf)], *next;

	if (level > log_level)
		return;
	vsnprintf(buf, sizeof(buf), fmt, ap);
	/* What is told to a developer may have lines. */
	for (char *line = buf; line; line = next) {
		next = level < LEVEL_DEBUG ? NULL : strchr(line, '\n');
		if (next)
			*next++ = '\0';
		text_show(shown, sizeof(shown), line);
		put_line(word, shown);
	}
}

#define LOG_FUNCTION(name, level, word)                                                            \
	void name(const char *fmt, ...)                                                            \
	{                                                                                          \
		va_list ap;                                                                        \
		va_start(ap, fmt);                                                                 \
		log_line(level, word, fmt, ap);                                                    \
		va_end(ap);                                                                        \
	}

LOG_FUNCTION(log_error, 0, "")
LOG_FUNCTION(log_warn, 1, "warning: ")
LOG_FUNCTION(log_info, 2, "")
LOG_FUNCTION(log_debug, LEVEL_DEBUG, "debug: ")

static void *or_die(void *p)
{
	if (!p) {
		log_error("out of memory");
		exit(EXIT_ENV);
	}
	return p;
}

void *xmalloc(unsigned long n)
{
	return or_die(malloc(n ? n : 1));
}

void *xcalloc(unsigned long n, unsigned long size)
{
	return or_die(calloc(n ? n : 1, size ? size : 1));
}

void *xrealloc(void *p, unsigned long n)
{
	return or_die(realloc(p, n ? n : 1));
}

char *xstrdup(const char *s)
{
	return or_die(strdup(s));
}

char *xasprintf(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	va_end(ap);
	return or_die(s);
}
