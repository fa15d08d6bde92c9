/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_RUNNER_H
#define RUN_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "run/cell/program.h"
#include "run/sweep/shard.h"

struct run_gate;

/**
 * struct run_options - what `skypelab run` was asked for
 * @scenario:	Scenario file
 * @dir:	Run directory; NULL = results/runs/<scenario>-<time>
 * @filters:	"axis=value[,value]"; all must hold
 * @signatures:	Instead of the scenario's; names or paths
 * @detectors:	Foreign detectors instead of the scenario's, see under_test_load()
 * @target:	Instead of the scenario's; NULL = as the scenario says
 * @jobs:	Cells at a time; 0 = one per CPU
 * @seed:	Instead of the scenario's, when @seed_given
 * @repeat:	Instead of the scenario's; 0 = as the scenario says
 * @seeds:	Repetition K has the seed @seed + K - 1, and is what a run with that seed alone is
 * @shard:	Which part of the cells; all zero = all of them
 * @only:	File with the names of the cells to run, one a line, as a part of the run; NULL = none
 * @dry_run:	Print the plan, create nothing
 * @json:	With @dry_run: the plan is an array of JSON, with an object for each cell and repetition
 * @no_report:	Leave out plots and report.html
 * @live:	Foreign detectors that can read an interface do so as well
 * @program:	A real program to run in the only cell, or NULL
 * @gate:	Limits that a whole run has to keep; NULL = none
 * @command:	The command line, for the manifest
 */
struct run_options {
	const char *scenario;
	const char *dir;
	const char *const *filters;
	size_t filters_len;
	const char *const *signatures;
	size_t signatures_len;
	const char *const *detectors;
	size_t detectors_len;
	const char *target;
	unsigned jobs;
	uint64_t seed;
	bool seed_given;
	unsigned repeat;
	bool seeds;
	struct shard shard;
	const char *only;
	bool dry_run, json;
	bool no_report;
	bool live;
	const struct program *program;
	const struct run_gate *gate;
	const char *command;
};

/* How run_scenario() ended. */
enum run_end {
	RUN_FAILED = -1, /* there is no whole run directory */
	RUN_DONE,
	RUN_INVALID, /* a cell is invalid (its tap lost packets), or a detector failed; the rest stands */
	RUN_DAMAGED, /* a recording was damaged; it was reported and used as far as it goes */
};

/* Runs all cells and leaves a run directory, skypelab-run-directory(5). An interrupted run (its
 * directory named again, without a manifest, made from the same scenario and seed) is taken up
 * where it stopped. A part of a run leaves its cells and shard.json, and no tables: see merge.h. @e is
 * set with RUN_FAILED. */
enum run_end run_scenario(const struct run_options *o, struct err *e);

#endif
