/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_COMMAND_MDOC_H
#define CLI_COMMAND_MDOC_H

#include <stdio.h>

#include "cli/command/command.h"

/* The parts of a command's manual page that its option table decides, as mdoc(7) source: the NAME
 * section, the SYNOPSIS section, and an .It line for each option. A manual page has the same lines;
 * tests/e2e/manual.sh compares. */
void mdoc_print(FILE *f, const struct command *c);

#endif
