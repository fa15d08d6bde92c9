/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_COMPARE_H
#define RESULTS_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/history/baseline.h"

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
	uint64_t packet;		    /* frame of the detection that differs; 0 = not known */
};

/* One figure that can move: all cells of a source, version, vantage, detector, signature and unit
 * together. */
struct figure {
	enum traffic_source source;
	const char *version, *vantage, *detector, *signature, *base_revision, *revision;
	enum score_unit unit;
	struct score_row base, now; /* counts, by cluster; no texts */
	bool worse;		    /* beyond the tolerance */
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

#endif
