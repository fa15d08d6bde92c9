// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * main.c - the program: finds the sub-command, runs it, chooses the exit status
 *
 * Global options stand before the sub-command: -v (more messages, twice for debug), -q (errors
 * only). The exit status is chosen here and nowhere else, from how the command ended: commands
 * return enum command_end and a struct err.
 *
 *   how the command ended     exit status
 *   COMMAND_DONE              0
 *   COMMAND_FINDING           1
 *   COMMAND_FAILED            the struct err's kind: 2 usage or bad input, 3 the environment
 *   COMMAND_PROGRAM           that of the program that was run
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cli/cmd_version.h"
#include "cli/commands.h"
#include "cli/doctor_hint.h"
#include "cli/standard.h"
#include "cli/command/form.h"
#include "cli/command/mdoc.h"
#include "cli/command/usage.h"

static void print_help(FILE *f)
{
	fprintf(f, "usage: skypelab [-v|-q] COMMAND [...]\n\n");
	for (size_t i = 0; commands[i]; i++)
		fprintf(f, "  %-10s %s\n", commands[i]->name, commands[i]->help);
	fprintf(f, "\n`skypelab COMMAND --help` lists its options; `man skypelab-COMMAND` explains "
		   "them.\n"
		   "Exit status: 0 done, 1 the answer is no, 2 usage or bad input, "
		   "3 the environment cannot.\n");
}

static int exit_status(enum command_end end, const struct err *e, const struct command_call *call)
{
	switch (end) {
	case COMMAND_DONE:
		return EXIT_DONE;
	case COMMAND_FINDING:
		return EXIT_NO;
	case COMMAND_PROGRAM:
		return call->program_status;
	case COMMAND_FAILED:
		break;
	}
	return e->code ? (int)e->code : EXIT_USAGE;
}

/* A command line that names no command or has a fault before it. */
static int wrong_line(const struct err *e)
{
	log_error("%s", e->msg);
	fprintf(stderr, "usage: skypelab [-v|-q] COMMAND [...]; `skypelab help` lists the "
			"commands\n");
	return exit_status(COMMAND_FAILED, e, NULL);
}

static int no_command(const char *name)
{
	const char *near = command_nearest(name);
	struct err e;

	if (near)
		err_set(&e, "no sub-command %s, did you mean %s?", name, near);
	else
		err_set(&e, "no sub-command %s", name);
	return wrong_line(&e);
}

static int no_global_option(const char *text)
{
	struct err e;

	err_set(&e,
		"unknown option %s before the sub-command, expected -v or -q; a sub-command's "
		"options stand behind its name",
		text);
	return wrong_line(&e);
}

/* `skypelab help [--mdoc] [COMMAND [VERB]]` */
static int help(int argc, char **argv)
{
	bool mdoc = argc > 1 && !strcmp(argv[1], "--mdoc");
	const struct command *c;
	unsigned forms;

	argc -= mdoc;
	argv += mdoc;
	if (argc < 2)
		return print_help(stdout), EXIT_DONE;
	c = command_find(argv[1]);
	if (!c)
		return no_command(argv[1]);
	forms = form_bits_of(c, argc > 2 ? argv[2] : NULL);
	if (mdoc)
		mdoc_print(stdout, c);
	else
		usage_print_help(stdout, c, forms ? forms : ~0U);
	return EXIT_DONE;
}

static int run(const struct command *c, int argc, char **argv)
{
	struct err e = {0};
	struct command_call call;
	enum command_end end = COMMAND_DONE;
	int status;

	if (options_parse(c, argc, argv, &call, &e) < 0)
		end = COMMAND_FAILED;
	else if (call.help)
		usage_print_help(stdout, c, call.forms);
	else
		call.usage = false, call.all = commands, end = c->forms[call.form].run(&call, &e);
	if (end == COMMAND_FAILED && standard_reader_gone(&e))
		end = COMMAND_DONE;
	if (end == COMMAND_FAILED)
		doctor_hint(&e, c->name);
	if (end == COMMAND_FAILED && e.msg[0])
		log_error("%s", e.msg);
	if (end == COMMAND_FAILED && call.usage)
		usage_print(stderr, c, call.forms);
	status = exit_status(end, &e, &call);
	options_free(c, &call);
	return status;
}

static int program(int argc, char **argv)
{
	const struct command *c;
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "-v"))
			log_level++;
		else if (!strcmp(argv[i], "-q"))
			log_level = 0;
		else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return help(1, argv);
		else if (!strcmp(argv[i], "--version"))
			return run(&version_command, 1, (char *[]){"version", NULL});
		else
			return no_global_option(argv[i]);
	}
	if (i >= argc)
		return print_help(stderr), EXIT_USAGE;
	if (!strcmp(argv[i], "help"))
		return help(argc - i, argv + i);
	c = command_find(argv[i]);
	return c ? run(c, argc - i, argv + i) : no_command(argv[i]);
}

int main(int argc, char **argv)
{
	standard_begin();
	return standard_end(program(argc, argv));
}
