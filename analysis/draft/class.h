/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_DRAFT_CLASS_H
#define ANALYSIS_DRAFT_CLASS_H

#include "analysis/draft/rule.h"

/**
 * struct draft_class - positive flows that begin alike
 * @shape:	Protocol, directions; its constraints are what splits the class off others
 * @members:	Sorted by host; places are the first messages
 * @depth:	How often it was split off
 */
struct draft_class {
	struct draft_rule shape;
	struct draft_list members;
	int depth;
};

/* Share of the hosts' flows that need not fulfil what holds. */
#define DRAFT_HOSTS_MOST 0.8 /* of the hosts must have it in nearly all of their flows */

/* Whether the constraint holds in nearly all flows of most hosts of the class. */
bool class_keeps(const struct draft_class *k, const struct draft_constraint *c);
/* Members that fulfil @c, and their hosts. */
size_t class_count(const struct draft_class *k, const struct draft_constraint *c, size_t *hosts);
size_t class_hosts(const struct draft_class *k);
/* At most @most members, evenly chosen, in order. */
struct draft_list class_sample(const struct draft_class *k, size_t most);
void class_free(struct draft_class *k);

#endif
