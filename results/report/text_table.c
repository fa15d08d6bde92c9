// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * text_table.c - accuracy tables for people: terminal, Markdown; and for programs: TSV, JSON
 *
 * A word that is the same in every row stands once above the table instead of in a column. If the
 * text table is still wider than the terminal, it shortens configuration names, then drops the
 * intervals. Rows are summed over every dimension that `by` does not name, by adding counts;
 * emulated and recorded traffic, and different units, are never added.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "results/score/intervals.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/measures.h"
#include "results/report/palette.h"
#include "results/report/text_table.h"

enum column {
	COL_SOURCE,
	COL_VERSION,
	COL_SIGNATURE,
	COL_VANTAGE,
	COL_CALLER,
	COL_CALLEE,
	COL_UNIT,
	COL_TP,
	COL_FP,
	COL_FN,
	COL_TN,
	COL_PRECISION,
	COL_RECALL,
	COL_F1,
	COL_FPR,
	COLUMNS,
};

static const char *const titles[COLUMNS] = {
	"source", "version", "signature", "vantage",   "caller", "callee", "unit",    "tp",
	"fp",	  "fn",	     "tn",	  "precision", "recall", "F1",	   "FP rate",
};

struct text_grid {
	size_t rows;
	char **cells;		     /* rows * COLUMNS (owned) */
	const struct score_row **of; /* row of the table */
	bool shown[COLUMNS];
	int width[COLUMNS];
};

/* The bits of a comma list of @names; -1 with @e set. */
static int parse_words(const char *text, const char *const *names, size_t n, const char *what,
		       struct err *e)
{
	const char *p = text;
	int bits = 0;

	while (*p) {
		size_t len = strcspn(p, ","), i;

		for (i = 0; i < n; i++)
			if (strlen(names[i]) == len && !strncmp(names[i], p, len))
				break;
		if (i == n)
			return err_set(e, "%s: \"%.*s\" is not one of %s, %s, %s%s%s", what,
				       (int)len, p, names[0], names[1], names[2], n > 3 ? ", " : "",
				       n > 3 ? names[3] : "");
		bits |= 1 << i;
		p += len + (p[len] == ',');
	}
	return bits;
}

struct score_table *table_group(const struct score_table *t, unsigned by, unsigned units)
{
	struct score_table *g = score_table_new();

	for (size_t i = 0; i < t->n; i++) {
		const struct score_row *r = &t->rows[i];
		bool c = by & BY_CONFIG, s = by & BY_SIGNATURE;
		struct score_setting key = {
			.source = r->source,
			.traffic_version = by & BY_VERSION ? r->traffic_version : "all",
			.vantage = by & BY_VANTAGE ? r->vantage : "all",
			.caller_firewall = c ? r->caller_firewall : "all",
			.caller_nat = c ? r->caller_nat : "all",
			.callee_firewall = c ? r->callee_firewall : "all",
			.callee_nat = c ? r->callee_nat : "all",
		};
		struct score_row *to;
		uint32_t at;

		if (!(units & (1U << r->unit)))
			continue;
		at = score_row_of(g, &key, s ? r->signature : "all", s ? r->revision : "-",
				  r->unit);
		to = &g->rows[at]; /* only now: score_row_of() may move the rows */
		score_row_sum(to, r);
	}
	return g;
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

static char *ratio_cell(double v, uint64_t k, uint64_t n, bool interval)
{
	struct interval i = wilson95(k, n);

	if (v < 0)
		return xstrdup("-");
	if (!interval)
		return xasprintf("%.3f", v);
	return xasprintf("%.3f [%.2f,%.2f]", v, i.low, i.high);
}

static char *fpr_cell(const struct score_row *r)
{
	double v = score_fpr(r);

	if (v < 0)
		return xstrdup("-");
	return xasprintf("%.2g (<%.2g)", v, exact_upper95(r->fp, r->fp + r->tn));
}

static void fill_row(char **c, const struct score_row *r, bool brief, bool interval)
{
	const uint64_t counts[] = {r->tp, r->fp, r->fn, r->tn};

	c[COL_SOURCE] = xstrdup(source_text(r->source));
	c[COL_VERSION] = xstrdup(r->traffic_version);
	c[COL_SIGNATURE] = strcmp(r->revision, "-") ? xasprintf("%s@%s", r->signature, r->revision)
						    : xstrdup(r->signature);
	c[COL_VANTAGE] = xstrdup(r->vantage);
	c[COL_CALLER] = config_text(r->caller_firewall, r->caller_nat, brief);
	c[COL_CALLEE] = config_text(r->callee_firewall, r->callee_nat, brief);
	c[COL_UNIT] = xstrdup(score_unit_text(r->unit));
	for (int k = 0; k < 4; k++)
		c[COL_TP + k] = r->unit == UNIT_SESSION && k == 3
					? xstrdup("-")
					: xasprintf("%llu", (unsigned long long)counts[k]);
	c[COL_PRECISION] = ratio_cell(score_precision(r), r->tp, r->tp + r->fp, interval);
	c[COL_RECALL] = ratio_cell(score_recall(r), r->tp, r->tp + r->fn, interval);
	c[COL_F1] = ratio_cell(score_f1(r), 0, 0, false);
	c[COL_FPR] = r->unit == UNIT_SESSION ? xstrdup("-") : fpr_cell(r);
}

static void grid_clear(struct text_grid *g)
{
	for (size_t i = 0; i < g->rows * COLUMNS; i++)
		free(g->cells[i]);
	free(g->cells);
	free(g->of);
	memset(g, 0, sizeof(*g));
}

/* Fills the cells and decides which columns are shown. Returns the table's width. */
static int grid_fill(struct text_grid *g, const struct score_table *t, bool brief, bool interval)
{
	int total = 0;

	grid_clear(g);
	g->rows = t->n;
	g->cells = xcalloc(t->n * COLUMNS + 1, sizeof(char *));
	g->of = xcalloc(t->n + 1, sizeof(*g->of));
	for (size_t i = 0; i < t->n; i++) {
		g->of[i] = &t->rows[i];
		fill_row(g->cells + i * COLUMNS, &t->rows[i], brief, interval);
	}
	for (int c = 0; c < COLUMNS; c++) {
		g->width[c] = (int)strlen(titles[c]);
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
			const char *cell = i ? g->cells[(i - 1) * COLUMNS + (size_t)c] : titles[c];
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
					i ? g->cells[(i - 1) * COLUMNS + (size_t)c] : titles[c]);
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

static void print_json(const struct score_table *t, FILE *f)
{
	json_t *all = json_array();

	for (size_t i = 0; i < t->n; i++) {
		const struct score_row *r = &t->rows[i];
		struct interval p = wilson95(r->tp, r->tp + r->fp),
				q = wilson95(r->tp, r->tp + r->fn);
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
		if (r->tp + r->fp)
			json_object_set_new(o, "precision_95", json_pack("[ff]", p.low, p.high));
		if (r->tp + r->fn)
			json_object_set_new(o, "recall_95", json_pack("[ff]", q.low, q.high));
		if (r->fp + r->tn)
			json_object_set_new(o, "fpr_upper_95",
					    json_real(exact_upper95(r->fp, r->fp + r->tn)));
		json_array_append_new(all, o);
	}
	json_dumpf(all, f, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
	fputc('\n', f);
	json_decref(all);
}

int table_print(const struct score_table *t, FILE *f, const struct table_options *o, struct err *e)
{
	static const char *const dims[] = {"version", "config", "vantage", "signature"};
	static const char *const unit_names[] = {"flow", "client", "session"};
	struct table_options none = {0};
	struct score_table *g;
	int by, units;
	struct text_grid grid = {0};
	int width;

	o = o ? o : &none;
	width = o->width ? o->width : 100;
	by = o->by ? parse_words(o->by, dims, ARRAY_LEN(dims), "--by", e) : BY_ALL;
	units = o->unit ? parse_words(o->unit, unit_names, UNITS, "--unit", e) : (int)ALL_UNITS;
	if (by < 0 || units < 0)
		return -1;
	g = table_group(t, (unsigned)by, (unsigned)units);
	switch (o->format) {
	case TABLE_TSV:
		accuracy_put(g, f);
		break;
	case TABLE_JSON:
		print_json(g, f);
		break;
	case TABLE_MARKDOWN:
		grid_fill(&grid, g, false, true);
		print_markdown(&grid, f);
		break;
	case TABLE_TEXT:
		if (grid_fill(&grid, g, false, true) > width &&
		    grid_fill(&grid, g, true, true) > width)
			grid_fill(&grid, g, true, false);
		print_text(&grid, f, o->colour);
		break;
	}
	grid_clear(&grid);
	score_table_free(g);
	return 0;
}
