/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_CONTAINMENT_H
#define RUN_CELL_CONTAINMENT_H

#include "base/err.h"
#include "base/truth.h"
#include "lab/lab.h"
#include "replay/skype/overlay.h"
#include "run/cell/cell.h"
#include "run/cell/operator.h"

/* What a cell's operator came to; all of it must outlive the call. */
struct containment {
	const struct cell_job *job;
	const struct lab *lab;
	const struct truth_log *truth;
	const struct overlay *overlay;
	const struct cell_operator *operator;
};

/* Writes containment.tsv and innocent.tsv of the cell: what each client of the operator's site came to,
 * by stage, and what else crossed the gateway. Nothing without an operator in the scenario. 0, or -1
 * with @e set. */
int containment_write(const struct containment *c, struct err *e);

/* Header line, with its newline; the run's table has further columns (run/run_containment.h). */
extern const char containment_columns[];

#endif
