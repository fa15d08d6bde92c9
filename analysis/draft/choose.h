/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_DRAFT_CHOOSE_H
#define ANALYSIS_DRAFT_CHOOSE_H

#include "analysis/draft/propose.h"

/* Sets the chance of proposed sizes and relations from how common they are among the negatives that begin
 * with the same directions as @shape. */
void choose_chances(const struct draft_rule *shape, struct draft_proposals *p,
		    const struct draft_list *negatives);
/* Negatives that fulfil all proposals (the most telling DRAFT_CONSTRAINTS of them), but no more than
 * @most + 1 are counted; *@bits: their chance. */
uint64_t choose_best_case(const struct draft_rule *shape, const struct draft_proposals *p,
			  const struct draft_list *negatives, uint64_t most, double *bits);
/* The fewest proposals that leave at most @few negatives and have @need bits: @out is @shape with them.
 * False when there are none. */
bool choose_fewest(const struct draft_rule *shape, const struct draft_proposals *p,
		   const struct draft_list *negatives, uint64_t few, double need,
		   struct draft_rule *out);

#endif
