/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_SCORE_RUN_H
#define RUN_SCORE_RUN_H

#include "base/err.h"
#include "detector/detector.h"
#include "run/detect/part.h"
#include "results/score/table.h"
#include "run/under_test/under_test.h"

/**
 * score_run() - score events against the truth of a run, cell by cell and vantage by vantage
 * @t:		Rows and claims are added here, with the settings that the run's tables have
 * @dir:	Run directory
 * @eve:	Folder with CELL/eve.json for every cell, as in the run's cells: the events of a vantage
 *		are those whose pcap_filename is its capture. NULL = the run's own cells
 * @set:	Not NULL = run these signatures over the captures instead of reading events
 * @names:	Signatures of the events to score, also those without any event; @n of them. 0 = all
 *		that the events name
 * @target:	The application that is looked for; NULL = as in the run. Where it is not what the events
 *		of the run are about (@eve and @set NULL, no @names), the bundled signatures for it run
 *
 * Return: 0; -1 with @e set.
 */
int score_run(struct score_table *t, const char *dir, const char *eve,
	      const struct signature_set *set, const char *const *names, size_t n,
	      const char *target, struct err *e);

/**
 * score_run_part() - runs signatures over a part of each capture of a run, and scores what they find
 * @passed:	Rows of all that passed are added here, seen or not; NULL = not wanted
 * @kept:	Rows of what the part holds; NULL = not wanted
 * @vantage:	Captures that were made here; NULL = anywhere
 *
 * What is random about @part is so in each cell by itself. Cells without emulated traffic are left out.
 * Return: 0; -1 with @e set, also when no cell has the vantage.
 */
int score_run_part(struct score_table *passed, struct score_table *kept, const char *dir,
		   const struct signature_set *set, const struct capture_part *part,
		   const char *vantage, struct err *e);

/* Lets foreign detectors look at the captures of a run, and scores what they say. One that fails with
 * a capture is reported and has no rows of it; *@failed becomes true. 0, or -1 with @e set. */
int score_run_foreign(struct score_table *t, const char *dir, const struct under_test *u,
		      const char *target, bool *failed, struct err *e);

#endif
