/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_LATE_H
#define CLI_CMD_LATE_H

#include "cli/command/command.h"

extern const struct command late_command;

#endif
