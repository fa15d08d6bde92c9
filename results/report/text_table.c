// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * text_table.c - accuracy tables for people: terminal, Markdown; and for programs: TSV, JSON
 *
 * Rows are summed over every dimension that `by` does not name, by adding the counts of their
 * clusters; emulated and recorded traffic, and different units, are never added. A table that was
 * summed says over what, and what its intervals speak of. The text is laid out in text_grid.c.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "results/score/accuracy_tsv.h"
#include "results/score/axes.h"
#include "results/score/measures.h"
#include "results/score/row_intervals.h"
#include "results/report/text_grid.h"
#include "results/report/text_table.h"

/* What rows are kept apart by: bits of enum table_dimension, and single axes. */
struct table_by {
	int dimensions;
	const char *axes[16];
	size_t axes_n;
};

/* Index of [p, p + len) among @n names; -1 = it is none of them. */
static int word_index(const char *p, size_t len, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == len && !strncmp(names[i], p, len))
			return (int)i;
	return -1;
}

static void add_part(char **text, const char *part)
{
	char *more = xasprintf("%s%s%s", *text, **text ? ", " : "", part);

	free(*text);
	*text = more;
}

/* "flow, client" (owned). */
static char *listed(const char *const *words, size_t n)
{
	char *all = xstrdup("");

	for (size_t i = 0; i < n; i++)
		add_part(&all, words[i]);
	return all;
}

static int no_dimension(const char *word, size_t len, char *const *axes, size_t n, struct err *e)
{
	char *all = listed((const char *const *)axes, n);

	err_set(e, "--by: \"%.*s\" is not one of version, config, vantage, signature, detector%s%s",
		(int)len, word,
		*all ? ", nor an axis of the table: " : ", and the table has no axis", all);
	free(all);
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

		if (i < 0) {
			char *all = listed(names, UNITS);

			err_set(e, "--unit: \"%.*s\" is not a unit, expected one of %s", (int)len,
				p, all);
			free(all);
			return -1;
		}
		bits |= 1 << i;
		p += len + (p[len] == ',');
	}
	return bits;
}

/* A comma list of dimensions and of the @n axes of the table. */
static int parse_by(const char *text, char *const *axes, size_t n, struct table_by *by,
		    struct err *e)
{
	static const char *const dimensions[] = {"version", "config", "vantage", "signature",
						 "detector"};
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
			return no_dimension(p, len, axes, n, e);
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
		bool own = by->dimensions & (BY_SIGNATURE | BY_DETECTOR);
		struct score_setting key = {
			.source = r->source,
			.detector = own ? r->detector : "all",
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
		json_t *o = json_pack(
			"{ss ss ss ss ss ss ss ss ss ss ss sI sI sI sI sI}", "source",
			source_text(r->source), "traffic_version", r->traffic_version, "detector",
			r->detector, "signature", r->signature, "revision", r->revision, "vantage",
			r->vantage, "caller_firewall", r->caller_firewall, "caller_nat",
			r->caller_nat, "callee_firewall", r->callee_firewall, "callee_nat",
			r->callee_nat, "unit", score_unit_text(r->unit), "tp", (json_int_t)r->tp,
			"fp", (json_int_t)r->fp, "fn", (json_int_t)r->fn, "tn", (json_int_t)r->tn,
			"unlabelled", (json_int_t)r->unlabelled);

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

static bool several_detectors(const struct score_table *t)
{
	for (size_t i = 1; i < t->n; i++)
		if (strcmp(t->rows[i].detector, t->rows[0].detector) != 0)
			return true;
	return false;
}

/* Says over what the rows of @t became those of @g; nothing when no rows were added. */
static void print_summed(const struct score_table *t, const struct score_table *g,
			 const struct table_by *by, FILE *f)
{
	static const char *const parts[] = {"versions", "settings", "vantages", "signatures"};
	char *text = xstrdup("");
	size_t clusters = 0, rows = 0;

	for (size_t i = 0; i < t->n; i++)
		rows += score_row_like(g, &t->rows[i]) == NULL;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!(by->dimensions & 1 << i))
			add_part(&text, parts[i]);
	if (g->n && !strcmp(g->rows[0].detector, "all") && several_detectors(t))
		add_part(&text, "detectors");
	for (size_t i = 0; i < g->n; i++)
		clusters = g->rows[i].clusters.n > clusters ? g->rows[i].clusters.n : clusters;
	if (rows && g->n < t->n && *text && g->n) {
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

static void print_grouped(const struct score_table *t, const struct score_table *g,
			  const struct table_by *by, const struct table_options *o, FILE *f)
{
	bool text = o->format == TABLE_TEXT;
	struct text_grid *grid;
	size_t n;
	char **axes;

	if (o->format == TABLE_TSV) {
		accuracy_put(g, f);
		return;
	}
	if (o->format == TABLE_JSON) {
		print_json(g, f);
		return;
	}
	axes = axes_names(g, &n);
	grid = text_grid_new(g, axes, n, !text ? 0 : o->width ? o->width : 100);
	print_summed(t, g, by, f);
	if (text)
		text_grid_print(grid, f);
	else
		text_grid_markdown(grid, f);
	text_grid_free(grid);
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
