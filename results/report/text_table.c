// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * text_table.c - accuracy tables for people: terminal, Markdown; and for programs: TSV, JSON
 *
 * A word that is the same in every row stands once above the table instead of in a column. If the
 * text table is still wider than the terminal, it shortens configuration names, then drops the
 * intervals. Rows are summed over every dimension that `by` does not name, by adding the counts of
 * their clusters; emulated and recorded traffic, and different units, are never added. A table that
 * was summed says over what, and what its intervals speak of.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/axes.h"
#include "results/score/measures.h"
#include "results/score/row_intervals.h"
#include "results/report/palette.h"
#include "results/report/text_table.h"

enum column {
	COL_SOURCE,
	COL_VERSION,
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
	"source",    "version", "signature", "vantage", "caller",    "callee",
	"axes",	     "unit",	"tp",	     "fp",	"fn",	     "tn",
	"precision", "recall",	"F1",	     "FP rate", "FP trials",
};

/* What rows are kept apart by: bits of enum table_dimension, and single axes. */
struct table_by {
	int dimensions;
	const char *axes[16];
	size_t axes_n;
};

struct text_grid {
	size_t rows;
	char **cells;		     /* rows * COLUMNS (owned) */
	const struct score_row **of; /* row of the table */
	bool shown[COLUMNS];
	int width[COLUMNS];
	char **axes; /* (borrowed) names of the table's axes */
	size_t axes_n;
	bool *varies;	  /* by axis: its value is not the same in all rows (owned) */
	char *axes_title; /* the names of those (owned) */
};

/* Index of [p, p + len) among @n names; -1 = it is none of them. */
static int word_index(const char *p, size_t len, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == len && !strncmp(names[i], p, len))
			return (int)i;
	return -1;
}

/* The bits of a comma list of units; -1 with @e set. */
static int parse_units(const char *text, struct err *e)
{
	const char *names[UNITS], *p = text;
	int bits = 0;

	for (int i = 0; i < UNITS; i++)
		names[i] = score_unit_text((enum score_unit)i);
	while (*p) {
		size_t len = strcspn(p, ",");
		int i = word_index(p, len, names, UNITS);

		if (i < 0)
			return err_set(e,
				       "--unit: \"%.*s\" is not a unit, expected flow, client, "
				       "session or another of skypelab-accuracy(5)",
				       (int)len, p);
		bits |= 1 << i;
		p += len + (p[len] == ',');
	}
	return bits;
}

/* A comma list of dimensions and of the @n axes of the table. */
static int parse_by(const char *text, char *const *axes, size_t n, struct table_by *by,
		    struct err *e)
{
	static const char *const dimensions[] = {"version", "config", "vantage", "signature"};
	const char *p = text;

	*by = (struct table_by){0};
	while (*p) {
		size_t len = strcspn(p, ",");
		int i = word_index(p, len, dimensions, ARRAY_LEN(dimensions));
		int axis = word_index(p, len, (const char *const *)axes, n);

		if (i >= 0)
			by->dimensions |= 1 << i;
		else if (axis >= 0 && by->axes_n < ARRAY_LEN(by->axes))
			by->axes[by->axes_n++] = axes[axis];
		else
			return err_set(e,
				       "--by: \"%.*s\" is not one of version, config, vantage, "
				       "signature, and no axis of the table",
				       (int)len, p);
		p += len + (p[len] == ',');
	}
	return 0;
}

static struct score_table *group(const struct score_table *t, const struct table_by *by,
				 unsigned units)
{
	struct score_table *g = score_table_new();

	for (size_t i = 0; i < t->n; i++) {
		const struct score_row *r = &t->rows[i];
		bool c = by->dimensions & BY_CONFIG, s = by->dimensions & BY_SIGNATURE;
		char *axes = c ? xstrdup(r->axes) : axes_keep(r->axes, by->axes, by->axes_n);
		struct score_setting key = {
			.source = r->source,
			.traffic_version = by->dimensions & BY_VERSION ? r->traffic_version : "all",
			.vantage = by->dimensions & BY_VANTAGE ? r->vantage : "all",
			.caller_firewall = c ? r->caller_firewall : "all",
			.caller_nat = c ? r->caller_nat : "all",
			.callee_firewall = c ? r->callee_firewall : "all",
			.callee_nat = c ? r->callee_nat : "all",
			.axes = axes,
		};
		uint32_t at;

		if (units & (1U << r->unit)) {
			at = score_row_of(g, &key, s ? r->signature : "all", s ? r->revision : "-",
					  r->unit);
			/* only now: score_row_of() may move the rows */
			score_row_sum(&g->rows[at], r);
		}
		free(axes);
	}
	return g;
}

struct score_table *table_group(const struct score_table *t, unsigned by, unsigned units)
{
	struct table_by all = {.dimensions = (int)by};

	return group(t, &all, units);
}

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

/* @i NULL: without interval; else it has one when @known. */
static char *ratio_cell(double v, bool known, const struct interval *i)
{
	if (v < 0)
		return xstrdup("-");
	if (!i)
		return xasprintf("%.3f", v);
	return known ? xasprintf("%.3f [%.2f,%.2f]", v, i->low, i->high) : xasprintf("%.3f [-]", v);
}

static char *fpr_cell(const struct score_row *r)
{
	double v = score_fpr(r);

	return v < 0 ? xstrdup("-") : xasprintf("%.2g (<%.2g)", v, row_fpr_upper(r));
}

static char *fp_clusters_cell(const struct score_row *r)
{
	struct fp_clusters n = row_fp_clusters(r);

	return n.of ? xasprintf("%llu/%llu (<%.2g)", (unsigned long long)n.fp,
				(unsigned long long)n.of, row_fp_clusters_upper(r))
		    : xstrdup("-");
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

static void fill_row(const struct text_grid *g, char **c, const struct score_row *r, bool brief,
		     bool interval)
{
	const uint64_t counts[] = {r->tp, r->fp, r->fn, r->tn};
	struct interval i = {0}, *at = interval ? &i : NULL;

	c[COL_SOURCE] = xstrdup(source_text(r->source));
	c[COL_VERSION] = xstrdup(r->traffic_version);
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
	c[COL_PRECISION] = ratio_cell(score_precision(r), row_precision_interval(r, &i), at);
	c[COL_RECALL] = ratio_cell(score_recall(r), row_recall_interval(r, &i), at);
	c[COL_F1] = ratio_cell(score_f1(r), false, NULL);
	c[COL_FPR] = !score_unit_has_negatives(r->unit) ? xstrdup("-") : fpr_cell(r);
	c[COL_FP_CLUSTERS] =
		!score_unit_has_negatives(r->unit) ? xstrdup("-") : fp_clusters_cell(r);
}

static void grid_clear(struct text_grid *g)
{
	for (size_t i = 0; i < g->rows * COLUMNS; i++)
		free(g->cells[i]);
	free(g->cells);
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

static const char *title_of(const struct text_grid *g, int c)
{
	return c == COL_AXES ? g->axes_title : titles[c];
}

/* Fills the cells and decides which columns are shown. Returns the table's width. */
static int grid_fill(struct text_grid *g, const struct score_table *t, char **axes, size_t axes_n,
		     bool brief, bool interval)
{
	int total = 0;

	grid_clear(g);
	g->rows = t->n;
	g->axes = axes;
	g->axes_n = axes_n;
	find_varying(g, t);
	g->axes_title = axes_cell(g, NULL);
	g->cells = xcalloc(t->n * COLUMNS + 1, sizeof(char *));
	g->of = xcalloc(t->n + 1, sizeof(*g->of));
	for (size_t i = 0; i < t->n; i++) {
		g->of[i] = &t->rows[i];
		fill_row(g, g->cells + i * COLUMNS, &t->rows[i], brief, interval);
	}
	for (int c = 0; c < COLUMNS; c++) {
		g->width[c] = (int)strlen(title_of(g, c));
		g->shown[c] = c >= COL_TP;
		for (size_t i = 0; i < t->n; i++) {
			const char *cell = g->cells[i * COLUMNS + (size_t)c];

			if ((int)strlen(cell) > g->width[c])
				g->width[c] = (int)strlen(cell);
			if (strcmp(cell, g->cells[c]) != 0)
				g->shown[c] = true;
		}
		if (g->shown[c])
			total += g->width[c] + 2;
	}
	return total - 2;
}

static void print_common(const struct text_grid *g, FILE *f)
{
	const char *sep = "";

	for (int c = 0; c < COL_TP && g->rows; c++) {
		if (g->shown[c] || !strcmp(g->cells[c], "-") || !strcmp(g->cells[c], "all"))
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

static const char *colour_of(const struct score_row *r, int c)
{
	double v = c == COL_PRECISION ? score_precision(r)
		   : c == COL_RECALL  ? score_recall(r)
		   : c == COL_F1      ? score_f1(r)
				      : -1;

	return v < 0 ? "" : v >= 0.99 ? TERMINAL_GOOD : v >= 0.8 ? TERMINAL_FAIR : TERMINAL_BAD;
}

static void print_text(const struct text_grid *g, FILE *f, bool colour)
{
	print_common(g, f);
	for (size_t i = 0; i <= g->rows; i++) {
		const char *sep = "";

		for (int c = 0; c < COLUMNS; c++) {
			const char *cell =
				i ? g->cells[(i - 1) * COLUMNS + (size_t)c] : title_of(g, c);
			const char *on = !colour ? ""
					 : i	 ? colour_of(g->of[i - 1], c)
						 : TERMINAL_HEAD;

			if (!g->shown[c])
				continue;
			fprintf(f, "%s%s", sep, on);
			if (c == COLUMNS - 1)
				fprintf(f, "%s", cell);
			else
				fprintf(f, "%*s",
					c >= COL_TP && c <= COL_TN ? g->width[c] : -g->width[c],
					cell);
			fputs(*on ? TERMINAL_OFF : "", f);
			sep = "  ";
		}
		fputc('\n', f);
	}
}

static void print_markdown(const struct text_grid *g, FILE *f)
{
	print_common(g, f);
	fputc('\n', f);
	for (size_t i = 0; i <= g->rows; i++) {
		for (int c = 0; c < COLUMNS; c++)
			if (g->shown[c])
				fprintf(f, "| %s ",
					quote_markdown(i ? g->cells[(i - 1) * COLUMNS + (size_t)c]
							 : title_of(g, c)));
		fputs("|\n", f);
		for (int c = 0; c < COLUMNS && !i; c++)
			if (g->shown[c])
				fputs(c >= COL_TP ? "|---:" : "|---", f);
		fputs(i ? "" : "|\n", f);
	}
}

static json_t *ratio_json(double v)
{
	return v < 0 ? json_null() : json_real(v);
}

static json_t *axes_json(const char *axes)
{
	json_t *o = json_object();

	while (*axes) {
		size_t name = strcspn(axes, "="), len = strcspn(axes, "\t");

		json_object_setn_new(o, axes, name, json_stringn(axes + name + 1, len - name - 1));
		axes += len + (axes[len] == '\t');
	}
	return o;
}

static void print_json(const struct score_table *t, FILE *f)
{
	json_t *all = json_array();

	for (size_t i = 0; i < t->n; i++) {
		const struct score_row *r = &t->rows[i];
		struct interval p;
		struct fp_clusters c = row_fp_clusters(r);
		json_t *o = json_pack("{ss ss ss ss ss ss ss ss ss ss sI sI sI sI sI}", "source",
				      source_text(r->source), "traffic_version", r->traffic_version,
				      "signature", r->signature, "revision", r->revision, "vantage",
				      r->vantage, "caller_firewall", r->caller_firewall,
				      "caller_nat", r->caller_nat, "callee_firewall",
				      r->callee_firewall, "callee_nat", r->callee_nat, "unit",
				      score_unit_text(r->unit), "tp", (json_int_t)r->tp, "fp",
				      (json_int_t)r->fp, "fn", (json_int_t)r->fn, "tn",
				      (json_int_t)r->tn, "unlabelled", (json_int_t)r->unlabelled);

		json_object_set_new(o, "precision", ratio_json(score_precision(r)));
		json_object_set_new(o, "recall", ratio_json(score_recall(r)));
		json_object_set_new(o, "f1", ratio_json(score_f1(r)));
		json_object_set_new(o, "fpr", ratio_json(score_fpr(r)));
		if (row_precision_interval(r, &p))
			json_object_set_new(o, "precision_95", json_pack("[ff]", p.low, p.high));
		if (row_recall_interval(r, &p))
			json_object_set_new(o, "recall_95", json_pack("[ff]", p.low, p.high));
		if (r->fp + r->tn)
			json_object_set_new(o, "fpr_upper_95", json_real(row_fpr_upper(r)));
		json_object_update_new(
			o,
			json_pack("{sI ss sI sI sI sI so}", "clusters", (json_int_t)r->clusters.n,
				  "interval", interval_method_text(row_method(r)), "fp_clusters",
				  (json_int_t)c.fp, "neg_clusters", (json_int_t)c.of, "wrong_role",
				  (json_int_t)r->wrong_role, "unmatched", (json_int_t)r->unmatched,
				  "axes", axes_json(r->axes)));
		if (c.of)
			json_object_set_new(o, "fpr_clusters_upper_95",
					    json_real(row_fp_clusters_upper(r)));
		json_array_append_new(all, o);
	}
	json_dumpf(all, f, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
	fputc('\n', f);
	json_decref(all);
}

/* ---- what was summed ---- */

static void add_part(char **text, const char *part)
{
	char *more = xasprintf("%s%s%s", *text, **text ? ", " : "", part);

	free(*text);
	*text = more;
}

/* Says over what the rows of @t became those of @g; nothing when no rows were added. */
static void print_summed(const struct score_table *t, const struct score_table *g,
			 const struct table_by *by, const struct text_grid *grid, FILE *f)
{
	static const char *const parts[] = {"versions", "settings", "vantages", "signatures"};
	char *text = xstrdup("");
	size_t clusters = 0, rows = 0;

	for (size_t i = 0; i < t->n; i++)
		rows += score_row_like(g, &t->rows[i]) == NULL;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!(by->dimensions & 1 << i))
			add_part(&text, parts[i]);
	for (size_t i = 0; i < g->n; i++)
		clusters = g->rows[i].clusters.n > clusters ? g->rows[i].clusters.n : clusters;
	if (rows && g->n < t->n && *text && grid->rows) {
		fprintf(f, "%zu rows are summed over %s", t->n, text);
		if (by->axes_n)
			fputs(" but the axes named", f);
		if (clusters > 1)
			fprintf(f,
				".\n95 %% intervals are over independent trials, up to %zu a row "
				"(ratio estimator, Student's t)",
				clusters);
		fputs(".\n", f);
	}
	free(text);
}

/* The widest form that fits. */
static void grid_fit(struct text_grid *grid, const struct score_table *g, char **axes, size_t n,
		     int width)
{
	if (grid_fill(grid, g, axes, n, false, true) > width &&
	    grid_fill(grid, g, axes, n, true, true) > width)
		grid_fill(grid, g, axes, n, true, false);
}

static void print_grouped(const struct score_table *t, const struct score_table *g,
			  const struct table_by *by, const struct table_options *o, FILE *f)
{
	struct text_grid grid = {0};
	size_t n;
	char **axes = axes_names(g, &n);

	switch (o->format) {
	case TABLE_TSV:
		accuracy_put(g, f);
		break;
	case TABLE_JSON:
		print_json(g, f);
		break;
	case TABLE_MARKDOWN:
		grid_fill(&grid, g, axes, n, false, true);
		print_summed(t, g, by, &grid, f);
		print_markdown(&grid, f);
		break;
	case TABLE_TEXT:
		grid_fit(&grid, g, axes, n, o->width ? o->width : 100);
		print_summed(t, g, by, &grid, f);
		print_text(&grid, f, o->colour);
		break;
	}
	grid_clear(&grid);
	axes_names_free(axes, n);
}

int table_print(const struct score_table *t, FILE *f, const struct table_options *o, struct err *e)
{
	struct table_options none = {0};
	struct table_by by = {.dimensions = BY_ALL};
	struct score_table *g;
	size_t n;
	char **axes = axes_names(t, &n);
	int units, rc = -1;

	o = o ? o : &none;
	units = o->unit ? parse_units(o->unit, e) : (int)ALL_UNITS;
	if (units >= 0 && (!o->by || parse_by(o->by, axes, n, &by, e) == 0)) {
		g = group(t, &by, (unsigned)units);
		print_grouped(t, g, &by, o, f);
		score_table_free(g);
		rc = 0;
	}
	axes_names_free(axes, n);
	return rc;
}
