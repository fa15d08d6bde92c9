/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_FATES_H
#define CLI_FATES_H

#include "base/err.h"
#include "run/run_tables.h"

/* Writes fates.tsv of a run with recordings: per cell and label how many recorded flows were
 * played, arrived whole, were cut, never started, what share of the payload arrived, and the drop
 * counters that say why; prints it for people. Nothing for a run without recordings. 0, or -1 with
 * @e set. */
int fates_join(const struct joined_run *j, struct err *e);

#endif
