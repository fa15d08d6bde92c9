/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CLAIMS_GATHER_H
#define RUN_CLAIMS_GATHER_H

#include "analysis/claims/results.h"

/**
 * struct claims_request - what claims are tested on
 * @paths:	Run directories, captures with labels (skypelab-labels(5)), folders of captures; @n
 * @negatives:	Captures and folders without the application; @negatives_n of them
 * @vantage:	Of runs; NULL = caller.lan, else the first that ends in ".lan", else the first
 */
struct claims_request {
	const char *const *paths, *const *negatives;
	size_t n, negatives_n;
	const char *vantage;
};

/* Whether the signatures that @set names can be loaded. 0, or -1 with @e set. */
int claims_check_signatures(const struct claim_set *set, struct err *e);

/* Tests the claims of @r on everything; a capture that is a copy of another counts once. *@damaged:
 * one was not readable to its end, and was reported. 0, or -1 with @e set. */
int claims_gather(struct claim_results *r, const struct claims_request *q, bool *damaged,
		  struct err *e);

#endif
