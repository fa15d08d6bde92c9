/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_VERSION_H
#define CLI_CMD_VERSION_H

#include "cli/command/command.h"

extern const struct command version_command; /* `skypelab version` */

#endif
