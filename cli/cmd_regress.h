/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_REGRESS_H
#define CLI_CMD_REGRESS_H

#include "cli/command/command.h"

extern const struct command regress_command; /* `skypelab regress` */

#endif
