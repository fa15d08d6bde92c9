// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ablate.c - what each part of a signature is worth
 *
 * All variants (variants.c) see the same captures, each by itself: many that are nearly alike in one
 * detector would compete for its room on a flow. Recorded and emulated traffic are counted apart. A part whose absence changes no figure is worth
 * nothing on these captures; it may still keep out what they do not hold.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/listing.h"
#include "detector/language/file.h"
#include "run/detect/detect_score.h"
#include "run/regress/ablate.h"
#include "run/regress/variants.h"

#define COLUMNS 5 /* per source */

/* What one variant found in one kind of traffic. */
struct worth {
	uint64_t count[COLUMNS];
};

static const char *const columns[COLUMNS] = {"flows", "false_flows", "clients", "false_clients",
					     "sessions"};

struct ablation {
	struct variants v;
	struct signature_set **sets;
	size_t sets_n;
	struct score_table *table;
};

static void sets_load(struct ablation *a)
{
	struct err e;

	a->sets = xcalloc(a->v.n + 1, sizeof(struct signature_set *));
	for (size_t i = 0; i < a->v.n; i++) {
		const struct variant *v = &a->v.list[i];

		if (!v->rules)
			continue;
		a->sets[a->sets_n] = signature_set_new();
		signature_add_text(a->sets[a->sets_n], "variant", v->text, v->len, &e);
		signature_set_compile(a->sets[a->sets_n++]);
	}
}

static void score_set(struct ablation *a, const struct signature_set *set,
		      const struct detections *v, const struct labels *labels,
		      const struct flow_index *x, const struct score_setting *s)
{
	struct score_input in = {.setting = *s,
				 .target = labels ? labels_target(labels) : NULL,
				 .labels = labels,
				 .detections = v,
				 .flows = x};

	score_of_set(a->table, set, &in, NULL);
}

/* A capture_fn. */
static int try_capture(void *ablation, const char *path, const struct labels *labels,
		       const struct score_setting *s, struct err *e)
{
	struct ablation *a = ablation;
	struct flow_index *x = flow_index_new();
	int rc = 0;

	for (size_t i = 0; i < a->sets_n; i++) {
		struct detections *v = detections_new();

		if (detect_capture(a->sets[i], path, v, i ? NULL : x, e) < 0)
			rc = -1;
		if (rc == 0 || flow_index_count(x))
			score_set(a, a->sets[i], v, labels, x, s);
		detections_free(v);
	}
	flow_index_free(x);
	return rc;
}

static struct worth worth_of(const struct ablation *a, size_t variant, enum traffic_source source)
{
	struct worth w = {{0}};
	char name[24];

	snprintf(name, sizeof(name), "v%zu", variant);
	for (size_t i = 0; i < a->table->n; i++) {
		const struct score_row *r = &a->table->rows[i];

		if (r->source != source || strcmp(r->signature, name) != 0)
			continue;
		if (r->unit == UNIT_FLOW) {
			w.count[0] += r->tp;
			w.count[1] += r->fp;
		} else if (r->unit == UNIT_CLIENT) {
			w.count[2] += r->tp;
			w.count[3] += r->fp + r->wrong_role;
		} else if (r->unit == UNIT_SESSION) {
			w.count[4] += r->tp;
		}
	}
	return w;
}

/* What @w differs from that of the whole signature, "-3"; "" = nothing. */
static const char *change_text(const struct worth *w, const struct worth *whole, int i,
			       char out[24])
{
	int64_t by = (int64_t)(w->count[i] - whole->count[i]);

	*out = '\0';
	if (by)
		snprintf(out, 24, "%+" PRId64, by);
	return out;
}

static const char *const sources[] = {"recorded", "emulated"};

static void put_head(FILE *f, const bool has[2])
{
	fputs("rule\twithout", f);
	for (int k = 0; k < 2; k++)
		for (int i = 0; i < COLUMNS && has[k]; i++)
			fprintf(f, "\t%s_%s", sources[k], columns[i]);
	fputc('\n', f);
}

/* A table for people: of each source that is there, each figure and its change. */
struct grid {
	struct listing_column columns[2 + 2 * 2 * COLUMNS];
	char names[2 * COLUMNS][40];
	struct listing *list;
};

static void grid_begin(struct grid *g, const bool has[2])
{
	size_t n = 2, names = 0;

	*g = (struct grid){.columns = {{.name = "rule"}, {.name = "without"}}};
	for (int k = 0; k < 2; k++)
		for (int i = 0; i < COLUMNS && has[k]; i++) {
			char *name = g->names[names++];

			snprintf(name, sizeof(g->names[0]), "%s%s%s", has[!k] ? sources[k] : "",
				 has[!k] ? "_" : "", columns[i]);
			g->columns[n++] = (struct listing_column){.name = name, .number = true};
			g->columns[n++] = (struct listing_column){.name = "+-"};
		}
	g->list = listing_new(g->columns, n);
}

/* "recorded: 35 of 230 flows, 2 of 3 clients, 0 of 0 sessions are found" */
static void put_all(const struct ablation *a, enum traffic_source source, FILE *f)
{
	static const enum score_unit units[] = {UNIT_FLOW, UNIT_CLIENT, UNIT_SESSION};
	uint64_t found[3] = {0}, all[3] = {0};

	for (size_t i = 0; i < a->table->n; i++) {
		const struct score_row *r = &a->table->rows[i];

		for (int k = 0; k < 3; k++)
			if (r->source == source && r->unit == units[k] &&
			    !strcmp(r->signature, "v0")) {
				found[k] += r->tp;
				all[k] += r->tp + r->fn;
			}
	}
	fprintf(f,
		"%s: %" PRIu64 " of %" PRIu64 " flows, %" PRIu64 " of %" PRIu64 " clients, %" PRIu64
		" of %" PRIu64 " sessions are found\n",
		source_text(source), found[0], all[0], found[1], all[1], found[2], all[2]);
}

/* What a variant is worth in recorded and in emulated traffic, and the whole signature. */
static void worths_of(const struct ablation *a, size_t i, struct worth w[2], struct worth whole[2])
{
	static const enum traffic_source source[] = {SOURCE_RECORDED, SOURCE_EMULATED};

	for (int k = 0; k < 2; k++) {
		w[k] = worth_of(a, i, source[k]);
		whole[k] = worth_of(a, 0, source[k]);
	}
}

static void put_row(const struct ablation *a, size_t v, const bool has[2], FILE *f)
{
	struct worth w[2], whole[2];

	worths_of(a, v, w, whole);
	fprintf(f, "%s\t%s", a->v.list[v].rule, a->v.list[v].what);
	for (int k = 0; k < 2; k++)
		for (int i = 0; i < COLUMNS && has[k]; i++)
			fprintf(f, "\t%" PRIu64, w[k].count[i]);
	fputc('\n', f);
}

/* The row of a variant; false when it moves nothing and was left out. */
static bool grid_row(struct grid *g, const struct ablation *a, size_t v, const bool has[2])
{
	struct worth w[2], whole[2];
	size_t column = 2;
	char change[24];

	worths_of(a, v, w, whole);
	if (v && !memcmp(w, whole, sizeof(w)) && strcmp(a->v.list[v].rule, "-") != 0)
		return false;
	listing_begin(g->list);
	listing_put(g->list, 0, a->v.list[v].rule);
	listing_put(g->list, 1, a->v.list[v].what);
	for (int k = 0; k < 2; k++)
		for (int i = 0; i < COLUMNS && has[k]; i++) {
			listing_putf(g->list, column++, "%" PRIu64, w[k].count[i]);
			listing_put(g->list, column++, change_text(&w[k], &whole[k], i, change));
		}
	return true;
}

static void put_tsv(const struct ablation *a, const bool has[2], FILE *f)
{
	put_head(f, has);
	for (size_t i = 0; i < a->v.n; i++)
		if (a->v.list[i].rules)
			put_row(a, i, has, f);
}

static void put_text(const struct ablation *a, const bool has[2], FILE *f)
{
	size_t cannot = 0, nothing = 0;
	struct grid g;

	if (has[0])
		put_all(a, SOURCE_RECORDED, f);
	if (has[1])
		put_all(a, SOURCE_EMULATED, f);
	grid_begin(&g, has);
	for (size_t i = 0; i < a->v.n; i++) {
		if (!a->v.list[i].rules)
			cannot++;
		else if (!grid_row(&g, a, i, has))
			nothing++;
	}
	listing_end(g.list, f, false);
	fprintf(f,
		"%zu parts can be missing without any of these figures moving; %zu cannot be "
		"missing: others are built on them\n",
		nothing, cannot);
}

static void put_table(const struct ablation *a, FILE *f, bool tsv)
{
	bool has[2] = {false, false};

	for (size_t i = 0; i < a->table->n; i++)
		has[a->table->rows[i].source == SOURCE_EMULATED] = true;
	(tsv ? put_tsv : put_text)(a, has, f);
}

int ablate(const char *path, const struct material *m, FILE *f, bool tsv, bool *bad, struct err *e)
{
	struct ablation a = {.table = score_table_new()};
	int rc = variants_read(&a.v, path, e);

	if (rc == 0) {
		sets_load(&a);
		rc = material_each(m, try_capture, &a, bad, e);
	}
	if (rc == 0)
		put_table(&a, f, tsv);
	for (size_t i = 0; i < a.sets_n; i++)
		signatures_free(a.sets[i]);
	free(a.sets);
	variants_free(&a.v);
	score_table_free(a.table);
	return rc;
}
