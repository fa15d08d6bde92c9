/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <stdbool.h>

#include <check.h>

/* As check's own, but that an assertion which holds costs nothing: check writes each to a file, so that
 * a crash can be said to lie after it, and loops of thousands take most of their time so. */
#undef ck_assert_msg
#define ck_assert_msg(expr, ...)                                                                   \
	((expr) ? (void)0                                                                          \
		: _ck_assert_failed(__FILE__, __LINE__, "Assertion '" #expr "' failed",            \
				    ##__VA_ARGS__))

/* Under sanitizers much takes ten times as long; a test that tries many may try fewer there. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNIT_SANITIZED true
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define UNIT_SANITIZED true
#endif
#ifndef UNIT_SANITIZED
#define UNIT_SANITIZED false
#endif

/* A file of unit tests: write START_TEST(...) functions, then
 *	UNIT(addr) { unit_case(tc, test_parse); unit_case(tc, test_text); }
 * It registers itself; `build/tests/unit addr` runs only that file, `build/tests/unit test_parse`
 * only that case. */
void unit_register(const char *name, void (*fill)(TCase *tc));

/* A case; one for each @_i from @from to @to - 1; one that needs something: @lack is NULL when it
 * is there, otherwise "what is missing; what to do", and the case is skipped, counted and named. */
#define unit_case(tc, fn) unit_case_needing(tc, fn, NULL)
#define unit_loop(tc, fn, from, to)                                                                \
	do {                                                                                       \
		if (unit_wanted(#fn, NULL))                                                        \
			tcase_add_loop_test(tc, fn, from, to);                                     \
	} while (0)
#define unit_case_needing(tc, fn, lack)                                                            \
	do {                                                                                       \
		if (unit_wanted(#fn, lack))                                                        \
			tcase_add_test(tc, fn);                                                    \
	} while (0)

/* For the macros above: whether the case is to run. Counts it as run or as skipped. */
bool unit_wanted(const char *test, const char *lack);

/* Called in a UNIT: its cases change the process that they run in (a limit, a filter of system calls,
 * a sandbox), or rely on another that did not run before; each needs a process of its own. See main.c. */
void unit_apart(void);

/* What a case may need, as @lack above; the file's cases run apart. Asked once, answered from memory after that. */
const char *unit_lack_of_namespaces(void);
/* Namespaces, and @program of the Debian package @package. */
const char *unit_lack_of(const char *program, const char *package);

/* Enters the sandbox of the lab, from a case added with unit_lack_of_namespaces(). */
void unit_sandbox(void);

struct firewall;
struct nat_policy;

/* A policy of the lab by name; the test fails where there is none. Kept until the process ends. */
const struct firewall *unit_firewall(const char *name);
const struct nat_policy *unit_nat(const char *name);

#define UNIT(name)                                                                                 \
	static void unit_fill_##name(TCase *tc);                                                   \
	__attribute__((constructor)) static void unit_add_##name(void)                             \
	{                                                                                          \
		unit_register(#name, unit_fill_##name);                                            \
	}                                                                                          \
	static void unit_fill_##name(TCase *tc)

#endif
