// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * coverage.c - tables and plots of what monitors find on an internet
 *
 * coverage.tsv has every curve point by point, monitors.tsv how many monitors a share takes, recall.tsv
 * what the run says of one monitor. Plots are of sessions and clients, or without a run of all that
 * passes; a line for each way to look, a plot for each placement.
 */
#include <stdlib.h>
#include <string.h>

#include "base/listing.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/progress.h"
#include "base/quote.h"
#include "results/report/gnuplot.h"
#include "results/report/palette.h"
#include "results/report/plot_file.h"
#include "run/limits/coverage.h"

static const double wanted[] = {0.5, 0.9, 0.99};

static const char *signature_of(const struct curve *v)
{
	return v->table ? v->table->signature : "-";
}

/* What is counted; without a recall flows, sessions and calls are all the same. */
static const char *unit_of(const struct curve *v)
{
	return !v->table && v->unit == LOOK_FLOW ? "conversation" : look_unit_text(v->unit);
}

/* ------------------------------------------------------------------ tables */

#define HEAD "source\tsignature\tlook\tunit\tplacement\tnetworks\t"

static void put_words(FILE *f, const struct curves *all, const struct curve *v)
{
	fprintf(f, "%s\t%s\t%s\t", v->table ? "emulated" : "-", quote_terminal(signature_of(v)),
		quote_terminal(v->look));
	fprintf(f, "%s\t%s\t%u\t", unit_of(v), coverage_placement_text(v->placement),
		coverage_spec(all->c)->networks);
}

void coverage_tsv(FILE *f, const struct curves *all)
{
	struct progress progress = progress_begin(log_level > 0, false);

	fputs(HEAD "places\tmonitors\tshare\tshare_low\tshare_high\tinternets\n", f);
	for (size_t i = 0; i < all->n; i++) {
		const struct curve *v = &all->all[i];

		progress_count(&progress, i, all->n, "curves");
		for (unsigned k = curve_next(all, v, 0); k; k = curve_next(all, v, k)) {
			struct coverage_share s = curve_at(all, v, k);

			put_words(f, all, v);
			fprintf(f, "%u\t%u\t%.4f\t%.4f\t%.4f\t%u\n",
				coverage_places(all->c, v->placement), k, s.share, s.of.low,
				s.of.high, coverage_spec(all->c)->internets);
		}
	}
	progress_end(&progress);
}

static void put_number(FILE *f, unsigned n)
{
	if (n)
		fprintf(f, "\t%u", n);
	else
		fputs("\t-", f);
}

static void monitors_tsv(FILE *f, const struct curves *all)
{
	struct progress progress = progress_begin(log_level > 0, false);

	fputs(HEAD "wanted\tmonitors\tmonitors_surely\n", f);
	for (size_t i = 0; i < all->n; i++) {
		progress_count(&progress, i, all->n, "curves");
		for (size_t w = 0; w < ARRAY_LEN(wanted); w++) {
			const struct curve *v = &all->all[i];

			put_words(f, all, v);
			fprintf(f, "%g", wanted[w]);
			put_number(f, curve_monitors(all, v, wanted[w], false));
			put_number(f, curve_monitors(all, v, wanted[w], true));
			fputc('\n', f);
		}
	}
	progress_end(&progress);
}

static void recall_tsv(FILE *f, const struct looks *l)
{
	fputs("source\tsignature\trevision\tlook\tunit\tfound\tof\trecall\trecall_low\trecall_"
	      "high\t"
	      "trials\n",
	      f);
	for (size_t i = 0; i < l->n; i++)
		for (int k = 0; k < LOOKS; k++)
			for (int u = 0; u < LOOK_UNITS; u++) {
				const struct look_recall *r = &l->tables[i].recall[k][u];

				if (!r->of)
					continue;
				fprintf(f, "emulated\t%s\t%s\t%s\t",
					quote_terminal(l->tables[i].signature),
					l->tables[i].revision, quote_terminal(l->names[k]));
				fprintf(f, "%s\t%llu\t%llu\t%.4f\t%.4f\t%.4f\t%zu\n",
					look_unit_text((enum look_unit)u),
					(unsigned long long)r->found, (unsigned long long)r->of,
					r->share, r->interval.low, r->interval.high, r->trials);
			}
}

/* ------------------------------------------------------------------ for a person */

enum recall_column { LOOK, UNIT_, FOUND, OF, RECALL, TRIALS };

static void recall_text(FILE *f, const struct look_table *t, const struct looks *l)
{
	static const struct listing_column columns[] = {
		[LOOK] = {.name = "it looks"},
		[UNIT_] = {.name = "unit"},
		[FOUND] = {.name = "found", .number = true},
		[OF] = {.name = "of", .number = true},
		[RECALL] = {.name = "recall"},
		[TRIALS] = {.name = "trials", .number = true}};
	struct listing *list = listing_new(columns, ARRAY_LEN(columns));

	fprintf(f, "\nWhat one monitor finds of what it sees: signature %s, emulated traffic\n",
		quote_terminal(t->signature));
	for (int k = 0; k < LOOKS; k++)
		for (int u = 0; u < LOOK_UNITS; u++) {
			const struct look_recall *r = &t->recall[k][u];

			if (!r->of)
				continue;
			listing_begin(list);
			listing_put(list, LOOK, l->names[k]);
			listing_put(list, UNIT_, look_unit_text((enum look_unit)u));
			listing_putf(list, FOUND, "%llu", (unsigned long long)r->found);
			listing_putf(list, OF, "%llu", (unsigned long long)r->of);
			listing_putf(list, RECALL, "%.3f [%.3f, %.3f]", r->share, r->interval.low,
				     r->interval.high);
			listing_putf(list, TRIALS, "%zu", r->trials);
		}
	listing_end(list, f, false);
}

enum monitors_column { SIGNATURE, THEY_LOOK, COUNTED, RANDOM, DEGREE, EDGE, MOST };

static const enum monitors_column placed[PLACEMENTS] = {
	[PLACE_RANDOM] = RANDOM, [PLACE_DEGREE] = DEGREE, [PLACE_EDGE] = EDGE};

/* "20 / 210 / never": monitors for each share that is wanted. */
static void monitors_cell(struct listing *l, size_t column, const struct curves *all,
			  const struct curve *v)
{
	char text[64] = "";

	for (size_t w = 0; w < ARRAY_LEN(wanted); w++) {
		unsigned n = curve_monitors(all, v, wanted[w], false);
		size_t at = strlen(text);

		if (n)
			snprintf(text + at, sizeof(text) - at, "%s%u", w ? " / " : "", n);
		else
			snprintf(text + at, sizeof(text) - at, "%snever", w ? " / " : "");
	}
	listing_put(l, column, text);
}

/* Curves stand in threes, one for each placement. */
static void monitors_text(FILE *f, const struct curves *all)
{
	static const struct listing_column columns[] = {
		[SIGNATURE] = {.name = "signature"},
		[THEY_LOOK] = {.name = "they look"},
		[COUNTED] = {.name = "unit"},
		[RANDOM] = {.name = "placed at random"},
		[DEGREE] = {.name = "by degree"},
		[EDGE] = {.name = "at the edge"},
		[MOST] = {.name = "found with all networks"}};
	struct progress progress = progress_begin(log_level > 0, false);
	struct listing *l = listing_new(columns, ARRAY_LEN(columns));

	fputs("\nMonitors needed to find 50 / 90 / 99 %; what a signature finds is of emulated "
	      "traffic\n",
	      f);
	for (size_t i = 0; i < all->n; i += PLACEMENTS) {
		const struct curve *v = &all->all[i];
		struct coverage_share most =
			curve_at(all, v, coverage_places(all->c, v->placement));

		progress_count(&progress, i, all->n, "curves");
		if (v->table && v->unit == LOOK_FLOW)
			continue; /* for the tables in files */
		listing_begin(l);
		listing_put(l, SIGNATURE, v->table ? v->table->signature : NULL);
		listing_put(l, THEY_LOOK, v->look);
		listing_put(l, COUNTED, unit_of(v));
		for (size_t p = 0; p < PLACEMENTS; p++)
			monitors_cell(l, placed[v[p].placement], all, v + p);
		listing_putf(l, MOST, "%.3f [%.3f, %.3f]", most.share, most.of.low, most.of.high);
	}
	progress_end(&progress);
	listing_end(l, f, false);
}

void coverage_text(FILE *f, const struct curves *all, const struct looks *l)
{
	const struct coverage_spec *s = coverage_spec(all->c);

	fprintf(f,
		"%u internets of %u networks (%u at the edge), in each %u clients with %u flows; "
		"seed %llu\n",
		s->internets, s->networks, coverage_places(all->c, PLACE_EDGE), s->clients,
		s->flows, (unsigned long long)s->seed);
	if (!l)
		fputs("No run is given: this is what passes a monitor, as if each found all of "
		      "it.\n",
		      f);
	if (l && l->absent)
		fprintf(f, "The run does not have: %s\n", quote_terminal(l->absent));
	for (size_t i = 0; l && i < l->n; i++)
		recall_text(f, &l->tables[i], l);
	monitors_text(f, all);
}

/* ------------------------------------------------------------------ plots */

/* The curves of one plot. */
struct chosen {
	const struct curve *v[PLOT_COLOURS + 1];
	size_t n;
};

static void put_data(FILE *f, const struct curves *all, const struct chosen *c)
{
	fputs("share_of_networks\tshare\tlow\thigh\tmonitors\tlook\tplacement\n", f);
	for (size_t i = 0; i < c->n; i++) {
		const struct curve *v = c->v[i];

		for (unsigned k = curve_next(all, v, 0); k; k = curve_next(all, v, k)) {
			struct coverage_share s = curve_at(all, v, k);

			fprintf(f, "%.6f\t%.4f\t%.4f\t%.4f\t%u\t%s\t%s\n",
				(double)k / coverage_places(all->c, v->placement), s.share,
				s.of.low, s.of.high, k, quote_terminal(v->look),
				coverage_placement_text(v->placement));
		}
		fputs("\n\n", f);
	}
}

static void put_script(FILE *f, const struct chosen *c, const char *title, const char *of,
		       bool by_placement)
{
	fprintf(f, "set title %s\n", quote_gnuplot(title));
	fprintf(f,
		"set xlabel \"share of %s that have a monitor, %%\"\n"
		"set ylabel \"share that is found, with 95 %% interval\"\n"
		"set logscale x\nset format x \"%%g\"\nset yrange [0:1.02]\nset xrange [*:130]\n"
		"set key outside bottom center horizontal maxcols 2 height 1\nplot ",
		of);
	/* Side by side: the intervals of curves that agree would hide each other. */
	for (size_t i = 0; i < c->n; i++) {
		const struct curve *v = c->v[i];

		fprintf(f,
			"%s%s skip 1 index %zu using (%.2f*$1):2:3:4 with yerrorlines lw 1.6 pt %d "
			"ps 0.7 lc rgb \"%s\" title ",
			i ? ", \\\n     " : "", i ? "''" : "FILE", i, 100 * (1 + 0.025 * (double)i),
			plot_points[i % PLOT_SHAPES], plot_colours[i % PLOT_COLOURS]);
		fputs(quote_gnuplot(by_placement ? coverage_placement_text(v->placement) : v->look),
		      f);
	}
	fputc('\n', f);
}

static int plot(struct plot_list *list, const struct curves *all, const struct chosen *c,
		const char *name, const char *title, const char *of, bool by_placement,
		struct err *e)
{
	struct plot_file p;

	plot_begin(&p);
	put_data(p.data, all, c);
	put_script(p.script, c, title, of, by_placement);
	return plot_list_add(list, &p, name, 820, by_placement ? 480 : 560, e);
}

static int plot_passing(struct plot_list *list, const struct curves *all, struct err *e)
{
	struct chosen c = {0};
	char *title = xasprintf("Conversations that pass a monitor\n%u internets of %u networks",
				coverage_spec(all->c)->internets, coverage_spec(all->c)->networks);
	int rc;

	for (size_t i = 0; i < all->n; i++)
		if (!all->all[i].table && all->all[i].unit == LOOK_FLOW)
			c.v[c.n++] = &all->all[i];
	rc = plot(list, all, &c, "conversations", title, "all possible places", true, e);
	free(title);
	return rc;
}

static int plot_found(struct plot_list *list, const struct curves *all, const struct look_table *t,
		      enum look_unit unit, enum coverage_placement p, struct err *e)
{
	struct chosen c = {0};
	char *title, *name;
	int rc = 0;

	for (size_t i = 0; i < all->n && c.n < ARRAY_LEN(c.v); i++) {
		const struct curve *v = &all->all[i];

		if (!strcmp(signature_of(v), t->signature) && v->unit == unit && v->placement == p)
			c.v[c.n++] = v;
	}
	if (!c.n)
		return 0;
	name = xasprintf("%ss-%s-%s", look_unit_text(unit), coverage_placement_text(p),
			 t->signature);
	title = xasprintf("%s: %ss that monitors find, placed %s\n"
			  "recall of emulated traffic, %u internets of %u networks",
			  t->signature, look_unit_text(unit),
			  p == PLACE_DEGREE ? "by degree"
			  : p == PLACE_EDGE ? "at the edge"
					    : "at random",
			  coverage_spec(all->c)->internets, coverage_spec(all->c)->networks);
	rc = plot(list, all, &c, name, title, p == PLACE_EDGE ? "the edge" : "all networks", false,
		  e);
	free(title);
	free(name);
	return rc;
}

static int draw_all(struct plot_list *list, const struct curves *all, const struct looks *l,
		    struct err *e)
{
	struct progress progress = progress_begin(log_level > 0, false);
	size_t plots = l ? l->n * PLACEMENTS : 0; /* of each unit */
	int rc = plot_passing(list, all, e);

	for (size_t i = 0; i < plots && rc == 0; i++) {
		const struct look_table *t = &l->tables[i / PLACEMENTS];
		enum coverage_placement at = (enum coverage_placement)(i % PLACEMENTS);

		progress_count(&progress, i, plots, "plots");
		rc = plot_found(list, all, t, LOOK_SESSION, at, e);
		if (rc == 0)
			rc = plot_found(list, all, t, LOOK_CLIENT, at, e);
	}
	progress_end(&progress);
	return rc;
}

static int make_plots(const char *dir, const struct curves *all, const struct looks *l,
		      struct err *e)
{
	char *folder = path_in(dir, "plots");
	struct plot_list list = {.dir = folder};
	int rc = make_dirs(folder, e);

	if (rc == 0)
		rc = draw_all(&list, all, l, e);
	if (rc == 0)
		rc = gnuplot_run(folder, (const char *const *)list.names, list.n, e);
	plot_list_clear(&list);
	free(folder);
	return rc;
}

/* ------------------------------------------------------------------ files */

enum table { TABLE_CURVES, TABLE_MONITORS, TABLE_RECALL, TABLES };

static int write_table(const char *dir, enum table which, const struct curves *all,
		       const struct looks *l, struct err *e)
{
	static const char *const names[] = {"coverage.tsv", "monitors.tsv", "recall.tsv"};
	char *path = path_in(dir, names[which]);
	struct outfile o;
	int rc = outfile_open(&o, path, e);

	free(path);
	if (rc < 0)
		return -1;
	if (which == TABLE_CURVES)
		coverage_tsv(o.f, all);
	else if (which == TABLE_MONITORS)
		monitors_tsv(o.f, all);
	else
		recall_tsv(o.f, l);
	return outfile_commit(&o, e);
}

int coverage_write(const char *dir, const struct curves *all, const struct looks *l, struct err *e)
{
	struct progress progress = progress_begin(log_level > 0, false);
	int rc = make_dirs(dir, e);

	for (int i = 0; rc == 0 && i < TABLES; i++) {
		progress_count(&progress, (unsigned long)i, TABLES + 1, "tables and plots");
		if (l || i != TABLE_RECALL)
			rc = write_table(dir, (enum table)i, all, l, e);
	}
	progress_count(&progress, TABLES, TABLES + 1, "tables and plots");
	rc = rc == 0 ? make_plots(dir, all, l, e) : -1;
	progress_end(&progress);
	return rc;
}
