/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DOCTOR_H
#define RUN_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

/* What this machine can do of what the sub-commands need. */

/**
 * struct doctor_finding - one thing that was looked at
 * @name:	"namespaces"
 * @serves:	Sub-commands that need it, or a part of them; NULL at the end
 * @part:	What of them needs it; NULL = they do not work without it
 * @good:	It is there
 * @says:	(owned) what is there, or what is missing and the command that mends it; one line
 */
struct doctor_finding {
	const char *name;
	const char *const *serves;
	const char *part;
	bool good;
	char *says;
};

#define DOCTOR_FINDINGS 16

struct doctor {
	struct doctor_finding f[DOCTOR_FINDINGS];
	size_t n;
};

/* Looks at everything that the sub-command @command needs (NULL = that any needs); nothing of the machine
 * is changed. No findings: nothing is tried for it, or there is no such sub-command. */
void doctor_look(struct doctor *d, const char *command);
/* Whether anything is tried for the sub-command @command. */
bool doctor_knows(const char *command);
/* Whether something is missing without which a sub-command does not work at all. */
bool doctor_lacks(const struct doctor *d);
void doctor_clear(struct doctor *d);

#endif
