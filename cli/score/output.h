/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_SCORE_OUTPUT_H
#define CLI_SCORE_OUTPUT_H

#include "cli/command/command.h"
#include "cli/score/options.h"
#include "detector/detector.h"
#include "results/score/flows.h"
#include "results/score/table.h"

/* Writes and prints what was asked for of a table. @sum, @files: what the captures held, and how many they were. 0,
 * or -1 with @e set. */
int score_output(const struct score_table *t, const struct score_options *o,
		 const struct flow_totals *sum, size_t files, struct err *e);
/* How a scoring ends whose table is out. @whole: every capture could be read, else that was reported;
 * @failed: a detector failed. */
enum command_end score_end(const struct score_table *t, const struct score_options *o, bool whole,
			   bool failed, struct err *e);
/* With --reach nothing is scored: how near the captures came to being wrongly claimed is printed. */
enum command_end score_reach(const struct score_options *o, const struct signature_set *set,
			     char **list, struct err *e);

#endif
