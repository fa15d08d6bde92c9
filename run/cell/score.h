/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_SCORE_H
#define RUN_CELL_SCORE_H

#include <jansson.h>

#include "base/err.h"
#include "results/score/score.h"
#include "run/cell/cell.h"

/* Whether the sources of a cell report every event that happens: emulated ones do. */
bool cell_knows_events(const struct cell_job *job);

/* Scores one vantage of a cell against its truth files in @job's folder and adds the result to @t.
 * @detections: what the detector reported there; @flows: what its capture holds. 0, or -1 with @e
 * set. */
int cell_score_vantage(struct score_table *t, const struct cell_job *job, const char *vantage,
		       const struct detections *detections, const struct flow_index *flows,
		       struct err *e);

/* Scores a finished cell from the files in its folder: for cells of an interrupted run, whose
 * worker is gone. @taps: the object of that name in cell.json. The table is the one that the worker
 * made. 0, or -1 with @e set. */
int cell_score_files(struct score_table *t, const struct cell_job *job, const json_t *taps,
		     struct err *e);

#endif
