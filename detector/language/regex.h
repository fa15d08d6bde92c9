/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_LANGUAGE_REGEX_H
#define DETECTOR_LANGUAGE_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/library.h"

/* Regular expressions on bytes, as Perl has them, within limits. */

#define REGEX_PATTERN_MAX 200	/* characters of a pattern */
#define REGEX_BYTES_MAX	  2048	/* bytes that are searched */
#define REGEX_STEPS_MAX	  20000 /* parts of the pattern tried in one search */

/* PCRE2, loaded when a pattern is first compiled (base/library.h). */
extern struct library library_pcre2;

struct regex;

/* The pattern, compiled. NULL with @e set (what is wrong, and at which column of the pattern) when it is none, can
 * match nothing at all, or the library is missing. */
struct regex *regex_new(const char *pattern, bool nocase, struct err *e);
void regex_free(struct regex *re); /* NULL is allowed */
const char *regex_pattern(const struct regex *re);
bool regex_nocase(const struct regex *re);

enum regex_result { REGEX_NO, REGEX_YES, REGEX_GIVEN_UP };
/* Whether it matches somewhere in @n bytes: the first place, in @at and @length. GIVEN_UP: a limit was reached before
 * that was known. Several threads may search at a time. */
enum regex_result regex_search(struct regex *re, const uint8_t *b, size_t n, size_t *at,
			       size_t *length);

#endif
