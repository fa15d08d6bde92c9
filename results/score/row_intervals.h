/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_ROW_INTERVALS_H
#define RESULTS_ROW_INTERVALS_H

#include <stdbool.h>

#include "results/score/intervals.h"
#include "results/score/table.h"

/* How far a row's ratios can be trusted. */
enum interval_method {
	INTERVAL_NONE,	  /* a sum within one cluster: nothing says how other trials would differ */
	INTERVAL_WILSON,  /* one cluster that is no sum: speaks of this trial only */
	INTERVAL_RATIO_T, /* several clusters: ratio estimator, Student's t */
};
enum interval_method row_method(const struct score_row *r);
const char *interval_method_text(enum interval_method m); /* "-", "wilson", "ratio-t" */

/* The 95 % interval of a row's precision or recall. False when there is none: the ratio has no
 * denominator, or too few clusters have one. */
bool row_precision_interval(const struct score_row *r, struct interval *out);
bool row_recall_interval(const struct score_row *r, struct interval *out);
/* The same of a row to which each trial was added @looks times, as it was seen in one way and in another:
 * they are as many trials as before. */
bool row_recall_interval_of_looks(const struct score_row *r, unsigned looks, struct interval *out);
/* Clusters with something to find: the trials behind a row's recall. */
size_t row_trials(const struct score_row *r);
/* Clusters with something that is not Skype, and of these the ones with a false positive. */
struct fp_clusters {
	uint64_t fp, of;
};
struct fp_clusters row_fp_clusters(const struct score_row *r);
/* Exact one-sided upper 95 % bounds: of the rate of false positives by flow (or client), and of the
 * share of clusters that have any. 1 when there is nothing to count. */
double row_fpr_upper(const struct score_row *r);
double row_fp_clusters_upper(const struct score_row *r);

#endif
