// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * intervals.c - intervals of proportions
 *
 * Tables show Wilson's interval: it stays close to 95 % coverage for small counts, where the usual
 * normal interval fails (Brown, Cai, DasGupta, Statistical Science 16 (2001) 101). False-positive
 * rates have Clopper and Pearson's exact upper bound (Biometrika 26 (1934) 404), which is never too
 * small. It is a quantile of the beta distribution, found by bisection on the regularised
 * incomplete beta function (continued fraction by Lentz's method, Abramowitz and Stegun 26.5.8).
 * Good for counts up to 10^9; accuracy about 1e-12.
 *
 * Sums over independent trials have the ratio estimator with Student's t. When all trials of every
 * stratum are equal it has no width, and over twenty seeds such intervals missed the mean nearly
 * always, while Wilson's interval of the counts held it (tests/coverage.sh): equal trials show no
 * sign that the flows of a trial hang together, so there the counts stand for themselves.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/score/intervals.h"

#define Z95	 1.959963984540054 /* quantile 0.975 of the normal distribution */
#define TAIL_ONE 0.05
#define EQUAL	 1e-12 /* variances of counts below this come from rounding */

struct interval wilson95_of_looks(uint64_t k, uint64_t n, unsigned looks)
{
	double p, z2 = Z95 * Z95, mid, half, den, trials = (double)n / looks;
	struct interval r = {0, 1};

	if (!n)
		return r;
	p = (double)k / (double)n;
	den = 1 + z2 / trials;
	mid = (p + z2 / (2 * trials)) / den;
	half = Z95 / den * sqrt(p * (1 - p) / trials + z2 / (4 * trials * trials));
	/* At the ends the exact values are 0 and 1; rounding must not change that. */
	r.low = k == 0 ? 0 : fmax(0, mid - half);
	r.high = k >= n ? 1 : fmin(1, mid + half);
	return r;
}

struct interval wilson95(uint64_t k, uint64_t n)
{
	return wilson95_of_looks(k, n, 1);
}

static double beta_fraction(double a, double b, double x)
{
	const double tiny = DBL_MIN * 1e10;
	double c = 1, d = 1 - (a + b) * x / (a + 1), h;

	d = 1 / (fabs(d) < tiny ? tiny : d);
	h = d;
	for (int m = 1; m < 100000; m++) {
		double num = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), step;

		d = 1 + num * d;
		c = 1 + num / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		h *= d * c;
		num = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		d = 1 + num * d;
		c = 1 + num / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		step = d * c;
		h *= step;
		if (fabs(step - 1) < 1e-15)
			break;
	}
	return h;
}

/* lgamma() writes the global signgam; lgamma_r() does not. */
static double log_gamma(double x)
{
	int sign;

	return lgamma_r(x, &sign);
}

double inc_beta(double a, double b, double x)
{
	double front;

	if (x <= 0)
		return 0;
	if (x >= 1)
		return 1;
	front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log1p(-x));
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* x with I_x(a, b) = p. */
static double beta_quantile(double a, double b, double p)
{
	double lo = 0, hi = 1;

	for (int i = 0; i < 200 && hi - lo > 1e-16 * hi; i++) {
		double mid = (lo + hi) / 2;

		if (inc_beta(a, b, mid) < p)
			lo = mid;
		else
			hi = mid;
	}
	return (lo + hi) / 2;
}

double exact_upper95(uint64_t k, uint64_t n)
{
	if (k >= n)
		return 1;
	if (!k)
		return -expm1(log(TAIL_ONE) / (double)n);
	return beta_quantile((double)k + 1, (double)(n - k), 1 - TAIL_ONE);
}

/* The quantile 0.975 of Student's t distribution with @df degrees of freedom, @df > 0. */
static double t_quantile975(double df)
{
	double x = beta_quantile(df / 2, 0.5, 0.05);

	return sqrt(df * (1 - x) / x);
}

bool mean_t95(const double *v, size_t n, struct interval *out)
{
	double mean = 0, squares = 0, half;

	if (n < 2)
		return false;
	for (size_t i = 0; i < n; i++)
		mean += v[i] / (double)n;
	for (size_t i = 0; i < n; i++)
		squares += (v[i] - mean) * (v[i] - mean);
	if (squares < EQUAL)
		return false;
	half = t_quantile975((double)n - 1) * sqrt(squares / (double)(n - 1) / (double)n);
	*out = (struct interval){mean - half, mean + half};
	return true;
}

/* ------------------------------------------------------------------ the ratio of sums */

static int by_stratum(const void *a, const void *b)
{
	const struct ratio_part *p = a, *q = b;

	return (int)(p->stratum > q->stratum) - (int)(p->stratum < q->stratum);
}

/* Sums of the squared variances of strata, for the degrees of freedom (Satterthwaite). */
struct spread {
	double v, v2_by_df;
};

/* Adds what @n deviations of one stratum, their sum @sum and sum of squares @squares, tell. */
static void add_stratum(struct spread *s, double n, double sum, double squares)
{
	double v = n > 1 ? n / (n - 1) * fmax(0, squares - sum * sum / n) : squares;
	double df = n > 1 ? n - 1 : 1;

	s->v += v;
	s->v2_by_df += v * v / df;
}

/* A stratum of one cluster has no spread of its own. All such are taken as one stratum, which can
 * only widen the interval. */
static struct spread spread_of(const struct ratio_part *p, size_t n, double ratio)
{
	struct spread s = {0};
	double alone = 0, alone_sum = 0, alone_squares = 0;

	for (size_t i = 0, k; i < n; i = k) {
		double sum = 0, squares = 0, members = 0;

		for (k = i; k < n && p[k].stratum == p[i].stratum; k++) {
			double d = (double)p[k].y - ratio * (double)p[k].x;

			members += 1;
			sum += d;
			squares += d * d;
		}
		if (members > 1) {
			add_stratum(&s, members, sum, squares);
		} else {
			alone += 1;
			alone_sum += sum;
			alone_squares += squares;
		}
	}
	if (alone > 0)
		add_stratum(&s, alone, alone_sum, alone_squares);
	return s;
}

bool ratio_t95_of_looks(struct ratio_part *parts, size_t n, unsigned looks, struct interval *out)
{
	double y = 0, x = 0, ratio, half;
	struct spread s;
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		if (!parts[i].x)
			continue;
		y += (double)parts[i].y;
		x += (double)parts[i].x;
		parts[used++] = parts[i];
	}
	if (used < 2)
		return false;
	qsort(parts, used, sizeof(*parts), by_stratum);
	ratio = y / x;
	s = spread_of(parts, used, ratio);
	if (s.v < EQUAL) {
		*out = wilson95_of_looks((uint64_t)y, (uint64_t)x, looks);
		return true;
	}
	half = t_quantile975(s.v * s.v / s.v2_by_df) * sqrt(s.v) / x;
	*out = (struct interval){fmax(0, ratio - half), fmin(1, ratio + half)};
	return true;
}

bool ratio_t95(struct ratio_part *parts, size_t n, struct interval *out)
{
	return ratio_t95_of_looks(parts, n, 1, out);
}

const char *interval_percent(const struct interval *i, char text[INTERVAL_TEXT])
{
	char low[INTERVAL_TEXT / 3], high[INTERVAL_TEXT / 3];

	for (int digits = 1; digits <= 4; digits++) {
		snprintf(low, sizeof(low), "%.*f", digits, 100 * i->low);
		snprintf(high, sizeof(high), "%.*f", digits, 100 * i->high);
		if (strcmp(low, high) != 0 || i->high <= i->low)
			break;
	}
	snprintf(text, INTERVAL_TEXT, "%s to %s", low, high);
	return text;
}
