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
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/label.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/tsv.h"
#include "results/history/manifest.h"
#include "results/report/html.h"
#include "results/report/report.h"
#include "results/report/report_base_rate.h"
#include "results/report/report_confusion.h"
#include "results/report/report_containment.h"
#include "results/report/report_delay.h"
#include "results/report/report_detectors.h"
#include "results/report/report_errors.h"
#include "results/report/report_grid.h"
#include "results/report/report_operations.h"
#include "results/report/report_origin.h"
#include "results/report/report_plots.h"
#include "results/report/report_reach.h"
#include "results/report/report_summary.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/claims_tsv.h"
#include "results/score/confusion_tsv.h"

#define ROWS_MAX 4000 /* of a table in the page */

struct report {
	FILE *f;
	const char *dir;
	const struct manifest_facts *facts;
	struct score_table *t;		/* with claims and confusion */
	struct tsv *accuracy;		/* NULL when the run has none */
	struct tsv *outcomes;		/* the same */
	struct tsv *reach;		/* the same */
	struct tsv *detectors;		/* the same */
	struct containment containment; /* the same: no table */
	char **plots;			/* names, sorted; NULL-terminated (owned) */
	const char *vantage;		/* of the summary */
};

static bool exists(const struct report *r, const char *name)
{
	char *path = path_in(r->dir, name);
	bool yes = access(path, R_OK) == 0;

	free(path);
	return yes;
}

/* ---- tables ---- */

/* Every column of a table, NULL at the end (owned). */
static const char **all_columns(const struct tsv *t)
{
	const char **names = xcalloc(t->columns + 1, sizeof(*names));

	for (size_t i = 0; i < t->columns; i++)
		names[i] = t->names[i];
	return names;
}

static void put_tables(struct report *r)
{
	static const char *const outcomes[] = {"cell",	   "client",  "version", "kind", "mode",
					       "result",   "probe",   "path",	 "sn",	 "tcp_port",
					       "login_by", "seconds", NULL};

	if (r->accuracy) {
		const char **columns = all_columns(r->accuracy);

		fputs("<h2 id=\"accuracy\">Accuracy, every row</h2>\n", r->f);
		html_table(r->f, "accuracy.tsv: one row per setting, vantage, signature and unit",
			   r->accuracy, columns, ROWS_MAX);
		free(columns);
		fputs("<p><a href=\"accuracy.tsv\">accuracy.tsv</a></p>\n", r->f);
	}
	if (r->outcomes && r->outcomes->rows) {
		fputs("<h2 id=\"outcomes\">How the users logged in</h2>\n", r->f);
		html_table(r->f, "outcomes.tsv: every login and call, emulated seconds",
			   r->outcomes, outcomes, ROWS_MAX);
		fputs("<p><a href=\"outcomes.tsv\">outcomes.tsv</a></p>\n", r->f);
	}
}

/* ---- the page ---- */

static void put_top(struct report *r)
{
	const char *name = r->facts && r->facts->scenario ? report_base_name(r->facts->scenario)
							  : report_base_name(r->dir);
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
	if (r->detectors && r->detectors->rows)
		fputs("<li><a href=\"#detectors\">Detectors</a></li>\n", r->f);
	if (r->t->claims_n)
		fputs("<li><a href=\"#matrix\">Matrix</a></li>\n", r->f);
	if (r->containment.t && r->containment.t->rows)
		fputs("<li><a href=\"#containment\">Containment</a></li>\n", r->f);
	if (r->t->claims_n)
		fputs("<li><a href=\"#delay\">Time to detect</a></li>\n", r->f);
	if (report_has_confusion(&r->t->confusion))
		fputs("<li><a href=\"#confusion\">Confusion</a></li>\n", r->f);
	if (r->accuracy)
		fputs("<li><a href=\"#accuracy\">Accuracy</a></li>\n", r->f);
	if (r->outcomes && r->outcomes->rows)
		fputs("<li><a href=\"#outcomes\">Outcomes</a></li>\n", r->f);
	if (r->reach && r->reach->rows)
		fputs("<li><a href=\"#reach\">Reach of the background</a></li>\n", r->f);
	if (exists(r, "claims.tsv"))
		fputs("<li><a href=\"#errors\">Errors</a></li>\n", r->f);
	if (r->plots[0])
		fputs("<li><a href=\"#plots\">Plots</a></li>\n", r->f);
	fputs("<li><a href=\"#origin\">Origin</a></li>\n</ul></nav>\n<main>\n", r->f);
}

/* The page is written as for Skype, the usual target. */
static void put_target(const struct report *r)
{
	const char *target =
		json_string_value(json_object_get(r->facts ? r->facts->extra : NULL, "target"));

	if (target && !label_is(target, LABEL_SKYPE))
		html_printf(
			r->f,
			"<p>This run looks for <b>%s</b>: where the page says Skype, read that. "
			"Logins, calls and messages are Skype's all the same.</p>\n",
			target);
}

static int put_page(struct report *r, struct err *e)
{
	put_top(r);
	put_target(r);
	report_summary(r->f, r->t, r->vantage);
	report_detectors(r->f, r->t, r->detectors);
	report_grid(r->f, r->dir, r->t, r->outcomes, r->vantage);
	report_base_rate(r->f, r->t, r->vantage);
	report_operations(r->f, r->t, r->outcomes, r->vantage);
	report_containment(r->f, &r->containment);
	report_delay(r->f, r->t, r->vantage);
	report_confusion(r->f, &r->t->confusion, r->vantage);
	put_tables(r);
	if (exists(r, "claims.tsv"))
		report_errors(r->f, r->t);
	report_reach(r->f, r->reach, r->vantage);
	report_stages(r->f, r->t, r->vantage);
	if (report_plots(r->f, r->dir, r->plots, e) < 0 || report_origin(r->f, r->facts, e) < 0)
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

const char *report_vantage(const struct score_table *t)
{
	for (size_t i = 0; t && i < t->n; i++)
		if (!strcmp(t->rows[i].vantage, "caller.lan"))
			return t->rows[i].vantage;
	return t && t->n ? t->rows[0].vantage : "-";
}

static int load(struct report *r, struct err *e)
{
	char *accuracy = path_in(r->dir, "accuracy.tsv");
	char *claims = path_in(r->dir, "claims.tsv");
	char *confusion = path_in(r->dir, "confusion.tsv");
	int rc = -1;

	r->t = accuracy_read(accuracy, e);
	if (r->t && (!exists(r, "claims.tsv") || claims_read(r->t, claims, e) == 0) &&
	    (!exists(r, "confusion.tsv") || confusion_read(&r->t->confusion, confusion, e) == 0)) {
		r->accuracy = read_table(r, "accuracy.tsv", e);
		r->outcomes = exists(r, "outcomes.tsv") ? read_table(r, "outcomes.tsv", e) : NULL;
		rc = r->accuracy && (r->outcomes || !exists(r, "outcomes.tsv")) ? 0 : -1;
	}
	r->reach = exists(r, "reach.tsv") ? read_table(r, "reach.tsv", e) : NULL;
	r->detectors = exists(r, "detectors.tsv") ? read_table(r, "detectors.tsv", e) : NULL;
	if (rc == 0 && exists(r, "containment.tsv")) {
		char *containment = path_in(r->dir, "containment.tsv");

		rc = containment_read(&r->containment, containment, e);
		free(containment);
	}
	r->vantage = report_vantage(r->t);
	r->plots = report_plots_find(r->dir);
	free(accuracy);
	free(claims);
	free(confusion);
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
	tsv_free(r.reach);
	tsv_free(r.detectors);
	containment_clear(&r.containment);
	report_plots_free(r.plots);
	free(path);
	return rc;
}
