// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * chance.c - how likely something is by chance: binomial and chi-squared tails, and the correction
 * for how much was tried
 */
#include <math.h>
#include <stdlib.h>

#include "analysis/field/chance.h"
#include "base/err.h"
#include "results/score/intervals.h"

double chance_at_least(uint32_t k, uint32_t n, double p)
{
	if (!k || p >= 1)
		return 1;
	if (k > n || p <= 0)
		return 0;
	if (k == n)
		return pow(p, n);
	return inc_beta(k, (double)(n - k) + 1, p);
}

bool chance_not_less(uint32_t k, uint32_t n, double share)
{
	return k >= share * n - sqrt(share * (1 - share) * n);
}

double chance_chi2(double x, double df)
{
	double m = 1 - 2 / (9 * df), z;

	if (df <= 0)
		return 1;
	z = (cbrt(x / df) - m) / sqrt(2 / (9 * df));
	return 0.5 * erfc(z / sqrt(2));
}

struct placed {
	double p;
	size_t i;
};

static int by_p(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->p != y->p)
		return x->p < y->p ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

void chance_correct(double *p, size_t n, uint64_t tried)
{
	struct placed *o = xcalloc(n + 1, sizeof(*o));
	double least = 1;

	for (size_t i = 0; i < n; i++)
		o[i] = (struct placed){p[i], i};
	qsort(o, n, sizeof(*o), by_p);
	if (tried < n)
		tried = n;
	for (size_t i = n; i-- > 0;) {
		double q = o[i].p * (double)tried / (double)(i + 1);

		least = q < least ? q : least;
		p[o[i].i] = least;
	}
	free(o);
}
