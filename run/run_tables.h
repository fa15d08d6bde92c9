/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_RUN_TABLES_H
#define RUN_RUN_TABLES_H

#include <stdbool.h>

#include "base/err.h"
#include "detector/detector.h"
#include "results/score/table.h"
#include "results/history/manifest.h"
#include "run/cell/program.h"
#include "run/scenario/cells.h"
#include "run/under_test/under_test.h"

/* A run whose cells are all there. */
struct finished_run {
	const char *dir;
	const struct scenario *scenario;
	const struct scenario_cell *cells;
	size_t n;
	const bool *invalid;		   /* by cell: left out */
	struct score_table *const *scores; /* by cell; NULL = not in memory */
	/* Adds those of a cell that are not in memory to @to: 0, or -1 with @e set. NULL: they are scored
	 * from the cell's files. */
	int (*add_scores)(void *arg, size_t i, struct score_table *to, struct err *e);
	void *arg;
	const char *becomes; /* the name that the directory will get; NULL = it has it */
	const struct manifest_file *known; /* files of the cells, where they are known */
	size_t n_known;
	const struct signature_set *signatures;
	const struct under_test *detectors;
	const char *command;
	double began; /* real time, Unix seconds */
	bool no_report;
	bool live;		       /* foreign detectors read interfaces as well */
	const struct program *program; /* NULL = none */
	const struct run_gate *gate;   /* limits that it has to keep; NULL = none */
	bool *failed; /* becomes true when a foreign detector failed with a capture, or a limit is not
		       * kept; it is reported */
	bool *damaged; /* becomes true when a capture could be used in part only; it is reported */
};

/* Writes outcomes.tsv, detectors.tsv, accuracy.tsv, clusters.tsv, claims.tsv, confusion.tsv, reach.tsv,
 * plots, report.html and manifest.json, and prints the accuracy table. 0, or -1 with @e set. */
int run_tables_write(const struct finished_run *r, struct err *e);
/* Adds a run in the usual place of runs to the history; elsewhere it is asked for by name. A failure is
 * a warning. */
void run_tables_to_history(const char *dir);

#endif
