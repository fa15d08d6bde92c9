/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DRAFT_SCORE_H
#define RUN_DRAFT_SCORE_H

#include <stdio.h>

#include "detector/detector.h"
#include "run/draft/sources.h"

/* A draft, as a signature, on captures: with the detector itself. */

/* Adds to @t what the signature of @set does on one capture, scored by @labels (NULL: nothing there is
 * the application's). One row for each source and unit; a cell, or a recorded capture, is a trial. 0;
 * -1 with @e set when the capture is not readable to its end: what was read counts. */
int draft_score(const struct signature_set *set, const struct draft_capture *c,
		const struct labels *labels, const char *target, struct score_table *t,
		struct err *e);
/* Prints a line for each source and unit: "emulated clients: 40 of 42 found (0.95, ...)". */
void draft_score_put(const struct score_table *t, FILE *f);

#endif
