// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * failure.c - how commands report what went wrong
 *
 * A command that fails sets its struct err and returns COMMAND_FAILED; main.c prints the message. A
 * command that goes on after a failure (the next capture, the next file) reports it here.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command/failure.h"
#include "run/doctor/doctor.h"

void failure_report(struct err *e)
{
	if (e->msg[0])
		log_error("%s", e->msg);
	e->msg[0] = '\0';
}

/* Messages are written so: what is wrong; what to do. A command to type is in back quotes. */
static bool names_a_mend(const char *msg)
{
	return strchr(msg, '`') || strstr(msg, "; ");
}

void failure_add_doctor(struct err *e, const char *command)
{
	size_t n = strlen(e->msg);

	if (!n || e->code != EXIT_ENV || e->used_up || names_a_mend(e->msg) ||
	    !doctor_knows(command))
		return;
	snprintf(e->msg + n, sizeof(e->msg) - n, "; `skypelab doctor %s` says what is missing",
		 command);
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
