/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_SCORE_H
#define RUN_CELL_SCORE_H

#include <jansson.h>

#include "base/err.h"
#include "results/score/score.h"
#include "run/cell/scoring.h"
#include "run/detect/detect_score.h"
#include "run/under_test/under_test.h"

/* Scores one vantage of a cell against its truth files in the cell's folder and adds the result to
 * @t. @signatures: all that ran; @detections: what they reported there; @flows: what its capture
 * holds. 0, or -1 with @e set. */
int cell_score_vantage(struct score_table *t, const struct cell_scoring *c,
		       const struct signature_list *signatures, const char *vantage,
		       const struct detections *detections, const struct flow_index *flows,
		       struct err *e);

/* Scores a finished cell from its captures, eve.json and, of foreign detectors (@u, NULL = none),
 * detections.tsv and detectors.tsv. @taps: the object of that name in cell.json. The table is the
 * one that the worker made. 0, or -1 with @e set. */
int cell_score_files(struct score_table *t, const struct cell_scoring *c,
		     const struct signature_list *signatures, const struct under_test *u,
		     const json_t *taps, struct err *e);

#endif
