/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_CAPTURE_H
#define CLI_CMD_CAPTURE_H

#include "cli/command/command.h"

extern const struct command capture_command; /* `skypelab capture` */

#endif
