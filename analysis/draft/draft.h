/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_DRAFT_DRAFT_H
#define ANALYSIS_DRAFT_DRAFT_H

#include "analysis/draft/rule.h"
#include "base/err.h"

/* Proposes rules that find the positive flows of a material and not the negative ones. */

#define DRAFT_RULES  16
#define DRAFT_ALL    UINT32_MAX /* no fold is kept apart */
#define DRAFT_NEED   24		/* bits: noise fulfils a rule once in 2^24 flows */
#define DRAFT_FEW    100000	/* one negative flow in so many may match a rule */
#define DRAFT_COMMON 0.15	/* share of a host's flows that match a rule, at the median host */
#define DRAFT_SPREAD 0.2	/* share of the hosts in which a rule must hold */

/**
 * struct draft - what was found
 * @rules:	@n of them; those that need nothing known come first
 * @positives, @negatives: Flows that it was drafted from; of the positives @covered match a rule
 * @hosts, @hosts_found: Hosts with positive flows; those in which a rule matches
 * Flows that several vantages saw count once among positives.
 */
struct draft {
	struct draft_rule rules[DRAFT_RULES];
	size_t n;
	uint64_t positives, covered, negatives;
	size_t hosts, hosts_found;
};

#define DRAFT_BANNED 12

/* Rules that are not to be proposed, nor others with the same constraints. */
struct draft_banned {
	struct draft_rule rules[DRAFT_BANNED];
	size_t n;
};

/* Drafts from the flows whose fold is not @apart. 0; -1 with @e set when there is no rule: it says why.
 * Marks flows of @m (near_...). */
int draft_make(struct draft_material *m, uint32_t apart, const struct draft_banned *banned,
	       struct draft *out, struct err *e);

#endif
