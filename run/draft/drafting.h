/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DRAFT_DRAFTING_H
#define RUN_DRAFT_DRAFTING_H

#include <stdio.h>

#include "analysis/draft/draft.h"
#include "run/draft/sources.h"

/**
 * struct drafting - what `skypelab signature draft` was asked for
 * @positive, @negative, @apart: Captures, folders, runs; @apart are only scored
 * @choice:	Target, version
 * @name:	Of the signature
 * @date, @line: For the file: today; the command line
 * @vary:	Copies of each labelled capture that the draft is tried on; 0 = none
 */
struct drafting {
	const char *const *positive, *const *negative, *const *apart;
	size_t positive_n, negative_n, apart_n;
	struct draft_choice choice;
	const char *name, *date, *line;
	unsigned vary;
};

enum drafting_end { DRAFTING_DONE, DRAFTING_NO_RULE, DRAFTING_FAILED };

/* Drafts, scores what was kept apart, writes the signature to @file and the table to @table.
 * DRAFTING_NO_RULE, DRAFTING_FAILED with @e set. */
enum drafting_end drafting_run(const struct drafting *d, FILE *file, FILE *table, struct err *e);

#endif
