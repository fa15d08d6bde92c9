/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_LAB_CMD_LAB_H
#define CLI_LAB_CMD_LAB_H

#include "cli/command/command.h"

extern const struct command lab_command; /* `skypelab lab` */

#endif
