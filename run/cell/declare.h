/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_DECLARE_H
#define RUN_CELL_DECLARE_H

#include "base/err.h"
#include "base/truth.h"
#include "lab/lab.h"
#include "run/cell/background.h"
#include "run/cell/program.h"
#include "run/cell/vantage.h"

/**
 * struct declare_job - whose flows are looked for in a cell's captures
 * @backgrounds: Their mixes may have real programs
 * @program:	The program of the command line, or NULL
 * @log:	Gets the flows that were found
 * @dir:	The cell's folder, with the captures
 */
struct declare_job {
	const struct lab *lab;
	const struct scenario *s;
	const struct backgrounds *backgrounds;
	const struct program *program;
	struct truth_log *log;
	const char *dir;
};

/* Adds to @v and to the log every flow of a real program that a capture of the cell holds and that
 * no source reported. Call it after the sources' own flows were added to @v. Does nothing in a cell
 * without real programs. 0, or -1 with @e set. */
int declare_programs(struct vantage_truth *v, const struct declare_job *job, struct err *e);

#endif
