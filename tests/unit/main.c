// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * main.c - runs the unit tests; each t_*.c registers itself
 *
 * `unit` runs all, `unit NAME...` only those. Tests need no privilege and no network.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/unit.h"

static struct unit {
	const char *name;
	void (*fill)(TCase *tc);
} units[128];
static size_t unit_count;

void unit_register(const char *name, void (*fill)(TCase *tc))
{
	if (unit_count < ARRAY_LEN(units))
		units[unit_count++] = (struct unit){name, fill};
}

static int wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return 1;
	return argc < 2;
}

int main(int argc, char **argv)
{
	SRunner *sr = srunner_create(NULL);
	int failed, ran = 0;

	for (size_t i = 0; i < unit_count; i++) {
		Suite *s;
		TCase *tc;

		if (!wanted(units[i].name, argc, argv))
			continue;
		s = suite_create(units[i].name);
		tc = tcase_create(units[i].name);
		tcase_set_timeout(tc, 120);
		units[i].fill(tc);
		suite_add_tcase(s, tc);
		srunner_add_suite(sr, s);
		ran++;
	}
	if (!ran) {
		log_error("no such unit test");
		return EXIT_USAGE;
	}
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
