/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_EVADE_CHANGED_YAML_H
#define RUN_EVADE_CHANGED_YAML_H

#include <stddef.h>

#include "base/err.h"

/* Writes the version file @from to @to with keys changed: @set, @n texts "section.key=value". Its name
 * gets a "+", its assumptions get @note; @head, lines of comment, stands before it. What was written is
 * read back: 0, or -1 with @e set, also when it is no version file any more. */
int changed_version(const char *from, const char *to, const char *head, const char *const *set,
		    size_t n, const char *note, struct err *e);
/* Writes the scenario @from to @to with @n versions on its axis `version` and @repeat repetitions. 0, or
 * -1 with @e set: also when it has no such axis. */
int changed_scenario(const char *from, const char *to, const char *const *versions, size_t n,
		     unsigned repeat, struct err *e);

#endif
