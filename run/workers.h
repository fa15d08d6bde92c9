/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_WORKERS_H
#define RUN_WORKERS_H

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "detector/detector.h"
#include "results/score/table.h"
#include "run/run_dir.h"
#include "run/runner.h"
#include "run/scenario/cells.h"
#include "run/scenario/scenario.h"
#include "run/under_test/under_test.h"

#define MAX_JOBS 64

struct worker {
	pid_t pid; /* 0 = free */
	size_t cell;
	int report; /* memory file: the cell's scores, or a struct err when it failed */
};

/* A run under way: what runner.c loads and workers.c works on. */
struct runner {
	const struct run_options *o;
	struct scenario *s;
	struct signature_set *signatures;
	struct under_test detectors;
	struct scenario_cell *cells;
	size_t n;
	struct run_dir dir;
	struct worker workers[MAX_JOBS];
	unsigned jobs;
	bool *done;		     /* by cell: there is a folder */
	bool *invalid;		     /* by cell */
	struct score_table **scores; /* (owned) by cell; NULL = not known */
	char **why;   /* (owned, and each) by cell: why it is invalid; NULL = it is not */
	json_t *plan; /* (owned) of a part of a run: its shard.json; NULL = all cells run */
	size_t finished, reused, bad;
	double began;
	sigset_t mask; /* of signals, outside run_cells() */
};

/* Runs the cells that are not done, each in a worker: their folders, scores and counts are then in
 * @r. 0, or -1 with @e set: an error or a signal that ends the run. No worker is left. */
int run_cells(struct runner *r, struct err *e);
/* What looks at cell @i beside our own detector; NULL = nothing. */
const struct under_test *runner_detectors(const struct runner *r, size_t i);
/* Seconds since 1970. */
double run_clock(void);

#endif
