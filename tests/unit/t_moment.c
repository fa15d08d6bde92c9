// SPDX-License-Identifier: GPL-2.0-or-later
/* t_moment.c - times as EVE, RFC 3339 and other programs write them, held against the C library */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/moment.h"
#include "tests/unit/unit.h"

#define NS 1000000000LL

START_TEST(test_forms)
{
	static const struct {
		const char *text;
		int64_t ns;
	} cases[] = {
		{"2006-08-25T19:32:12.123456+0000", 1156534332123456000},
		{"2006-08-25T19:32:12.123456+00:00", 1156534332123456000},
		{"2006-08-25T21:32:12.123456+02:00", 1156534332123456000},
		{"2006-08-25T14:02:12.123456-0530", 1156534332123456000},
		{"2006-08-25T19:32:12.123456Z", 1156534332123456000},
		{"2006-08-25T19:32:12", 1156534332000000000},
		{"2006-08-25T19:32:12.5", 1156534332500000000},
		{"2006-08-25T19:32:12.1234567899999Z", 1156534332123456789},
		{"1970-01-01T00:00:00Z", 0},
		{"1969-12-31T23:59:59.5Z", -500000000},
		{"2016-12-31T23:59:60Z", 1483228800000000000}, /* a leap second */
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t ns = 1;

		ck_assert_msg(moment_parse(cases[i].text, &ns), "%s", cases[i].text);
		ck_assert_msg((int64_t)ns == cases[i].ns, "%s: %lld", cases[i].text, (long long)ns);
	}
}
END_TEST

START_TEST(test_refused)
{
	static const char *const texts[] = {
		"",
		"2006",
		"2006-08-25",
		"2006-08-25 19:32:12Z",
		"2006-8-25T19:32:12Z",
		"2006-13-25T19:32:12Z",
		"2006-00-25T19:32:12Z",
		"2006-08-32T19:32:12Z",
		"2006-08-25T24:32:12Z",
		"2006-08-25T19:60:12Z",
		"2006-08-25T19:32:61Z",
		"2006-08-25T19:32:12z",
		"2006-08-25T19:32:12Zx",
		"2006-08-25T19:32:12+",
		"2006-08-25T19:32:12+24:00",
		"2006-08-25T19:32:12+02:60",
		"2006-08-25T19:32:12.5 Z",
		" 2006-08-25T19:32:12Z",
		"-2006-08-25T19:32:12Z",
		"0000-01-01T00:00:00Z",
		"1600-01-01T00:00:00Z", /* no 64 bits of ns reach that far */
		"9999-12-31T23:59:59Z",
	};
	uint64_t ns;

	ck_assert(!moment_parse(NULL, &ns));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		ck_assert_msg(!moment_parse(texts[i], &ns), "%s", texts[i]);
}
END_TEST

/* Every day from 1680 to 2260, as the C library counts. */
START_TEST(test_every_day)
{
	struct tm tm = {.tm_year = 1680 - 1900, .tm_mday = 1};
	time_t t = timegm(&tm);

	for (; tm.tm_year < 2260 - 1900; t += 86400) {
		char text[40];
		uint64_t ns;

		gmtime_r(&t, &tm);
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
		ck_assert_msg(moment_parse(text, &ns) && (int64_t)ns == t * NS, "%s", text);
	}
}
END_TEST

UNIT(moment)
{
	unit_case(tc, test_forms);
	unit_case(tc, test_refused);
	unit_case(tc, test_every_day);
}
