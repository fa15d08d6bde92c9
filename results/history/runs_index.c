// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * runs_index.c - a page over a folder of runs
 *
 * A run is a folder with a manifest.json, at most DEPTH folders below. Newest first, each has a link to its
 * report and what its signatures found at the vantage of its summary; then, for every signature of at least two
 * runs, a plot of recall and precision over the runs in order of time. The figures are those of accuracy.tsv, the plots
 * those of a history that is made for the page and thrown away. The page is one file, plots and their data
 * included, so that it takes no name from a run. Of each run only the sums that it shows are kept in memory.
 *
 * Limits: the newest RUNS_SHOWN runs, and plots of PLOTS_MAX signatures; the page says how many there are beside. A
 * run that cannot be read is listed with the reason.
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

#define DEPTH	   3
#define RUNS_SHOWN 2000
#define PLOTS_MAX  60

struct indexed_run {
	char *name;		  /* (owned) below the folder */
	char *ended;		  /* (owned) "2026-11-30T06:57:11.000Z", "-" */
	char *scenario;		  /* (owned) its file's name; NULL before it is read */
	struct score_table *sums; /* (owned) NULL = it has no table, or was not read */
	char *fault;		  /* (owned) */
};

struct index {
	const char *dir;
	struct indexed_run *runs; /* (owned) */
	size_t n, shown;
};

/* ---- finding ---- */

static const char *text_at(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "-";
}

/* Notes a run and when it ended; the rest is read of those that are shown. */
static void add(struct index *x, const char *name)
{
	char *path = path_in(x->dir, name);
	json_t *m = manifest_read(path, NULL);

	if (!(x->n & (x->n - 1)))
		x->runs = xrealloc(x->runs, (x->n ? 2 * x->n : 1) * sizeof(*x->runs));
	x->runs[x->n++] =
		(struct indexed_run){.name = xstrdup(name),
				     .ended = xstrdup(text_at(json_object_get(m, "run"), "ended"))};
	json_decref(m);
	free(path);
}

static void read_run(const struct index *x, struct indexed_run *r)
{
	char *path = path_in(x->dir, r->name), *accuracy = path_in(path, "accuracy.tsv");
	struct err e = {0};
	json_t *m = manifest_read(path, &e);
	struct score_table *t = m ? accuracy_read(accuracy, &e) : NULL;
	const char *scenario =
		text_at(json_object_get(json_object_get(m, "run"), "scenario"), "path");
	const char *slash = strrchr(scenario, '/');

	r->scenario = xstrdup(slash ? slash + 1 : scenario);
	if (t)
		r->sums = report_sums(t, report_vantage(t));
	else
		r->fault = xstrdup(e.msg);
	score_table_free(t);
	json_decref(m);
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

		if (entry[0] != '.' && lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
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
	size_t rows = 0;

	for (size_t i = 0; r->sums && i < r->sums->n; i++) {
		const struct score_row *s = &r->sums->rows[i];

		if (s->unit != UNIT_FLOW || !(s->tp + s->fn + s->fp))
			continue;
		fputs("<tr>", f);
		put_name(x, f, r);
		put_when(f, r->ended);
		html_printf(f, "<td>%s</td><td>%s</td><td>%s %s</td>", r->scenario, s->signature,
			    source_text(s->source), s->traffic_version);
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
	html_printf(f, "<td>%s</td><td colspan=\"5\">%s</td></tr>\n", r->scenario,
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
	for (size_t i = 0; i < x->shown; i++)
		put_run(x, f, &x->runs[i]);
	html_table_end(f);
}

/* ---- history ---- */

/* Whether the signature is in two runs at least, and this is the first of them. */
static bool worth_plot(const struct index *x, size_t run, const char *signature)
{
	size_t runs = 0;

	for (size_t i = 0; i < x->shown; i++) {
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
	char *name = xasprintf("history-%s", signature), *p, *svg, *tsv, *alt;
	int rc = history_plot(db, signature, "client", plots, e);

	for (p = name; *p; p++) /* as plot_list_add() names the file */
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", *p))
			*p = '-';
	svg = path_inf(plots, "%s.svg", name);
	tsv = path_inf(plots, "%s.tsv", name);
	alt = xasprintf("%s: clients found over the runs", signature);
	if (rc == 0) {
		fputs("<figure>", f);
		rc = html_image(f, svg, "image/svg+xml", alt, e);
		html_printf(f, "<figcaption>%s: recall and precision of clients over the runs. ",
			    signature);
	}
	if (rc == 0)
		rc = html_download(f, tsv, "text/tab-separated-values", "Data", e);
	if (rc == 0)
		fputs("</figcaption></figure>\n", f);
	free(alt);
	free(tsv);
	free(svg);
	free(name);
	return rc;
}

/* The plots of the signatures of several runs, made in @plots. */
static int put_plots(const struct index *x, FILE *f, const char *plots, struct err *e)
{
	char *db = path_in(plots, "history.db");
	size_t put = 0, left = 0;
	int rc = 0;

	for (size_t i = 0; i < x->shown && !rc; i++) {
		char *path = path_in(x->dir, x->runs[i].name);

		if (x->runs[i].sums)
			rc = history_add(db, path, e);
		free(path);
	}
	for (size_t i = 0; i < x->shown && !rc; i++) {
		const struct score_table *g = x->runs[i].sums;

		for (size_t k = 0; g && k < g->n && !rc; k++) {
			if (seen_before(g, k) || !worth_plot(x, i, g->rows[k].signature))
				continue;
			if (put == PLOTS_MAX) {
				left++;
				continue;
			}
			if (!put++)
				fputs("<h2 id=\"history\">Over the runs</h2>\n", f);
			rc = put_plot(f, db, plots, g->rows[k].signature, e);
			if (rc < 0 && e->code == EXIT_ENV) {
				html_printf(f, "<p>There are no plots: %s</p>\n", e->msg);
				free(db);
				return 0;
			}
		}
	}
	if (left)
		html_printf(f,
			    "<p>%zu more signatures are in several runs; <code>skypelab results "
			    "history -s SIGNATURE --plot DIRECTORY</code> plots one.</p>\n",
			    left);
	free(db);
	return rc;
}

static int put_history(const struct index *x, FILE *f, struct err *e)
{
	char *plots = path_in(x->dir, ".index-XXXXXX");
	int rc = mkdtemp(plots) ? put_plots(x, f, plots, e)
				: err_sys(e, "%s: cannot make a folder in it", x->dir);

	remove_tree(plots);
	free(plots);
	return rc;
}

static int put_page(const struct index *x, FILE *f, struct err *e)
{
	int rc;

	html_head(f, "skypelab: runs");
	html_printf(f, "<header><h1>Runs</h1><p class=\"dim\">%zu in %s", x->n, x->dir);
	if (x->shown < x->n)
		html_printf(f, "; the newest %zu are shown", x->shown);
	fputs("</p></header>\n<main>\n", f);
	put_runs(x, f);
	rc = put_history(x, f, e);
	fputs("</main>\n", f);
	html_foot(f);
	return rc;
}

static void clear(struct index *x)
{
	for (size_t i = 0; i < x->n; i++) {
		free(x->runs[i].name);
		free(x->runs[i].ended);
		free(x->runs[i].scenario);
		free(x->runs[i].fault);
		score_table_free(x->runs[i].sums);
	}
	free(x->runs);
}

int runs_index(const char *dir, size_t *found, size_t *shown, struct err *e)
{
	struct index x = {.dir = dir};
	char *path = path_in(dir, "index.html");
	struct outfile o = {0};
	int rc = -1;

	find(&x, "", 1);
	if (x.n)
		qsort(x.runs, x.n, sizeof(*x.runs), newest_first);
	*found = x.n;
	*shown = x.shown = x.n < RUNS_SHOWN ? x.n : RUNS_SHOWN;
	for (size_t i = 0; i < x.shown; i++)
		read_run(&x, &x.runs[i]);
	if (!x.n)
		err_set(e, "%s: no run in it: no folder with a manifest.json", dir);
	else if (outfile_open(&o, path, e) == 0) {
		if (put_page(&x, o.f, e) < 0)
			outfile_abort(&o);
		else
			rc = outfile_commit(&o, e);
	}
	clear(&x);
	free(path);
	return rc;
}
