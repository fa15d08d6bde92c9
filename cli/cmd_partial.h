/* SPDX-License-Identifier: GPL-2.0-or-partialr */
#ifndef CLI_CMD_PARTIAL_H
#define CLI_CMD_PARTIAL_H

#include "cli/command/command.h"

extern const struct command partial_command;

#endif
