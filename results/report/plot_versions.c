// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_versions.c - signature by traffic version: recall as shade and number
 */
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "results/report/palette.h"
#include "results/report/plot_versions.h"
#include "results/score/measures.h"

#define SQUARE_MIN 130 /* pixels across */

static void put_data(FILE *f, const struct plot_view *v, enum score_unit unit)
{
	const struct plot_words *sig = &v->signatures, *ver = &v->versions;

	fputs("x\ty\tversion\tsignature\trecall\ttp\tfn\tlabel\n", f);
	for (size_t s = 0; s < sig->n; s++)
		for (size_t x = 0; x < ver->n; x++) {
			struct score_row sum = plot_view_sum(v, unit, sig->w[s], ver->w[x], NULL);
			unsigned long long tp = sum.tp, fn = sum.fn;
			double recall = score_recall(&sum);

			score_row_clear(&sum);
			fprintf(f, "%zu\t%zu\t%s\t%s\t", x, sig->n - 1 - s, ver->w[x], sig->w[s]);
			if (recall < 0)
				fputs("-\t0\t0\tno such traffic\n", f);
			else
				fprintf(f, "%.4f\t%llu\t%llu\t%.2f (%llu/%llu)\n", recall, tp, fn,
					recall, tp, tp + fn);
		}
}

static void put_script(FILE *f, const struct plot_view *v, enum score_unit unit, const char *what)
{
	/* The answer of the report also counts a site's own clients. */
	const char *whose =
		unit == UNIT_CLIENT && v->source == SOURCE_EMULATED ? " of every site" : "";
	char *title = xasprintf("Recall of %s%s, all settings together\n%s traffic%s", what, whose,
				source_text(v->source), v->at);

	fputs("set title ", f);
	fputs(quote_gnuplot(title), f);
	free(title);
	fprintf(f,
		"\nset xlabel \"version of the traffic\"\nunset grid\nunset key\nset border 0\n"
		"set tics scale 0\n"
		"set palette defined (" PLOT_HEAT ")\n"
		"set cbrange [0:1]\nset cblabel \"recall\"\n"
		"set xrange [-0.5:%zu.5]\nset yrange [-0.5:%zu.5]\n"
		"plot FILE skip 1 using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):5:xtic(3):ytic(4) "
		"with boxxyerror lc palette fs solid noborder, \\\n"
		"     '' skip 1 using 1:2:8:($5 > %.1f ? " PLOT_HEAT_ON_DARK
		" : " PLOT_HEAT_ON_LIGHT ") with labels tc rgb variable\n",
		v->versions.n - 1, v->signatures.n - 1, PLOT_HEAT_DARK_FROM);
}

/* Pixels that a column needs for its longest version name. */
static int square_width(const struct plot_words *versions)
{
	size_t longest = 0;

	for (size_t i = 0; i < versions->n; i++)
		longest = strlen(versions->w[i]) > longest ? strlen(versions->w[i]) : longest;
	return longest > 14 ? 9 * (int)longest : SQUARE_MIN;
}

int plot_versions(const struct plot_view *v, enum score_unit unit, struct plot_list *list,
		  struct err *e)
{
	const char *what = unit == UNIT_FLOW ? "flows" : "clients";
	char *name = xasprintf("versions-%s-%s", what, source_text(v->source));
	struct plot_file p;
	int rc;

	plot_begin(&p);
	put_data(p.data, v, unit);
	put_script(p.script, v, unit, what);
	rc = plot_list_add(list, &p, name, 420 + square_width(&v->versions) * (int)v->versions.n,
			   170 + 44 * (int)v->signatures.n, e);
	free(name);
	return rc;
}
