/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_TALK_SPREAD_H
#define ANALYSIS_TALK_SPREAD_H

#include <stddef.h>
#include <stdint.h>

/* Times of one kind: their number, and a sample from which quantiles are read. */

#define SPREAD_KEPT 256 /* of more, a sample that each had the same chance to be in */

struct spread {
	uint64_t n;
	uint64_t least, most; /* ns */
	uint32_t room;
	uint32_t *us; /* (owned) at most SPREAD_KEPT, microseconds; sorted by spread_quantile() */
};

/* Times of more than an hour and eleven minutes count as that much. */
void spread_add(struct spread *s, uint64_t ns);
/* @share 0.5 = the median, in seconds; negative when there is none. No spread_add() after it. */
double spread_quantile(struct spread *s, double share);
uint32_t spread_kept(const struct spread *s);
void spread_clear(struct spread *s);

#endif
