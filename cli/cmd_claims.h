/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_CLAIMS_H
#define CLI_CMD_CLAIMS_H

#include "cli/command/command.h"

extern const struct command claims_command; /* `skypelab claims` */

#endif
