/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_MEASURES_H
#define RESULTS_MEASURES_H

#include <stdint.h>

#include "results/score/table.h"

/* What a row's counts say. Every measure lies in 0 to 1; negative = its denominator is zero. */
double score_precision(const struct score_row *r); /* tp / (tp + fp + wrong_role) */
double score_recall(const struct score_row *r);	   /* tp / (tp + fn) */
double score_f1(const struct score_row *r);	   /* 2tp / (2tp + fp + wrong_role + fn) */
double score_fpr(const struct score_row *r);	   /* fp / (fp + tn); flows and clients only */
/* @part of @whole, for counts that are in no row; negative when @whole is 0. */
double score_share(uint64_t part, uint64_t whole);

#endif
