// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * failure.c - how commands report what went wrong
 *
 * A command that fails sets its struct err and returns COMMAND_FAILED; main.c prints the message. A
 * command that goes on after a failure (the next capture, the next file) reports it here.
 */
#include "cli/command/failure.h"

void failure_report(struct err *e)
{
	if (e->msg[0])
		log_error("%s", e->msg);
	e->msg[0] = '\0';
}

enum command_end failure_reported(struct err *e, enum exit_code kind)
{
	e->msg[0] = '\0';
	e->code = kind;
	return COMMAND_FAILED;
}

enum command_end failure_or_done(int rc)
{
	return rc < 0 ? COMMAND_FAILED : COMMAND_DONE;
}
