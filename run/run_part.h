/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_RUN_PART_H
#define RUN_RUN_PART_H

#include "base/err.h"
#include "run/workers.h"

/* The steps of a run that are other for a part of one, a shard or the cells of a list. Each does nothing
 * for a whole run. 0, or -1 with @e set. */

/* Leaves in @r, which is loaded, only the part's cells, and makes its plan. */
int part_choose(struct runner *r, struct err *e);
/* Says the plan on standard output. */
void part_print(const struct runner *r);
/* Whether cells can run here at all, and says which part this is. @e then holds EXIT_ENV. */
int part_possible(const struct runner *r, struct err *e);
/* Is the directory, which is taken, the part's own, or a whole run's for a whole run? Writes the plan. */
int part_begin(struct runner *r, struct err *e);
/* Writes how it ended. */
enum run_end part_end(struct runner *r, struct err *e);

#endif
