/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_ANALYZE_ANALYZE_H
#define RUN_ANALYZE_ANALYZE_H

#include <stdbool.h>

#include "analysis/page/document.h"
#include "analysis/talk/here.h"
#include "run/analyze/material.h"
#include "run/analyze/one_pass.h"

/**
 * struct analyze_request - an analysis
 * @material:	What to read
 * @against, @against_n: Captures or runs to compare with; 0 = none
 * @choice:	Which flows; of those to compare with only its application counts
 * @signatures, @signatures_n: Whose names messages get; 0 = those of the paper and the project's own
 * @ports, @ports_n: Ports that are counted by themselves; 0 = those of scenarios/ports.tsv
 * @frame:	Draw the flow that has this frame; 0 = none
 * @most:	Rows of a table that will be printed, 0 = all: with it what TSV and JSON alone have is left out
 * @no_fields:	Leave out classes, maps and all that rests on them
 * @plots:	Make pictures
 */
struct analyze_request {
	struct material_request material;
	const char *const *against;
	size_t against_n;
	struct flow_choice choice;
	const char *const *signatures;
	size_t signatures_n;
	const uint16_t *ports;
	size_t ports_n;
	uint64_t frame;
	size_t most;
	bool no_fields, plots;
};

/* Reads and analyses; the answer is in @d, which document_clear() frees in any case. *@damaged: some
 * capture could not be read to its end, which was reported. 0; -1 with @e set: there is no answer. */
int analyze(const struct analyze_request *r, struct document *d, bool *damaged, struct err *e);

#endif
