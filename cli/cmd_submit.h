/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_SUBMIT_H
#define CLI_CMD_SUBMIT_H

#include "cli/command/command.h"

extern const struct command submit_command;

#endif
