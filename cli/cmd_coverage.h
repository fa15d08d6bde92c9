/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_COVERAGE_H
#define CLI_CMD_COVERAGE_H

#include "cli/command/command.h"

extern const struct command coverage_command;

#endif
