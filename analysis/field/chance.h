/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_CHANCE_H
#define ANALYSIS_FIELD_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How likely something is by chance. */

/* At least @k of @n trials of chance @p each. */
double chance_at_least(uint32_t k, uint32_t n, double p);
/* Whether @k of @n may be a part of @share or more: it is less by no more than the standard error, which is
 * nothing in many messages. What holds in just enough of a capture is not lost in a piece of it. */
bool chance_not_less(uint32_t k, uint32_t n, double share);
/* A chi-squared value of at least @x with @df degrees of freedom (Wilson and Hilferty's
 * approximation, good to two digits from 3 degrees on). */
double chance_chi2(double x, double df);
/* Benjamini and Hochberg (1995): from @n values of p, the rest of @tried being 1, those of q, in
 * place. */
void chance_correct(double *p, size_t n, uint64_t tried);

#endif
