/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_WATCH_H
#define CLI_CMD_WATCH_H

#include "cli/command/command.h"

extern const struct command watch_command;

#endif
