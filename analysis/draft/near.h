/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_DRAFT_NEAR_H
#define ANALYSIS_DRAFT_NEAR_H

#include "analysis/draft/rule.h"

#define DRAFT_HOLD_NS                                                                              \
	1800000000000ULL /* a flow may come so long before the one that names its client */

/* Marks the flows of all @lists that are near to those that a UDP rule of @rules matches: same client's
 * endpoint, or a TCP flow to the same server. What was marked before is forgotten. */
void near_mark(const struct draft_rule *rules, size_t n, struct draft_list *const *lists,
	       size_t lists_n);

#endif
