// SPDX-License-Identifier: GPL-2.0-or-later
/* t_completion.c - what command lines may go on with */
#include <stdio.h>
#include <string.h>

#include "cli/command/complete.h"
#include "tests/unit/unit.h"

struct made_options {
	bool flag;
	const char *text;
	struct option_list list;
	struct option_whole whole;
	int choice;
};

#define AT(field) offsetof(struct made_options, field)

enum { FORM_SHOW, FORM_KEEP, FORM_KEPT, FORM_EXEC, FORM_WRAP };

static const struct option_row rows[] = {
	OPTION(FLAG, "all", 'a', NULL, flag, "", .forms = OPTION_FORM(FORM_SHOW)),
	OPTION(TEXT, "output", 'o', "DIRECTORY", text, ""),
	OPTION(LIST, "list", 'l', "FILE", list, "", .group = 1),
	OPTION(WHOLE, "whole", 'w', "NUMBER", whole, "", .low = 1, .high = 9, .group = 1),
	OPTION(CHOICE, "choice", 0, "one|two", choice, "", .forms = OPTION_FORM(FORM_KEEP)),
};

static const struct command_form forms[] = {
	[FORM_SHOW] = {.verb = "show", .arguments = "RUN [NUMBER] [FILE]..."},
	[FORM_KEEP] = {.verb = "keep it", .arguments = "[FILE|RUN]"},
	[FORM_KEPT] = {.verb = "keep all", .arguments = ""},
	[FORM_EXEC] = {.verb = "exec", .arguments = "NODE [--] PROGRAM [ARGUMENT]..."},
	[FORM_WRAP] = {.verb = "wrap", .arguments = "RUN -- PROGRAM [ARGUMENT]..."},
};

static const struct command made = {.name = "made",
				    .forms = forms,
				    .form_count = ARRAY_LEN(forms),
				    .rows = rows,
				    .row_count = ARRAY_LEN(rows),
				    .size = sizeof(struct made_options)};

static const struct command_form plain_forms[] = {{.arguments = "SCENARIO"}};
static const struct command plain = {
	.name = "plain", .forms = plain_forms, .form_count = 1, .size = 1};

static const struct command *const all[] = {&made, &plain, NULL};

static void add_word(void *arg, const char *word, const char *about)
{
	char *text = arg;
	size_t n = strlen(text);

	(void)about;
	snprintf(text + n, 1024 - n, "%s%s", n ? " " : "", word);
}

/* What is offered for a line, a blank between words and one behind the last that is finished; "+f",
 * "+d" for files and folders. */
static const char *offered(const char *line)
{
	static char text[1024], copy[256];
	char *words[32], *w = copy;
	size_t n = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	for (words[n++] = w; (w = strchr(w, ' ')); words[n++] = w)
		*w++ = '\0';
	text[0] = '\0';
	switch (complete_line(all, words, n, add_word, text)) {
	case COMPLETE_FILES:
		add_word(text, "+f", "");
		break;
	case COMPLETE_FOLDERS:
		add_word(text, "+d", "");
		break;
	case COMPLETE_NOTHING:
		break;
	}
	return text;
}

START_TEST(commands_and_the_words_of_verbs)
{
	ck_assert_str_eq(offered(""), "made plain help");
	ck_assert_str_eq(offered("-v -q p"), "plain");
	ck_assert_str_eq(offered("-"), "-v -q --help --version");
	ck_assert_str_eq(offered("help m"), "made");
	ck_assert_str_eq(offered("nosuch "), "");
	ck_assert_str_eq(offered("made "), "show keep exec wrap");
	ck_assert_str_eq(offered("made keep "), "it all");
	ck_assert_str_eq(offered("made -w 3 keep i"), "it");
	ck_assert_str_eq(offered("made keep all "), "");
}
END_TEST

START_TEST(arguments_by_their_place)
{
	ck_assert_str_eq(offered("made show "), "+d");
	ck_assert_str_eq(offered("made show run "), "");
	ck_assert_str_eq(offered("made show run 1 "), "+f");
	ck_assert_str_eq(offered("made show run 1 a b "), "+f");
	ck_assert_str_eq(offered("made keep it "), "+f");
	ck_assert_str_eq(offered("made keep it x "), "");
	ck_assert_str_eq(offered("made exec n "), "+f");
	ck_assert_str_eq(offered("made exec n ls -"), "+f");
	ck_assert_str_eq(offered("made wrap run -- "), "+f");
	ck_assert_str_eq(offered("plain first-l"), "first-light +f");
}
END_TEST

START_TEST(options_that_still_fit)
{
	ck_assert_str_eq(offered("made -"), "--all --output --list --whole --choice --help");
	ck_assert_str_eq(offered("made show --"), "--all --output --list --whole --help");
	ck_assert_str_eq(offered("made --choice one --"), "--output --list --whole --help");
	ck_assert_str_eq(offered("made -al x --o"), "--output");
	ck_assert_str_eq(offered("made -o x --o"), "");
	ck_assert_str_eq(offered("made -l x --"), "--all --output --list --choice --help");
	ck_assert_str_eq(offered("made wrap -- -"), "+d");
}
END_TEST

START_TEST(values_of_options)
{
	ck_assert_str_eq(offered("made -o "), "+d");
	ck_assert_str_eq(offered("made --out "), "+d");
	ck_assert_str_eq(offered("made --output=a"), "+d");
	ck_assert_str_eq(offered("made -al "), "+f");
	ck_assert_str_eq(offered("made --choice "), "one two");
	ck_assert_str_eq(offered("made --choice=t"), "--choice=two");
	ck_assert_str_eq(offered("made --all="), "");
	ck_assert_str_eq(offered("made -w "), "");
	/* what looks like an option is a value there */
	ck_assert_str_eq(offered("made -o --choice -"), "--all --list --whole --choice --help");
}
END_TEST

UNIT(completion)
{
	unit_case(tc, commands_and_the_words_of_verbs);
	unit_case(tc, arguments_by_their_place);
	unit_case(tc, options_that_still_fit);
	unit_case(tc, values_of_options);
}
