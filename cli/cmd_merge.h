/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_MERGE_H
#define CLI_CMD_MERGE_H

#include "cli/command/command.h"

extern const struct command merge_command;

#endif
