/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_COMMAND_USAGE_H
#define CLI_COMMAND_USAGE_H

#include <stdio.h>

#include "cli/command/command.h"

/* The rows that the usage line of a form shows, in its order, into @out (room for 64): those it
 * needs first. *@others: options follow that the line leaves out. Returns their number. */
size_t usage_rows(const struct command *c, size_t form, const struct option_row **out,
		  bool *others);
/* True when the usage line shows a row by its letter. */
bool usage_by_letter(const struct option_row *r);

/* "usage: skypelab ..." for the forms whose bits are set in @forms, a line or more for each. */
void usage_print(FILE *f, const struct command *c, unsigned forms);
/* What `skypelab COMMAND --help` prints: usage lines, what the command does, its options. */
void usage_print_help(FILE *f, const struct command *c, unsigned forms);

#endif
