/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_JUNIT_H
#define RESULTS_JUNIT_H

#include <stddef.h>
#include <stdio.h>

/* Test cases in the XML that JUnit writes and CI services read: JUNIT_HEAD, a suite or more, JUNIT_FOOT. */

#define JUNIT_HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
#define JUNIT_FOOT "</testsuites>\n"

struct junit_case;

/* The cases of a suite; zeroed it is empty, free it with junit_clear(). */
struct junit {
	struct junit_case *cases;
	size_t n, failures;
};

/* Adds a case (texts are copied). @of: its class, such as a signature. @message: why it failed, NULL =
 * it passed; @text: more about that, lines, or NULL. */
void junit_add(struct junit *j, const char *of, const char *name, const char *message,
	       const char *text);
void junit_put(const struct junit *j, const char *suite, FILE *f);
void junit_clear(struct junit *j);

#endif
