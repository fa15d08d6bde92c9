// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * points.c - sums trials into the points of curves, with intervals; for the experiments of tests/limits
 *
 *	points [--range] TRIALS.tsv SERIES X Y OF SUMS [DIRECTORY NAME TITLE XLABEL YLABEL]
 *
 * TRIALS has a line a trial and columns by name. SERIES: comma list of the columns that say which curve a
 * trial is of; X: the column that says where on it; Y and OF: the columns whose sums make the ratio.
 * SUMS: comma list of further columns to sum, where "-" is nothing known; "" = none. Points come in the
 * order of their first trials, one a line on standard output:
 *
 *	SERIES... X Y OF ratio low high trials SUMS...
 *
 * low and high: 95 % of the ratio over the trials (ratio_t95()), "-" where one trial says nothing of another.
 * With --range lines are no trials of their own, so that nothing is summed: ratio is the median of theirs, low
 * and high the least and the most, OF that of a line, `draws` how many lines there are; there is no Y.
 * With a DIRECTORY there is a plot, too: DIRECTORY/NAME.svg.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/outfile.h"
#include "base/quote.h"
#include "base/text.h"
#include "base/tsv.h"
#include "results/report/gnuplot.h"
#include "results/report/palette.h"
#include "results/report/plot_file.h"
#include "results/score/intervals.h"

#define SERIES_MAX 64
#define X_MAX	   64
#define COLUMNS	   8

/* Columns that were named. */
struct named {
	int at[COLUMNS];
	const char *word[COLUMNS];
	size_t n;
};

struct point {
	size_t series, x;
	char key[600]; /* the cells of its series, joined by TAB */
	const char *where;
	struct ratio_part *parts; /* (owned) one a trial */
	size_t n;
	uint64_t y, of, sums[COLUMNS];
	bool known[COLUMNS];
};

struct all {
	struct tsv *t;
	struct named series, sums;
	int x, y, of;
	struct point *points; /* (owned) */
	size_t n;
	const char *names[SERIES_MAX], *places[X_MAX];
	size_t names_n, places_n;
	bool range;
};

static void die(const struct err *e)
{
	fprintf(stderr, "points: %s\n", e->msg);
	exit(1);
}

static int need(const struct tsv *t, const char *name)
{
	struct err e;
	int c = tsv_need(t, name, &e);

	if (c < 0)
		die(&e);
	return c;
}

static struct named columns(const struct tsv *t, char *list)
{
	struct named c = {.n = 0};
	char *save;

	for (char *w = strtok_r(list, ",", &save); w && c.n < COLUMNS;
	     w = strtok_r(NULL, ",", &save)) {
		c.word[c.n] = w;
		c.at[c.n++] = need(t, w);
	}
	return c;
}

/* The place of @word in @list, where it is added when it is new. */
static size_t place(const char **list, size_t *n, size_t most, const char *word)
{
	struct err e;

	for (size_t i = 0; i < *n; i++)
		if (!strcmp(list[i], word))
			return i;
	if (*n == most) {
		err_set(&e, "more than %zu curves or places", most);
		die(&e);
	}
	list[*n] = word;
	return (*n)++;
}

static struct point *point_of(struct all *a, const char *key, const char *where)
{
	for (size_t i = 0; i < a->n; i++)
		if (!strcmp(a->points[i].key, key) && !strcmp(a->points[i].where, where))
			return &a->points[i];
	a->points = xrealloc(a->points, (a->n + 1) * sizeof(*a->points));
	a->points[a->n] = (struct point){.where = where};
	snprintf(a->points[a->n].key, sizeof(a->points[a->n].key), "%s", key);
	return &a->points[a->n++];
}

static void add_row(struct all *a, size_t row)
{
	char key[600] = "";
	struct ratio_part part = {.stratum = 0};
	struct point *p;
	struct err e;

	for (size_t i = 0; i < a->series.n; i++) {
		size_t at = strlen(key);

		snprintf(key + at, sizeof(key) - at, "%s%s", i ? "\t" : "",
			 tsv_cell(a->t, row, a->series.at[i]));
	}
	if (tsv_count(a->t, row, a->y, &part.y, &e) < 0 ||
	    tsv_count(a->t, row, a->of, &part.x, &e) < 0)
		die(&e);
	p = point_of(a, key, tsv_cell(a->t, row, a->x));
	p->parts = xrealloc(p->parts, (p->n + 1) * sizeof(*p->parts));
	p->parts[p->n++] = part;
	p->y += part.y;
	p->of += part.x;
	for (size_t i = 0; i < a->sums.n; i++) {
		uint64_t v;

		if (!strcmp(tsv_cell(a->t, row, a->sums.at[i]), "-"))
			continue;
		if (tsv_count(a->t, row, a->sums.at[i], &v, &e) < 0)
			die(&e);
		p->sums[i] += v;
		p->known[i] = true;
	}
}

static bool interval_of(const struct all *a, struct point *p, struct interval *v)
{
	if (!a->range)
		return p->of && ratio_t95(p->parts, p->n, v);
	*v = (struct interval){1, 0};
	for (size_t i = 0; i < p->n; i++) {
		double ratio = (double)p->parts[i].y / (double)p->parts[i].x;

		if (!p->parts[i].x)
			continue;
		v->low = ratio < v->low ? ratio : v->low;
		v->high = ratio > v->high ? ratio : v->high;
	}
	return p->of > 0;
}

static int by_ratio(const void *a, const void *b)
{
	const struct ratio_part *x = a, *y = b;
	uint64_t left = x->y * y->x, right = y->y * x->x;

	return (left > right) - (left < right);
}

/* Of all lines together, or with --range the median of theirs. */
static double ratio_of(const struct all *a, struct point *p)
{
	const struct ratio_part *middle;

	if (!a->range)
		return (double)p->y / (double)p->of;
	qsort(p->parts, p->n, sizeof(*p->parts), by_ratio);
	middle = &p->parts[p->n / 2];
	return (double)middle->y / (double)middle->x;
}

static void put_point(struct all *a, struct point *p)
{
	struct interval v;

	printf("%s\t%s\t", p->key, p->where);
	if (a->range)
		printf("%" PRIu64 "\t", p->of / p->n);
	else
		printf("%" PRIu64 "\t%" PRIu64 "\t", p->y, p->of);
	if (p->of)
		printf("%.4f\t", ratio_of(a, p));
	else
		fputs("-\t", stdout);
	if (interval_of(a, p, &v))
		printf("%.4f\t%.4f\t", v.low, v.high);
	else
		fputs("-\t-\t", stdout);
	printf("%zu", p->n);
	for (size_t i = 0; i < a->sums.n; i++)
		if (p->known[i])
			printf("\t%" PRIu64, p->sums[i]);
		else
			fputs("\t-", stdout);
	putchar('\n');
}

static void put_table(struct all *a, const char *x, const char *y, const char *of)
{
	for (size_t i = 0; i < a->series.n; i++)
		printf("%s\t", a->series.word[i]);
	printf("%s\t%s%s%s\tratio\tlow\thigh\t%s", x, a->range ? "" : y, a->range ? "" : "\t", of,
	       a->range ? "draws" : "trials");
	for (size_t i = 0; i < a->sums.n; i++)
		printf("\t%s", a->sums.word[i]);
	putchar('\n');
	for (size_t i = 0; i < a->n; i++)
		put_point(a, &a->points[i]);
}

/* ------------------------------------------------------------------ plot */

static void find_places(struct all *a)
{
	for (size_t i = 0; i < a->n; i++) {
		a->points[i].series = place(a->names, &a->names_n, SERIES_MAX, a->points[i].key);
		a->points[i].x = place(a->places, &a->places_n, X_MAX, a->points[i].where);
	}
}

static void put_curve(struct all *a, struct plot_file *p, size_t series)
{
	char name[1200] = "";
	size_t n = 0;

	for (const char *c = a->names[series]; *c && n + 3 < sizeof(name); c++) {
		if (*c == '\t')
			name[n++] = ',';
		name[n++] = *c == '\t' ? ' ' : *c;
	}
	fputs("step\tx\tratio\tlow\thigh\tseries\n", p->data);
	for (size_t x = 0; x < a->places_n; x++)
		for (size_t i = 0; i < a->n; i++) {
			struct point *q = &a->points[i];
			double ratio = q->of ? ratio_of(a, q) : 0;
			struct interval v = {0, 1}; /* where one trial says nothing of another */

			if (q->series != series || q->x != x || !q->of)
				continue;
			interval_of(a, q, &v);
			fprintf(p->data, "%zu\t%s\t%.4f\t%.4f\t%.4f\t%s\n", x, q->where, ratio,
				v.low, v.high, name);
		}
	fputs("\n\n", p->data);
	fprintf(p->script,
		"%sFILE index %zu skip 1 using ($1+%g):3:4:5 with yerrorlines lw 1.8 pt %d ps 0.8 "
		"lc rgb \"%s\" title %s",
		series ? ", \\\n     " : "plot ", series,
		0.04 * ((double)series - (double)a->names_n / 2), plot_points[series % PLOT_SHAPES],
		plot_colours[series % PLOT_COLOURS], quote_gnuplot(name));
}

static void plot(struct all *a, char *const *say)
{
	struct plot_list list = {.dir = say[0]};
	struct plot_file p;
	struct err e;

	find_places(a);
	plot_begin(&p);
	fprintf(p.script, "set title %s\n", quote_gnuplot(say[2]));
	fprintf(p.script, "set xlabel %s\n", quote_gnuplot(say[3]));
	fprintf(p.script, "set ylabel %s\n", quote_gnuplot(say[4]));
	fprintf(p.script,
		"set yrange [-0.02:1.02]\nset xrange [-0.4:%g]\n"
		"set key outside bottom center horizontal maxcols 1 height 1\nset xtics (",
		(double)a->places_n - 0.6);
	for (size_t i = 0; i < a->places_n; i++)
		fprintf(p.script, "%s%s %zu", i ? ", " : "", quote_gnuplot(a->places[i]), i);
	fputs(")\n", p.script);
	for (size_t i = 0; i < a->names_n; i++)
		put_curve(a, &p, i);
	fputc('\n', p.script);
	if (make_dirs(say[0], &e) < 0 ||
	    plot_list_add(&list, &p, say[1], 860, 420 + 18 * (int)a->names_n, &e) < 0 ||
	    gnuplot_run(say[0], (const char *const *)list.names, list.n, &e) < 0)
		die(&e);
	plot_list_clear(&list);
}

int main(int argc, char **argv)
{
	struct all a = {.n = 0};
	struct err e;

	if (argc > 1 && !strcmp(argv[1], "--range")) {
		a.range = true;
		argv++;
		argc--;
	}
	if (argc != 7 && argc != 12) {
		fputs("usage: points [--range] TRIALS.tsv SERIES X Y OF SUMS [DIRECTORY NAME TITLE "
		      "XLABEL "
		      "YLABEL]\n",
		      stderr);
		return 2;
	}
	a.t = tsv_read(argv[1], &e);
	if (!a.t)
		die(&e);
	a.series = columns(a.t, argv[2]);
	a.x = need(a.t, argv[3]);
	a.y = need(a.t, argv[4]);
	a.of = need(a.t, argv[5]);
	a.sums = columns(a.t, argv[6]);
	for (size_t i = 0; i < a.t->rows; i++)
		add_row(&a, i);
	put_table(&a, argv[3], argv[4], argv[5]);
	if (argc == 12)
		plot(&a, argv + 7);
	for (size_t i = 0; i < a.n; i++)
		free(a.points[i].parts);
	free(a.points);
	tsv_free(a.t);
	return 0;
}
