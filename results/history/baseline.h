/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_BASELINE_H
#define RESULTS_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "results/score/table.h"

/*
 * A baseline is what signatures found, flow by flow, kept for later comparison: one small text file
 * (results/baselines/NAME.tsv) that reads well in a diff. For every block (cell, vantage, detector,
 * signature, unit) it holds the counts, every false positive, and either the found or the missed
 * subjects, whichever are fewer. A digest over all Skype subjects shows whether the truth is the
 * same.
 */

/* One flow, client or session of a block. */
struct baseline_item {
	char *subject; /* (owned) */
	char *reason;  /* (owned) */
	uint64_t packet;
	enum claim_result result; /* tp, fp or fn */
};

struct baseline_block {
	enum traffic_source source;
	char *version, *vantage, *cell, *detector, *signature, *revision; /* (owned) */
	char *cluster; /* (owned) the independent trial it belongs to, see results/score/clusters.h */
	enum score_unit unit;
	uint64_t tp, fp, fn, tn;
	char truth[17];		     /* digest over the sorted Skype subjects, 16 hex digits */
	struct baseline_item *items; /* sorted by subject */
	size_t n;
	bool partial; /* read from a file: only the listed kind and false positives are in @items */
	enum claim_result listed; /* with @partial: tp or fn */
};

struct baseline {
	struct baseline_block *blocks; /* sorted, see baseline_block_cmp() */
	size_t n;
};

/* From a table with its claims. @vantage and @signature NULL = all. Never NULL. */
struct baseline *baseline_of(const struct score_table *t, const char *vantage,
			     const char *signature);
void baseline_free(struct baseline *b);
/* @b with only its first @n blocks, sorted again. */
struct baseline *baseline_head(struct baseline *b, size_t n);
/* @about: one line for the file's head: what it was made from. 0, or -1 with @e set. */
int baseline_write(const struct baseline *b, const char *path, const char *about, struct err *e);
/* NULL with @e set: "file:line: what". */
struct baseline *baseline_read(const char *path, struct err *e);

/* Order of blocks: by source, cell, vantage, detector, signature and unit; the revision does not
 * count. */
int baseline_block_cmp(const struct baseline_block *x, const struct baseline_block *y);

#endif
