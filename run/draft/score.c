// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * score.c - a draft, as a signature, on captures: with the detector itself
 *
 * The same scorer as everywhere (results/score): what is counted stands in skypelab-accuracy(5).
 */
#include <inttypes.h>

#include "base/quote.h"
#include "results/score/measures.h"
#include "results/score/row_intervals.h"
#include "run/detect/detect_score.h"
#include "run/draft/score.h"

#define NAMED 5 /* flows that are wrongly claimed */

int draft_score(const struct signature_set *set, const struct draft_capture *c,
		const struct labels *labels, const char *target, struct score_table *t,
		struct err *e)
{
	struct detections *v = detections_new();
	struct flow_index *x = flow_index_new();
	int rc = detect_capture(set, c->path, v, x, e);
	struct score_input in = {.setting = {.source = c->source,
					     .traffic_version = "all",
					     .vantage = "all",
					     .cell = c->cell},
				 .target = target,
				 .labels = labels,
				 .detections = v,
				 .flows = x};

	score_of_set(t, set, &in, NULL);
	flow_index_free(x);
	detections_free(v);
	return rc;
}

static const char *unit_words(enum score_unit u)
{
	switch (u) {
	case UNIT_FLOW:
		return "flows";
	case UNIT_CLIENT:
		return "clients";
	case UNIT_SESSION:
		return "sessions";
	default:
		return NULL;
	}
}

/* What was wrongly claimed, by name. */
static void put_wrong(const struct score_table *t, FILE *f)
{
	size_t n = 0;

	for (size_t i = 0; i < t->claims_n; i++) {
		const struct score_claim *c = &t->claims[i];

		if (c->result == CLAIM_FP && t->rows[c->row].unit == UNIT_FLOW && n++ < NAMED)
			fprintf(f, "    wrongly: %s in %s\n", quote_terminal(c->subject),
				quote_terminal(c->cell));
	}
	if (n > NAMED)
		fprintf(f, "    and %zu more\n", n - NAMED);
}

void draft_score_put(const struct score_table *t, FILE *f)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct score_row *r = &t->rows[i];
		const char *what = unit_words(r->unit);
		struct interval in;
		uint64_t wrong = r->fp + r->wrong_role;

		if (!what || r->tp + r->fn + r->fp + r->tn == 0)
			continue;
		fprintf(f, "  %s %s:", source_text(r->source), what);
		if (r->tp + r->fn)
			fprintf(f, " %" PRIu64 " of %" PRIu64 " found", r->tp, r->tp + r->fn);
		if (r->tp + r->fn && row_recall_interval(r, &in))
			fprintf(f, " (recall %.3f, 95 %%: %.3f to %.3f)", score_recall(r), in.low,
				in.high);
		fprintf(f, "%s%" PRIu64 " wrongly claimed", r->tp + r->fn ? "; " : " ", wrong);
		if (score_unit_has_negatives(r->unit))
			fprintf(f, " of %" PRIu64, r->fp + r->tn);
		fprintf(f, "; %zu trials\n", r->clusters.n);
	}
	put_wrong(t, f);
}
