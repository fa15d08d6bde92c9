/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_OPERATIONS_H
#define RESULTS_OPERATIONS_H

#include <stddef.h>

#include "base/err.h"
#include "base/tsv.h"
#include "results/score/table.h"

/* What is found of each operation: the rows of a table summed over all settings but the axis
 * `operation`, beside what the users did. */

/**
 * struct operation_sum - one operation, signature and unit at one vantage
 * @operation:	(owned)
 * @row:	The sum; its texts are those of the table, its clusters its own
 */
struct operation_sum {
	char *operation;
	struct score_row row;
};

/* What the users of the cells of one operation and version did, from outcomes.tsv. */
struct operation_deeds {
	char *operation;     /* (owned) */
	const char *version; /* of the table */
	size_t logins, in, refused, calls, answered;
};

struct operations {
	struct operation_sum *sums; /* (owned) in order of first row */
	size_t n;
	struct operation_deeds *deeds; /* (owned) */
	size_t deeds_n;
};

/* @t with claims, which say what cell belongs to which operation; its texts must outlive the result.
 * @outcomes may be NULL. Nothing when no row has an operation. Free with operations_clear(). */
struct operations operations_of(const struct score_table *t, const struct tsv *outcomes);
void operations_clear(struct operations *o);
/* What was done under an operation; @version NULL = with all versions. Its texts are not set. */
struct operation_deeds operations_deeds(const struct operations *o, const char *operation,
					const char *version);
/* Writes operations.tsv of skypelab-accuracy(5) into a run directory whose outcomes.tsv is there;
 * no file when no row has an operation. 0, or -1 with @e set. */
int operations_write(const struct score_table *t, const char *run_dir, struct err *e);

#endif
