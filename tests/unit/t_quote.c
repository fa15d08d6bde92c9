// SPDX-License-Identifier: GPL-2.0-or-later
/* Strings in other languages: every sink is fed what is special in each of the others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/quote.h"
#include "base/text.h"
#include "tests/unit/unit.h"

/* What each language would obey; the last ones are no text at all. */
static const char *const hostile[] = {
	"a`touch PWNED`b",
	"a\"; system \"touch PWNED\"; \"",
	"a'; touch PWNED; '",
	"$(touch PWNED)",
	"\\\" set output '|touch PWNED'",
	"\\`touch PWNED\\`",
	"| touch PWNED",
	"< touch PWNED",
	"@macro #comment {/Bold x} %s %n",
	"<script>alert(1)</script>&amp;<!--",
	"' onload='alert(1)",
	"**bold** _x_ [link](javascript:x) | cell | ~~x~~",
	"x'); DROP TABLE run; --",
	"\\N \\l \\\" ]; evil [label=\"",
	"-e system('touch PWNED')",
	"../../etc/passwd",
	"tab\there",
	"line\nsystem('touch PWNED')\n| row |",
	"\x1b]0;owned\x07\x1b[31mred",
	"\xc2\x9b"
	"31mred", /* C1 in UTF-8 */
	"\x9b"
	"31mred", /* and as a byte */
	"\xe2\x80\xae"
	"gpj.exe",
	"\xff\xfe not UTF-8 \xc0\xaf",
	"caf\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x98\x80",
	"",
};

static bool sendable(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

START_TEST(plain_text_and_what_is_shown)
{
	const char *want[][2] = {{"caf\xc3\xa9", "caf\xc3\xa9"},
				 {"\x1b[31m", "\\x1b[31m"},
				 {"a\tb\n", "a\\x09"
					    "b\\x0a"},
				 {"\xc2\x9b", "\\u009b"},
				 {"\xe2\x80\xae", "\\u202e"},
				 {"\xff", "\\xff"},
				 {"\xc0\xaf", "\\xc0\\xaf"},
				 {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
				 {"\x7f", "\\x7f"}};
	char room[8];

	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		ck_assert_str_eq(quote_terminal(want[i][0]), want[i][1]);
		ck_assert_int_eq(text_plain(want[i][0]), i == 0);
	}
	text_show(room, sizeof(room),
		  "abcd\x1b"
		  "e"); /* no half of an escape */
	ck_assert_str_eq(room, "abcd");
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		ck_assert(text_plain(quote_terminal(hostile[i])));
		ck_assert(sendable(quote_html(hostile[i])));
		ck_assert(sendable(quote_markdown(hostile[i])));
		ck_assert(sendable(quote_dot(hostile[i])));
		ck_assert(sendable(quote_gnuplot(hostile[i])));
		ck_assert(sendable(quote_shell(hostile[i])));
	}
}
END_TEST

START_TEST(names_are_checked)
{
	char longest[NAME_BYTES + 2];
	struct err e;

	memset(longest, 'x', sizeof(longest));
	longest[NAME_BYTES + 1] = '\0';
	ck_assert_int_eq(name_check(longest, NAME_BYTES, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.msg, "at most 120"));
	longest[NAME_BYTES] = '\0';
	ck_assert_int_eq(name_check(longest, NAME_BYTES, &e), 0);
	ck_assert_int_eq(name_check("", NAME_BYTES, &e), -1);
	ck_assert_int_eq(name_check("a\tb", NAME_BYTES, &e), -1);
	ck_assert_int_eq(name_check("\xff", NAME_BYTES, &e), -1);
	ck_assert_int_eq(name_check("a `b` \"c\"", NAME_BYTES, &e), 0);
}
END_TEST

/* Nothing of the language is left that is not part of an escape. */
START_TEST(pages_hold_no_markup_of_names)
{
	ck_assert_str_eq(quote_markdown("_a_b__c_ d_"), "\\_a_b\\_\\_c\\_ d\\_");
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		const char *html = quote_html(hostile[i]), *md = quote_markdown(hostile[i]);
		const char *dot = quote_dot(hostile[i]), *name = quote_file_name(hostile[i]);

		ck_assert_ptr_null(strpbrk(html, "<>\"'"));
		for (const char *p = strchr(html, '&'); p; p = strchr(p + 1, '&'))
			ck_assert_msg(strchr(p, ';') && strcspn(p, ";") <= 5, "%s", html);
		ck_assert_ptr_null(strpbrk(md, "<>"));
		for (const char *p = md; *p; p++) {
			if (*p == '\\')
				p++;
			else
				ck_assert_msg(!strchr("`*[]|~", *p), "%s", md);
		}
		for (const char *p = dot; *p; p++) {
			if (*p == '\\')
				p++;
			else
				ck_assert_int_ne(*p, '"');
		}
		ck_assert(*name && name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS"
						     "TUVWXYZ0123456789_-")] == '\0');
	}
}
END_TEST

/* Runs PROGRAM FILE in @dir and compares what it prints, a line for each hostile string. */
static void witness(const char *program, const char *prefix, const char *(*quote)(const char *),
		    const char *end)
{
	char dir[] = "/tmp/skypelab-unit-XXXXXX", *command, *line = NULL;
	size_t room = 0;
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	command = xasprintf("%s/script", dir);
	f = fopen(command, "w");
	free(command);
	ck_assert_ptr_nonnull(f);
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++)
		if (!strchr(hostile[i], '\n'))
			fprintf(f, "%s%s%s\n", prefix, quote(hostile[i]), end);
	fclose(f);
	command = xasprintf("cd %s && %s script 2>&1", dir, program);
	f = popen(command, "r"); /* NOLINT(cert-env33-c): our own words */
	ck_assert_ptr_nonnull(f);
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		if (strchr(hostile[i], '\n'))
			continue;
		ck_assert_int_gt(getline(&line, &room, f), 0);
		line[strcspn(line, "\n")] = '\0';
		ck_assert_str_eq(line, quote_terminal(hostile[i]));
	}
	ck_assert_int_eq(getline(&line, &room, f), -1);
	ck_assert_int_eq(pclose(f), 0);
	free(line);
	free(command);
	command = xasprintf("%s/PWNED", dir);
	ck_assert_int_eq(access(command, F_OK), -1);
	free(command);
	command = xasprintf("%s/script", dir);
	unlink(command);
	free(command);
	ck_assert_int_eq(rmdir(dir), 0); /* nothing else was made */
}

START_TEST(gnuplot_prints_what_it_was_given)
{
	witness("gnuplot -d", "set print '-'; print ", quote_gnuplot, "");
}
END_TEST

START_TEST(a_shell_prints_what_it_was_given)
{
	witness("sh", "printf '%s\\n' ", quote_shell, "");
}
END_TEST

UNIT(quote)
{
	unit_case(tc, plain_text_and_what_is_shown);
	unit_case(tc, names_are_checked);
	unit_case(tc, pages_hold_no_markup_of_names);
	unit_case_needing(tc, gnuplot_prints_what_it_was_given,
			  unit_lack_of("gnuplot", "gnuplot-nox"));
	unit_case(tc, a_shell_prints_what_it_was_given);
}
