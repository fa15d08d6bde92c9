// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Work by several processes (base/fan.h): what came of the items is taken in their order, whatever the number of
 * processes and however long an item takes or large it is; a process that dies, and a taker that fails, end it. And
 * space that is freed and asked for again (base/space.h) is empty.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fan.h"
#include "base/space.h"
#include "tests/unit/unit.h"

#define ITEMS 300

struct run {
	size_t taken, bytes, dies_at, refused_at;
	bool same_process;
};

/* Item 0 takes longest, so that all others come too early; some say nothing, some more than a pipe holds. */
static size_t bytes_of(size_t i)
{
	return i % 7 == 3 ? 0 : i % 50 == 1 ? 3000000 : 100 + i;
}

static void work(void *arg, size_t i, FILE *out)
{
	const struct run *r = arg;

	if (i == r->dies_at)
		raise(SIGKILL);
	if (i == 0)
		usleep(200000);
	if (i % 10 == 5)
		log_error("item %zu", i);
	for (size_t k = 0; k < bytes_of(i); k++)
		fputc((int)((i + k) & 0xff), out);
}

static int take(void *arg, size_t i, FILE *in, struct err *e)
{
	struct run *r = arg;
	size_t n = 0;
	int c;

	ck_assert_uint_eq(i, r->taken);
	while ((c = fgetc(in)) != EOF) {
		if (c != (int)((i + n) & 0xff))
			ck_abort_msg("item %zu: byte %zu is %d", i, n, c);
		n++;
	}
	ck_assert_uint_eq(n, bytes_of(i));
	r->taken++;
	r->bytes += n;
	return i == r->refused_at ? err_set(e, "refused") : 0;
}

static int run(struct run *r, size_t n, unsigned workers, struct err *e)
{
	const struct fan f = {.n = n, .workers = workers, .work = work, .take = take, .arg = r};

	return fan_run(&f, e);
}

START_TEST(items_are_taken_in_order_by_any_number_of_processes)
{
	struct run r = {.dies_at = SIZE_MAX, .refused_at = SIZE_MAX};
	char log[8192] = "", expected[8192] = "";
	struct err e = {0};
	int fds[2], kept = dup(STDERR_FILENO);
	ssize_t n;

	ck_assert_int_eq(pipe(fds), 0);
	dup2(fds[1], STDERR_FILENO);
	ck_assert_int_eq(run(&r, ITEMS, (unsigned)_i, &e), 0);
	dup2(kept, STDERR_FILENO);
	close(fds[1]);
	n = read(fds[0], log, sizeof(log) - 1);
	ck_assert_int_gt(n, 0);
	for (size_t i = 5; i < ITEMS; i += 10)
		snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected),
			 "skypelab: item %zu\n", i);
	ck_assert_str_eq(log, expected);
	ck_assert_uint_eq(r.taken, ITEMS);
	close(fds[0]);
	close(kept);
}
END_TEST

START_TEST(a_process_that_dies_and_a_taker_that_refuses_end_it)
{
	struct run dies = {.dies_at = 40, .refused_at = SIZE_MAX};
	struct run refuses = {.dies_at = SIZE_MAX, .refused_at = 40};
	struct err e = {0};

	ck_assert_int_eq(run(&dies, ITEMS, 2, &e), -1);
	ck_assert_uint_le(dies.taken, 40);
	ck_assert_msg(strstr(e.msg, "ended before its work was done"), "%s", e.msg);
	ck_assert_int_eq(e.code, EXIT_ENV);
	ck_assert_int_eq(run(&refuses, ITEMS, 2, &e), -1);
	ck_assert_uint_eq(refuses.taken, 41);
	ck_assert_str_eq(e.msg, "refused");
}
END_TEST

START_TEST(no_item_is_no_work)
{
	struct run r = {.dies_at = SIZE_MAX, .refused_at = SIZE_MAX};
	struct err e = {0};

	ck_assert_int_eq(run(&r, 0, 4, &e), 0);
	ck_assert_uint_eq(r.taken, 0);
}
END_TEST

START_TEST(space_that_comes_again_is_empty)
{
	static const size_t sizes[] = {4096, 5000, 2UL << 20, 5UL << 20};
	bool again = false;

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		unsigned char *p = space_get(sizes[i]), *q;

		memset(p, 0xaa, sizes[i]);
		space_free(p, sizes[i]);
		q = space_get(sizes[i]);
		again |= p == q;
		for (size_t k = 0; k < sizes[i]; k++)
			if (q[k])
				ck_abort_msg("%zu bytes: byte %zu is %u", sizes[i], k, q[k]);
		space_free(q, sizes[i]);
	}
	ck_assert_msg(again, "no space came again");
}
END_TEST

UNIT(fan)
{
	unit_apart();
	unit_loop(tc, items_are_taken_in_order_by_any_number_of_processes, 0, 6);
	unit_case(tc, a_process_that_dies_and_a_taker_that_refuses_end_it);
	unit_case(tc, no_item_is_no_work);
	unit_case(tc, space_that_comes_again_is_empty);
}
