/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_INTERVALS_H
#define RESULTS_INTERVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Intervals for a proportion k of n. */
struct interval {
	double low, high;
};

#define INTERVAL_TEXT 48
/* "12.3 to 45.6", per cent, in @text; with more digits where the ends would look alike. Returns @text. */
const char *interval_percent(const struct interval *i, char text[INTERVAL_TEXT]);

/* Wilson's score interval, 95 % two-sided (z = 1.959964), without continuity correction. n = 0
 * gives {0, 1}: nothing is known. Source: Wilson, JASA 22 (1927) 209. */
struct interval wilson95(uint64_t k, uint64_t n);
/* The exact one-sided upper 95 % bound of a proportion of which k of n were seen: for k = 0 it is
 * 1 - 0.05^(1/n), close to 3/n. n = 0 gives 1. */
double exact_upper95(uint64_t k, uint64_t n);
/* One cluster's part in a ratio: @y of @x. Clusters of one @stratum are repetitions of one thing. */
struct ratio_part {
	uint64_t y, x;
	uint64_t stratum;
};

/* The two-sided 95 % interval of sum(y) / sum(x): the ratio estimator over clusters, stratified,
 * with Student's t (Cochran, Sampling Techniques, 3rd edition, 6.10 and 11.7); Wilson's of the sums
 * where the clusters of every stratum are equal. Sorts @parts. False when fewer than two clusters
 * have an x. */
bool ratio_t95(struct ratio_part *parts, size_t n, struct interval *out);
/* The same where every cluster was looked at @looks times and its counts are the sum: they are no more
 * counts for that. */
bool ratio_t95_of_looks(struct ratio_part *parts, size_t n, unsigned looks, struct interval *out);
/* wilson95() of counts that are sums over @looks looks at the same things. */
struct interval wilson95_of_looks(uint64_t k, uint64_t n, unsigned looks);
/* The two-sided 95 % interval of the mean of @n independent numbers, by Student's t. False when they are
 * fewer than two, or all equal: then they do not say how far the next one may be off. */
bool mean_t95(const double *v, size_t n, struct interval *out);
/* Regularised incomplete beta function I_x(a, b), a, b > 0, 0 <= x <= 1. */
double inc_beta(double a, double b, double x);

#endif
