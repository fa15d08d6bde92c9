/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_ANALYZE_H
#define CLI_CMD_ANALYZE_H

#include "cli/command/command.h"

extern const struct command analyze_command;

#endif
