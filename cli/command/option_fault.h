/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_COMMAND_OPTION_FAULT_H
#define CLI_COMMAND_OPTION_FAULT_H

#include "cli/command/command.h"

/* Faults of a command line as messages: what is wrong first, then the nearest right word. @forms:
 * the forms that are still possible. Each sets @e and returns -1. */

/* An option that no form in @forms has; @name without dashes. */
int option_fault_name(const struct command *c, unsigned forms, const char *name, struct err *e);
int option_fault_letter(const struct command *c, unsigned forms, char letter, struct err *e);
/* An option of another form; @where: what the user called, "results show". */
int option_fault_misplaced(const struct command *c, const struct option_row *row, const char *where,
			   struct err *e);
/* No form is chosen: each has an option that selects it, and none of these was given. */
int option_fault_form(const struct command *c, struct err *e);
/* Arguments are missing after the first @n; @label names the form, as form_label() does. */
int option_fault_arguments(const struct command_form *f, const char *label, size_t n,
			   struct err *e);
/* The verb is missing (@typed NULL), not complete, or there is no such verb. */
int option_fault_verb(const struct command *c, unsigned forms, const char *typed, struct err *e);

#endif
