/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_CELL_H
#define RUN_CELL_CELL_H

#include "base/err.h"
#include "detector/detector.h"
#include "results/score/table.h"
#include "run/cell/program.h"
#include "run/scenario/scenario.h"
#include "run/under_test/under_test.h"

/**
 * struct cell_job - one cell to run
 * @scenario:	With the cell's values in their places (scenario_apply())
 * @name:	The cell's name
 * @dir:	Folder to fill; it exists and is empty
 * @signatures:	What the detector runs
 * @detectors:	Foreign detectors that look at every capture as well; NULL = none
 * @live:	Those that can read an interface do so while the traffic flows, as well
 * @program:	A real program to run beside what the scenario asks for, or NULL; the clock is
 *		then the real one and the cell ends with it
 */
struct cell_job {
	const struct scenario *scenario;
	const char *name;
	const char *dir;
	const struct signature_set *signatures;
	const struct under_test *detectors;
	bool live;
	const struct program *program;
};

/* Runs a cell in this process, which must have entered the sandbox: network up, taps, traffic,
 * truth, network down, detection, scores. Leaves in @dir: a capture and a truth file per vantage,
 * eve.json, of foreign detectors detections.tsv and detectors.tsv (with @live: live.tsv and
 * live-differences.tsv), rules.txt, messages.tsv,
 * outcomes.tsv, fates.tsv (recordings), cell.json. Adds the scores of every vantage to @scores. 0,
 * or -1 with @e set; a cell whose tap lost a packet fails with EXIT_NO. */
int cell_run(const struct cell_job *job, struct score_table *scores, struct err *e);

/* outcomes.tsv's header line, with its newline. */
extern const char outcomes_header[];

#endif
