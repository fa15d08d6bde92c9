/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_RESULTS_H
#define CLI_CMD_RESULTS_H

#include "cli/command/command.h"

extern const struct command results_command; /* `skypelab results` */

#endif
