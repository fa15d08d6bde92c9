/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_DETECT_H
#define CLI_CMD_DETECT_H

#include "cli/command/command.h"

extern const struct command detect_command; /* `skypelab detect` */

#endif
