// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_signatures.c - all signatures compared: false-positive rate against recall
 *
 * The axis of the rate is logarithmic. A signature without a false positive stands at its left end, which says
 * "none"; its bar shows up to where the rate may be.
 */
#include <math.h>
#include <stdlib.h>

#include "base/quote.h"
#include "results/report/palette.h"
#include "results/report/plot_signatures.h"
#include "results/score/row_intervals.h"
#include "results/score/measures.h"

#define PER 1000.0 /* false positives per so many flows that are not Skype */

struct point {
	const char *signature;
	size_t number;	      /* of the signature among all: its colour and shape */
	struct score_row sum; /* counts over all settings */
};

/* The signatures that have both measures; an (owned) array of *n. */
static struct point *select_points(const struct plot_view *v, size_t *n)
{
	struct point *points = xcalloc(v->signatures.n + 1, sizeof(*points));

	*n = 0;
	for (size_t i = 0; i < v->signatures.n; i++) {
		const char *signature = v->signatures.w[i];
		struct score_row sum = plot_view_sum(v, UNIT_FLOW, signature, NULL, NULL);

		if (score_recall(&sum) >= 0 && score_fpr(&sum) >= 0)
			points[(*n)++] = (struct point){signature, i, sum};
		else
			score_row_clear(&sum);
	}
	return points;
}

static void put_data(FILE *f, const struct point *points, size_t n)
{
	fputs("fp_per_1000\tfp_upper\trecall\trecall_low\trecall_high\tsignature\n", f);
	for (size_t i = 0; i < n; i++) {
		const struct score_row *r = &points[i].sum;
		struct interval w = {score_recall(r), score_recall(r)};

		row_recall_interval(r, &w);
		fprintf(f, "%.5f\t%.5f\t%.4f\t%.4f\t%.4f\t%s\n", PER * score_fpr(r),
			PER * row_fpr_upper(r), score_recall(r), w.low, w.high,
			points[i].signature);
	}
}

/* Where "none" stands: a power of ten below every rate and bound. */
static double left_end(const struct point *points, size_t n)
{
	double least = PER;

	for (size_t i = 0; i < n; i++) {
		double rate = PER * score_fpr(&points[i].sum),
		       upper = PER * row_fpr_upper(&points[i].sum);

		least = rate > 0 && rate < least ? rate : least;
		least = upper > 0 && upper < least ? upper : least;
	}
	return pow(10, floor(log10(least)) - 1);
}

static void put_script(FILE *f, const struct plot_view *v, const struct point *points, size_t n)
{
	char *title = xasprintf("Signatures compared: what they find, what they wrongly claim "
				"(flows, %s%s)",
				source_text(v->source), v->at);

	fprintf(f,
		"set title %s\n"
		"set xlabel \"false positives per 1,000 flows that are not Skype (bar: exact 95 %% "
		"upper bound)\"\n"
		"set ylabel \"recall\"\nset yrange [-0.03:1.03]\n"
		"set logscale x\nset format x \"%%g\"\nNONE = %g\nset xrange [NONE / 2:*]\n"
		"set xtics 10\nset xtics add (\"none\" NONE)\nat(x) = x > NONE ? x : NONE\nplot ",
		quote_gnuplot(title), left_end(points, n));
	free(title);
	for (size_t i = 0; i < n; i++) {
		size_t number = points[i].number;

		fprintf(f,
			"%s%s skip 1 every ::%zu::%zu using (at($1)):3:(at($1)):2:4:5 with "
			"xyerrorbars lw 1.5 pt "
			"%d ps 1.2 lc rgb \"%s\" title ",
			i ? ", \\\n     " : "", i ? "''" : "FILE", i, i,
			plot_points[number % PLOT_SHAPES], plot_colours[number % PLOT_COLOURS]);
		fputs(quote_gnuplot(points[i].signature), f);
	}
	fputc('\n', f);
}

int plot_signatures(const struct plot_view *v, struct plot_list *list, struct err *e)
{
	struct plot_file p;
	size_t n;
	struct point *points = select_points(v, &n);
	char *name;
	int rc = 0;

	if (n > 1) {
		plot_begin(&p);
		put_data(p.data, points, n);
		put_script(p.script, v, points, n);
		name = xasprintf("signatures-%s", source_text(v->source));
		rc = plot_list_add(list, &p, name, 980, 360 + 20 * (int)n, e);
		free(name);
	}
	for (size_t i = 0; i < n; i++)
		score_row_clear(&points[i].sum);
	free(points);
	return rc;
}
