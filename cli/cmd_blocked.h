/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_BLOCKED_H
#define CLI_CMD_BLOCKED_H

#include "cli/command/command.h"

extern const struct command blocked_command, unblock_command;

#endif
