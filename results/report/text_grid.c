// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * text_grid.c - the cells of an accuracy table for people, as text or Markdown
 *
 * A word that is the same in every row stands once above the table instead of in a column. A figure
 * and its interval share a cell, or stand below one another in two lines of one row. A grid is
 * filled from a table, asked for its width, and filled again in a narrower form until it fits.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/listing.h"
#include "base/quote.h"
#include "results/report/palette.h"
#include "results/report/text_grid.h"
#include "results/score/axes.h"
#include "results/score/measures.h"
#include "results/score/row_intervals.h"

enum column {
	COL_SOURCE,
	COL_VERSION,
	COL_DETECTOR,
	COL_SIGNATURE,
	COL_VANTAGE,
	COL_CALLER,
	COL_CALLEE,
	COL_AXES,
	COL_UNIT,
	COL_TP,
	COL_FP,
	COL_FN,
	COL_TN,
	COL_PRECISION,
	COL_RECALL,
	COL_F1,
	COL_FPR,
	COL_FP_CLUSTERS,
	COLUMNS,
};

static const char *const titles[COLUMNS] = {
	"source", "version",   "detector", "signature", "vantage", "caller",
	"callee", "axes",      "unit",	   "tp",	"fp",	   "fn",
	"tn",	  "precision", "recall",   "F1",	"FP rate", "FP trials",
};

struct text_grid {
	size_t rows;
	char **cells;		     /* rows * COLUMNS (owned) */
	char **below;		     /* the same: their intervals; NULL = in the cell itself */
	const struct score_row **of; /* row of the table */
	bool shown[COLUMNS];
	char **axes; /* (borrowed) names of the table's axes */
	size_t axes_n;
	bool detectors;	  /* some signature does not name its detector */
	bool *varies;	  /* by axis: its value is not the same in all rows (owned) */
	char *axes_title; /* the names of those (owned) */
};

/* From the widest to the narrowest. */
enum grid_form {
	GRID_WIDE,
	GRID_BRIEF,	/* short names of settings, and the signature names its detector */
	GRID_TWO_LINES, /* and intervals below their figures */
	GRID_NO_F1,	/* and without F1, which follows from precision and recall */
	GRID_FORMS
};

static const char *short_name(const char *word)
{
	static const char *const map[][2] = {{"inbound-restricted", "inbound"},
					     {"full-restricted", "full"},
					     {"full-cone", "cone"},
					     {"restricted-cone", "r-cone"},
					     {"port-restricted-cone", "pr-cone"},
					     {"symmetric", "symm"}};

	for (size_t i = 0; i < ARRAY_LEN(map); i++)
		if (!strcmp(word, map[i][0]))
			return map[i][1];
	return word;
}

static char *config_text(const char *firewall, const char *nat, bool brief)
{
	if (!strcmp(firewall, "-") && !strcmp(nat, "-"))
		return xstrdup("-");
	if (!strcmp(firewall, "all") && !strcmp(nat, "all"))
		return xstrdup("all");
	return xasprintf("%s/%s", brief ? short_name(firewall) : firewall,
			 brief ? short_name(nat) : nat);
}

/* A figure and how sure it is: in one cell, or (@below) in two, one below the other. Takes @sure. */
static char *put_sure(char *figure, char *sure, char **below)
{
	char *both;

	if (below) {
		*below = sure;
		return figure;
	}
	both = xasprintf("%s %s", figure, sure);
	free(figure);
	free(sure);
	return both;
}

/* @known: there is an interval. */
static char *ratio_cell(double v, bool known, const struct interval *i, char **below)
{
	if (v < 0)
		return xstrdup("-");
	return put_sure(xasprintf("%.3f", v),
			known ? xasprintf("[%.2f,%.2f]", i->low, i->high) : xstrdup("[-]"), below);
}

static char *fpr_cell(const struct score_row *r, char **below)
{
	double v = score_fpr(r);

	if (v < 0 || !score_unit_has_negatives(r->unit))
		return xstrdup("-");
	return put_sure(xasprintf("%.2g", v), xasprintf("(<%.2g)", row_fpr_upper(r)), below);
}

static char *fp_clusters_cell(const struct score_row *r, char **below)
{
	struct fp_clusters n = row_fp_clusters(r);

	if (!n.of || !score_unit_has_negatives(r->unit))
		return xstrdup("-");
	return put_sure(xasprintf("%llu/%llu", (unsigned long long)n.fp, (unsigned long long)n.of),
			xasprintf("(<%.2g)", row_fp_clusters_upper(r)), below);
}

/* "known manual": the axes of a row that are not the same in all rows, as the column's title names
 * them; @r NULL = the title. */
static char *axes_cell(const struct text_grid *g, const struct score_row *r)
{
	char *text = xstrdup("");

	for (size_t i = 0; i < g->axes_n; i++) {
		size_t len = 1;
		const char *value = r ? axes_value(r->axes, g->axes[i], &len) : g->axes[i];
		char *more;

		if (!g->varies[i])
			continue;
		more = xasprintf("%s%s%.*s", text, *text ? " " : "",
				 r ? (int)len : (int)strlen(g->axes[i]), value ? value : "-");
		free(text);
		text = more;
	}
	if (*text)
		return text;
	free(text);
	return xstrdup("-");
}

/* @below NULL: intervals are in the cells of their figures. */
static void fill_row(const struct text_grid *g, char **c, char **below, const struct score_row *r,
		     bool brief)
{
	const uint64_t counts[] = {r->tp, r->fp, r->fn, r->tn};
	struct interval i = {0};
	bool known;

	c[COL_SOURCE] = xstrdup(source_text(r->source));
	c[COL_VERSION] = xstrdup(r->traffic_version);
	c[COL_DETECTOR] = xstrdup(brief && !g->detectors ? "-" : r->detector);
	c[COL_SIGNATURE] = strcmp(r->revision, "-") ? xasprintf("%s@%s", r->signature, r->revision)
						    : xstrdup(r->signature);
	c[COL_VANTAGE] = xstrdup(r->vantage);
	c[COL_CALLER] = config_text(r->caller_firewall, r->caller_nat, brief);
	c[COL_CALLEE] = config_text(r->callee_firewall, r->callee_nat, brief);
	c[COL_AXES] = axes_cell(g, r);
	c[COL_UNIT] = xstrdup(score_unit_text(r->unit));
	for (int k = 0; k < 4; k++)
		c[COL_TP + k] = !score_unit_has_negatives(r->unit) && k == 3
					? xstrdup("-")
					: xasprintf("%llu", (unsigned long long)counts[k]);
	known = row_precision_interval(r, &i);
	c[COL_PRECISION] =
		ratio_cell(score_precision(r), known, &i, below ? &below[COL_PRECISION] : NULL);
	known = row_recall_interval(r, &i);
	c[COL_RECALL] = ratio_cell(score_recall(r), known, &i, below ? &below[COL_RECALL] : NULL);
	c[COL_F1] = score_f1(r) < 0 ? xstrdup("-") : xasprintf("%.3f", score_f1(r));
	c[COL_FPR] = fpr_cell(r, below ? &below[COL_FPR] : NULL);
	c[COL_FP_CLUSTERS] = fp_clusters_cell(r, below ? &below[COL_FP_CLUSTERS] : NULL);
}

static void grid_clear(struct text_grid *g)
{
	for (size_t i = 0; i < g->rows * COLUMNS; i++) {
		free(g->cells[i]);
		free(g->below[i]);
	}
	free(g->cells);
	free(g->below);
	free(g->of);
	free(g->varies);
	free(g->axes_title);
	memset(g, 0, sizeof(*g));
}

/* The value of an axis in a row is that of the first row. */
static bool same_value(const struct score_table *t, size_t row, const char *axis)
{
	size_t n = 0, m = 0;
	const char *a = axes_value(t->rows[0].axes, axis, &n);
	const char *b = axes_value(t->rows[row].axes, axis, &m);

	return !a || !b ? a == b : n == m && !memcmp(a, b, n);
}

static void find_varying(struct text_grid *g, const struct score_table *t)
{
	g->varies = xcalloc(g->axes_n + 1, sizeof(*g->varies));
	for (size_t k = 0; k < g->axes_n; k++)
		for (size_t i = 1; i < t->n && !g->varies[k]; i++)
			g->varies[k] = !same_value(t, i, g->axes[k]);
}

/* A foreign detector goes by its own name, or that with its rules', unless somebody named it. */
static bool names_detector(const struct score_row *r)
{
	return !strcmp(r->detector, OWN_DETECTOR) ||
	       !strncmp(r->signature, r->detector, strlen(r->detector));
}

static const char *title_of(const struct text_grid *g, int c)
{
	return c == COL_AXES ? g->axes_title : titles[c];
}

static const char *colour_of(const struct score_row *r, int c)
{
	double v = c == COL_PRECISION ? score_precision(r)
		   : c == COL_RECALL  ? score_recall(r)
		   : c == COL_F1      ? score_f1(r)
				      : -1;

	return v < 0 ? NULL : v >= 0.99 ? TERMINAL_GOOD : v >= 0.8 ? TERMINAL_FAIR : TERMINAL_BAD;
}

/* The shown columns as a list, with @heads, which has to outlive it. */
static struct listing *listing_of(const struct text_grid *g, struct listing_column heads[COLUMNS])
{
	struct listing *l;
	size_t n = 0;

	for (int c = 0; c < COLUMNS; c++)
		if (g->shown[c])
			heads[n++] = (struct listing_column){.name = title_of(g, c),
							     .number = c >= COL_TP && c <= COL_TN,
							     .verbatim = true};
	l = listing_new(heads, n);
	for (size_t i = 0; i < g->rows; i++) {
		listing_begin(l);
		n = 0;
		for (int c = 0; c < COLUMNS; c++) {
			if (!g->shown[c])
				continue;
			listing_put(l, n, g->cells[i * COLUMNS + (size_t)c]);
			listing_put_below(l, n, g->below[i * COLUMNS + (size_t)c]);
			listing_put_colour(l, n++, colour_of(g->of[i], c));
		}
	}
	return l;
}

static int width_of(const struct text_grid *g)
{
	struct listing_column heads[COLUMNS];
	struct listing *l = listing_of(g, heads);
	int width = listing_width(l);

	listing_end(l, NULL, false);
	return width;
}

/* Fills the cells and decides which columns are shown. Returns the table's width. */
static int grid_fill(struct text_grid *g, const struct score_table *t, char **axes, size_t axes_n,
		     enum grid_form form)
{
	bool brief = form >= GRID_BRIEF, two_lines = form >= GRID_TWO_LINES;

	grid_clear(g);
	g->rows = t->n;
	g->axes = axes;
	g->axes_n = axes_n;
	find_varying(g, t);
	for (size_t i = 0; i < t->n; i++)
		g->detectors |= !names_detector(&t->rows[i]);
	g->axes_title = axes_cell(g, NULL);
	g->cells = xcalloc(t->n * COLUMNS + 1, sizeof(char *));
	g->below = xcalloc(t->n * COLUMNS + 1, sizeof(char *));
	g->of = xcalloc(t->n + 1, sizeof(*g->of));
	for (size_t i = 0; i < t->n; i++) {
		g->of[i] = &t->rows[i];
		fill_row(g, g->cells + i * COLUMNS, two_lines ? g->below + i * COLUMNS : NULL,
			 &t->rows[i], brief);
	}
	for (int c = 0; c < COLUMNS; c++) {
		g->shown[c] = c >= COL_TP && (c != COL_F1 || form < GRID_NO_F1);
		for (size_t i = 0; i < t->n; i++)
			if (c < COL_TP &&
			    strcmp(g->cells[i * COLUMNS + (size_t)c], g->cells[c]) != 0)
				g->shown[c] = true;
	}
	return width_of(g);
}

struct text_grid *text_grid_new(const struct score_table *t, char **axes, size_t n, int width)
{
	struct text_grid *g = xcalloc(1, sizeof(*g));

	for (int form = GRID_WIDE; form < GRID_FORMS; form++)
		if (grid_fill(g, t, axes, n, (enum grid_form)form) <= width || !width)
			break;
	return g;
}

void text_grid_free(struct text_grid *g)
{
	grid_clear(g);
	free(g);
}

static void print_common(const struct text_grid *g, FILE *f)
{
	const char *sep = "";

	for (int c = 0; c < COL_TP && g->rows; c++) {
		if (g->shown[c] || !strcmp(g->cells[c], "-") || !strcmp(g->cells[c], "all") ||
		    (c == COL_DETECTOR && !strcmp(g->cells[c], OWN_DETECTOR)))
			continue;
		fprintf(f, "%s%s: %s", sep, titles[c], g->cells[c]);
		sep = "; ";
	}
	for (size_t i = 0; i < g->axes_n && g->rows; i++) {
		size_t len = 0;
		const char *value = axes_value(g->of[0]->axes, g->axes[i], &len);

		if (g->varies[i] || !value)
			continue;
		fprintf(f, "%s%s: %.*s", sep, g->axes[i], (int)len, value);
		sep = "; ";
	}
	if (*sep)
		fputc('\n', f);
}

void text_grid_print(const struct text_grid *g, FILE *f)
{
	struct listing_column heads[COLUMNS];

	print_common(g, f);
	listing_end(listing_of(g, heads), f, false);
}

/* Row @i, or 0 = the title. Figures are the program's own words. */
static const char *markdown_cell(const struct text_grid *g, size_t i, int c)
{
	const char *cell = i ? g->cells[(i - 1) * COLUMNS + (size_t)c] : title_of(g, c);

	return c < COL_TP ? quote_markdown(cell) : cell;
}

void text_grid_markdown(const struct text_grid *g, FILE *f)
{
	print_common(g, f);
	fputc('\n', f);
	for (size_t i = 0; i <= g->rows; i++) {
		for (int c = 0; c < COLUMNS; c++)
			if (g->shown[c])
				fprintf(f, "| %s ", markdown_cell(g, i, c));
		fputs("|\n", f);
		for (int c = 0; c < COLUMNS && !i; c++)
			if (g->shown[c])
				fputs(c >= COL_TP ? "|---:" : "|---", f);
		fputs(i ? "" : "|\n", f);
	}
}
