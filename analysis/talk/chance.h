/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_TALK_CHANCE_H
#define ANALYSIS_TALK_CHANCE_H

#include <stdint.h>

/* How likely @k or more of @n are, when each has the chance @p: the tail of the binomial
 * distribution. 1 for k = 0. */
double chance_of(uint64_t k, uint64_t n, double p);

#endif
