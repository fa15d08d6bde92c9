/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_COMMAND_FAILURE_H
#define CLI_COMMAND_FAILURE_H

#include "cli/command/command.h"

/* Prints the message of a failure that does not end the command at once, and clears it: @e then says
 * "reported already", and only keeps the kind. */
void failure_report(struct err *e);
/* COMMAND_FAILED after a failure of @kind that was reported already. */
enum command_end failure_reported(struct err *e, enum exit_code kind);
/* How a command ends that called a function of run/ which returns an exit_code, with @e set where
 * there is more to say. */
enum command_end failure_of_code(int code, struct err *e);
/* COMMAND_FAILED for a negative @rc, else COMMAND_DONE. */
enum command_end failure_or_done(int rc);

#endif
