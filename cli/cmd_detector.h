/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_DETECTOR_H
#define CLI_CMD_DETECTOR_H

#include "cli/command/command.h"

extern const struct command detector_command; /* `skypelab detector` */

#endif
