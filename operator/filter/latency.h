/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_LATENCY_H
#define OPERATOR_FILTER_LATENCY_H

#include <stddef.h>
#include <stdint.h>

#define FILTER_LATENCY_STEPS 12

/* How long it took until rules were in force: @within[i] of them no longer than step i and longer than the
 * step before, @count in all. */
struct filter_latency {
	uint64_t within[FILTER_LATENCY_STEPS];
	uint64_t count, sum_ns, max_ns;
};

void filter_latency_add(struct filter_latency *l, uint64_t ns);
uint64_t filter_latency_step_ns(size_t i);

#endif
