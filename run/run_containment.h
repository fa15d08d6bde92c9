/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_RUN_CONTAINMENT_H
#define RUN_RUN_CONTAINMENT_H

#include "run/run_tables.h"

/* Writes containment.tsv of a run whose scenario has an operator: the cells' tables, and what became of
 * innocent traffic beside the same cell without an operator. Nothing else. 0, or -1 with @e set. */
int run_containment_write(const struct finished_run *r, struct err *e);

#endif
