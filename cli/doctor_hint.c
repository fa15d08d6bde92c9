// SPDX-License-Identifier: GPL-2.0-or-later
/* doctor_hint.c - points to `skypelab doctor` where the environment cannot */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/doctor_hint.h"
#include "run/doctor/doctor.h"

/* Messages are written so: what is wrong; what to do. A command to type is in back quotes. */
static bool names_a_mend(const char *msg)
{
	return strchr(msg, '`') || strstr(msg, "; ");
}

void doctor_hint(struct err *e, const char *command)
{
	size_t n = strlen(e->msg);

	if (!n || e->code != EXIT_ENV || e->used_up || names_a_mend(e->msg) ||
	    !doctor_knows(command))
		return;
	snprintf(e->msg + n, sizeof(e->msg) - n, "; `skypelab doctor %s` says what is missing",
		 command);
}
