/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_LIMITS_CURVE_H
#define RUN_LIMITS_CURVE_H

#include "analysis/coverage/coverage.h"
#include "run/limits/looks.h"

/* What monitors find on an internet: what passes them, times what they find of it. */

/* How monitors look: as one of enum look, or */
#define LOOK_ALL LOOKS /* all that passes is found: the topology alone */
#define LOOK_BY_PLACE                                                                              \
	(LOOKS + 1) /* in the client's own network inside the NAT, on the way outside it, in
				   * the other end's network as at a super node, for calls inside again */
#define CURVE_LOOKS (LOOKS + 2)

/* One curve: what is found, how monitors look, in which order they are placed. */
struct curve {
	const struct look_table *table; /* NULL = no signature: LOOK_ALL */
	const char *look;
	enum look_unit unit;
	enum coverage_placement placement;
	struct coverage_sight at, low, high; /* as measured, and the ends of its interval */
};

/* All curves of a run. */
struct curves {
	const struct coverage *c;
	struct curve *all; /* (owned) */
	size_t n;
};

/* Flows of a client that leave its network: as the run has them outside the NAT, else inside; 0 = nobody
 * knows. */
unsigned curves_flows_per_client(const struct looks *l);
/* @l: NULL = only what passes. Both must outlive the result. */
void curves_of(struct curves *all, const struct coverage *c, const struct looks *l);
void curves_clear(struct curves *all);

/* What the first @k monitors find, and its interval: that of the internets and that of the recall
 * together. */
struct coverage_share curve_at(const struct curves *all, const struct curve *v, unsigned k);
/* How many monitors find the @share; 0 = all together do not. @surely: as the lower end of the interval
 * says. */
unsigned curve_monitors(const struct curves *all, const struct curve *v, double share, bool surely);
/* The next number of monitors to show after @k: 1, 2, 5, 10 ... and all; 0 = that was the last. */
unsigned curve_next(const struct curves *all, const struct curve *v, unsigned k);

#endif
