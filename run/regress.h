/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_REGRESS_H
#define RUN_REGRESS_H

#include "run/detect/detect_score.h"
#include "results/history/compare.h"

/* One revision of a signature and what it found, flow by flow. */
struct regress_side {
	struct signature_set *set; /* NULL: the table comes from a kept baseline */
	const char *label;	   /* what the report calls it */
	char revision[16];
	struct score_table *table;
};

/* Two revisions of a signature, and how their verdicts compare. */
struct regress {
	const char *name; /* of the signature: both sides are scored under it */
	struct regress_side base, now;
	unsigned vary; /* copies per labelled capture; 0 = none */
	uint64_t seed;
	size_t captures; /* read so far */
	size_t packets_rewritten;
	struct overfit *overfit; /* what changed its verdict in a copy */
	size_t overfit_n;
};

/* A flow or client whose verdict by the newer revision depends on free bytes. */
struct overfit {
	char *capture, *subject; /* (owned) */
	bool was_found;		 /* in the recording */
	unsigned copies;	 /* in which the verdict differs */
	bool base_too;		 /* the baseline's verdict changes as well */
};

/* Tries both on a labelled capture (@labels) or, with NULL, on one without Skype. @s: source,
 * version, vantage, settings, cell. 0, or -1 with @e set when the capture is not readable to its
 * end: what was read counts. */
int regress_capture(struct regress *r, const char *path, const struct labels *labels,
		    const struct score_setting *s, struct err *e);
/* Every cell and vantage of a run directory: its captures against its truth. */
int regress_run(struct regress *r, const char *dir, struct err *e);
void regress_free(struct regress *r);

#endif
