/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_SCORE_H
#define CLI_CMD_SCORE_H

#include "cli/command/command.h"

extern const struct command score_command; /* `skypelab score` */

#endif
