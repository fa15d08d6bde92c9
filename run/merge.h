/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_MERGE_H
#define RUN_MERGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "run/runner.h"

/**
 * struct merge_request - parts of a run that become the run
 * @dirs, @n:	Their directories; one that is not there is an empty part
 * @out:	The run directory, which is not there yet or is empty
 * @no_report:	Leave out plots and report.html
 */
struct merge_request {
	const char *const *dirs;
	size_t n;
	const char *out;
	bool no_report;
};

/* How run_merge() ended. */
enum merge_end {
	MERGE_FAILED = -1, /* @e says why */
	MERGE_DONE,
	MERGE_INVALID, /* the run is there; cells are invalid or a detector failed */
	MERGE_DAMAGED, /* the run is there; a recording was damaged */
	MERGE_MISSING, /* cells are missing, or one was done twice and differs: it was said; no run */
};

/* Makes a run directory of parts, as one machine would have made it, and prints its table. The parts
 * are left as they are; where the file system allows, the run shares its cells' files with them. */
enum merge_end run_merge(const struct merge_request *m, struct err *e);

#endif
