/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_RUN_GATE_H
#define RUN_RUN_GATE_H

#include "results/report/gate.h"
#include "run/run_tables.h"

/* What a run is held against, and a case for each cell and limit. */
struct run_gate {
	struct gate limits;
	struct junit *cases;
};

/* Tries a run that has the scores @t; where a limit is not kept, that is reported and *@r->failed
 * becomes true. */
void run_gate_try(const struct finished_run *r, const struct score_table *t);

#endif
