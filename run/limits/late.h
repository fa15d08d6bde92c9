/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_LIMITS_LATE_H
#define RUN_LIMITS_LATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "detector/detector.h"
#include "results/score/table.h"

/* What a detector finds that begins to watch late. */

#define LATE_CUTS_MAX 64

/**
 * struct late_request - what is watched, and from when on
 * @paths:	Run directories, captures with labels, folders of captures; @n
 * @vantage:	Of runs; "caller.lan"
 * @set:	The signatures
 * @target:	What they look for
 * @cuts:	Seconds that are cut off, rising; @cuts_n, up to LATE_CUTS_MAX
 */
struct late_request {
	const char *const *paths;
	size_t n;
	const char *vantage;
	const struct signature_set *set;
	const char *target;
	double cuts[LATE_CUTS_MAX];
	size_t cuts_n;
};

/* One table of scores per cut; rows are of what is left after it. */
struct late {
	const struct late_request *q;
	struct score_table *tables[LATE_CUTS_MAX]; /* (owned) */
	size_t captures, runs;			   /* that were read */
};

/* *@damaged: a capture could not be used, or not be read to its end, and was reported. 0; -1 with @e set,
 * also when nothing could be used. late_clear() in either case. @q must outlive @l. */
int late_read(struct late *l, const struct late_request *q, bool *damaged, struct err *e);
void late_clear(struct late *l);

#endif
