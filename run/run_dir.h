/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_RUN_DIR_H
#define RUN_RUN_DIR_H

#include <stdbool.h>

#include "run/scenario/cells.h"

/**
 * struct run_dir - a run directory that this process has to itself
 * @path:	(owned)
 * @made:	It was not there before, and nothing in it is anybody else's
 * @wait:	Wait for another process that has it, instead of failing
 * @lock:	The locked directory; -1 = not taken
 * @janitor:	Our end of the janitor's pipe; -1 = there is none
 * @cells, @n:	Of the run; not owned
 */
struct run_dir {
	char *path;
	bool made, wait;
	int lock, janitor;
	const struct scenario_cell *cells;
	size_t n;
};

#define RUN_DIR_PLAN "shard.json" /* of a part of a run: what it is to do */

/* Takes the directory @d->path for a run of the scenario file @scenario with @d->cells: makes it,
 * or goes on with an interrupted run of the same file. Unfinished cells in it are removed. 0, or -1
 * with @e set: another process has it (its id is named), or it holds something else. */
int run_dir_take(struct run_dir *d, const char *scenario, struct err *e);
/* Starts the process that clears up when this one ends without run_dir_leave(). */
int run_dir_guard(struct run_dir *d, struct err *e);
/* Gives the directory back. @whole = it holds what was asked for; otherwise unfinished cells are
 * removed, and the directory if this run made it and finished none. */
void run_dir_leave(struct run_dir *d, bool whole);

/* The folder that cell @i is made in, and the one that it has in the end (both owned). */
char *run_dir_unfinished(const struct run_dir *d, size_t i);
char *run_dir_cell(const struct run_dir *d, size_t i);

#endif
