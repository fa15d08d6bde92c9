/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_COMPLETION_H
#define CLI_CMD_COMPLETION_H

#include "cli/command/command.h"

extern const struct command completion_command;

#endif
