/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_RUN_FATES_H
#define RUN_RUN_FATES_H

#include "base/err.h"
#include "run/run_tables.h"

/* Writes fates.tsv of a run with recordings: per cell, capture and label how many recorded flows were
 * played, arrived whole, were cut, never started, what share of the payload arrived, and the drop
 * counters that say why; prints it for people. Nothing for a run without recordings. 0, or -1 with
 * @e set. */
int run_fates_write(const struct finished_run *run, struct err *e);

#endif
