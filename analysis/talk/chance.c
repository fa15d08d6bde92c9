// SPDX-License-Identifier: GPL-2.0-or-later
/* chance.c - the tail of the binomial distribution, by the incomplete beta function */
#include "analysis/talk/chance.h"
#include "results/score/intervals.h"

double chance_of(uint64_t k, uint64_t n, double p)
{
	if (k == 0 || p >= 1)
		return 1;
	if (k > n || p <= 0)
		return 0;
	return inc_beta((double)k, (double)(n - k) + 1, p);
}
