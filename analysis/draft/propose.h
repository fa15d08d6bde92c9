/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_DRAFT_PROPOSE_H
#define ANALYSIS_DRAFT_PROPOSE_H

#include "analysis/draft/class.h"

/* Constraints that may be part of a rule. */
struct draft_proposals {
	struct draft_constraint *list; /* (owned) */
	size_t n;
};

/* All that holds in nearly all flows of most hosts of a class, relations first. A byte that is explained
 * by a relation is not proposed as a constant. */
void propose_common(const struct draft_class *k, struct draft_proposals *out);
/* What holds in a part of the class and so splits it: in flows of at least @hosts hosts. */
void propose_splits(const struct draft_class *k, size_t hosts, struct draft_proposals *out);
void proposals_clear(struct draft_proposals *p);

#endif
