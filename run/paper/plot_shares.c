// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_shares.c - recall with its interval: a line for each thing, a point for each signature
 *
 * The figures are those of a table of the paper, field by field. At most SERIES signatures and
 * LINES lines are shown.
 */
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "results/report/palette.h"
#include "run/paper/plot_shares.h"

#define SERIES 7
#define LINES  64

/* Distinct texts in order of appearance. */
struct texts {
	char *w[LINES]; /* (owned) */
	size_t n;
};

static size_t text_index(struct texts *l, const char *text, size_t max)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->w[i], text))
			return i;
	if (l->n == max)
		return max;
	l->w[l->n] = xstrdup(text);
	return l->n++;
}

static void texts_clear(struct texts *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->w[i]);
}

static const char *cell(const struct tsv *t, size_t r, const char *name)
{
	return tsv_cell(t, r, tsv_column(t, name));
}

/* One row of the table as a row of the plot's data. */
static void put_row(FILE *f, const struct shares *s, const struct tsv *t, size_t r,
		    struct texts *labels, struct texts *series)
{
	char *label = view_text(s->label, t, r);
	size_t y = text_index(labels, label, LINES);
	size_t k = text_index(series, cell(t, r, "signature"), SERIES);
	const char *low = cell(t, r, "recall_low"), *high = cell(t, r, "recall_high");
	const char *recall = cell(t, r, "recall");

	if (y < LINES && k < SERIES)
		fprintf(f, "%zu\t%zu\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", y, k, label,
			cell(t, r, "signature"), recall, strcmp(low, "-") != 0 ? low : recall,
			strcmp(high, "-") != 0 ? high : recall, cell(t, r, "found"),
			cell(t, r, "of"));
	free(label);
}

static size_t longest(const struct texts *l)
{
	size_t most = 0;

	for (size_t i = 0; i < l->n; i++)
		most = strlen(l->w[i]) > most ? strlen(l->w[i]) : most;
	return most;
}

static void put_script(FILE *f, const struct shares *s, const struct texts *labels,
		       const struct texts *series, int width)
{
	double left = 30 + 7.5 * (double)longest(labels);

	fputs("set title ", f);
	fputs(quote_gnuplot(s->title), f);
	fprintf(f,
		"\nset xlabel \"recall, with 95 %% interval over independent trials\"\n"
		"set lmargin at screen %.3f\nset rmargin at screen %.3f\n"
		"set xrange [-0.02:1.02]\nset yrange [%zu.6:-0.6]\n"
		"set key outside bottom center horizontal height 1\nset ytics (",
		left / width, 1 - 30.0 / width, labels->n - 1);
	for (size_t i = 0; i < labels->n; i++)
		fprintf(f, "%s%s %zu", i ? ", " : "", quote_gnuplot(labels->w[i]), i);
	fputs(")\nplot ", f);
	for (size_t k = 0; k < series->n; k++) {
		double aside = ((double)k - (double)(series->n - 1) / 2) * 0.22;

		fprintf(f,
			"%s%s skip 1 using ($2==%zu?$5:1/0):($1%+.2f):6:7 with xerrorbars "
			"lw 1.5 pt %d ps 0.7 lc rgb \"%s\" title ",
			k ? ", \\\n     " : "", k ? "''" : "FILE", k, aside,
			plot_points[k % PLOT_SHAPES], plot_colours[k % PLOT_COLOURS]);
		fputs(quote_gnuplot(series->w[k]), f);
	}
	fputc('\n', f);
}

int plot_shares(const struct shares *s, const struct tsv *t, struct plot_list *list, struct err *e)
{
	struct texts labels = {0}, series = {0};
	struct plot_file p;
	int rc = 0, width;

	plot_begin(&p);
	fputs("y\tseries\twhat\tsignature\trecall\tlow\thigh\tfound\tof\n", p.data);
	for (size_t r = 0; r < t->rows; r++)
		if (view_has(&s->rows, t, r) && strcmp(cell(t, r, "recall"), "-") != 0)
			put_row(p.data, s, t, r, &labels, &series);
	if (labels.n > 1) {
		width = 480 + (int)(7.5 * (double)longest(&labels));
		put_script(p.script, s, &labels, &series, width);
		rc = plot_list_add(list, &p, s->name, width,
				   190 + (int)(labels.n * (10 + 8 * series.n)), e);
	} else {
		plot_drop(&p);
	}
	texts_clear(&labels);
	texts_clear(&series);
	return rc;
}
