// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * part_curve.c - recall against the part of the traffic that is seen, as text, TSV and plots
 *
 * A point is the sum over all settings of one source, signature and traffic version, with the interval of
 * its trials. A trial of which nothing is left after a cut says nothing there: each point has its own
 * denominator and its own number of trials. Where chance chooses, a count is the mean over the looks at
 * each trial. Units that nobody asks for have no rows.
 *
 * Who begins late is asked for what is left (late.tsv). Who gets less of the same time is asked for all that
 * passed (partial.tsv); beside it stands what is found of what the part holds.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/listing.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/quote.h"
#include "results/report/gnuplot.h"
#include "results/report/palette.h"
#include "results/report/plot_file.h"
#include "results/score/measures.h"
#include "results/score/row_intervals.h"
#include "run/limits/part_curve.h"

static const enum score_unit units[] = {UNIT_FLOW, UNIT_CLIENT, UNIT_SUPER_NODE, UNIT_SESSION};

/* How an axis is written. */
static const struct axis_words {
	const char *name;   /* of its plots, and in the table */
	const char *column; /* of its level in data files */
	const char *asked;  /* of what a share is */
	const char *head;   /* over the levels in text */
	const char *who;    /* in titles of plots */
	const char *xlabel;
	double shift; /* added to levels in plots: a logarithm knows no 0 */
} axes[PART_AXES] = {
	[PART_LATE] = {"late", "cut_s", "of those left", "cut off s", "by who begins to watch late",
		       "seconds cut off at the beginning", 1},
	[PART_PACKETS] = {"packets", "one_in", "of those that passed", "1 in",
			  "by who gets 1 packet in n", "n: one packet in so many is seen", 0},
	[PART_FLOWS] = {"flows", "one_in", "of those that passed", "1 in",
			"by who gets 1 flow in n", "n: one flow in so many is seen", 0},
	[PART_SNAPLEN] = {"snaplen", "bytes", "of those that passed", "bytes",
			  "by who gets the first bytes of each frame",
			  "bytes of each frame that are captured", 0},
};

/* What is found of what is asked for: counts are means over @looks. */
struct point {
	unsigned looks;
	double found, of, false_claims;
	size_t trials;
	double recall;
	bool known; /* @interval */
	struct interval interval;
};

/* One line of a plot. */
struct curve_of {
	enum part_axis axis;
	enum traffic_source source;
	const char *signature, *version;
	enum score_unit unit;
};

static bool is_of(const struct score_row *r, const struct curve_of *v)
{
	return r->source == v->source && r->unit == v->unit &&
	       !strcmp(r->signature, v->signature) && !strcmp(r->traffic_version, v->version);
}

/* The table that a level's shares are of. */
static const struct score_table *main_table(const struct part_scores *s, size_t i)
{
	return s->passed[i] ? s->passed[i] : s->kept[i];
}

/* What is found in a table of one level; of 0 = nothing is left. */
static struct point point_in(const struct score_table *t, unsigned looks, const struct curve_of *v)
{
	struct score_row sum = {.source = v->source};
	struct point p = {.looks = looks};

	for (size_t i = 0; i < t->n; i++)
		if (is_of(&t->rows[i], v))
			score_row_sum(&sum, &t->rows[i]);
	p.found = (double)sum.tp / looks;
	p.of = (double)(sum.tp + sum.fn) / looks;
	p.false_claims = (double)sum.fp / looks;
	p.recall = p.of > 0 ? score_recall(&sum) : 0;
	p.trials = row_trials(&sum);
	p.known = p.of > 0 && row_recall_interval_of_looks(&sum, looks, &p.interval);
	score_row_clear(&sum);
	return p;
}

static struct point point_of(const struct part_scores *s, size_t i, const struct curve_of *v)
{
	return point_in(main_table(s, i), part_looks(s->q, &s->q->levels[i]), v);
}

/* Where the levels of an axis begin and end. */
static size_t first_of(const struct part_request *q, enum part_axis axis)
{
	size_t i = 0;

	while (i < q->levels_n && q->levels[i].axis != axis)
		i++;
	return i;
}

static size_t end_of(const struct part_request *q, enum part_axis axis)
{
	size_t i = first_of(q, axis);

	while (i < q->levels_n && q->levels[i].axis == axis)
		i++;
	return i;
}

typedef void curve_fn(void *arg, const struct part_scores *s, const struct curve_of *v);

/* A row is the first with its words. */
static bool is_first(const struct score_table *t, size_t row, const struct curve_of *v)
{
	for (size_t i = 0; i < row; i++)
		if (is_of(&t->rows[i], v))
			return false;
	return true;
}

static void each_version(const struct part_scores *s, struct curve_of v, curve_fn *fn, void *arg)
{
	size_t first = first_of(s->q, v.axis);
	const struct score_table *t = main_table(s, first);

	for (size_t i = 0; i < t->n; i++) {
		v.version = t->rows[i].traffic_version;
		if (is_of(&t->rows[i], &v) && is_first(t, i, &v) && point_of(s, first, &v).of > 0)
			fn(arg, s, &v);
	}
}

/* Calls @fn for each curve that has something to find on the first level: by axis, source, unit, signature
 * and version. */
static void each_curve(const struct part_scores *s, curve_fn *fn, void *arg)
{
	struct curve_of v = {0};

	for (int a = 0; a < PART_AXES; a++)
		for (int k = SOURCE_EMULATED; k <= SOURCE_RECORDED; k++)
			for (size_t u = 0; u < ARRAY_LEN(units); u++)
				for (size_t i = 0; i < signatures_count(s->q->set); i++) {
					v.axis = (enum part_axis)a;
					v.source = (enum traffic_source)k;
					v.unit = units[u];
					v.signature = signatures_info(s->q->set, i)->name;
					if (first_of(s->q, v.axis) < s->q->levels_n)
						each_version(s, v, fn, arg);
				}
}

/* ------------------------------------------------------------------ tables */

/* A whole number, or a mean of such over several looks. */
static const char *count_text(char buf[32], const struct point *p, double n)
{
	snprintf(buf, 32, "%.*f", p->looks > 1, n);
	return buf;
}

static void put_cells(FILE *f, const struct point *p)
{
	char buf[32];

	fprintf(f, "%s\t", count_text(buf, p, p->found));
	fprintf(f, "%s\t", count_text(buf, p, p->of));
	if (p->of > 0)
		fprintf(f, "%.4f\t", p->recall);
	else
		fputs("-\t", f);
	if (p->known)
		fprintf(f, "%.4f\t%.4f\t", p->interval.low, p->interval.high);
	else
		fputs("-\t-\t", f);
	fprintf(f, "%zu\t%s", p->trials, count_text(buf, p, p->false_claims));
}

static void put_words(FILE *f, const struct curve_of *v)
{
	fprintf(f, "%s\t%s\t%s\t%s\t", source_text(v->source), quote_terminal(v->version),
		quote_terminal(v->signature), score_unit_text(v->unit));
}

static void put_late_rows(void *arg, const struct part_scores *s, const struct curve_of *v)
{
	FILE *f = arg;

	for (size_t i = 0; i < s->q->levels_n; i++) {
		struct point p = point_of(s, i, v);

		put_words(f, v);
		fprintf(f, "%g\t", s->q->levels[i].value);
		put_cells(f, &p);
		fputc('\n', f);
	}
}

void late_tsv(FILE *f, const struct part_scores *s)
{
	fputs("source\ttraffic_version\tsignature\tunit\tcut_s\tfound\tof\trecall\trecall_"
	      "low\trecall_high\ttrials\tfalse\n",
	      f);
	each_curve(s, put_late_rows, f);
}

static void put_row(FILE *f, const struct part_scores *s, const struct curve_of *v, size_t i,
		    const struct score_table *t, const char *asked)
{
	unsigned looks = part_looks(s->q, &s->q->levels[i]);
	struct point p = point_in(t, looks, v);

	put_words(f, v);
	fprintf(f, "%s\t%.0f\t%s\t", axes[v->axis].name, s->q->levels[i].value, asked);
	put_cells(f, &p);
	fprintf(f, "\t%u\n", looks);
}

static void put_rows(void *arg, const struct part_scores *s, const struct curve_of *v)
{
	for (size_t i = first_of(s->q, v->axis); i < end_of(s->q, v->axis); i++) {
		put_row(arg, s, v, i, s->passed[i], "passed");
		if (s->kept[i])
			put_row(arg, s, v, i, s->kept[i], "kept");
	}
}

void partial_tsv(FILE *f, const struct part_scores *s)
{
	fputs("source\ttraffic_version\tsignature\tunit\taxis\tlevel\tasked\tfound\tof\trecall\t"
	      "recall_low\trecall_high\ttrials\tfalse\tlooks\n",
	      f);
	each_curve(s, put_rows, f);
}

/* ------------------------------------------------------------------ text */

static bool has_version(const struct curve_of *v)
{
	return strcmp(v->version, "-") != 0;
}

static void put_title(FILE *f, const struct curve_of *v)
{
	fprintf(f, "\n%s: %ss found %s, %s traffic%s%s", quote_terminal(v->signature),
		score_unit_text(v->unit), axes[v->axis].asked, source_text(v->source),
		has_version(v) ? " of version " : "",
		has_version(v) ? quote_terminal(v->version) : "");
	if (v->axis != PART_LATE)
		fprintf(f, ", %s", axes[v->axis].who);
	fputc('\n', f);
}

enum column { LEVEL, FOUND, OF, RECALL, KEPT_FOUND, KEPT, KEPT_RECALL, TRIALS, FALSE, COLUMNS };

/* How many of how many, and their share with its interval, into columns from @at on. */
static void put_point(struct listing *l, size_t at, const struct point *p)
{
	char buf[32];

	listing_put(l, at, count_text(buf, p, p->found));
	listing_put(l, at + 1, count_text(buf, p, p->of));
	if (p->known)
		listing_putf(l, at + 2, "%.3f [%.3f, %.3f]", p->recall, p->interval.low,
			     p->interval.high);
	else if (p->of > 0)
		listing_putf(l, at + 2, "%.3f", p->recall);
}

static void put_level(struct listing *l, const struct part_scores *s, const struct curve_of *v,
		      size_t i)
{
	struct point p = point_of(s, i, v);
	char buf[32];

	listing_begin(l);
	listing_putf(l, LEVEL, "%.15g", s->q->levels[i].value);
	put_point(l, FOUND, &p);
	if (s->kept[i] && s->passed[i]) {
		struct point kept = point_in(s->kept[i], p.looks, v);

		put_point(l, KEPT_FOUND, &kept);
	}
	listing_putf(l, TRIALS, "%zu", p.trials);
	listing_put(l, FALSE, count_text(buf, &p, p.false_claims));
}

/* A table of one curve, for people. */
static void put_curve(void *arg, const struct part_scores *s, const struct curve_of *v)
{
	size_t first = first_of(s->q, v->axis);
	bool one = !(s->kept[first] && s->passed[first]); /* nothing but what passed, or is left */
	const struct listing_column columns[COLUMNS] = {
		[LEVEL] = {.name = axes[v->axis].head, .number = true},
		[FOUND] = {.name = "found", .number = true},
		[OF] = {.name = "of", .number = true},
		[RECALL] = {.name = "recall"},
		[KEPT_FOUND] = {.name = "found", .number = true, .json_only = one},
		[KEPT] = {.name = "of kept", .number = true, .json_only = one},
		[KEPT_RECALL] = {.name = "recall of kept", .json_only = one},
		[TRIALS] = {.name = "trials", .number = true},
		[FALSE] = {.name = "false", .number = true},
	};
	struct listing *l = listing_new(columns, COLUMNS);
	FILE *f = arg;

	put_title(f, v);
	for (size_t i = first; i < end_of(s->q, v->axis); i++)
		put_level(l, s, v, i);
	listing_end(l, f, false);
}

static void put_counted(FILE *f, const struct part_scores *s)
{
	fprintf(f, "%zu runs at %s, %zu captures", s->runs, quote_terminal(s->q->vantage),
		s->captures);
}

void late_text(FILE *f, const struct part_scores *s)
{
	put_counted(f, s);
	fputc('\n', f);
	each_curve(s, put_curve, f);
}

void partial_text(FILE *f, const struct part_scores *s)
{
	put_counted(f, s);
	if (s->q->looks > 1)
		fprintf(f, "; what chance chooses is the mean of %u looks at each trial",
			s->q->looks);
	fputc('\n', f);
	each_curve(s, put_curve, f);
}

/* ------------------------------------------------------------------ plots */

#define LINES (PLOT_COLOURS * PLOT_SHAPES) /* of a plot; no two have colour and shape in common */

#define SPREAD	    0.4	 /* of a level, at most: where all its lines stand side by side */
#define APART	    0.03 /* of a level, two lines */
#define KEY_COLUMNS 2	 /* names of signatures and versions are long */
#define HEIGHT	    500
#define KEY_ROWS    5  /* that have room in it */
#define ROW_HEIGHT  22 /* of each one more */

/* The plot being made: its axis, source and unit, its lines in all and so far. */
struct drawing {
	enum part_axis axis;
	enum traffic_source source;
	enum score_unit unit;
	struct plot_file p;
	size_t all, n;
};

static bool is_drawn(const struct drawing *d, const struct curve_of *v)
{
	return v->axis == d->axis && v->source == d->source && v->unit == d->unit;
}

static void count_line(void *arg, const struct part_scores *s, const struct curve_of *v)
{
	struct drawing *d = arg;

	(void)s;
	d->all += is_drawn(d, v);
}

static void put_line(void *arg, const struct part_scores *s, const struct curve_of *v)
{
	struct drawing *d = arg;
	size_t k = d->n;
	char *title;

	if (!is_drawn(d, v) || k == LINES)
		return;
	d->n++;
	for (size_t i = first_of(s->q, v->axis); i < end_of(s->q, v->axis); i++) {
		struct point p = point_of(s, i, v);
		char found[32], of[32];

		/* Where one trial says nothing of another, nothing is known. */
		if (p.of > 0)
			fprintf(d->p.data, "%g\t%.4f\t%.4f\t%.4f\t%s\t%s\t%zu\t%s\t%s\n",
				s->q->levels[i].value, p.recall, p.known ? p.interval.low : 0.0,
				p.known ? p.interval.high : 1.0, count_text(found, &p, p.found),
				count_text(of, &p, p.of), p.trials, quote_terminal(v->signature),
				quote_terminal(v->version));
	}
	fputs("\n\n", d->p.data);
	/* Side by side: the intervals of signatures that agree would hide each other. */
	fprintf(d->p.script,
		"%s%s skip 1 index %zu using (($1+%g)*%.2f):2:3:4 with yerrorlines lw 1.6 pt %d ps "
		"0.8 lc "
		"rgb \"%s\" title ",
		k ? ", \\\n     " : "", k ? "''" : "plot FILE", k, axes[v->axis].shift,
		1 + fmin(APART, SPREAD / (double)d->all) * (double)k, plot_points[k % PLOT_SHAPES],
		plot_colours[k % PLOT_COLOURS]);
	title = has_version(v) ? xasprintf("%s on %s", v->signature, v->version)
			       : xstrdup(v->signature);
	fputs(quote_gnuplot(title), d->p.script);
	free(title);
}

#define TICK_APART 0.035 /* of the axis: names of ticks that are nearer would run into each other */

/* Where a level stands on the axis of a plot. */
static double place_of(const struct part_scores *s, size_t i)
{
	return s->q->levels[i].value + axes[s->q->levels[i].axis].shift;
}

/* A tick with its name, unless that of the level before stands where it would. */
static void put_tick(FILE *f, const struct part_scores *s, size_t i, size_t first, size_t end)
{
	double at = place_of(s, i), whole = log(place_of(s, end - 1) / place_of(s, first));
	bool near = i > first && log(at / place_of(s, i - 1)) < TICK_APART * whole;
	const char *comma = i > first ? ", " : "";

	if (near)
		fprintf(f, "%s\"\" %g", comma, at);
	else
		fprintf(f, "%s\"%g\" %g", comma, s->q->levels[i].value, at);
}

static void put_head(FILE *f, const struct part_scores *s, const struct drawing *d)
{
	const struct axis_words *w = &axes[d->axis];
	size_t first = first_of(s->q, d->axis), end = end_of(s->q, d->axis);
	double from = d->axis == PART_LATE ? 1 : s->q->levels[first].value;
	char *less = d->all > LINES ? xasprintf("; the first %d of %zu", LINES, d->all) : NULL;
	char *title = xasprintf("%ss found %s, %s\n%s traffic, with 95 %% interval over trials%s",
				score_unit_text(d->unit), w->asked, w->who, source_text(d->source),
				less ? less : "");

	fprintf(f, "set title %s\n", quote_gnuplot(title));
	free(title);
	free(less);
	fprintf(f,
		"set xlabel \"%s\"\nset ylabel \"recall\"\n"
		"set yrange [0:1.02]\nset logscale x\nset xtics (",
		w->xlabel);
	for (size_t i = first; i < end; i++)
		put_tick(f, s, i, first, end);
	fprintf(f, ")\nset xrange [%g:%g]\n", 0.95 * from, 1.4 * place_of(s, end - 1));
	fprintf(f, "set key outside bottom center horizontal maxcols %d height 1\n", KEY_COLUMNS);
}

/* High enough for the names of all its lines. */
static unsigned height_of(const struct drawing *d)
{
	size_t rows = (d->n + KEY_COLUMNS - 1) / KEY_COLUMNS;

	return HEIGHT + (unsigned)(rows > KEY_ROWS ? (rows - KEY_ROWS) * ROW_HEIGHT : 0);
}

static int plot_one(struct plot_list *list, const struct part_scores *s, const struct drawing *of,
		    struct err *e)
{
	struct drawing d = *of;
	char *name;
	int rc;

	plot_begin(&d.p);
	each_curve(s, count_line, &d);
	fprintf(d.p.data, "%s\trecall\tlow\thigh\tfound\tof\ttrials\tsignature\ttraffic_version\n",
		axes[d.axis].column);
	put_head(d.p.script, s, &d);
	each_curve(s, put_line, &d);
	fputc('\n', d.p.script);
	if (!d.n) {
		plot_drop(&d.p);
		return 0;
	}
	name = xasprintf("%s-%ss-%s", axes[d.axis].name, score_unit_text(d.unit),
			 source_text(d.source));
	rc = plot_list_add(list, &d.p, name, 820, height_of(&d), e);
	free(name);
	return rc;
}

static int plot_axis(struct plot_list *list, const struct part_scores *s, enum part_axis axis,
		     struct err *e)
{
	int rc = 0;

	for (int k = SOURCE_EMULATED; k <= SOURCE_RECORDED; k++)
		for (size_t u = 0; u < ARRAY_LEN(units) && rc == 0; u++)
			rc = plot_one(list, s,
				      &(struct drawing){.axis = axis,
							.source = (enum traffic_source)k,
							.unit = units[u]},
				      e);
	return rc;
}

static int make_plots(const char *dir, const struct part_scores *s, struct err *e)
{
	char *folder = path_in(dir, "plots");
	struct plot_list list = {.dir = folder};
	int rc = make_dirs(folder, e);

	for (int a = 0; a < PART_AXES && rc == 0; a++)
		if (first_of(s->q, (enum part_axis)a) < s->q->levels_n)
			rc = plot_axis(&list, s, (enum part_axis)a, e);
	if (rc == 0 && list.n)
		rc = gnuplot_run(folder, (const char *const *)list.names, list.n, e);
	plot_list_clear(&list);
	free(folder);
	return rc;
}

typedef void table_fn(FILE *f, const struct part_scores *s);

static int write_all(const char *dir, const char *name, table_fn *table,
		     const struct part_scores *s, struct err *e)
{
	char *path = path_in(dir, name);
	struct outfile o;
	int rc = make_dirs(dir, e);

	if (rc == 0)
		rc = outfile_open(&o, path, e);
	if (rc == 0) {
		table(o.f, s);
		rc = outfile_commit(&o, e);
	}
	free(path);
	return rc < 0 ? -1 : make_plots(dir, s, e);
}

int late_write(const char *dir, const struct part_scores *s, struct err *e)
{
	return write_all(dir, "late.tsv", late_tsv, s, e);
}

int partial_write(const char *dir, const struct part_scores *s, struct err *e)
{
	return write_all(dir, "partial.tsv", partial_tsv, s, e);
}
