// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * measures.c - precision, recall, F1 and false-positive rate of a row
 *
 * The program computes these ratios here and nowhere else; only the SQL of results/history repeats
 * precision and recall, where SQLite prints them. Their intervals are in intervals.c.
 */
#include "results/score/measures.h"

double score_share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : -1;
}

double score_precision(const struct score_row *r)
{
	return score_share(r->tp, r->tp + r->fp + r->wrong_role);
}

double score_recall(const struct score_row *r)
{
	return score_share(r->tp, r->tp + r->fn);
}

double score_f1(const struct score_row *r)
{
	return score_share(2 * r->tp, 2 * r->tp + r->fp + r->wrong_role + r->fn);
}

double score_fpr(const struct score_row *r)
{
	return score_unit_has_negatives(r->unit) ? score_share(r->fp, r->fp + r->tn) : -1;
}
