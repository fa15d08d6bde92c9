/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_LIVE_H
#define RUN_CELL_LIVE_H

#include "base/err.h"
#include "lab/lab.h"
#include "results/score/detections.h"
#include "run/cell/cell.h"

/* The foreign detectors of a cell that read the interface of a vantage while the traffic flows. */
struct cell_live;

/* Starts those that can for every one of the @n @vantages, after lab_taps_start(); each reads when
 * this returns. The cell's clock must not run meanwhile. An empty one when job->live is not set.
 * NULL with @e set. */
struct cell_live *cell_live_start(const struct cell_job *job, struct lab *lab,
				  char *const *vantages, size_t n, struct err *e);
/* After lab_taps_finish(): waits for the end of all. 0, or -1 with @e set. */
int cell_live_finish(struct cell_live *live, struct err *e);
/* What a detector said of a vantage's capture is held against what it said live: to live.tsv and
 * live-differences.tsv, which cell_live_write() writes. */
void cell_live_compare(struct cell_live *live, const struct foreign_detector *d,
		       const char *vantage, const struct detections *file);
/* 0, or -1 with @e set. Nothing when no detector was live. */
int cell_live_write(struct cell_live *live, struct err *e);
/* Ends what still runs. NULL is allowed. */
void cell_live_free(struct cell_live *live);

/* Header lines, with their newlines. */
extern const char live_header[], live_differences_header[];

#endif
