// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * latency.c - how long it took until rules were in force, by steps
 *
 * Steps are three a decade around a millisecond, which is what a rule may take, so that a share of those that
 * took longer is read off exactly.
 */
#include "base/err.h"
#include "operator/filter/latency.h"

#define US 1000ULL

static const uint64_t steps[FILTER_LATENCY_STEPS] = {
	50 * US,   100 * US,   200 * US,   500 * US,   1000 * US,   2000 * US,
	5000 * US, 10000 * US, 20000 * US, 50000 * US, 100000 * US, 1000000 * US};

void filter_latency_add(struct filter_latency *l, uint64_t ns)
{
	size_t i = 0;

	l->count++;
	l->sum_ns += ns;
	if (ns > l->max_ns)
		l->max_ns = ns;
	while (i < ARRAY_LEN(steps) && ns > steps[i])
		i++;
	if (i < ARRAY_LEN(steps))
		l->within[i]++;
}

uint64_t filter_latency_step_ns(size_t i)
{
	return steps[i];
}
