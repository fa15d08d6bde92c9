/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_FRESH_RUN_H
#define RUN_FRESH_RUN_H

#include "base/err.h"

/**
 * struct fresh_run - a run that this same program makes for a purpose of its own, without a report
 * @scenario:	Scenario file
 * @dir:	Run directory
 * @at:		Folder in which the program is started, against which names in the scenario are
 *		taken; NULL = this one
 * @cells:	How many cells it has, to show how far it is; 0 = as the scenario says
 * @options:	More options of `skypelab run`, ended by NULL; NULL = none
 */
struct fresh_run {
	const char *scenario, *dir, *at;
	size_t cells;
	const char *const *options;
};

/* Makes the run and waits for it. 0, or -1 with @e set; its code is the run's exit status. */
int fresh_run(const struct fresh_run *r, struct err *e);

#endif
