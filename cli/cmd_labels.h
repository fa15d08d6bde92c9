/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_LABELS_H
#define CLI_CMD_LABELS_H

#include "cli/command/command.h"

extern const struct command labels_command; /* `skypelab labels` */

#endif
