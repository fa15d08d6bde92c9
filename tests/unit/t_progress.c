// SPDX-License-Identifier: GPL-2.0-or-later
/* t_progress.c - the line that says how far something is, and what makes room for a message */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/progress.h"
#include "tests/unit/unit.h"

/* What is written to standard error, between begin and end. */
static char said[512];
static int saved = -1;
static FILE *file;

static void listen_begin(void)
{
	fflush(stderr);
	file = tmpfile();
	ck_assert_ptr_nonnull(file);
	saved = dup(STDERR_FILENO);
	dup2(fileno(file), STDERR_FILENO);
}

static const char *listen_end(void)
{
	size_t n;

	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	n = fread(said, 1, sizeof(said) - 1, file);
	said[n] = '\0';
	fclose(file);
	return said;
}

/* The line @p shows after @spent seconds. */
static const char *line_after(double spent, double part)
{
	struct progress p = progress_begin(true, true);

	p.began -= spent;
	listen_begin();
	progress_show(&p, part, "%d things", 3);
	p.last += 100; /* as on a machine that is never too slow for it */
	progress_show(&p, part, "too soon");
	progress_end(&p);
	return listen_end();
}

START_TEST(test_time_left)
{
	ck_assert_str_eq(line_after(10, 0.25), "\r 25.0 %  3 things, 30 s left\033[K\r\033[K");
	ck_assert_str_eq(line_after(100, 0.5), "\r 50.0 %  3 things, 1:40 left\033[K\r\033[K");
	ck_assert_str_eq(line_after(7200, 0.5),
			 "\r 50.0 %  3 things, 2 h 00 min left\033[K\r\033[K");
	ck_assert_str_eq(line_after(1, 0.5), "\r 50.0 %  3 things\033[K\r\033[K");
	ck_assert_str_eq(line_after(10, -1), "\r3 things\033[K\r\033[K");
}
END_TEST

START_TEST(test_silence)
{
	struct progress no_terminal = progress_begin(false, false), *p = &no_terminal;

	listen_begin();
	progress_show(p, 0.5, "something");
	progress_end(p);
	ck_assert_str_eq(listen_end(), "");
}
END_TEST

START_TEST(test_a_message_takes_its_place)
{
	struct progress p = progress_begin(true, true);

	listen_begin();
	progress_show(&p, -1, "at work");
	log_error("a fault");
	progress_end(&p);
	ck_assert_str_eq(listen_end(), "\rat work\033[K\r\033[Kskypelab: a fault\n");
}
END_TEST

/* What counts within something that counts is a part of it, and has no line. */
START_TEST(test_within)
{
	struct progress outer = progress_begin(true, true), inner;

	outer.began -= 10;
	listen_begin();
	progress_count(&outer, 1, 4, "runs");
	inner = progress_begin(true, true);
	inner.began -= 100;
	outer.last = 0;
	progress_count(&inner, 5, 10, "cells");
	progress_show(&inner, 0.5, "not this");
	progress_end(&inner);
	outer.last = 0;
	progress_span(&outer, 2, 4, 4, "runs");
	inner = progress_begin(true, true);
	outer.last = 0;
	progress_count(&inner, 1, 2, "cells");
	progress_end(&inner);
	progress_end(&outer);
	ck_assert_str_eq(listen_end(), "\r 25.0 %  1 of 4 runs, 30 s left\033[K"
				       "\r 37.5 %  1 of 4 runs, 17 s left\033[K"
				       "\r 50.0 %  2 of 4 runs, 10 s left\033[K"
				       "\r 75.0 %  2 of 4 runs, 3 s left\033[K"
				       "\r\033[K");
}
END_TEST

/* Of one thing the line says how far what is in it is. */
START_TEST(test_only_one)
{
	struct progress outer = progress_begin(true, true), inner = progress_begin(true, true);

	listen_begin();
	progress_count(&outer, 0, 1, "runs");
	outer.last = 0;
	progress_count(&inner, 3, 4, "cells");
	progress_end(&inner);
	progress_end(&outer);
	ck_assert_str_eq(listen_end(), "\r  0.0 %  0 of 1 runs\033[K\r 75.0 %  3 of 4 cells\033[K"
				       "\r\033[K");
}
END_TEST

/* The next one has a line of its own again, and says if it can only be less. */
START_TEST(test_at_most)
{
	struct progress p = progress_begin(true, true);

	p.began -= 10;
	p.at_most = true;
	listen_begin();
	progress_count(&p, 1, 2, "tries");
	progress_end(&p);
	ck_assert_str_eq(listen_end(), "\r 50.0 %  1 of 2 tries, at most 10 s left\033[K\r\033[K");
}
END_TEST

UNIT(progress)
{
	unit_case(tc, test_time_left);
	unit_case(tc, test_silence);
	unit_case(tc, test_a_message_takes_its_place);
	unit_case(tc, test_within);
	unit_case(tc, test_only_one);
	unit_case(tc, test_at_most);
}
