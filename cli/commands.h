/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command/command.h"

/* Every sub-command, in the order in which `skypelab help` lists them; a NULL follows. */
extern const struct command *const commands[];

/* NULL = no command has that name. */
const struct command *command_find(const char *name);
/* The command nearest to a mistyped name; NULL = none is near. */
const char *command_nearest(const char *typed);

#endif
