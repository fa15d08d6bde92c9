/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_COMMAND_COMMAND_H
#define CLI_COMMAND_COMMAND_H

#include "cli/command/options.h"

/*
 * What a sub-command is: its forms, its options, and the function behind each form. A command does
 * not print usage and does not choose the exit status: main.c does both.
 */

/* How a command ended. */
enum command_end {
	COMMAND_DONE,	 /* did what was asked */
	COMMAND_FINDING, /* did it, and the answer is no: a regression, a miss */
	COMMAND_FAILED,	 /* the struct err says why; an empty message: reported already */
	COMMAND_PROGRAM, /* ran a program for the user: command_call.program_status */
};

/* One command line, read by the option table. */
struct command_call {
	const void *options; /* the command's own struct, filled (freed by options_free()) */
	char **arguments;    /* without the verb; a NULL follows the last */
	size_t n;
	size_t form;	    /* index of the form that was chosen */
	unsigned forms;	    /* bit i: form i was still possible when parsing ended */
	bool help;	    /* --help was given: nothing else was checked */
	bool usage;	    /* after a failure: a usage line helps */
	uint64_t given;	    /* bit i: row i of the table was given */
	char *line;	    /* (owned) "skypelab run -o DIR ...", as a shell reads it */
	char **memory;	    /* (owned) where @arguments stand */
	int program_status; /* with COMMAND_PROGRAM */
	const struct command *const *all; /* the program's commands, ended by NULL */
};

typedef enum command_end command_fn(struct command_call *call, struct err *e);

/**
 * struct command_form - one way to call a command
 * @verb:	Words behind the command's name, "baseline save"; NULL = none
 * @selector:	Long name of the option that chooses this form; NULL = none
 * @arguments:	"CAPTURE...", "SCENARIO [CELL]", "[FILE]...". "NODE [--] PROGRAM [ARGUMENT]...":
 *		what follows the node goes to a program unread; "--" instead of "[--]" must be there
 * @help:	One line about it; NULL when the command's own line says it
 * @alone:	This form is meant when the line has no verb
 * @brief:	The usage line shows only the options that no other form has, and "[OPTION]..."
 */
struct command_form {
	const char *verb;
	const char *selector;
	const char *arguments;
	const char *help;
	bool alone, brief;
	command_fn *run;
};

struct command {
	const char *name;
	const char *help; /* one line */
	const struct command_form *forms;
	size_t form_count;
	const struct option_row *rows;
	size_t row_count;     /* at most 64 */
	size_t size;	      /* of the struct of options */
	const void *defaults; /* that struct before any option; NULL = zeros */
};

#endif
