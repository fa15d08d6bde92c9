// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cell_data.c - what the report shows of a cell when it is opened
 *
 * One file of script a cell, which hands a JSON value to the page: a page that was opened from disk may run
 * scripts beside it, but not fetch data. The page (page/report.js) draws it. The first trial stands for the
 * cell where a thing is shown once (flows, messages, counters).
 *
 * Where a flow was stopped follows from the truth of the vantages, which is the traffic source's with the
 * conntrack of the gateways: a flow has the same moment of opening (`opened`) at every vantage that it came
 * past. One that the LAN of its own site knows and the WAN does not was stopped by that gateway going out; one
 * that the WAN of a site knows and its LAN does not, coming in. The counters of rules that dropped packets
 * (rules.txt) are given with it; where several fit, all are named.
 *
 * Limits: FLOWS_MAX flows, MESSAGES_MAX rows of their messages; how many there are beyond is said. Equal
 * messages of a flow that follow one another are one row with a count. Only Skype's own traffic is in it.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/label.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/quote.h"
#include "results/report/cell_data.h"

#define MESSAGES_MAX 600
#define FLOWS_MAX    600
#define RULES_MAX    (8 << 20)

/* A flow of Skype in the first trial. */
struct cell_flow {
	char *key; /* (owned) "udp 192.0.2.1:5 198.51.100.1:33033", the opener's own socket */
	size_t id;
	json_t *value; /* (borrowed) in the list */
	UT_hash_handle hh;
};

/* A flow by the moment of its opening, for the truth of other vantages. */
struct opened_flow {
	char *opened; /* (owned) */
	json_t *seen; /* (borrowed) names of vantages; NULL = the flow is beyond FLOWS_MAX */
	UT_hash_handle hh;
};

struct cell_writer {
	const char *dir; /* the run's */
	const struct run_cell *c;
	const struct score_table *t;
	json_t *flows; /* (borrowed) */
	struct cell_flow *by_key;
	struct opened_flow *by_opened;
	size_t left; /* flows beyond FLOWS_MAX */
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

/* ---- flows and where they were stopped ---- */

static void flow_add(struct cell_writer *w, const struct tsv *t, size_t r, const char *vantage)
{
	const char *opened = tsv_cell(t, r, tsv_column(t, "opened"));
	struct opened_flow *o;
	struct cell_flow *f;
	json_t *value, *seen;
	char *key;

	HASH_FIND_STR(w->by_opened, opened, o);
	if (o) {
		if (o->seen)
			json_array_append_new(o->seen, text_json(vantage));
		return;
	}
	o = xcalloc(1, sizeof(*o));
	o->opened = xstrdup(opened);
	HASH_ADD_KEYPTR(hh, w->by_opened, o->opened, strlen(o->opened), o);
	if (json_array_size(w->flows) == FLOWS_MAX) {
		w->left++;
		return;
	}
	key = xasprintf("%s %s:%s %s:%s", tsv_cell(t, r, tsv_column(t, "proto")),
			tsv_cell(t, r, tsv_column(t, "client_ip")),
			tsv_cell(t, r, tsv_column(t, "client_port")),
			tsv_cell(t, r, tsv_column(t, "server_ip")),
			tsv_cell(t, r, tsv_column(t, "server_port")));
	value = json_object();
	seen = json_array();
	set_text(value, "key", key);
	set_text(value, "kind", tsv_cell(t, r, tsv_column(t, "reason")));
	set_text(value, "node", tsv_cell(t, r, tsv_column(t, "node")));
	set_text(value, "client", tsv_cell(t, r, tsv_column(t, "client")));
	set_text(value, "server", tsv_cell(t, r, tsv_column(t, "server_host")));
	set_text(value, "opened", opened);
	json_object_set_new(value, "seen", seen);
	json_object_set_new(value, "verdicts", json_object());
	json_array_append_new(seen, text_json(vantage));
	o->seen = seen;
	f = xcalloc(1, sizeof(*f));
	f->key = key;
	f->id = json_array_size(w->flows);
	f->value = value;
	HASH_ADD_KEYPTR(hh, w->by_key, f->key, strlen(f->key), f);
	json_array_append_new(w->flows, value);
}

static void flows_of(struct cell_writer *w, const char *vantage)
{
	char *name = xasprintf("truth.%s.tsv", vantage);
	struct tsv *t = cell_table(w, name);

	for (size_t r = 0; t && r < t->rows; r++)
		if (label_is(tsv_cell(t, r, tsv_column(t, "label")), LABEL_SKYPE))
			flow_add(w, t, r, vantage);
	tsv_free(t);
	free(name);
}

static bool is_lan(const char *vantage)
{
	size_t n = strlen(vantage);

	return n > 4 && !strcmp(vantage + n - 4, ".lan");
}

/* The vantages of the cell: those in LANs first, where a flow has its opener's own addresses. (owned) */
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

/* Sets what each signature said of the flows, where they have their openers' own addresses. */
static void put_verdicts(struct cell_writer *w)
{
	for (size_t i = 0; i < w->c->flow_claims_n; i++) {
		const struct score_claim *c = w->c->flow_claims[i];
		struct cell_flow *f;

		HASH_FIND_STR(w->by_key, c->subject, f);
		if (f)
			json_object_set_new(json_object_get(f->value, "verdicts"),
					    w->t->rows[c->row].signature,
					    json_string(claim_result_text(c->result)));
	}
}

/* ---- messages ---- */

/* The flow of Skype that a message is of; NULL = of none. */
static struct cell_flow *flow_of(const struct cell_writer *w, const char *proto, const char *opener,
				 const char *peer)
{
	char *key = xasprintf("%s %s %s", proto, opener, peer);
	struct cell_flow *f;

	HASH_FIND_STR(w->by_key, key, f);
	free(key);
	return f;
}

/* Counts a message as one more of the last few rows, if it is: media goes in both directions. */
static bool again(const json_t *rows, const struct cell_flow *f, bool back, const char *name)
{
	size_t n = json_array_size(rows);

	for (size_t i = 1; i <= 4 && i <= n; i++) {
		json_t *old = json_array_get(rows, n - i), *count = json_array_get(old, 5);

		if ((size_t)json_integer_value(json_array_get(old, 1)) != f->id ||
		    json_integer_value(json_array_get(old, 2)) != back ||
		    strcmp(json_string_value(json_array_get(old, 3)), name) != 0)
			continue;
		json_integer_set(count, json_integer_value(count) + 1);
		return true;
	}
	return false;
}

static json_t *messages_of(struct cell_writer *w, json_t *out_flows)
{
	enum { TIME, CLIENT, DIRECTION, NAME, SIZE, PROTO, OPENER, PEER, COLUMNS };
	static const char *const names[COLUMNS] = {"time", "client", "direction", "name",
						   "size", "proto",  "opener",	  "peer"};
	struct tsv *t = cell_table(w, "messages.tsv");
	json_t *out = json_array();
	int column[COLUMNS];
	size_t left = 0;

	for (int i = 0; i < COLUMNS; i++)
		column[i] = t ? tsv_column(t, names[i]) : -1;
	for (size_t r = 0; t && r < t->rows; r++) {
		const char *cell[COLUMNS];
		struct cell_flow *f;
		bool back;

		for (int i = 0; i < COLUMNS; i++)
			cell[i] = tsv_cell(t, r, column[i]);
		if (!strcmp(cell[CLIENT], "-") ||
		    !(f = flow_of(w, cell[PROTO], cell[OPENER], cell[PEER])))
			continue;
		back = !strcmp(cell[DIRECTION], "to-opener");
		if (again(out, f, back, cell[NAME]))
			continue;
		if (json_array_size(out) == MESSAGES_MAX) {
			left++;
			continue;
		}
		json_array_append_new(out, json_pack("[o,i,i,o,i,i]", text_json(cell[TIME]),
						     (int)f->id, (int)back, text_json(cell[NAME]),
						     atoi(cell[SIZE]), 1));
		json_object_set_new(json_array_get(out_flows, f->id), "spoke",
				    text_json(cell[CLIENT]));
	}
	tsv_free(t);
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

/* ---- what the rules dropped ---- */

/* Named counters with packets, each with its gateway. rules.txt is nft's own listing, a part for each
 * gateway under "# NAME: ...". */
static json_t *counters_of(const struct cell_writer *w)
{
	char *path = cell_path(w, "rules.txt"), *save = NULL;
	char *text = path ? read_file_within(path, RULES_MAX, NULL, NULL) : NULL;
	char gateway[64] = "", counter[64] = "";
	json_t *out = json_array();

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		char word[64];
		long long packets;

		if (sscanf(line, "# %63[^: ]:", word) == 1)
			snprintf(gateway, sizeof(gateway), "%s", word);
		else if (sscanf(line, " counter %63[^ {]", word) == 1 && strchr(line, '{'))
			snprintf(counter, sizeof(counter), "%s", word);
		else if (*counter && sscanf(line, " packets %lld", &packets) == 1) {
			if (packets > 0)
				json_array_append_new(out, json_pack("[o,o,I]", text_json(gateway),
								     text_json(counter),
								     (json_int_t)packets));
			counter[0] = '\0';
		}
	}
	free(text);
	free(path);
	return out;
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
	size_t k;

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
	w->flows = json_array();
	json_object_set_new(o, "flows", w->flows);
	json_array_foreach (vantages, k, name) {
		flows_of(w, json_string_value(name));
		if (is_lan(json_string_value(name)))
			events_of(w, json_string_value(name), events);
	}
	json_object_set_new(o, "vantages", vantages);
	json_object_set_new(o, "flows_left", json_integer((json_int_t)w->left));
	put_verdicts(w);
	json_object_set_new(o, "messages", messages_of(w, w->flows));
	json_object_set_new(o, "events", events);
	json_object_set_new(o, "counters", counters_of(w));
	for (size_t i = 0; i < w->c->trials_n; i++)
		json_array_append_new(trials, json_pack("[o,o]", text_json(w->c->trials[i]),
							files_of(w->dir, w->c->trials[i])));
	json_object_set_new(o, "trials", trials);
	return o;
}

static void clear(struct cell_writer *w)
{
	struct cell_flow *f, *next;
	struct opened_flow *o, *after;

	HASH_ITER (hh, w->by_key, f, next) {
		HASH_DEL(w->by_key, f);
		free(f->key);
		free(f);
	}
	HASH_ITER (hh, w->by_opened, o, after) {
		HASH_DEL(w->by_opened, o);
		free(o->opened);
		free(o);
	}
}

int cell_data_write(const char *run_dir, size_t k, const struct run_cell *c,
		    const struct score_table *t, const struct tsv *outcomes, struct err *e)
{
	struct cell_writer w = {.dir = run_dir, .c = c, .t = t};
	char *path = path_inf(run_dir, "report/cell-%zu.js", k);
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
	clear(&w);
	free(path);
	return rc;
}
