/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_FILTER_PRIVATE_H
#define OPERATOR_FILTER_FILTER_PRIVATE_H

#include "base/clock.h"
#include "operator/filter/filter.h"
#include "operator/filter/gate.h"
#include "operator/filter/ledger.h"
#include "operator/filter/own_table.h"
#include "operator/filter/ruleset.h"
#include "operator/filter/tracked.h"

/* What the files of the filter share. */

#define MS 1000000ULL

struct filter {
	const struct filter_policy *policy;
	struct filter_wish wish;
	struct own_table *table; /* NULL in a dry run */
	struct tracked *tracked;
	struct ruleset *ruleset;
	struct ledger *ledger;
	struct gate gate;
	struct filter_totals totals;
	bool changed;	    /* somebody else changed the rules, and they were not looked at */
	uint64_t waited_ns; /* when a flow was last waited for */
	size_t to_tend;	    /* flows that filter_tend() looks at */
};

/* A sighting as the forward hook sees it. */
struct seen {
	const struct sighting *s;
	bool tracked;
	struct tracked_flow flow;
	struct tuple inside;
};

#endif
