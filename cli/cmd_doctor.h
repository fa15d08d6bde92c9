/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_DOCTOR_H
#define CLI_CMD_DOCTOR_H

#include "cli/command/command.h"

extern const struct command doctor_command;

#endif
