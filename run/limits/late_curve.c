// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * late_curve.c - recall against the seconds that are cut off, as text, TSV and plots
 *
 * A point is the sum over all settings of one source, signature and traffic version, with the interval of
 * its trials. A trial of which nothing is left after the cut says nothing there: each point has its own
 * denominator and its own number of trials. Units that nobody asks for have no rows.
 */
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/path.h"
#include "base/quote.h"
#include "results/report/gnuplot.h"
#include "results/report/palette.h"
#include "results/report/plot_file.h"
#include "results/score/measures.h"
#include "results/score/row_intervals.h"
#include "run/limits/late_curve.h"

static const enum score_unit units[] = {UNIT_FLOW, UNIT_CLIENT, UNIT_SUPER_NODE, UNIT_SESSION};

struct point {
	uint64_t found, of, false_claims;
	size_t trials;
	double recall;
	bool known; /* @interval */
	struct interval interval;
};

/* One line of a plot. */
struct curve_of {
	enum traffic_source source;
	const char *signature, *version;
	enum score_unit unit;
};

static bool is_of(const struct score_row *r, const struct curve_of *v)
{
	return r->source == v->source && r->unit == v->unit &&
	       !strcmp(r->signature, v->signature) && !strcmp(r->traffic_version, v->version);
}

/* What is found in the table of one cut; of 0 = nothing is left. */
static struct point point_of(const struct score_table *t, const struct curve_of *v)
{
	struct score_row sum = {.source = v->source};
	struct point p = {0};

	for (size_t i = 0; i < t->n; i++)
		if (is_of(&t->rows[i], v))
			score_row_sum(&sum, &t->rows[i]);
	p.found = sum.tp;
	p.of = sum.tp + sum.fn;
	p.false_claims = sum.fp;
	p.recall = p.of ? score_recall(&sum) : 0;
	p.trials = row_trials(&sum);
	p.known = p.of && row_recall_interval(&sum, &p.interval);
	score_row_clear(&sum);
	return p;
}

typedef void curve_fn(void *arg, const struct late *l, const struct curve_of *v);

/* A row is the first with its words. */
static bool is_first(const struct score_table *t, size_t row, const struct curve_of *v)
{
	for (size_t i = 0; i < row; i++)
		if (is_of(&t->rows[i], v))
			return false;
	return true;
}

static void each_version(const struct late *l, struct curve_of v, curve_fn *fn, void *arg)
{
	const struct score_table *t = l->tables[0];

	for (size_t i = 0; i < t->n; i++) {
		v.version = t->rows[i].traffic_version;
		if (is_of(&t->rows[i], &v) && is_first(t, i, &v) && point_of(t, &v).of)
			fn(arg, l, &v);
	}
}

/* Calls @fn for each curve that has something to find where nothing is cut off, or as little as there is:
 * by source, unit, signature and version. */
static void each_curve(const struct late *l, curve_fn *fn, void *arg)
{
	for (int s = SOURCE_EMULATED; s <= SOURCE_RECORDED; s++)
		for (size_t u = 0; u < ARRAY_LEN(units); u++)
			for (size_t i = 0; i < signatures_count(l->q->set); i++)
				each_version(
					l,
					(struct curve_of){
						.source = (enum traffic_source)s,
						.signature = signatures_info(l->q->set, i)->name,
						.unit = units[u]},
					fn, arg);
}

/* ------------------------------------------------------------------ tables */

static void interval_cells(FILE *f, const struct point *p)
{
	if (p->known)
		fprintf(f, "%.4f\t%.4f\t", p->interval.low, p->interval.high);
	else
		fputs("-\t-\t", f);
}

static void put_rows(void *arg, const struct late *l, const struct curve_of *v)
{
	FILE *f = arg;

	for (size_t i = 0; i < l->q->cuts_n; i++) {
		struct point p = point_of(l->tables[i], v);

		fprintf(f, "%s\t%s\t%s\t%s\t%g\t%llu\t%llu\t", source_text(v->source),
			quote_terminal(v->version), quote_terminal(v->signature),
			score_unit_text(v->unit), l->q->cuts[i], (unsigned long long)p.found,
			(unsigned long long)p.of);
		if (p.of)
			fprintf(f, "%.4f\t", p.recall);
		else
			fputs("-\t", f);
		interval_cells(f, &p);
		fprintf(f, "%zu\t%llu\n", p.trials, (unsigned long long)p.false_claims);
	}
}

void late_tsv(FILE *f, const struct late *l)
{
	fputs("source\ttraffic_version\tsignature\tunit\tcut_s\tfound\tof\trecall\trecall_"
	      "low\trecall_"
	      "high\ttrials\tfalse\n",
	      f);
	each_curve(l, put_rows, f);
}

static bool has_version(const struct curve_of *v)
{
	return strcmp(v->version, "-") != 0;
}

static void put_text(void *arg, const struct late *l, const struct curve_of *v)
{
	FILE *f = arg;

	fprintf(f, "\n%s: %ss found of those left, %s traffic%s%s\n", quote_terminal(v->signature),
		score_unit_text(v->unit), source_text(v->source),
		has_version(v) ? " of version " : "",
		has_version(v) ? quote_terminal(v->version) : "");
	fprintf(f, "  %8s %14s  %-22s %7s %7s\n", "cut off", "found/of", "recall", "trials",
		"false");
	for (size_t i = 0; i < l->q->cuts_n; i++) {
		struct point p = point_of(l->tables[i], v);
		char counts[48], recall[48] = "-";

		snprintf(counts, sizeof(counts), "%llu/%llu", (unsigned long long)p.found,
			 (unsigned long long)p.of);
		if (p.known)
			snprintf(recall, sizeof(recall), "%.3f [%.3f, %.3f]", p.recall,
				 p.interval.low, p.interval.high);
		else if (p.of)
			snprintf(recall, sizeof(recall), "%.3f", p.recall);
		fprintf(f, "  %6g s %14s  %-22s %7zu %7llu\n", l->q->cuts[i], counts, recall,
			p.trials, (unsigned long long)p.false_claims);
	}
}

void late_text(FILE *f, const struct late *l)
{
	fprintf(f, "%zu runs at %s, %zu captures\n", l->runs, quote_terminal(l->q->vantage),
		l->captures);
	each_curve(l, put_text, f);
}

/* ------------------------------------------------------------------ plots */

#define LINES 14 /* of a plot; no two have colour and shape in common */

/* The plot being made: its source and unit, its lines so far. */
struct drawing {
	enum traffic_source source;
	enum score_unit unit;
	struct plot_file p;
	size_t n;
};

static void put_line(void *arg, const struct late *l, const struct curve_of *v)
{
	struct drawing *d = arg;
	size_t k = d->n;
	char *title;

	if (v->source != d->source || v->unit != d->unit || k == LINES)
		return;
	d->n++;
	for (size_t i = 0; i < l->q->cuts_n; i++) {
		struct point p = point_of(l->tables[i], v);

		/* Where one trial says nothing of another, nothing is known. */
		if (p.of)
			fprintf(d->p.data, "%g\t%.4f\t%.4f\t%.4f\t%llu\t%llu\t%zu\t%s\t%s\n",
				l->q->cuts[i], p.recall, p.known ? p.interval.low : 0.0,
				p.known ? p.interval.high : 1.0, (unsigned long long)p.found,
				(unsigned long long)p.of, p.trials, quote_terminal(v->signature),
				quote_terminal(v->version));
	}
	fputs("\n\n", d->p.data);
	/* Side by side: the intervals of signatures that agree would hide each other. */
	fprintf(d->p.script,
		"%s%s skip 1 index %zu using (($1+1)*%.2f):2:3:4 with yerrorlines lw 1.6 pt %d ps "
		"0.8 lc "
		"rgb \"%s\" title ",
		k ? ", \\\n     " : "", k ? "''" : "plot FILE", k, 1 + 0.03 * (double)k,
		plot_points[k % PLOT_SHAPES], plot_colours[k % PLOT_COLOURS]);
	title = has_version(v) ? xasprintf("%s on %s", v->signature, v->version)
			       : xstrdup(v->signature);
	fputs(quote_gnuplot(title), d->p.script);
	free(title);
}

static void put_head(FILE *f, const struct late *l, const struct drawing *d)
{
	char *title = xasprintf("%ss found of those left, by who begins to watch late\n"
				"%s traffic, with 95 %% interval over trials",
				score_unit_text(d->unit), source_text(d->source));

	fprintf(f, "set title %s\n", quote_gnuplot(title));
	free(title);
	fputs("set xlabel \"seconds cut off at the beginning\"\nset ylabel \"recall\"\n"
	      "set yrange [0:1.02]\nset logscale x\nset xtics (",
	      f);
	for (size_t i = 0; i < l->q->cuts_n; i++)
		fprintf(f, "%s\"%g\" %g", i ? ", " : "", l->q->cuts[i], l->q->cuts[i] + 1);
	fprintf(f, ")\nset xrange [0.95:%g]\n", 1.4 * (l->q->cuts[l->q->cuts_n - 1] + 1));
	fputs("set key outside bottom center horizontal maxcols 3 height 1\n", f);
}

static int plot_one(struct plot_list *list, const struct late *l, enum traffic_source source,
		    enum score_unit unit, struct err *e)
{
	struct drawing d = {.source = source, .unit = unit};
	char *name;
	int rc;

	plot_begin(&d.p);
	fputs("cut_s\trecall\tlow\thigh\tfound\tof\ttrials\tsignature\ttraffic_version\n",
	      d.p.data);
	put_head(d.p.script, l, &d);
	each_curve(l, put_line, &d);
	fputc('\n', d.p.script);
	if (!d.n) {
		plot_drop(&d.p);
		return 0;
	}
	name = xasprintf("late-%ss-%s", score_unit_text(unit), source_text(source));
	rc = plot_list_add(list, &d.p, name, 820, 500, e);
	free(name);
	return rc;
}

static int make_plots(const char *dir, const struct late *l, struct err *e)
{
	char *folder = path_in(dir, "plots");
	struct plot_list list = {.dir = folder};
	int rc = make_dirs(folder, e);

	for (int s = SOURCE_EMULATED; s <= SOURCE_RECORDED; s++)
		for (size_t u = 0; u < ARRAY_LEN(units); u++)
			if (rc == 0)
				rc = plot_one(&list, l, (enum traffic_source)s, units[u], e);
	if (rc == 0 && list.n)
		rc = gnuplot_run(folder, (const char *const *)list.names, list.n, e);
	plot_list_clear(&list);
	free(folder);
	return rc;
}

static int write_table(const char *dir, const struct late *l, struct err *e)
{
	char *path = path_in(dir, "late.tsv");
	struct outfile o;
	int rc = outfile_open(&o, path, e);

	free(path);
	if (rc < 0)
		return -1;
	late_tsv(o.f, l);
	return outfile_commit(&o, e);
}

int late_write(const char *dir, const struct late *l, struct err *e)
{
	if (make_dirs(dir, e) < 0 || write_table(dir, l, e) < 0)
		return -1;
	return make_plots(dir, l, e);
}
