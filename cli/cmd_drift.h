/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_DRIFT_H
#define CLI_CMD_DRIFT_H

#include "cli/command/command.h"

extern const struct command drift_command;

#endif
