/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_DETECT_H
#define RUN_CELL_DETECT_H

#include "base/err.h"
#include "results/score/table.h"
#include "run/cell/cell.h"
#include "run/cell/live.h"
#include "run/cell/vantage.h"

/* Reads the capture of every vantage in @job's folder once: the detector's events go to eve.json,
 * each with pcap_filename, what foreign detectors say to detections.tsv, and are scored against the
 * vantage's truth file into @scores.
 * @live: what foreign detectors said live is compared. @watched_s: see struct cell_scoring. 0, or
 * -1 with @e set. */
int cell_detect(const struct cell_job *job, struct cell_live *live, uint64_t watched_s,
		const struct vantage_capture *captures, size_t n, struct score_table *scores,
		struct err *e);

#endif
