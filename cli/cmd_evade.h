/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_EVADE_H
#define CLI_CMD_EVADE_H

#include "cli/command/command.h"

extern const struct command evade_command;

#endif
