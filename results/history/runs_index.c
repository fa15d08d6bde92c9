// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * runs_index.c - a page over a folder of runs
 *
 * A run is a folder with a manifest.json, at most DEPTH folders below. Newest first, each has a link to its
 * report and what its signatures found at the vantage of its summary; then, for every signature of at least two
 * runs, a plot of recall and precision over the runs in order of time. The figures are those of accuracy.tsv, the plots
 * those of a history that is made for the page and thrown away.
 *
 * Limits: RUNS_MAX runs. A run that cannot be read is listed with the reason.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/path.h"
#include "results/history/history.h"
#include "results/history/manifest.h"
#include "results/history/runs_index.h"
#include "results/report/html.h"
#include "results/report/report.h"
#include "results/report/report_summary.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/measures.h"
#include "results/score/row_intervals.h"

#define DEPTH	 3
#define RUNS_MAX 2000

struct indexed_run {
	char *name;		   /* (owned) below the folder */
	json_t *manifest;	   /* (owned) NULL = it cannot be read */
	struct score_table *sums;  /* (owned) NULL = it has no table */
	const char *vantage;	   /* (owned by @table) */
	struct score_table *table; /* (owned) */
	char *fault;		   /* (owned) */
	const char *ended;	   /* (borrowed) "2026-11-30T06:57:11.000Z", "-" */
};

struct index {
	const char *dir;
	struct indexed_run *runs; /* (owned) */
	size_t n;
};

/* ---- finding ---- */

static const char *text_at(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "-";
}

static void add(struct index *x, const char *name)
{
	struct indexed_run *r = &x->runs[x->n++];
	char *path = path_in(x->dir, name), *accuracy = path_in(path, "accuracy.tsv");
	struct err e = {0};

	r->name = xstrdup(name);
	r->manifest = manifest_read(path, &e);
	if (r->manifest)
		r->table = accuracy_read(accuracy, &e);
	if (r->table) {
		r->vantage = report_vantage(r->table);
		r->sums = report_sums(r->table, r->vantage);
	} else {
		r->fault = xstrdup(e.msg);
	}
	r->ended = text_at(json_object_get(r->manifest, "run"), "ended");
	free(accuracy);
	free(path);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strverscmp((*a)->d_name, (*b)->d_name);
}

static bool has(const char *dir, const char *file)
{
	char *path = path_in(dir, file);
	bool yes = access(path, R_OK) == 0;

	free(path);
	return yes;
}

static void find(struct index *x, const char *below, unsigned depth)
{
	char *dir = *below ? path_in(x->dir, below) : xstrdup(x->dir);
	struct dirent **list;
	int n = scandir(dir, &list, NULL, by_name);

	for (int i = 0; i < n; i++) {
		const char *entry = list[i]->d_name;
		char *name = *below ? path_in(below, entry) : xstrdup(entry);
		char *path = path_in(x->dir, name);
		struct stat st;

		if (entry[0] != '.' && lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
		    x->n < RUNS_MAX) {
			if (has(path, "manifest.json"))
				add(x, name);
			else if (depth < DEPTH)
				find(x, name, depth + 1);
		}
		free(path);
		free(name);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	free(dir);
}

static int newest_first(const void *a, const void *b)
{
	const struct indexed_run *x = a, *y = b;

	int d = strcmp(y->ended, x->ended);

	return d ? d : strcmp(x->name, y->name);
}

/* ---- the page ---- */

/* To the minute: the text is of fixed form. */
static void put_when(FILE *f, const char *ended)
{
	char when[17];

	snprintf(when, sizeof(when), "%s", ended);
	if (when[0] && strlen(when) > 10)
		when[10] = ' ';
	html_printf(f, "<td>%s</td>", when);
}

static void put_found(FILE *f, const struct score_row *r)
{
	struct interval i;

	if (!r || !(r->tp + r->fn)) {
		fputs("<td>-</td>", f);
		return;
	}
	html_printf(f, "<td>%zu of %zu", (size_t)r->tp, (size_t)(r->tp + r->fn));
	if (row_recall_interval(r, &i))
		html_printf(f, " <span class=\"dim\">[%.2f, %.2f]</span>", i.low, i.high);
	fputs("</td>", f);
}

static void put_name(const struct index *x, FILE *f, const struct indexed_run *r)
{
	char *path = path_in(x->dir, r->name);

	/* A name may hold what a link would take for something else. */
	if (has(path, "report.html") && !strpbrk(r->name, "%?#"))
		html_printf(f, "<th scope=\"row\"><a href=\"./%s/report.html\">%s</a></th>",
			    r->name, r->name);
	else
		html_printf(f, "<th scope=\"row\">%s</th>", r->name);
	free(path);
}

static void put_run(const struct index *x, FILE *f, const struct indexed_run *r)
{
	const json_t *run = json_object_get(r->manifest, "run");
	const char *scenario = text_at(json_object_get(run, "scenario"), "path");
	const char *slash = strrchr(scenario, '/');
	size_t rows = 0;

	for (size_t i = 0; r->sums && i < r->sums->n; i++) {
		const struct score_row *s = &r->sums->rows[i];

		if (s->unit != UNIT_FLOW || !(s->tp + s->fn + s->fp))
			continue;
		fputs("<tr>", f);
		put_name(x, f, r);
		put_when(f, r->ended);
		html_printf(f, "<td>%s</td><td>%s</td><td>%s %s</td>", slash ? slash + 1 : scenario,
			    s->signature, source_text(s->source), s->traffic_version);
		put_found(f, score_row_of_unit(r->sums, s, UNIT_CLIENT));
		put_found(f, s);
		html_printf(f, "<td>%zu of %zu</td></tr>\n", (size_t)s->fp,
			    (size_t)(s->fp + s->tn));
		rows++;
	}
	if (rows)
		return;
	fputs("<tr>", f);
	put_name(x, f, r);
	put_when(f, r->ended);
	html_printf(f, "<td>%s</td><td colspan=\"5\">%s</td></tr>\n", slash ? slash + 1 : scenario,
		    r->fault ? r->fault : "nothing was scored");
}

static void put_runs(const struct index *x, FILE *f)
{
	static const char *const heads[] = {"run",	   "ended, UTC", "scenario",
					    "signature",   "traffic",	 "clients found",
					    "flows named", "false flows"};

	fputs("<h2 id=\"runs\">Runs</h2>\n", f);
	html_table_begin(
		f, false, "Runs",
		"Newest first; over all settings at the vantage of each run's summary, with 95 % "
		"intervals over trials",
		heads, ARRAY_LEN(heads));
	for (size_t i = 0; i < x->n; i++)
		put_run(x, f, &x->runs[i]);
	html_table_end(f);
}

/* ---- history ---- */

/* Whether the signature is in two runs at least, and this is the first of them. */
static bool worth_plot(const struct index *x, size_t run, const char *signature)
{
	size_t runs = 0;

	for (size_t i = 0; i < x->n; i++) {
		const struct score_table *g = x->runs[i].sums;
		bool in = false;

		for (size_t k = 0; g && k < g->n && !in; k++)
			in = !strcmp(g->rows[k].signature, signature);
		if (in && i < run)
			return false;
		runs += in;
	}
	return runs > 1;
}

static bool seen_before(const struct score_table *g, size_t k)
{
	for (size_t i = 0; i < k; i++)
		if (!strcmp(g->rows[i].signature, g->rows[k].signature))
			return true;
	return false;
}

static int put_plot(FILE *f, const char *db, const char *plots, const char *signature,
		    struct err *e)
{
	char *name = xasprintf("history-%s", signature), *p;
	int rc = history_plot(db, signature, "client", plots, e);

	for (p = name; *p; p++) /* as plot_list_add() names the file */
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", *p))
			*p = '-';
	if (rc == 0)
		html_printf(f,
			    "<figure><img loading=\"lazy\" src=\"index/%s.svg\" alt=\"%s: clients "
			    "found over "
			    "the runs\"><figcaption>%s: recall and precision of clients over the "
			    "runs. <a href=\"index/%s.tsv\">Data</a></figcaption></figure>\n",
			    name, signature, signature, name);
	free(name);
	return rc;
}

static int put_history(const struct index *x, FILE *f, struct err *e)
{
	char *plots = path_in(x->dir, "index"), *db = path_in(plots, "history.db");
	bool begun = false;
	int rc = make_dirs(plots, e);

	unlink(db);
	for (size_t i = 0; i < x->n && !rc; i++) {
		char *path = path_in(x->dir, x->runs[i].name);

		if (x->runs[i].sums)
			rc = history_add(db, path, e);
		free(path);
	}
	for (size_t i = 0; i < x->n && !rc; i++) {
		const struct score_table *g = x->runs[i].sums;

		for (size_t k = 0; g && k < g->n && !rc; k++) {
			if (seen_before(g, k) || !worth_plot(x, i, g->rows[k].signature))
				continue;
			if (!begun)
				fputs("<h2 id=\"history\">Over the runs</h2>\n", f);
			begun = true;
			rc = put_plot(f, db, plots, g->rows[k].signature, e);
			if (rc < 0 && e->code == EXIT_ENV) {
				html_printf(f, "<p>There are no plots: %s</p>\n", e->msg);
				rc = 0;
				goto out;
			}
		}
	}
out:
	unlink(db);
	free(db);
	free(plots);
	return rc;
}

static int put_page(const struct index *x, FILE *f, struct err *e)
{
	int rc;

	html_head(f, "skypelab: runs");
	html_printf(f, "<header><h1>Runs</h1><p class=\"dim\">%zu in %s</p></header>\n<main>\n",
		    x->n, x->dir);
	put_runs(x, f);
	rc = put_history(x, f, e);
	fputs("</main>\n", f);
	html_foot(f);
	return rc;
}

long runs_index(const char *dir, struct err *e)
{
	struct index x = {.dir = dir, .runs = xcalloc(RUNS_MAX, sizeof(*x.runs))};
	char *path = path_in(dir, "index.html");
	struct outfile o = {0};
	long rc = -1;

	find(&x, "", 1);
	qsort(x.runs, x.n, sizeof(*x.runs), newest_first);
	if (!x.n)
		err_set(e, "%s: no run in it: no folder with a manifest.json", dir);
	else if (outfile_open(&o, path, e) == 0) {
		if (put_page(&x, o.f, e) < 0)
			outfile_abort(&o);
		else if (outfile_commit(&o, e) == 0)
			rc = (long)x.n;
	}
	for (size_t i = 0; i < x.n; i++) {
		free(x.runs[i].name);
		free(x.runs[i].fault);
		json_decref(x.runs[i].manifest);
		score_table_free(x.runs[i].sums);
		score_table_free(x.runs[i].table);
	}
	free(x.runs);
	free(path);
	return rc;
}
