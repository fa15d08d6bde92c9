/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_COMMAND_COMPLETE_H
#define CLI_COMMAND_COMPLETE_H

#include "cli/command/command.h"

/* What else fits beside the words that complete_line() gives: names of files, which a shell knows
 * better. */
enum complete_also {
	COMPLETE_NOTHING,
	COMPLETE_FOLDERS,
	COMPLETE_FILES, /* and folders */
};

/* Takes a word that fits, whole, and what it is (may be empty). */
typedef void complete_fn(void *arg, const char *word, const char *about);

/**
 * complete_line() - what a command line may go on with
 * @all:	The commands, ended by NULL
 * @words:	Behind the program's name, the last one as far as it is typed ("" = not begun);
 *		@n >= 1. "--name=val" is one word.
 * @put:	Called for each word that fits, with @arg
 */
enum complete_also complete_line(const struct command *const *all, char **words, size_t n,
				 complete_fn *put, void *arg);

#endif
