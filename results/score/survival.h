/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_SURVIVAL_H
#define RESULTS_SURVIVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "results/score/table.h"

/* How soon flows and clients are named, as a share of all that should be: what is missed is never
 * named. */

enum survival_measure { SURVIVAL_SECONDS, SURVIVAL_PACKETS, SURVIVAL_BYTES, SURVIVAL_MEASURES };

/**
 * struct survival_curve - one signature at one vantage
 * @version:	Traffic version; "-" where they were put together
 * @unit:	UNIT_FLOW or UNIT_CLIENT
 * @at:		(owned) by measure: when each one that was named was, rising; @found long
 * @of:		All that should be named
 * @timeless:	(private) right claims whose time is not known
 */
struct survival_curve {
	enum traffic_source source;
	const char *detector, *version, *signature, *revision, *vantage;
	enum score_unit unit;
	double *at[SURVIVAL_MEASURES];
	size_t found, of, cap, timeless;
};

struct survival {
	struct survival_curve *curves; /* (owned) in order of first claim */
	size_t n;
};

/* The curves of a table's claims, whose texts must outlive the result; @by_version = one for each traffic
 * version. Claims that were right but whose time is not known (no capture) are left out, and with them
 * curves that have no others: of a detector that does not say when it knew, nothing is known. */
struct survival survival_of(const struct score_table *t, bool by_version);
void survival_clear(struct survival *s);
/* The share that was named at or before @at; 0 when there is nothing to name. */
double survival_share(const struct survival_curve *c, enum survival_measure m, double at);
/* When the share was reached; negative = never. */
double survival_reached(const struct survival_curve *c, enum survival_measure m, double share);
/* survival.tsv of skypelab-accuracy(5). 0, or -1 with @e set. */
int survival_write(const struct score_table *t, const char *path, struct err *e);

#endif
