/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_UPKEEP_H
#define OPERATOR_FILTER_UPKEEP_H

#include "operator/filter/filter_private.h"

/* The work of the functions of filter.h with these names. */
int upkeep_unblock(struct filter *f, const struct ip *ip);
void upkeep_blocked(struct filter *f);
bool upkeep_changed(struct filter *f);
int upkeep_settle(struct filter *f, struct err *e);
bool upkeep_tend(struct filter *f);
/* Looks at the @n flows that were looked at longest ago: those whose connection ended are free. */
void upkeep_flows(struct filter *f, size_t n);
/* Says which flowtables lead past the filter, those that were not there before. 0, or -1 with @e set. */
int upkeep_flowtables(struct filter *f, struct err *e);

#endif
