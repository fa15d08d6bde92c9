// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * late_curve.c - recall against the seconds that are cut off, as text, TSV and plots
 *
 * A point is the sum over all settings of one source and signature, with the interval of its trials. A
 * trial of which nothing is left after the cut says nothing there: each point has its own denominator and
 * its own number of trials. Units that nobody asks for have no rows.
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

/* What a signature finds of a unit in the table of one cut; of 0 = nothing is left. */
static struct point point_of(const struct score_table *t, enum traffic_source source,
			     const char *signature, enum score_unit unit)
{
	struct score_row sum = {.source = source};
	struct point p = {0};

	for (size_t i = 0; i < t->n; i++)
		if (t->rows[i].source == source && t->rows[i].unit == unit &&
		    !strcmp(t->rows[i].signature, signature))
			score_row_sum(&sum, &t->rows[i]);
	p.found = sum.tp;
	p.of = sum.tp + sum.fn;
	p.false_claims = sum.fp;
	p.recall = p.of ? score_recall(&sum) : 0;
	for (size_t i = 0; i < sum.clusters.n; i++)
		p.trials += sum.clusters.c[i].n[COUNT_TP] + sum.clusters.c[i].n[COUNT_FN] > 0;
	p.known = p.of && row_recall_interval(&sum, &p.interval);
	score_row_clear(&sum);
	return p;
}

/* Calls @fn for each source, unit and signature that has something to find from the first second on. */
typedef void curve_fn(void *arg, const struct late *l, enum traffic_source source,
		      enum score_unit unit, const char *signature);

static void each_curve(const struct late *l, curve_fn *fn, void *arg)
{
	for (int s = SOURCE_EMULATED; s <= SOURCE_RECORDED; s++)
		for (size_t u = 0; u < ARRAY_LEN(units); u++)
			for (size_t i = 0; i < signatures_count(l->q->set); i++) {
				enum traffic_source source = (enum traffic_source)s;
				const char *name = signatures_info(l->q->set, i)->name;

				if (point_of(l->tables[0], source, name, units[u]).of)
					fn(arg, l, source, units[u], name);
			}
}

/* ------------------------------------------------------------------ tables */

static void interval_cells(FILE *f, const struct point *p)
{
	if (p->known)
		fprintf(f, "%.4f\t%.4f\t", p->interval.low, p->interval.high);
	else
		fputs("-\t-\t", f);
}

static void put_rows(void *arg, const struct late *l, enum traffic_source source,
		     enum score_unit unit, const char *signature)
{
	FILE *f = arg;

	for (size_t i = 0; i < l->q->cuts_n; i++) {
		struct point p = point_of(l->tables[i], source, signature, unit);

		fprintf(f, "%s\t%s\t%s\t%g\t%llu\t%llu\t", source_text(source),
			quote_terminal(signature), score_unit_text(unit), l->q->cuts[i],
			(unsigned long long)p.found, (unsigned long long)p.of);
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
	fputs("source\tsignature\tunit\tcut_s\tfound\tof\trecall\trecall_low\trecall_"
	      "high\ttrials\tfalse\n",
	      f);
	each_curve(l, put_rows, f);
}

static void put_text(void *arg, const struct late *l, enum traffic_source source,
		     enum score_unit unit, const char *signature)
{
	FILE *f = arg;

	fprintf(f, "\n%s: %ss found of those left, %s traffic\n  %8s %14s  %-22s %7s %7s\n",
		quote_terminal(signature), score_unit_text(unit), source_text(source), "cut off",
		"found/of", "recall", "trials", "false");
	for (size_t i = 0; i < l->q->cuts_n; i++) {
		struct point p = point_of(l->tables[i], source, signature, unit);
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

/* The plot being made: its source and unit, its signatures so far. */
struct drawing {
	enum traffic_source source;
	enum score_unit unit;
	struct plot_file p;
	size_t n;
};

static void put_line(void *arg, const struct late *l, enum traffic_source source,
		     enum score_unit unit, const char *signature)
{
	struct drawing *d = arg;
	size_t k = d->n;

	if (source != d->source || unit != d->unit || k == PLOT_COLOURS)
		return;
	d->n++;
	for (size_t i = 0; i < l->q->cuts_n; i++) {
		struct point p = point_of(l->tables[i], source, signature, unit);

		if (p.of)
			fprintf(d->p.data, "%g\t%.4f\t%.4f\t%.4f\t%llu\t%llu\t%zu\t%s\n",
				l->q->cuts[i], p.recall, p.known ? p.interval.low : p.recall,
				p.known ? p.interval.high : p.recall, (unsigned long long)p.found,
				(unsigned long long)p.of, p.trials, quote_terminal(signature));
	}
	fputs("\n\n", d->p.data);
	/* Side by side: the intervals of signatures that agree would hide each other. */
	fprintf(d->p.script,
		"%s%s skip 1 index %zu using (($1+1)*%.2f):2:3:4 with yerrorlines lw 1.6 pt %d ps "
		"0.8 lc "
		"rgb \"%s\" title ",
		k ? ", \\\n     " : "", k ? "''" : "plot FILE", k, 1 + 0.03 * (double)k,
		plot_points[k % PLOT_SHAPES], plot_colours[k % PLOT_COLOURS]);
	fputs(quote_gnuplot(signature), d->p.script);
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
	fputs(")\nset key outside bottom center horizontal height 1\n", f);
}

static int plot_one(struct plot_list *list, const struct late *l, enum traffic_source source,
		    enum score_unit unit, struct err *e)
{
	struct drawing d = {.source = source, .unit = unit};
	char *name;
	int rc;

	plot_begin(&d.p);
	fputs("cut_s\trecall\tlow\thigh\tfound\tof\ttrials\tsignature\n", d.p.data);
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
