// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * grid.c - recall by signature and amount, a block for each change
 *
 * What a signature does not find in the unchanged captures it cannot lose: its line says so by zeros.
 * Counts and intervals stand in the other forms of the table.
 */
#include <inttypes.h>

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

static void put_line(const struct plot_view *v, enum score_unit unit, const char *signature,
		     enum vary_what what, FILE *f)
{
	size_t n;
	const double *amounts = drift_amounts(what, &n);
	uint64_t of = 0;

	fprintf(f, "%-24s", signature);
	for (size_t i = 0; i < n; i++) {
		struct score_row sum =
			drift_sum(v, unit, signature, drift_word(what), amounts[i], true);
		double recall = score_recall(&sum);

		if (recall < 0)
			fprintf(f, " %6s", "-");
		else
			fprintf(f, " %6.3f", recall);
		of = sum.tp + sum.fn;
		score_row_clear(&sum);
	}
	fprintf(f, "  of %" PRIu64 "\n", of);
}

void drift_grid(const struct score_table *t, enum score_unit unit, unsigned changes, FILE *f)
{
	const char *what = unit == UNIT_FLOW ? "flows" : "clients";

	for (int s = SOURCE_EMULATED; s <= SOURCE_RECORDED; s++) {
		struct plot_view v;

		if (!plot_view_of(&v, t, (enum traffic_source)s))
			continue;
		for (unsigned k = 0; k < VARY_WHATS; k++) {
			size_t n;
			const double *amounts = drift_amounts((enum vary_what)k, &n);

			if (!(changes & (1U << k)))
				continue;
			fprintf(f, "%s traffic, recall of %s: %s\n%-24s", source_text(v.source),
				what, words[k], "signature");
			for (size_t i = 0; i < n; i++)
				fprintf(f, " %6g", amounts[i]);
			fputs("\n", f);
			for (size_t i = 0; i < v.signatures.n; i++)
				put_line(&v, unit, v.signatures.w[i], (enum vary_what)k, f);
			fputs("\n", f);
		}
	}
}
