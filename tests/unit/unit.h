/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <check.h>

/* A file of unit tests: write START_TEST(...) functions, then
 *	UNIT(addr) { unit_case(tc, test_parse); unit_case(tc, test_text); }
 * It registers itself; `build/tests/unit addr` runs only that one. */
void unit_register(const char *name, void (*fill)(TCase *tc));

#define unit_case(tc, fn) tcase_add_test(tc, fn)

#define UNIT(name)                                                                                 \
	static void unit_fill_##name(TCase *tc);                                                   \
	__attribute__((constructor)) static void unit_add_##name(void)                             \
	{                                                                                          \
		unit_register(#name, unit_fill_##name);                                            \
	}                                                                                          \
	static void unit_fill_##name(TCase *tc)

#endif
