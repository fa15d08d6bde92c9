// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * row_intervals.c - intervals of a row's ratios, from the row's clusters
 *
 * Flows of one trial resemble each other, so a sum over trials is as sure as its trials, not as its
 * flows, are many. Emulated rows are estimated by strata: a cell is a setting that was chosen, not
 * drawn, and only its repetitions vary. Recorded captures were not chosen by setting: they are one
 * stratum. The arithmetic is in intervals.c.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "results/score/measures.h"
#include "results/score/row_intervals.h"

enum interval_method row_method(const struct score_row *r)
{
	if (r->clusters.n > 1)
		return INTERVAL_RATIO_T;
	return r->parts > 1 ? INTERVAL_NONE : INTERVAL_WILSON;
}

const char *interval_method_text(enum interval_method m)
{
	static const char *const names[] = {"-", "wilson", "ratio-t"};

	return names[m];
}

/* A cell's repetitions are a stratum: "CELL@K" without "@K". */
static uint64_t stratum_of(const struct score_row *r, const struct score_cluster *c)
{
	const char *at = strrchr(c->id, '@');

	if (r->source != SOURCE_EMULATED || !at)
		return 0;
	return fnv1a(c->id, (size_t)(at - c->id));
}

/* The interval of the sum of the counts @of as a share of these and @others, by bits 1 << COUNT_*.
 */
static bool share_interval(const struct score_row *r, unsigned of, unsigned others, unsigned looks,
			   struct interval *out)
{
	struct ratio_part *parts = xcalloc(r->clusters.n + 1, sizeof(*parts));
	bool known;

	for (size_t i = 0; i < r->clusters.n; i++) {
		const struct score_cluster *c = &r->clusters.c[i];

		parts[i].stratum = stratum_of(r, c);
		for (int k = 0; k < COUNTS; k++) {
			parts[i].y += of & 1U << k ? c->n[k] : 0;
			parts[i].x += (of | others) & 1U << k ? c->n[k] : 0;
		}
	}
	known = ratio_t95_of_looks(parts, r->clusters.n, looks, out);
	free(parts);
	return known;
}

static bool interval_of(const struct score_row *r, double ratio, uint64_t k, uint64_t n,
			unsigned others, unsigned looks, struct interval *out)
{
	if (ratio < 0 || row_method(r) == INTERVAL_NONE)
		return false;
	if (row_method(r) == INTERVAL_RATIO_T)
		return share_interval(r, 1U << COUNT_TP, others, looks, out);
	*out = wilson95_of_looks(k, n, looks);
	return true;
}

bool row_precision_interval(const struct score_row *r, struct interval *out)
{
	return interval_of(r, score_precision(r), r->tp, r->tp + r->fp + r->wrong_role,
			   1U << COUNT_FP | 1U << COUNT_WRONG_ROLE, 1, out);
}

bool row_recall_interval_of_looks(const struct score_row *r, unsigned looks, struct interval *out)
{
	return interval_of(r, score_recall(r), r->tp, r->tp + r->fn, 1U << COUNT_FN, looks, out);
}

bool row_recall_interval(const struct score_row *r, struct interval *out)
{
	return row_recall_interval_of_looks(r, 1, out);
}

size_t row_trials(const struct score_row *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->clusters.n; i++)
		n += r->clusters.c[i].n[COUNT_TP] + r->clusters.c[i].n[COUNT_FN] > 0;
	return n;
}

struct fp_clusters row_fp_clusters(const struct score_row *r)
{
	struct fp_clusters n = {0};

	for (size_t i = 0; i < r->clusters.n; i++) {
		const uint64_t *c = r->clusters.c[i].n;

		n.of += c[COUNT_FP] + c[COUNT_TN] > 0;
		n.fp += c[COUNT_FP] > 0;
	}
	return n;
}

double row_fpr_upper(const struct score_row *r)
{
	return exact_upper95(r->fp, r->fp + r->tn);
}

double row_fp_clusters_upper(const struct score_row *r)
{
	struct fp_clusters n = row_fp_clusters(r);

	return exact_upper95(n.fp, n.of);
}
