// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_vantages.c - recall of every signature by vantage
 */
#include <stdlib.h>

#include "base/quote.h"
#include "results/report/palette.h"
#include "results/report/plot_vantages.h"
#include "results/score/row_intervals.h"
#include "results/score/measures.h"

/* One block per signature, one line per vantage. */
static void put_data(FILE *f, const struct plot_view *v)
{
	const struct plot_words *sig = &v->signatures, *van = &v->vantages;

	fputs("x\tvantage\tsignature\trecall\tlow\thigh\n", f);
	for (size_t s = 0; s < sig->n; s++) {
		for (size_t x = 0; x < van->n; x++) {
			struct score_row sum =
				plot_view_sum(v, UNIT_FLOW, sig->w[s], NULL, van->w[x]);
			double recall = score_recall(&sum);
			struct interval i = {recall, recall};

			fprintf(f, "%zu\t%s\t%s", x, van->w[x], sig->w[s]);
			row_recall_interval(&sum, &i);
			score_row_clear(&sum);
			if (recall < 0)
				fputs("\t-\t-\t-\n", f);
			else
				fprintf(f, "\t%.4f\t%.4f\t%.4f\n", recall, i.low, i.high);
		}
		fputs("\n\n", f);
	}
}

static void put_script(FILE *f, const struct plot_view *v)
{
	const struct plot_words *sig = &v->signatures, *van = &v->vantages;

	fprintf(f,
		"set title \"Recall by vantage, of the flows that it saw (%s traffic, all "
		"settings)\"\n"
		"set ylabel \"recall, with 95 %% interval\"\nset yrange [-0.02:1.02]\n"
		"set xrange [-0.4:%zu.4]\nset xtics (",
		source_text(v->source), van->n - 1);
	for (size_t x = 0; x < van->n; x++) {
		fputs(x ? ", " : "", f);
		fputs(quote_gnuplot(van->w[x]), f);
		fprintf(f, " %zu", x);
	}
	fputs(")\nplot ", f);
	for (size_t s = 0; s < sig->n; s++) {
		/* Points stand side by side, so that equal ones do not hide each other; no line joins them, for
		 * there is nothing between two vantages. */
		double aside = ((double)s - (double)(sig->n - 1) / 2) * 0.06;

		fprintf(f,
			"%s%s skip 1 index %zu using ($1+%.3f):4:5:6 with yerrorbars lw 1.5 pt %d "
			"lc rgb \"%s\" title ",
			s ? ", \\\n     " : "", s ? "''" : "FILE", s, aside,
			plot_points[s % PLOT_SHAPES], plot_colours[s % PLOT_COLOURS]);
		fputs(quote_gnuplot(sig->w[s]), f);
	}
	fputc('\n', f);
}

int plot_vantages(const struct plot_view *v, struct plot_list *list, struct err *e)
{
	char *name = xasprintf("vantages-%s", source_text(v->source));
	struct plot_file p;
	int rc;

	plot_begin(&p);
	put_data(p.data, v);
	put_script(p.script, v);
	rc = plot_list_add(list, &p, name, 980, 300 + 20 * (int)v->signatures.n, e);
	free(name);
	return rc;
}
