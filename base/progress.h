/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>

/*
 * How far something is: one line on standard error that is written over, with the time that is left. It is
 * shown on a terminal, after the first second; messages (base/err.h) take its place for a moment.
 *
 * A line that is begun while another one counts is not shown: what it counts is a part of what that one counts.
 * So who reads the cells of a run counts them, whoever asked for it.
 */

/**
 * struct progress - one thing that takes time
 * @on:		It is shown
 * @at_most:	What is left is the most that it can be, and the line says so
 * @depth:	How many were begun and not ended before
 * @began, @last: When it began, and was shown last; seconds of CLOCK_MONOTONIC
 */
struct progress {
	bool on, at_once, at_most;
	unsigned depth;
	double began, last;
};

/* @wanted: unless it is to be silent; @anyway: without a terminal too, and from the beginning. It stays where
 * it is until progress_end(). */
struct progress progress_begin(bool wanted, bool anyway);
/* Whether the line is due, so that what it says has to be found out: five times in a second. */
bool progress_due(const struct progress *p);
/* @part: how much is done, from 0 to 1; negative = nobody knows. The rest is what the line says. */
void progress_show(struct progress *p, double part, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* "3 of 16 cells": the fourth is under way. @what stays the caller's until progress_end(). */
void progress_count(struct progress *p, unsigned long done, unsigned long all, const char *what);
/* The same of something under way that counts as many: after it @next are done. */
void progress_span(struct progress *p, unsigned long done, unsigned long next, unsigned long all,
		   const char *what);
void progress_end(struct progress *p);
/* Makes room for a message. */
void progress_hide(void);

#endif
