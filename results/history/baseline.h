/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_BASELINE_H
#define RESULTS_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "results/score/table.h"

/*
 * What a signature found, flow by flow, kept to be compared with later: one small text file per
 * baseline (results/baselines/NAME.tsv), made to be read in a diff. Of every block (cell, vantage,
 * signature, unit) it holds the counts, every false positive, and either the found or the missed
 * subjects, whichever are fewer; a digest over all Skype subjects tells whether the truth is the
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
	char *version, *vantage, *cell, *signature, *revision; /* (owned) */
	enum score_unit unit;
	uint64_t tp, fp, fn, tn;
	char truth[17];		     /* digest over the sorted Skype subjects, 16 hex digits */
	struct baseline_item *items; /* sorted by subject */
	size_t n;
	bool partial; /* read from a file: only the listed kind and false positives are in @items */
	enum claim_result listed; /* with @partial: tp or fn */
};

struct baseline {
	struct baseline_block *blocks; /* sorted by source, cell, vantage, signature, unit */
	size_t n;
};

/* From a table with its claims. @vantage and @signature NULL = all. Never NULL. */
struct baseline *baseline_of(const struct score_table *t, const char *vantage,
			     const char *signature);
void baseline_free(struct baseline *b);
/* @b with only its first @n blocks, sorted again. */
struct baseline *baseline_head(struct baseline *b, size_t n);
/* @about: a line of words for the file's head (what it was made of). */
int baseline_write(const struct baseline *b, const char *path, const char *about, struct err *e);
struct baseline *baseline_read(const char *path, struct err *e);

enum change_kind {
	CHANGE_LOST,	/* was found, is missed */
	CHANGE_NEW_FP,	/* is wrongly claimed, was not */
	CHANGE_MISSING, /* a block of the base is not there now */
	CHANGE_GAINED,	/* was missed, is found */
	CHANGE_GONE_FP, /* was wrongly claimed, is not */
	CHANGE_TRUTH,	/* the traffic itself differs: compared by counts only */
	CHANGES,
};
const char *change_text(enum change_kind k);

struct change {
	enum change_kind kind;
	const struct baseline_block *block; /* of the newer side; of the base when missing */
	const char *subject, *reason;	    /* "" for whole blocks */
	uint64_t packet;		    /* where the verdicts part; 0 = not known */
};

/* One figure that can move: all cells of a source, version, vantage, signature and unit together.
 */
struct figure {
	enum traffic_source source;
	const char *version, *vantage, *signature, *base_revision, *revision;
	enum score_unit unit;
	uint64_t base_tp, base_fp, base_fn, tp, fp, fn;
	bool worse; /* beyond the tolerance */
};

struct comparison {
	struct change *changes; /* sorted by kind */
	size_t n;
	size_t count[CHANGES];
	struct figure *figures;
	size_t figures_n;
	size_t compared; /* blocks that both have */
	bool worse, better;
};

/* @tolerance: how far recall of emulated traffic may fall (0.01 = one in a hundred); recorded
 * captures and false positives have none. Points into @base and @now. Never NULL. */
struct comparison *baseline_compare(const struct baseline *base, const struct baseline *now,
				    double tolerance);
void comparison_free(struct comparison *c);

enum compare_format { COMPARE_TEXT, COMPARE_MARKDOWN, COMPARE_JUNIT };
/* The verdict first, then figures that moved, then every change (text: at most @max; 0 = all). */
void comparison_print(const struct comparison *c, FILE *f, enum compare_format format,
		      const char *base_name, const char *now_name, size_t max);

#endif
