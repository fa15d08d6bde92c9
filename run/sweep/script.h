/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_SWEEP_SCRIPT_H
#define RUN_SWEEP_SCRIPT_H

#include <stdbool.h>
#include <stdio.h>

/* What runs the shards of a sweep. */
enum script_engine { SCRIPT_SLURM, SCRIPT_PARALLEL };

/**
 * struct script - a sweep as a script of the shell
 * @engine:	Who runs the shards
 * @hosts:	Of GNU parallel: "a,b,:"
 * @name:	Of the scenario
 * @program:	Path of skypelab
 * @words:	The words behind the program that ask for the whole run, as a shell reads them: "run ..."
 * @folder:	Working folder, an absolute path
 * @out:	The run directory
 * @cells:	How many there are
 * @shards:	In how many parts
 * @jobs:	Processors for each part
 * @no_report:	The merge leaves out plots and report
 */
struct script {
	enum script_engine engine;
	const char *hosts, *name, *program, *words, *folder, *out;
	size_t cells;
	unsigned shards, jobs;
	bool no_report;
};

/* Writes it to @f. */
void script_write(const struct script *s, FILE *f);

#endif
