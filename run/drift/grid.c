// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * grid.c - recall by signature and amount, a block for each change
 *
 * What a signature does not find in the unchanged captures it cannot lose: its line says so by zeros.
 * Counts and intervals stand in the other forms of the table.
 */
#include <inttypes.h>

#include "base/listing.h"
#include "results/report/plot_drift.h"
#include "results/score/measures.h"
#include "run/drift/drift.h"
#include "run/drift/grid.h"

static const char *const words[VARY_WHATS] = {
	[VARY_PAD] = "bytes added to each message",
	[VARY_MASK] = "first bytes of each datagram and stream that are noise",
	[VARY_IDS] = "share of request ids drawn anew",
	[VARY_STRETCH] = "factor on all times",
};

#define AMOUNT_TEXT 16

/* One signature: its recall at each amount, and of how many. */
static void put_signature(struct listing *l, const struct plot_view *v, enum score_unit unit,
			  const char *signature, enum vary_what what)
{
	size_t n;
	const double *amounts = drift_amounts(what, &n);
	uint64_t of = 0;

	listing_begin(l);
	listing_put(l, 0, signature);
	for (size_t i = 0; i < n; i++) {
		struct score_row sum =
			drift_sum(v, unit, signature, drift_word(what), amounts[i], true);
		double recall = score_recall(&sum);

		if (recall >= 0)
			listing_putf(l, 1 + i, "%.3f", recall);
		of = sum.tp + sum.fn;
		score_row_clear(&sum);
	}
	listing_putf(l, 1 + n, "%" PRIu64, of);
}

/* The table of one change: a column for each amount. */
static void put_change(const struct plot_view *v, enum score_unit unit, enum vary_what what,
		       FILE *f)
{
	struct listing_column columns[DRIFT_AMOUNTS + 2] = {{.name = "signature"}};
	char heads[DRIFT_AMOUNTS][AMOUNT_TEXT];
	size_t n;
	const double *amounts = drift_amounts(what, &n);
	struct listing *l;

	for (size_t i = 0; i < n; i++) {
		snprintf(heads[i], AMOUNT_TEXT, "%g", amounts[i]);
		columns[1 + i] = (struct listing_column){.name = heads[i], .number = true};
	}
	columns[1 + n] = (struct listing_column){.name = "of", .number = true};
	l = listing_new(columns, n + 2);
	for (size_t i = 0; i < v->signatures.n; i++)
		put_signature(l, v, unit, v->signatures.w[i], what);
	fprintf(f, "%s traffic, recall of %s: %s\n", source_text(v->source),
		unit == UNIT_FLOW ? "flows" : "clients", words[what]);
	listing_end(l, f, false);
	fputs("\n", f);
}

void drift_grid(const struct score_table *t, enum score_unit unit, unsigned changes, FILE *f)
{
	for (int s = SOURCE_EMULATED; s <= SOURCE_RECORDED; s++) {
		struct plot_view v;

		if (!plot_view_of(&v, t, (enum traffic_source)s))
			continue;
		for (unsigned k = 0; k < VARY_WHATS; k++)
			if (changes & (1U << k))
				put_change(&v, unit, (enum vary_what)k, f);
	}
}
