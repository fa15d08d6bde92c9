/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_RUN_H
#define CLI_CMD_RUN_H

#include "cli/command/command.h"

extern const struct command run_command; /* `skypelab run` */

#endif
