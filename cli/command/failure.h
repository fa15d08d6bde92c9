/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_COMMAND_FAILURE_H
#define CLI_COMMAND_FAILURE_H

#include "cli/command/command.h"

/* Prints the message of a failure that does not end the command at once, and clears it; @e
 * keeps the kind of the failure. */
void failure_report(struct err *e);
/* COMMAND_FAILED after a failure of @kind that was reported already. */
enum command_end failure_reported(struct err *e, enum exit_code kind);
/* COMMAND_FAILED for a negative @rc, else COMMAND_DONE. */
enum command_end failure_or_done(int rc);

#endif
