/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_BASE_RATE_H
#define RESULTS_BASE_RATE_H

#include <stdbool.h>

#include "base/err.h"
#include "results/score/table.h"

/* What a rate of false positives means where Skype is rare: precision is not the signature's alone,
 * it also hangs on how much of the traffic is Skype. */

/* Shares of Skype for which precision is given, from 1 % down to 0.001 %. */
#define BASE_RATE_SHARES 7
extern const double base_rate_shares[BASE_RATE_SHARES];

/* Precision of a row at a share of Skype, and the range that the intervals of its recall and false
 * positives leave it. */
struct base_rate {
	double precision; /* negative = the row lacks what it takes: something to find, and to spare */
	double low, high;
};
struct base_rate base_rate_at(const struct score_row *r, double share);

/* False claims per million flows (or hosts) without Skype, and their exact upper 95 % bound;
 * negative = no such flow. */
double base_rate_per_million(const struct score_row *r, double *upper);
/* False claims per hour that a host without Skype was watched, and their upper 95 % bound (exact, for a
 * Poisson count); negative = nobody was watched, or the row is not of unit client. */
double base_rate_per_hour(const struct score_row *r, double *upper);

/* base-rate.tsv of skypelab-accuracy(5): a row per source, version, vantage, signature, unit (flow
 * and client) and share of Skype. @grouped: summed over settings. 0, or -1 with @e set. */
int base_rate_write(const struct score_table *grouped, const char *path, struct err *e);

#endif
