/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_REPLAY_H
#define CLI_CMD_REPLAY_H

#include "cli/command/command.h"

extern const struct command replay_command; /* `skypelab replay` */

#endif
