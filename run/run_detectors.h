/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_RUN_DETECTORS_H
#define RUN_RUN_DETECTORS_H

#include "base/err.h"
#include "run/run_tables.h"

/* Writes detectors.tsv of a run with foreign detectors, and reports those that failed with a
 * capture; *@r->failed becomes true where one did. Of a live run also live.tsv and
 * live-differences.tsv. Nothing for a run without. 0, or -1 with @e set. */
int run_detectors_write(const struct finished_run *r, struct err *e);

#endif
