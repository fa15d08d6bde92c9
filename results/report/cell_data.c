// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cell_data.c - what the report shows of a cell when it is opened
 *
 * One file of script a cell, which hands a JSON value to the page: a page that was opened from disk may run
 * scripts beside it, but not fetch data. The page (page/report.js) draws it. The first trial stands for the
 * cell where a thing is shown once (flows, messages, counters).
 *
 * Where a flow was stopped follows from where it was seen (cell_flows.c), and from the counters of rules that
 * dropped packets (drop_counters.c), which are given with the flows that they are for. The page says which of them
 * fits; where several fit, all are named. A flow that nobody answered and no counter fits is only that: unanswered.
 *
 * Limits: MESSAGES_MAX rows of messages; how many there are beyond is said. Equal messages of a flow that follow
 * one another are one row with a count. Only Skype's own traffic is in it.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/path.h"
#include "base/quote.h"
#include "results/report/cell_data.h"
#include "results/report/cell_flows.h"
#include "results/report/drop_counters.h"

#define MESSAGES_MAX 600

struct cell_writer {
	const char *dir; /* the run's */
	const struct run_cell *c;
	const struct score_table *t;
	struct cell_flows *flows; /* (owned) */
};

/* What is not plain text is shown: a name that was cut may end within a character. */
static json_t *text_json(const char *text)
{
	return json_string_nocheck(quote_terminal(text));
}

static void set_text(json_t *o, const char *name, const char *text)
{
	json_object_set_new(o, name, text_json(text));
}

/* The path of a file of the first trial (owned); NULL where a name would lead out of the trial's folder: both come
 * from files of the run. */
static char *cell_path(const struct cell_writer *w, const char *name)
{
	const char *trial = w->c->trials[0];

	return strchr(trial, '/') || strchr(name, '/')
		       ? NULL
		       : path_inf(w->dir, "cells/%s/%s", trial, name);
}

static struct tsv *cell_table(const struct cell_writer *w, const char *name)
{
	char *path = cell_path(w, name);
	struct tsv *t = path ? tsv_read(path, NULL) : NULL;

	free(path);
	return t;
}

/* ---- setting, verdicts, logins ---- */

static json_t *counts(const struct cell_counts *n)
{
	return json_pack("[i,i,i]", (int)n->found, (int)n->all, (int)n->wrong);
}

static json_t *verdicts(const struct run_cell *c)
{
	json_t *out = json_array();

	for (size_t i = 0; i < c->marks_n; i++)
		json_array_append_new(
			out, json_pack("[o,o,o]", text_json(c->marks[i].of->signature),
				       counts(&c->marks[i].flow), counts(&c->marks[i].client)));
	return out;
}

/* The different ways of a cell's users, each with the number of trials that had it. */
static json_t *ways(const struct run_cell *c, const struct tsv *o)
{
	static const char *const names[] = {"client", "kind", "attempt",
					    "result", "path", "tcp_port"};
	int cell = o ? tsv_column(o, "cell") : -1;
	json_t *out = json_array();

	for (size_t r = 0; o && r < o->rows; r++) {
		json_t *way, *old = NULL;
		size_t k;

		if (!run_cell_has(c, tsv_cell(o, r, cell)))
			continue;
		way = json_array();
		for (size_t i = 0; i < ARRAY_LEN(names); i++) {
			const char *v = tsv_cell(o, r, tsv_column(o, names[i]));

			/* One port above 1023 is as good as another. */
			if (i == 5 && atoi(v) > 1023)
				v = "above 1023";
			json_array_append_new(way, text_json(v));
		}
		json_array_foreach (out, k, old)
			if (json_equal(json_array_get(old, 0), way))
				break;
		if (k < json_array_size(out)) {
			json_array_set_new(
				old, 1,
				json_integer(json_integer_value(json_array_get(old, 1)) + 1));
			json_decref(way);
		} else {
			json_array_append_new(out, json_pack("[o,i]", way, 1));
		}
	}
	return out;
}

/* ---- flows ---- */

static void flows_of(struct cell_writer *w, const char *vantage)
{
	char *name = xasprintf("truth.%s.tsv", vantage);
	struct tsv *t = cell_table(w, name);

	if (t)
		cell_flows_add(w->flows, t, vantage);
	tsv_free(t);
	free(name);
}

static bool is_lan(const char *vantage)
{
	size_t n = strlen(vantage);

	return n > 4 && !strcmp(vantage + n - 4, ".lan");
}

/* The vantages of the cell, those in LANs first. (owned) */
static json_t *vantages_of(const struct cell_writer *w)
{
	char *path = cell_path(w, "cell.json");
	json_t *cell = path ? json_load_file(path, 0, NULL) : NULL, *out = json_array(), *tap;
	const char *name;

	for (int pass = 0; pass < 2; pass++)
		json_object_foreach (json_object_get(cell, "taps"), name, tap)
			if (is_lan(name) == !pass)
				json_array_append_new(out, json_string(name));
	json_decref(cell);
	free(path);
	return out;
}

struct verdict {
	const char *signature;
	enum claim_result result;
};

static void set_verdict(void *arg, json_t *flow)
{
	const struct verdict *v = arg;

	json_object_set_new(json_object_get(flow, "verdicts"), v->signature,
			    json_string(claim_result_text(v->result)));
}

/* Sets what each signature said of the flows at their own vantage. */
static void put_verdicts(struct cell_writer *w)
{
	for (size_t i = 0; i < w->c->flow_claims_n; i++) {
		const struct score_claim *c = w->c->flow_claims[i];
		const struct score_row *r = &w->t->rows[c->row];
		struct verdict v = {r->signature, c->result};

		cell_flows_each(w->flows, r->vantage, c->subject, set_verdict, &v);
	}
}

/* ---- messages ---- */

/* Counts a message as one more of the last few rows, if it is: media goes in both directions. */
static bool again(const json_t *rows, const struct cell_flow *f, bool back, const char *name)
{
	size_t n = json_array_size(rows);

	for (size_t i = 1; i <= 4 && i <= n; i++) {
		json_t *old = json_array_get(rows, n - i), *count = json_array_get(old, 5);

		if ((size_t)json_integer_value(json_array_get(old, 1)) != f->at ||
		    json_integer_value(json_array_get(old, 2)) != back ||
		    strcmp(json_string_value(json_array_get(old, 3)), name) != 0)
			continue;
		json_integer_set(count, json_integer_value(count) + 1);
		return true;
	}
	return false;
}

static json_t *messages_of(struct cell_writer *w, const struct tsv *t)
{
	enum { TIME, NODE, CLIENT, FLOW, DIRECTION, NAME, SIZE, PROTO, OPENER, PEER, COLUMNS };
	static const char *const names[COLUMNS] = {"time", "node", "client", "flow",   "direction",
						   "name", "size", "proto",  "opener", "peer"};
	json_t *out = json_array();
	int column[COLUMNS];
	size_t left = 0;

	for (int i = 0; i < COLUMNS; i++)
		column[i] = t ? tsv_column(t, names[i]) : -1;
	for (size_t r = 0; t && r < t->rows; r++) {
		const char *cell[COLUMNS];
		const struct cell_flow *f;
		char *name;
		bool back;

		for (int i = 0; i < COLUMNS; i++)
			cell[i] = tsv_cell(t, r, column[i]);
		if (!strcmp(cell[CLIENT], "-"))
			continue;
		name = xasprintf("%s %s %s", cell[PROTO], cell[OPENER], cell[PEER]);
		f = cell_flows_find(w->flows, cell[FLOW], name);
		free(name);
		if (!f)
			continue;
		back = !strcmp(cell[DIRECTION], "to-opener");
		set_text(f->value, "spoke", cell[CLIENT]);
		if (back)
			json_object_set_new(f->value, "answered", json_true());
		else /* a row of several flows names the opener of one */
			set_text(f->value, "node", cell[NODE]);
		if (again(out, f, back, cell[NAME]))
			continue;
		if (json_array_size(out) == MESSAGES_MAX) {
			left++;
			continue;
		}
		json_array_append_new(out, json_pack("[o,i,i,o,i,i]", text_json(cell[TIME]),
						     (int)f->at, (int)back, text_json(cell[NAME]),
						     atoi(cell[SIZE]), 1));
	}
	if (left)
		json_array_append_new(out, json_integer((json_int_t)left));
	return out;
}

/* When sessions and calls began and ended, at the cell's own LANs. */
static void events_of(const struct cell_writer *w, const char *vantage, json_t *out)
{
	char *name = xasprintf("events.%s.tsv", vantage);
	struct tsv *t = cell_table(w, name);

	for (size_t r = 0; t && r < t->rows; r++)
		json_array_append_new(
			out, json_pack("[o,o,o]", text_json(tsv_cell(t, r, tsv_column(t, "time"))),
				       text_json(tsv_cell(t, r, tsv_column(t, "kind"))),
				       text_json(tsv_cell(t, r, tsv_column(t, "client_ip")))));
	tsv_free(t);
	free(name);
}

/* ---- files ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static json_t *files_of(const char *dir, const char *trial)
{
	char *path = path_inf(dir, "cells/%s", trial), *names[64] = {NULL};
	DIR *d = strchr(trial, '/') ? NULL : opendir(path);
	struct dirent *de;
	json_t *out = json_array();
	size_t n = 0;

	while (d && (de = readdir(d)) && n < ARRAY_LEN(names)) {
		size_t len = strlen(de->d_name);

		if ((len > 5 && !strcmp(de->d_name + len - 5, ".pcap")) ||
		    !strcmp(de->d_name, "eve.json") || !strcmp(de->d_name, "rules.txt"))
			names[n++] = xstrdup(de->d_name);
	}
	if (d)
		closedir(d);
	qsort(names, n, sizeof(char *), by_text);
	for (size_t i = 0; i < n; i++) {
		json_array_append_new(out, text_json(names[i]));
		free(names[i]);
	}
	free(path);
	return out;
}

/* ---- the whole ---- */

static json_t *value_of(struct cell_writer *w, const struct tsv *outcomes)
{
	const struct score_row *r = w->c->row;
	json_t *o = json_object(), *vantages = vantages_of(w), *events = json_array(),
	       *trials = json_array(), *name;
	struct tsv *messages = cell_table(w, "messages.tsv");
	char *rules = cell_path(w, "rules.txt");
	size_t k;

	w->flows = cell_flows_new(vantages);
	set_text(o, "name", w->c->name);
	set_text(o, "version", r->traffic_version);
	set_text(o, "extra", w->c->extra);
	set_text(o, "vantage", r->vantage); /* where the verdicts are counted */
	json_object_set_new(
		o, "caller",
		json_pack("[o,o]", text_json(r->caller_firewall), text_json(r->caller_nat)));
	json_object_set_new(
		o, "callee",
		json_pack("[o,o]", text_json(r->callee_firewall), text_json(r->callee_nat)));
	json_object_set_new(o, "verdicts", verdicts(w->c));
	json_object_set_new(o, "ways", ways(w->c, outcomes));
	json_array_foreach (vantages, k, name) {
		flows_of(w, json_string_value(name));
		if (is_lan(json_string_value(name)))
			events_of(w, json_string_value(name), events);
	}
	json_object_set_new(o, "vantages", vantages);
	json_object_set(o, "flows", cell_flows_list(w->flows));
	json_object_set_new(o, "flows_left", json_integer((json_int_t)cell_flows_left(w->flows)));
	put_verdicts(w);
	json_object_set_new(o, "told", json_boolean(messages != NULL)); /* what was sent */
	json_object_set_new(o, "messages", messages_of(w, messages));
	json_object_set_new(o, "events", events);
	json_object_set_new(o, "counters", drop_counters(rules));
	for (size_t i = 0; i < w->c->trials_n; i++)
		json_array_append_new(trials, json_pack("[o,o]", text_json(w->c->trials[i]),
							files_of(w->dir, w->c->trials[i])));
	json_object_set_new(o, "trials", trials);
	cell_flows_free(w->flows);
	tsv_free(messages);
	free(rules);
	return o;
}

int cell_data_write(const char *run_dir, const char *folder, size_t k, const struct run_cell *c,
		    const struct score_table *t, const struct tsv *outcomes, struct err *e)
{
	struct cell_writer w = {.dir = run_dir, .c = c, .t = t};
	char *path = path_inf(folder, "cell-%zu.js", k);
	struct outfile out = {0};
	json_t *value = value_of(&w, outcomes);
	int rc = outfile_open(&out, path, e);

	if (!rc) {
		fprintf(out.f, "skypelab(\"cell-%zu\",", k);
		json_dumpf(value, out.f, JSON_COMPACT | JSON_ENSURE_ASCII);
		fputs(");\n", out.f);
		rc = outfile_commit(&out, e);
	}
	json_decref(value);
	free(path);
	return rc;
}
