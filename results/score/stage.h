/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_STAGE_H
#define RESULTS_STAGE_H

#include <stdio.h>

#include "base/err.h"
#include "results/score/table.h"

/* Sets the stage of every missed flow of a run's emulated cells: the names of the messages that its
 * ends sent, in order ("U1", "U1 U2 U3", "T1 T2 T3 T4"), "unnamed" for other payload, "no payload"
 * when nothing was sent. Reads the cells' messages.tsv. A flow that address translation makes
 * ambiguous keeps no stage. 0, or -1 with @e set. */
int stage_claims(struct score_table *t, const char *run_dir, struct err *e);

#endif
