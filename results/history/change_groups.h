/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_CHANGE_GROUPS_H
#define RESULTS_CHANGE_GROUPS_H

#include "results/history/compare.h"

/* Changes of a comparison, in their order, each said once though several vantages saw it. */

struct change_group {
	const struct change *first; /* as the first of them saw it */
	char *vantages;		    /* (owned) "caller.lan, caller.wan"; "" = none has a name */
	bool several;
};

struct change_groups {
	struct change_group *g; /* (owned) */
	size_t n;
	size_t count[CHANGES];
};

struct change_groups change_groups_of(const struct comparison *c);
void change_groups_clear(struct change_groups *groups);

#endif
