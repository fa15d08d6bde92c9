// SPDX-License-Identifier: GPL-2.0-or-later
/* run_gate.c - whether a run's cells are all valid and its signatures keep their limits, for CI */
#include "run/run_gate.h"
#include "run/scenario/cells.h"

void run_gate_try(const struct finished_run *r, const struct score_table *t)
{
	for (size_t i = 0; i < r->n; i++)
		junit_add(r->gate->cases, "cells", r->cells[i].name,
			  r->invalid[i] ? "invalid, so it is not counted; outcomes.tsv says why"
					: NULL,
			  NULL);
	if (!gate_kept(&r->gate->limits, t, "run", r->gate->cases))
		*r->failed = true;
}
