/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_DETECTIONS_TSV_H
#define RESULTS_DETECTIONS_TSV_H

#include <stdio.h>

#include "base/err.h"
#include "results/score/detections.h"

/* detections.tsv of a cell, skypelab-run-directory(5): what foreign detectors said of its captures,
 * whatever form they said it in, so that the cell can be scored again. */

void detections_put_head(FILE *f);
/* A line for each of @list, of one detector and capture. */
void detections_put(FILE *f, const char *detector, const char *capture,
		    const struct detections *list);
/* Adds those that are called @signature in @capture to @list. 0, or -1 with @e set: "file:line: what". */
int detections_read_tsv(struct detections *list, const char *path, const char *signature,
			const char *capture, struct err *e);

#endif
