// SPDX-License-Identifier: GPL-2.0-or-later
/* t_overfit.c - when copies of a capture say that a signature without a baseline learned it by heart */
#include "run/regress/copies.h"
#include "tests/unit/unit.h"

/* What @own losses in @n copies say. */
static void check(unsigned own, unsigned n, bool to_blame, bool open)
{
	struct overfit o = {.was_found = true, .own = own};
	struct copies c = {.n = n, .no_base = true, .list = &o, .list_n = 1};

	ck_assert_msg(overfit_own(&c, &o) == to_blame, "%u of %u: to blame", own, n);
	ck_assert_msg(overfit_open(&c, &o) == open, "%u of %u: open", own, n);
	ck_assert_uint_eq(copies_overfit(&c), to_blame);
	ck_assert_uint_eq(copies_open(&c), open);
}

/* One-sided 95 % bounds of a share against a quarter: 0.05^(1/3) = 0.37, 0.05^(1/2) = 0.22; 1 - 0.05^(1/11) = 0.238,
 * 1 - 0.05^(1/10) = 0.259. */
START_TEST(test_few_copies)
{
	check(0, 1, false, false);
	check(1, 1, false, true);
	check(2, 2, false, true);
	check(3, 3, true, false);
	check(1, 10, false, true);
	check(5, 10, false, true);
	check(6, 10, true, false);
	check(1, 30, false, false);
	ck_assert_uint_eq(copies_to_trust(), 11);
}
END_TEST

/* With as many copies as are named it can be said. */
START_TEST(test_enough)
{
	static const struct {
		unsigned own, n;
		bool to_blame;
	} cases[] = {{1, 1, true}, {2, 3, true}, {1, 10, false}, {1, 15, false}};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct overfit o = {.was_found = true, .own = cases[i].own};
		struct copies c = {.n = cases[i].n, .no_base = true, .list = &o, .list_n = 1};
		unsigned m = copies_enough(&c);
		double share = (double)cases[i].own / cases[i].n;

		ck_assert_uint_gt(m, cases[i].n);
		check((unsigned)(share * m + 0.5), m, cases[i].to_blame, false);
		check((unsigned)(share * (m - 1) + 0.5), m - 1, false, true);
	}
}
END_TEST

/* A share of a quarter itself is on neither side, however many there are. */
START_TEST(test_never_enough)
{
	struct overfit o = {.was_found = true, .own = 1};
	struct copies c = {.n = 4, .no_base = true, .list = &o, .list_n = 1};

	ck_assert_uint_gt(copies_enough(&c), COPIES_MAX);
}
END_TEST

/* With a baseline one loss that it does not share is enough; on its own, a quarter. */
START_TEST(test_with_a_baseline)
{
	struct overfit o = {.was_found = true, .own = 1};
	struct copies c = {.n = 10, .list = &o, .list_n = 1};

	ck_assert(overfit_own(&c, &o) && !overfit_open(&c, &o));
	o.alone = true;
	ck_assert(!overfit_own(&c, &o));
	o.own = 3;
	ck_assert(overfit_own(&c, &o));
}
END_TEST

UNIT(overfit)
{
	unit_case(tc, test_few_copies);
	unit_case(tc, test_enough);
	unit_case(tc, test_never_enough);
	unit_case(tc, test_with_a_baseline);
}
