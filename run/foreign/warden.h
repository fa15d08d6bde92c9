/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_FOREIGN_WARDEN_H
#define RUN_FOREIGN_WARDEN_H

#include "base/err.h"
#include "run/foreign/contained.h"

/* By process 1 of the program's PID namespace, in its file system (view.h): runs @program
 * (absolute) as the job says, watches it, ends all that it started, and copies its outputs into the
 * folder open at @to (-1 = they stay where they are). @proc = there is a /proc. @talk: to the
 * caller, who has a live program end by closing his side. 0, or -1 with @e set. */
int warden_run(const struct contained_job *job, const char *program, bool proc, int to, int talk,
	       struct contained_result *r, struct err *e);

#endif
