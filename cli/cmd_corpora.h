/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_CMD_CORPORA_H
#define CLI_CMD_CORPORA_H

#include "cli/command/command.h"

extern const struct command corpora_command; /* `skypelab corpora` */

#endif
