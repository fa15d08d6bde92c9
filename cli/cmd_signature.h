/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_SIGNATURE_H
#define CLI_CMD_SIGNATURE_H

#include "cli/command/command.h"

extern const struct command signature_command; /* `skypelab signature` */

#endif
