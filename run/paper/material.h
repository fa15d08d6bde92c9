/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_PAPER_MATERIAL_H
#define RUN_PAPER_MATERIAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/tsv.h"
#include "detector/detector.h"
#include "results/score/flows.h"
#include "results/score/table.h"

/* What a paper is made of, read once. Emulated and recorded traffic lie apart from here on. */

/**
 * struct paper_request - what was asked for
 * @inputs:	Run directories, captures with labels, folders of captures; @n
 * @negatives:	Captures and folders without Skype; @negatives_n
 * @signatures:	For recorded captures; 0 = those of the runs, and without runs all for Skype
 * @claims:	The claim file, or NULL = that of Ehlert and Petgang
 */
struct paper_request {
	const char *const *inputs, *const *negatives, *const *signatures;
	size_t n, negatives_n, signatures_n;
	const char *claims;
};

/**
 * struct paper_run - a finished run, whole by its manifest
 * @dir:	As given (borrowed)
 * @name:	Of its scenario (owned)
 * @vantage:	The caller's LAN, else that of the first row
 * @t:		With claims and confusion
 * @outcomes:	NULL = it has none
 * @cells:	Cells that are valid
 */
struct paper_run {
	const char *dir, *vantage;
	char *name;
	struct score_table *t;
	struct tsv *outcomes;
	json_t *manifest;
	size_t cells;
};

/**
 * struct paper_capture - a recorded capture with labels
 * @path, @name: (owned), and in it
 * @why:	NULL, or why it is left out (owned)
 * @cut:	It is not readable to its end, and used up to there
 * @skype:	Its labelled flows that the capture holds: Skype's by UDP and by TCP
 * @others, @unknown: Those that are not, and those of which the labels do not know
 */
struct paper_capture {
	char *path, *why;
	const char *name;
	bool cut;
	uint64_t first_ns, last_ns;
	struct flow_totals totals;
	uint64_t skype[2], others, unknown;
	size_t clients;
};

struct message_book;
struct claim_set;
struct claim_results;

struct paper_material {
	const struct paper_request *request;
	struct paper_run *runs;
	size_t runs_n;
	struct paper_capture *captures;
	size_t captures_n;
	char **negatives; /* capture files without Skype; NULL-terminated */
	size_t negatives_n, negatives_damaged;
	struct flow_totals negative_totals;
	struct score_table *recorded,
		*clean;		   /* of @captures (setting.cell = name), of @negatives */
	struct signature_set *set; /* what ran over both, and names messages */
	struct message_book *book;
	struct claim_set *claim_set; /* see paper_claims() */
	struct claim_results *claims;
};

/* Reads everything. 0, or -1 with @e set; paper_material_free() in either case. */
int paper_material_load(struct paper_material *m, const struct paper_request *r, struct err *e);
void paper_material_free(struct paper_material *m);
/* The version that the first signature of the set says it is for; NULL = it says none, or none that
 * was emulated. */
const char *paper_version(const struct paper_material *m);
/* Captures that are in the figures. */
size_t paper_material_scored(const struct paper_material *m);

#endif
