/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_PAPER_H
#define CLI_CMD_PAPER_H

#include "cli/command/command.h"

extern const struct command paper_command;

#endif
