// SPDX-License-Identifier: GPL-2.0-or-later
/* t_options.c - command lines read by an option table */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "cli/commands.h"
#include "cli/doctor_hint.h"
#include "tests/unit/unit.h"

struct made_options {
	bool flag;
	const char *text;
	struct option_list list;
	struct option_whole whole;
	struct option_real real;
	int choice;
};

#define AT(field) offsetof(struct made_options, field)

enum { FORM_SHOW, FORM_SHOW_ALL, FORM_KEEP, FORM_EXEC, FORM_DASHES };

static const struct option_row rows[] = {
	OPTION(FLAG, "all", 'a', NULL, flag, "", .forms = OPTION_FORM(FORM_SHOW_ALL)),
	OPTION(TEXT, "text", 't', "TEXT", text, ""),
	OPTION(LIST, "list", 'l', "TEXT", list, "", .forms = OPTION_FORM(FORM_SHOW)),
	OPTION(WHOLE, "whole", 'w', "NUMBER", whole, "", .low = 1, .high = 9, .group = 1),
	OPTION(REAL, "real", 0, "NUMBER", real, "", .high = 1, .group = 1),
	OPTION(CHOICE, "choice", 0, "one|two", choice, "", .needed = OPTION_FORM(FORM_KEEP)),
};

static const struct command_form forms[] = {
	[FORM_SHOW] = {.verb = "show", .arguments = "FILE [CELL]"},
	[FORM_SHOW_ALL] = {.verb = "show", .selector = "all", .arguments = ""},
	[FORM_KEEP] = {.verb = "keep it", .arguments = "[FILE]..."},
	[FORM_EXEC] = {.verb = "exec", .arguments = "NODE [--] PROGRAM [ARGUMENT]..."},
	[FORM_DASHES] = {.verb = "wrap", .arguments = "FILE -- PROGRAM [ARGUMENT]..."},
};

static const struct command made = {.name = "made",
				    .forms = forms,
				    .form_count = ARRAY_LEN(forms),
				    .rows = rows,
				    .row_count = ARRAY_LEN(rows),
				    .size = sizeof(struct made_options)};

/* Parses "made LINE", a blank between words. */
static int parse(const char *line, struct command_call *call, struct err *e)
{
	static char text[256];
	char *argv[32] = {"made"}, *save;
	int argc = 1;

	snprintf(text, sizeof(text), "%s", line);
	for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	memset(e, 0, sizeof(*e));
	return options_parse(&made, argc, argv, call, e);
}

#define ACCEPTS(line, chosen, arguments)                                                           \
	do {                                                                                       \
		ck_assert_msg(parse(line, &call, &e) == 0, "%s: %s", line, e.msg);                 \
		ck_assert_uint_eq(call.form, chosen);                                              \
		ck_assert_uint_eq(call.n, arguments);                                              \
	} while (0)

#define REFUSES(line, message)                                                                     \
	do {                                                                                       \
		ck_assert_msg(parse(line, &call, &e) < 0, "%s was accepted", line);                \
		ck_assert_str_eq(e.msg, message);                                                  \
		options_free(&made, &call);                                                        \
	} while (0)

START_TEST(test_places)
{
	static const char *const same[] = {
		"show -t x -l a -lb --whole=3 F C", "show F C -t x -l a -l b -w 3",
		"-t x show F --list a --list b -w3 C", "show --te x --li a --li b --wh 3 -- F C"};
	struct command_call call;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		const struct made_options *o;

		ACCEPTS(same[i], FORM_SHOW, 2);
		o = call.options;
		ck_assert_str_eq(o->text, "x");
		ck_assert_uint_eq(o->list.n, 2);
		ck_assert_str_eq(o->list.items[1], "b");
		ck_assert(o->whole.given && o->whole.value == 3 && !o->real.given);
		ck_assert_str_eq(call.arguments[1], "C");
		ck_assert_ptr_null(call.arguments[2]);
		options_free(&made, &call);
	}
}
END_TEST

START_TEST(test_forms)
{
	struct command_call call;
	struct err e;

	ACCEPTS("show -a", FORM_SHOW_ALL, 0);
	options_free(&made, &call);
	ACCEPTS("keep it --choice two", FORM_KEEP, 0);
	ck_assert_int_eq(((const struct made_options *)call.options)->choice, 1);
	options_free(&made, &call);
	ACCEPTS("keep --choice one it a b c", FORM_KEEP, 3);
	ck_assert_str_eq(call.line, "skypelab made keep --choice one it a b c");
	options_free(&made, &call);
	ck_assert_int_eq(parse("show --help --nonsense", &call, &e), 0);
	ck_assert(call.help);
	options_free(&made, &call);
}
END_TEST

START_TEST(test_programs)
{
	struct command_call call;
	struct err e;

	ACCEPTS("exec -t x n1 ls -l --all", FORM_EXEC, 4);
	ck_assert_str_eq(call.arguments[2], "-l");
	options_free(&made, &call);
	ACCEPTS("exec n1 -- ls -- -l", FORM_EXEC, 4);
	ck_assert_str_eq(call.arguments[1], "ls");
	ck_assert_str_eq(call.arguments[2], "--");
	options_free(&made, &call);
	ACCEPTS("wrap F -t x -- ls -l", FORM_DASHES, 3);
	ck_assert_str_eq(call.arguments[2], "-l");
	options_free(&made, &call);
	REFUSES("wrap F ls", "made wrap: -- is missing before the program 'ls', expected FILE -- "
			     "PROGRAM [ARGUMENT]...");
	REFUSES("wrap F -t x", "made wrap: PROGRAM is missing, expected FILE -- PROGRAM "
			       "[ARGUMENT]...");
	REFUSES("wrap", "made wrap: FILE is missing, expected FILE -- PROGRAM [ARGUMENT]...");
	REFUSES("wrap F G -- ls", "made wrap: 'G' is one argument too many");
	REFUSES("exec n1", "made exec: PROGRAM is missing, expected NODE [--] PROGRAM "
			   "[ARGUMENT]...");
}
END_TEST

START_TEST(test_faults)
{
	struct command_call call;
	struct err e;

	REFUSES("show --txet F", "made show: unknown option --txet, did you mean --text?");
	REFUSES("show --zzz F", "made show: unknown option --zzz");
	REFUSES("show -T F", "made show: unknown option -T, did you mean -t?");
	REFUSES("show -v F",
		"made show: option -v stands before the sub-command: skypelab -v made");
	REFUSES("keep it -l x --choice one", "made keep: option --list belongs to `skypelab made "
					     "show`");
	REFUSES("show -t", "made show: option --text needs an argument: TEXT");
	REFUSES("show --all=3", "made show: option --all takes no argument");
	REFUSES("keep it", "made keep it: option --choice one|two is missing");
	REFUSES("show F -w 1 --real 1", "made show: options --whole and --real exclude each other");
	REFUSES("show F C D", "made show: 'D' is one argument too many");
	REFUSES("show", "made show: FILE is missing, expected FILE [CELL]");
	REFUSES("shwo F", "made: no verb 'shwo', did you mean show?");
	REFUSES("keep", "made keep: the verb is not complete, expected one of keep it");
	REFUSES("", "made: the verb is missing, expected one of show, keep it, exec, wrap");
}
END_TEST

START_TEST(test_values)
{
	struct command_call call;
	struct err e;

	REFUSES("show F -w 10", "-w 10: expected a number from 1 to 9, whole");
	REFUSES("show F --whole -1", "--whole -1: expected a number from 1 to 9, whole");
	REFUSES("show F --real 1.5", "--real 1.5: expected a number from 0 to 1");
	REFUSES("show F --whole 2abc", "--whole 2abc: expected a number from 1 to 9, whole");
	REFUSES("show F --whole 2.0", "--whole 2.0: expected a number from 1 to 9, whole");
	REFUSES("show F --whole 02", "--whole 02: expected a number from 1 to 9, whole");
	REFUSES("show F --whole 18446744073709551618",
		"--whole 18446744073709551618: expected a number from 1 to 9, whole");
	REFUSES("show F --real nan", "--real nan: expected a number from 0 to 1");
	REFUSES("show F --real inf", "--real inf: expected a number from 0 to 1");
	REFUSES("show F --real 0x1p-2", "--real 0x1p-2: expected a number from 0 to 1");
	REFUSES("show F --real 1e-1x", "--real 1e-1x: expected a number from 0 to 1");
	REFUSES("keep it --choice three", "--choice three: expected one or two");
}
END_TEST

/* Whether --json is there in the forms @wanted, as a short word for --format json. */
static bool has_short_json(const struct command *c, unsigned wanted)
{
	for (size_t i = 0; i < c->row_count; i++)
		if (!strcmp(c->rows[i].name, "json") &&
		    (!c->rows[i].forms || (c->rows[i].forms & wanted) == wanted))
			return true;
	return false;
}

/* What options.c relies on holds for every real table. */
START_TEST(test_tables)
{
	for (size_t i = 0; commands[i]; i++) {
		const struct command *c = commands[i];

		ck_assert(c->row_count <= 64 && c->form_count <= 32);
		for (size_t k = 0; k < c->row_count; k++) {
			const struct option_row *r = &c->rows[k];

			ck_assert_msg(option_has_argument(r) == !!r->word, "%s --%s", c->name,
				      r->name);
			ck_assert_msg(r->letter != 'h' && strcmp(r->name, "help") != 0, "%s --%s",
				      c->name, r->name);
			ck_assert_msg(r->at < c->size, "%s --%s", c->name, r->name);
			if (r->type == OPTION_CHOICE && strstr(r->word, "json"))
				ck_assert_msg(has_short_json(c, r->forms), "%s has no --json",
					      c->name);
			if (r->type == OPTION_WHOLE || r->type == OPTION_REAL)
				ck_assert_msg(r->high > r->low, "%s --%s has no range", c->name,
					      r->name);
			for (size_t m = 0; m < k; m++) {
				const struct option_row *s = &c->rows[m];
				bool apart = s->forms && r->forms && !(s->forms & r->forms);

				ck_assert_msg(apart || strcmp(s->name, r->name) != 0,
					      "%s has two --%s", c->name, r->name);
				ck_assert_msg(apart || !r->letter || s->letter != r->letter,
					      "%s has two -%c", c->name, r->letter);
			}
		}
		for (size_t k = 0; k < c->form_count; k++)
			ck_assert_ptr_nonnull(c->forms[k].run);
	}
}
END_TEST

/* Every command, called with nothing, with a word and with an option that nobody has: a message, no crash. */
START_TEST(test_little)
{
	static const char *const lines[] = {NULL, "nothing-of-ours", "--nothing-of-ours"};

	for (size_t i = 0; commands[i]; i++)
		for (size_t k = 0; k < ARRAY_LEN(lines); k++) {
			char *argv[] = {(char *)commands[i]->name, (char *)lines[k], NULL};
			struct command_call call;
			struct err e = {0};

			if (options_parse(commands[i], lines[k] ? 2 : 1, argv, &call, &e) < 0)
				ck_assert_ptr_eq(strstr(e.msg, argv[0]), e.msg);
			options_free(commands[i], &call);
		}
}
END_TEST

START_TEST(test_doctor_is_pointed_to)
{
	struct err e;

	err_env(&e, "no netlink socket");
	doctor_hint(&e, "lab");
	ck_assert_str_eq(e.msg, "no netlink socket; `skypelab doctor lab` says what is missing");
	doctor_hint(&e, "lab"); /* it is there already */
	ck_assert_str_eq(e.msg, "no netlink socket; `skypelab doctor lab` says what is missing");
	err_env(&e, "no netlink socket");
	doctor_hint(&e, "labels"); /* which needs nothing */
	ck_assert_str_eq(e.msg, "no netlink socket");
	err_set(&e, "no such file");
	doctor_hint(&e, "lab");
	ck_assert_str_eq(e.msg, "no such file");
	errno = ENOSPC;
	err_sys(&e, "file");
	ck_assert_int_eq(e.code, EXIT_ENV);
	doctor_hint(&e, "lab"); /* of a full disk it knows nothing */
	ck_assert_ptr_null(strchr(e.msg, '`'));
}
END_TEST

START_TEST(test_nearest)
{
	struct nearest n = {.typed = "sigantures"}, part = {.typed = "speed"};

	nearest_try(&part, "seed");
	nearest_try(&part, "top-speed");
	ck_assert_str_eq(part.best, "top-speed");

	nearest_try(&n, "snaplen");
	ck_assert_ptr_null(n.best);
	nearest_try(&n, "signature");
	nearest_try(&n, "stats");
	ck_assert_str_eq(n.best, "signature");
}
END_TEST

UNIT(options)
{
	unit_case(tc, test_places);
	unit_case(tc, test_forms);
	unit_case(tc, test_programs);
	unit_case(tc, test_faults);
	unit_case(tc, test_values);
	unit_case(tc, test_tables);
	unit_case(tc, test_little);
	unit_case(tc, test_doctor_is_pointed_to);
	unit_case(tc, test_nearest);
}
