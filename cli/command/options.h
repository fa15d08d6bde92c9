/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_COMMAND_OPTIONS_H
#define CLI_COMMAND_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The option table of a command. One row per option; parsing, usage lines, `--help` and the check
 * of the manual pages all read it.
 */

/* What the argument is, and the type of the variable that receives it. */
enum option_type {
	OPTION_FLAG,   /* none; bool */
	OPTION_WORD,   /* none; int, becomes @low: short for one word of a choice */
	OPTION_TEXT,   /* any; const char *, the last one given */
	OPTION_LIST,   /* any, may be repeated; struct option_list */
	OPTION_WHOLE,  /* whole number from low to high; struct option_whole */
	OPTION_REAL,   /* number from low to high; struct option_real */
	OPTION_RATE,   /* number above 0, with k, M or G behind it; struct option_real */
	OPTION_CHOICE, /* one of the words in "a|b|c"; int, the word's index */
};

struct option_list {
	const char **items; /* the array is freed by options_free() */
	size_t n;
};

struct option_whole {
	uint64_t value;
	bool given;
};

struct option_real {
	double value;
	bool given;
};

/**
 * struct option_row - one option
 * @name:	Long name, without dashes
 * @letter:	Short name; 0 = none
 * @type:	Of its argument
 * @word:	Its argument in usage lines, "FILE"; of a choice the words, "text|tsv"
 * @at:		Offset of its variable in the command's struct of options
 * @help:	One line for `--help`
 * @low, @high:	Range of OPTION_WHOLE and OPTION_REAL, both ends included
 * @forms:	Bit i: the option belongs to form i of the command; 0 = to every form
 * @needed:	Bit i: form i cannot do without it
 * @group:	Neighbours with the same number exclude each other; 0 = no group
 * @long_usage:	Usage lines show the long name although there is a letter
 * @output:	Its argument (OPTION_TEXT) is a file that the command writes; two outputs are never one
 *		file
 */
struct option_row {
	const char *name;
	char letter;
	enum option_type type;
	const char *word;
	size_t at;
	const char *help;
	uint64_t low, high;
	unsigned forms, needed, group;
	bool long_usage, output;
};

#define OPTION_FORM(i) (1U << (i))

/* A row of a table. Before it stands, for the command's struct of options,
 * #define AT(field) offsetof(struct detect_options, field) */
#define OPTION(kind, long_name, short_name, argument, field, about, ...)                           \
	{                                                                                          \
		.name = (long_name), .letter = (short_name), .type = OPTION_##kind,                \
		.word = (argument), .at = AT(field), .help = (about), __VA_ARGS__                  \
	}

/* True when it has an argument. */
static inline bool option_has_argument(const struct option_row *r)
{
	return r->type != OPTION_FLAG && r->type != OPTION_WORD;
}

struct command;
struct command_call;

/**
 * options_parse() - read the words of a command line by the command's table
 * @argv:	argv[0] is the command's name. Options may stand before and behind arguments. As
 *		with getopt_long(), long names may be shortened and "--" ends the options.
 * @call:	Filled, also after a failure: free it with options_free()
 *
 * Return: 0; -1 with @e set. @call->usage is then set when the fault is in the form of the line
 * (an unknown option, a missing argument), not in one value.
 */
int options_parse(const struct command *c, int argc, char **argv, struct command_call *call,
		  struct err *e);
void options_free(const struct command *c, struct command_call *call);

#endif
