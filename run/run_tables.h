/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_JOINED_H
#define CLI_JOINED_H

#include <stdbool.h>

#include "base/err.h"
#include "run/cell/program.h"
#include "run/scenario/cells.h"
#include "detector/detector.h"

/* A run whose cells are all there, to be joined into tables. */
struct joined_run {
	const char *dir;
	const struct scenario *scenario;
	const struct scenario_cell *cells;
	size_t n;
	const bool *invalid; /* by cell: left out */
	const struct signature_set *signatures;
	uint64_t seed;
	const char *command;
	double began; /* real time, Unix seconds */
	bool no_report;
	const struct program *program; /* NULL = none */
	bool *damaged; /* becomes true when a capture could be used in part only (it is named) */
};

/* Writes outcomes.tsv, accuracy.tsv, claims.tsv, plots, report.html and manifest.json, and prints
 * the accuracy table. 0, or -1 with @e set. */
int joined_write(const struct joined_run *j, struct err *e);

#endif
