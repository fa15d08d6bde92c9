// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report.c - report.html of a run directory
 *
 * One page that opens from disk: the summary, the matrix of settings with each cell's logins,
 * verdicts and captures, the accuracy table, the outcomes, misses and false positives, the plots,
 * and the origin of all of it. Everything is read from the run's files, so the page agrees with
 * them; a part whose file is missing is left out. Links are relative and go to existing files of
 * the run directory.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/path.h"
#include "results/report/html.h"
#include "results/history/manifest.h"
#include "results/report/report.h"
#include "results/report/report_grid.h"
#include "results/score/measures.h"
#include "results/score/stage.h"
#include "results/score/intervals.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/claims_tsv.h"
#include "results/report/text_table.h"

#define ROWS_MAX   4000 /* of a table in the page */
#define ERRORS_MAX 500	/* misses and false positives in the page */

struct report {
	FILE *f;
	const char *dir;
	const struct manifest_facts *facts;
	struct score_table *t; /* with claims */
	struct tsv *accuracy;  /* NULL when the run has none */
	struct tsv *outcomes;  /* the same */
	char **plots;	       /* names, sorted; NULL-terminated (owned) */
	const char *vantage;   /* of the summary */
};

static bool exists(const struct report *r, const char *name)
{
	char *path = path_in(r->dir, name);
	bool yes = access(path, R_OK) == 0;

	free(path);
	return yes;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* ---- summary ---- */

static void put_share(FILE *f, uint64_t k, uint64_t n)
{
	struct interval i = wilson95(k, n);

	if (!n) {
		fputs("<td class=\"n\">-</td><td>-</td>", f);
		return;
	}
	html_printf(f, "<td class=\"n\">%.3f</td><td>%.2f to %.2f</td>", score_share(k, n), i.low,
		    i.high);
}

static void put_summary_row(struct report *r, const struct score_row *flow,
			    const struct score_row *client)
{
	html_printf(r->f,
		    "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td class=\"n\">%zu</td>"
		    "<td class=\"n\">%zu</td><td class=\"n\">%zu</td>",
		    flow->signature, flow->traffic_version, source_text(flow->source),
		    (size_t)flow->tp, (size_t)flow->fn, (size_t)flow->fp);
	put_share(r->f, flow->tp, flow->tp + flow->fn);
	put_share(r->f, flow->tp, flow->tp + flow->fp);
	if (client)
		html_printf(r->f, "<td>%zu of %zu</td><td class=\"n\">%zu</td></tr>\n",
			    (size_t)client->tp, (size_t)(client->tp + client->fn),
			    (size_t)client->fp);
	else
		fputs("<td>-</td><td>-</td></tr>\n", r->f);
}

static const char *const summary_columns[] = {"signature", "traffic", "source",	 "found",
					      "missed",	   "false",   "recall",	 "95 %",
					      "precision", "95 %",    "clients", "false clients"};

static void put_summary(struct report *r)
{
	struct score_table *at = score_table_new(), *g;

	for (size_t i = 0; i < r->t->n; i++) {
		const struct score_row *s = &r->t->rows[i];
		struct score_setting key = {.source = s->source,
					    .traffic_version = s->traffic_version};
		uint32_t to;

		if (strcmp(s->vantage, r->vantage) != 0 || s->unit == UNIT_SESSION)
			continue;
		to = score_row_of(at, &key, s->signature, s->revision, s->unit);
		score_row_sum(&at->rows[to], s);
	}
	g = table_group(at, BY_VERSION | BY_SIGNATURE, ALL_UNITS);
	html_printf(
		r->f,
		"<h2 id=\"summary\">Summary</h2>\n<div class=\"box\" tabindex=\"0\" "
		"role=\"region\" aria-label=\"Summary\"><table class=\"sort\"><caption>Flows and "
		"clients over all settings, seen at %s; intervals are Wilson's, 95 %%"
		"</caption><thead><tr>",
		r->vantage);
	for (size_t i = 0; i < ARRAY_LEN(summary_columns); i++)
		html_printf(r->f, "<th scope=\"col\"><button type=\"button\">%s</button></th>",
			    summary_columns[i]);
	fputs("</tr></thead><tbody>\n", r->f);
	for (size_t i = 0; i < g->n; i++) {
		const struct score_row *client = NULL;

		if (g->rows[i].unit != UNIT_FLOW)
			continue;
		for (size_t k = 0; k < g->n; k++)
			if (g->rows[k].unit == UNIT_CLIENT &&
			    !strcmp(g->rows[k].signature, g->rows[i].signature) &&
			    !strcmp(g->rows[k].revision, g->rows[i].revision) &&
			    g->rows[k].source == g->rows[i].source &&
			    !strcmp(g->rows[k].traffic_version, g->rows[i].traffic_version))
				client = &g->rows[k];
		put_summary_row(r, &g->rows[i], client);
	}
	fputs("</tbody></table></div>\n", r->f);
	score_table_free(g);
	score_table_free(at);
}

/* ---- tables ---- */

static void put_tables(struct report *r)
{
	static const char *const accuracy[] = {"source",
					       "traffic_version",
					       "signature",
					       "vantage",
					       "caller_firewall",
					       "caller_nat",
					       "callee_firewall",
					       "callee_nat",
					       "unit",
					       "tp",
					       "fp",
					       "fn",
					       "tn",
					       "precision",
					       "recall",
					       "f1",
					       "precision_low",
					       "precision_high",
					       "recall_low",
					       "recall_high",
					       "fpr_upper",
					       NULL};
	static const char *const outcomes[] = {"cell",	   "client",  "version", "kind", "mode",
					       "result",   "probe",   "path",	 "sn",	 "tcp_port",
					       "login_by", "seconds", NULL};

	if (r->accuracy) {
		fputs("<h2 id=\"accuracy\">Accuracy, every row</h2>\n", r->f);
		html_table(r->f, "accuracy.tsv: one row per setting, vantage, signature and unit",
			   r->accuracy, accuracy, ROWS_MAX);
		fputs("<p><a href=\"accuracy.tsv\">accuracy.tsv</a></p>\n", r->f);
	}
	if (r->outcomes && r->outcomes->rows) {
		fputs("<h2 id=\"outcomes\">How the users logged in</h2>\n", r->f);
		html_table(r->f, "outcomes.tsv: every login and call, emulated seconds",
			   r->outcomes, outcomes, ROWS_MAX);
		fputs("<p><a href=\"outcomes.tsv\">outcomes.tsv</a></p>\n", r->f);
	}
}

static void put_errors(struct report *r)
{
	size_t fp = 0, fn = 0, shown = 0;

	for (size_t i = 0; i < r->t->claims_n; i++) {
		fp += r->t->claims[i].result == CLAIM_FP;
		fn += r->t->claims[i].result == CLAIM_FN;
	}
	if (!exists(r, "claims.tsv"))
		return;
	html_printf(
		r->f,
		"<h2 id=\"errors\">Missed and wrongly claimed</h2>\n<p>%zu misses and %zu false "
		"positives over all vantages; false positives first. All of them: <a "
		"href=\"claims.tsv\">claims.tsv</a>.</p>\n",
		fn, fp);
	if (!fp && !fn)
		return;
	fputs("<div class=\"box tall\" tabindex=\"0\" role=\"region\" aria-label=\"Missed and "
	      "wrongly "
	      "claimed\"><table class=\"sort\"><caption>Flows, clients and "
	      "sessions</caption><thead>"
	      "<tr>",
	      r->f);
	for (size_t i = 0; i < 7; i++)
		html_printf(r->f, "<th scope=\"col\"><button type=\"button\">%s</button></th>",
			    (const char *const[]){"what", "signature", "unit", "cell", "vantage",
						  "subject", "reason"}[i]);
	fputs("</tr></thead><tbody>\n", r->f);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < r->t->claims_n && shown < ERRORS_MAX; i++) {
			const struct score_claim *c = &r->t->claims[i];
			const struct score_row *row = &r->t->rows[c->row];

			if (c->result != (pass ? CLAIM_FN : CLAIM_FP))
				continue;
			shown++;
			html_printf(r->f,
				    "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td>"
				    "<td>%s</td><td>%s</td></tr>\n",
				    pass ? "missed" : "false", row->signature,
				    score_unit_text(row->unit), c->cell, row->vantage, c->subject,
				    c->reason);
		}
	}
	fputs("</tbody></table></div>\n", r->f);
	if (shown < fp + fn)
		html_printf(r->f, "<p class=\"dim\">The file has %zu more.</p>\n", fp + fn - shown);
}

/* Missed flows by how far their exchange went. */
static void put_stages(struct report *r)
{
	static const char *const head[] = {"signature", "flow", "messages it had", "missed"};
	size_t n;
	struct stage_count *s = stage_counts(r->t, r->vantage, &n);

	if (n)
		html_printf(r->f,
			    "<h3>How far the missed flows went</h3>\n<div class=\"box tall\" "
			    "tabindex=\"0\" role=\"region\" aria-label=\"Missed flows by stage\">"
			    "<table class=\"sort\"><caption>Seen at %s; messages as sent, by "
			    "the paper's names</caption><thead><tr>",
			    r->vantage);
	for (size_t i = 0; i < ARRAY_LEN(head) && n; i++)
		html_printf(r->f, "<th scope=\"col\"><button type=\"button\">%s</button></th>",
			    head[i]);
	fputs(n ? "</tr></thead><tbody>\n" : "", r->f);
	for (size_t i = 0; i < n; i++)
		html_printf(r->f,
			    "<tr><td>%s</td><td>%s</td><td>%s</td><td class=\"n\">%zu</td></tr>\n",
			    s[i].signature, s[i].reason, s[i].stage, s[i].n);
	fputs(n ? "</tbody></table></div>\n" : "", r->f);
	free(s);
}

/* ---- plots ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void find_plots(struct report *r)
{
	char *path = path_in(r->dir, "plots");
	DIR *d = opendir(path);
	struct dirent *de;
	size_t n = 0;

	r->plots = xcalloc(1, sizeof(char *));
	while (d && (de = readdir(d))) {
		size_t len = strlen(de->d_name);

		if (len < 5 || strcmp(de->d_name + len - 4, ".svg") != 0)
			continue;
		r->plots = xrealloc(r->plots, (n + 2) * sizeof(char *));
		r->plots[n] = xasprintf("%.*s", (int)len - 4, de->d_name);
		r->plots[++n] = NULL;
	}
	if (d)
		closedir(d);
	qsort(r->plots, n, sizeof(char *), by_name);
	free(path);
}

/* The title a plot's script sets, as words. */
static char *plot_title(const struct report *r, const char *name)
{
	char *path = path_inf(r->dir, "plots/%s.gp", name), *text = read_file(path, NULL, NULL);
	char *title = text ? strstr(text, "set title \"") : NULL, *out, *w;
	size_t len;

	free(path);
	title = title ? title + strlen("set title \"") : NULL;
	len = title ? strcspn(title, "\"") : 0;
	out = len ? xasprintf("%.*s", (int)len, title) : xstrdup(name);
	for (w = strstr(out, "\\n"); w; w = strstr(w, "\\n")) {
		w[0] = ',';
		w[1] = ' ';
	}
	free(text);
	return out;
}

static int put_plots(struct report *r, struct err *e)
{
	int rc = 0;

	if (!r->plots[0])
		return 0;
	fputs("<h2 id=\"plots\">Plots</h2>\n", r->f);
	for (size_t i = 0; r->plots[i] && !rc; i++) {
		const char *name = r->plots[i];
		char *svg = path_inf(r->dir, "plots/%s.svg", name);
		char *title = plot_title(r, name);

		fputs("<figure>", r->f);
		rc = html_image(r->f, svg, "image/svg+xml", title, e);
		html_printf(r->f,
			    "<figcaption>%s. <a href=\"plots/%s.tsv\">Data</a>, <a "
			    "href=\"plots/%s.gp\">gnuplot script</a>",
			    title, name, name);
		free(svg);
		free(title);
		svg = xasprintf("plots/%s.png", name);
		if (exists(r, svg))
			html_printf(r->f, ", <a href=\"%s\">PNG</a>", svg);
		fputs("</figcaption></figure>\n", r->f);
		free(svg);
	}
	return rc;
}

/* ---- provenance ---- */

static void put_fact(struct report *r, const char *what, const char *value)
{
	html_printf(r->f, "<dt>%s</dt><dd>%s</dd>\n", what, value);
}

static int put_digest(struct report *r, const char *what, const char *path, struct err *e)
{
	char hex[65];

	if (file_sha256(path, hex, e) < 0)
		return -1;
	html_printf(r->f, "<dt>%s</dt><dd>%s <code class=\"dim\">%s</code></dd>\n", what,
		    base_name(path), hex);
	return 0;
}

static int put_provenance(struct report *r, struct err *e)
{
	const struct manifest_facts *m = r->facts;
	struct utsname u;
	char text[64];

	uname(&u);
	fputs("<h2 id=\"origin\">Origin</h2>\n<dl>\n", r->f);
	put_fact(r, "program", "skypelab " SKYPELAB_VERSION);
	put_fact(r, "kernel", u.release);
	if (m) {
		put_fact(r, "command", m->command ? m->command : "-");
		snprintf(text, sizeof(text), "%llu", (unsigned long long)m->seed);
		put_fact(r, "seed", text);
		snprintf(text, sizeof(text), "%.1f s real, %.0f s emulated", m->ended - m->started,
			 m->emulated_s);
		put_fact(r, "time", text);
		if (m->truth_digest)
			put_fact(r, "messages, SHA-256", m->truth_digest);
		if (m->scenario && put_digest(r, "scenario", m->scenario, e) < 0)
			return -1;
		for (size_t i = 0; i < m->n_signatures; i++)
			if (put_digest(r, "signature", m->signatures[i], e) < 0)
				return -1;
		for (size_t i = 0; i < m->n_inputs; i++)
			if (put_digest(r, "input", m->inputs[i], e) < 0)
				return -1;
	}
	fputs("</dl>\n<p class=\"dim\">manifest.json in the run's folder lists the SHA-256 of "
	      "every "
	      "file of the run.</p>\n",
	      r->f);
	return 0;
}

/* ---- the page ---- */

static void put_top(struct report *r)
{
	const char *name =
		r->facts && r->facts->scenario ? base_name(r->facts->scenario) : base_name(r->dir);
	char *title = xasprintf("skypelab: %s", name), date[40];
	time_t when = r->facts ? (time_t)r->facts->ended : time(NULL);
	struct tm tm;

	strftime(date, sizeof(date), "%Y-%m-%d %H:%M UTC", gmtime_r(&when, &tm));
	html_head(r->f, title);
	html_printf(r->f,
		    "<a class=\"skip\" href=\"#summary\">To the summary</a>\n<header><h1>%s</h1>\n"
		    "<p class=\"dim\">%s</p></header>\n<nav aria-label=\"Parts\"><ul>\n",
		    title, date);
	free(title);
	fputs("<li><a href=\"#summary\">Summary</a></li>\n", r->f);
	if (r->t->claims_n)
		fputs("<li><a href=\"#matrix\">Matrix</a></li>\n", r->f);
	if (r->accuracy)
		fputs("<li><a href=\"#accuracy\">Accuracy</a></li>\n", r->f);
	if (r->outcomes && r->outcomes->rows)
		fputs("<li><a href=\"#outcomes\">Outcomes</a></li>\n", r->f);
	if (exists(r, "claims.tsv"))
		fputs("<li><a href=\"#errors\">Errors</a></li>\n", r->f);
	if (r->plots[0])
		fputs("<li><a href=\"#plots\">Plots</a></li>\n", r->f);
	fputs("<li><a href=\"#origin\">Origin</a></li>\n</ul></nav>\n<main>\n", r->f);
}

static int put_page(struct report *r, struct err *e)
{
	put_top(r);
	put_summary(r);
	report_grid(r->f, r->dir, r->t, r->outcomes, r->vantage);
	put_tables(r);
	put_errors(r);
	put_stages(r);
	if (put_plots(r, e) < 0 || put_provenance(r, e) < 0)
		return -1;
	fputs("</main>\n", r->f);
	html_foot(r->f);
	return 0;
}

static struct tsv *read_table(const struct report *r, const char *name, struct err *e)
{
	char *path = path_in(r->dir, name);
	struct tsv *t = tsv_read(path, e);

	free(path);
	return t;
}

static int load(struct report *r, struct err *e)
{
	char *accuracy = path_in(r->dir, "accuracy.tsv");
	char *claims = path_in(r->dir, "claims.tsv");
	int rc = -1;

	r->t = accuracy_read(accuracy, e);
	if (r->t && (!exists(r, "claims.tsv") || claims_read(r->t, claims, e) == 0)) {
		r->accuracy = read_table(r, "accuracy.tsv", e);
		r->outcomes = exists(r, "outcomes.tsv") ? read_table(r, "outcomes.tsv", e) : NULL;
		rc = r->accuracy && (r->outcomes || !exists(r, "outcomes.tsv")) ? 0 : -1;
	}
	r->vantage = r->t && r->t->n ? r->t->rows[0].vantage : "-";
	for (size_t i = 0; r->t && i < r->t->n; i++)
		if (!strcmp(r->t->rows[i].vantage, "caller.lan"))
			r->vantage = r->t->rows[i].vantage;
	find_plots(r);
	free(accuracy);
	free(claims);
	return rc;
}

int report_write(const char *run_dir, const struct manifest_facts *facts, struct err *e)
{
	struct report r = {.dir = run_dir, .facts = facts};
	char *path = path_in(run_dir, "report.html");
	struct outfile o = {0};
	int rc = load(&r, e);

	if (!rc && (rc = outfile_open(&o, path, e)) == 0) {
		r.f = o.f;
		rc = put_page(&r, e);
		if (rc < 0)
			outfile_abort(&o);
		else
			rc = outfile_commit(&o, e);
	}
	score_table_free(r.t);
	tsv_free(r.accuracy);
	tsv_free(r.outcomes);
	for (size_t i = 0; r.plots && r.plots[i]; i++)
		free(r.plots[i]);
	free(r.plots);
	free(path);
	return rc;
}
