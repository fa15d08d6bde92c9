// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report.c - report.html of a run directory
 *
 * One page that opens from disk, in the order of a reader's questions: the answer, setting by setting, what
 * went wrong and why, then where it holds (vantages, time, rarity, other applications), what the traffic was, every
 * row, what the words mean (report_words.c), and the origin of all of it. Everything is read from the run's files, so the page agrees with them; a
 * part whose file is missing is left out, and a file that cannot be read is an error. Links are relative and go to existing files of the run directory.
 *
 * What is long or seldom looked at is in report/ beside the page, as script that the page loads when it is
 * opened (cell_data.c, report_tables.c). report/ is made anew each time, beside the old one, and takes its place
 * when the whole page is there: where that fails, the old page and its report/ stay.
 *
 * Limits: who kills the program between two renames finds the old folder as report.old/.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/embed.h"
#include "base/label.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/tsv.h"
#include "results/history/manifest.h"
#include "results/report/cell_data.h"
#include "results/report/html.h"
#include "results/report/report.h"
#include "results/report/report_answer.h"
#include "results/report/report_base_rate.h"
#include "results/report/report_confusion.h"
#include "results/report/report_containment.h"
#include "results/report/report_delay.h"
#include "results/report/report_detectors.h"
#include "results/report/report_errors.h"
#include "results/report/report_heat.h"
#include "results/report/report_operations.h"
#include "results/report/report_origin.h"
#include "results/report/report_plots.h"
#include "results/report/report_reach.h"
#include "results/report/report_tables.h"
#include "results/report/report_words.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/claims_tsv.h"
#include "results/score/confusion_tsv.h"

struct report {
	FILE *f;
	const char *dir;
	char *beside; /* (owned) where what will be report/ is written */
	const struct manifest_facts *facts;
	struct score_table *t;		/* with claims and confusion */
	struct tsv *outcomes;		/* NULL when the run has none */
	struct tsv *reach, *misses;	/* the same */
	struct tsv *detectors;		/* the same */
	struct containment containment; /* the same: no table */
	char **plots;			/* names, sorted; NULL-terminated (owned) */
	const char *vantage;		/* of the answer */
	struct run_cells cells;		/* at @vantage */
};

static bool exists(const struct report *r, const char *name)
{
	char *path = path_in(r->dir, name);
	bool yes = access(path, R_OK) == 0;

	free(path);
	return yes;
}

/* ---- the page ---- */

extern const char report_style[], report_script[];
EMBED_TEXT(report_style, "results/report/page/report.css");
EMBED_TEXT(report_script, "results/report/page/report.js");

static bool has_rows(const struct tsv *t)
{
	return t && t->rows;
}

static void put_link(const struct report *r, bool there, const char *id, const char *name)
{
	if (there)
		html_printf(r->f, "<li><a href=\"#%s\">%s</a></li>\n", id, name);
}

static void put_top(struct report *r)
{
	const char *name = r->facts && r->facts->scenario ? report_base_name(r->facts->scenario)
							  : report_base_name(r->dir);
	char *title = xasprintf("skypelab: %s", name), date[40];
	time_t when = r->facts ? (time_t)r->facts->ended : time(NULL);
	struct tm tm;

	strftime(date, sizeof(date), "%Y-%m-%d %H:%M UTC", gmtime_r(&when, &tm));
	html_head_with(r->f, title, report_style);
	html_printf(r->f,
		    "<a class=\"skip\" href=\"#summary\">To the answer</a>\n<header><h1>%s</h1>\n"
		    "<p class=\"dim\">%s</p></header>\n<nav aria-label=\"Parts\"><ul>\n",
		    title, date);
	free(title);
	put_link(r, true, "summary", "The answer");
	put_link(r, has_rows(r->detectors), "detectors", "Detectors");
	put_link(r, r->cells.n > 0, "matrix", "Setting by setting");
	put_link(r, exists(r, "claims.tsv"), "errors", "What went wrong");
	put_link(r, has_rows(r->containment.t), "containment", "Containment");
	put_link(r, r->t->claims_n > 0, "delay", "Time to detect");
	put_link(r, report_has_confusion(&r->t->confusion), "confusion", "Confusion");
	put_link(r, has_rows(r->reach), "reach", "Reach of the background");
	put_link(r, has_rows(r->outcomes), "outcomes", "The traffic");
	put_link(r, true, "accuracy", "Every row");
	put_link(r, true, "words", "What the words mean");
	put_link(r, true, "origin", "Origin");
	fputs("</ul></nav>\n<main>\n", r->f);
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

static void put_folded_plots(struct report *r, const char *prefix, const char *summary)
{
	bool any = false;

	for (size_t i = 0; r->plots[i]; i++)
		any |= !strncmp(r->plots[i], prefix, strlen(prefix));
	if (!any)
		return;
	html_printf(r->f, "<details class=\"open\"><summary>%s</summary>\n", summary);
	report_plots(r->f, r->dir, r->plots, prefix);
	fputs("</details>\n", r->f);
}

/* What the users did. */
static int put_traffic(struct report *r, struct err *e)
{
	if (!has_rows(r->outcomes))
		return 0;
	fputs("<h2 id=\"outcomes\">The traffic</h2>\n", r->f);
	report_plots(r->f, r->dir, r->plots, "time-to-login");
	report_plots(r->f, r->dir, r->plots, "ports");
	report_plots(r->f, r->dir, r->plots, "message-sizes");
	return report_table(r->f, r->dir, r->beside, "outcomes", "Every login and call", e);
}

static int put_accuracy(struct report *r, struct err *e)
{
	fputs("<h2 id=\"accuracy\">Every row</h2>\n", r->f);
	return report_table(r->f, r->dir, r->beside, "accuracy",
			    "Accuracy by setting, vantage, signature and unit", e);
}

static int put_page(struct report *r, struct err *e)
{
	/* What the table has first comes first: flows in seconds, then clients, packets, bytes. */
	static const char *const delays[] = {"time-to-detect-emulated", "time-to-detect-recorded",
					     "time-to-detect-clients", "time-to-detect-packets",
					     "time-to-detect"};

	put_top(r);
	put_target(r);
	report_answer(r->f, r->t, &r->cells, r->misses, r->vantage);
	report_plots(r->f, r->dir, r->plots, "signatures-");
	report_plots(r->f, r->dir, r->plots, "versions-");
	report_detectors(r->f, r->t, r->detectors);
	report_heat(r->f, &r->cells, r->vantage);
	put_folded_plots(r, "settings-",
			 "The same as plots: recall and precision with their intervals");
	if (exists(r, "claims.tsv"))
		report_errors(r->f, r->t, &r->cells, r->misses, r->vantage);
	report_plots(r->f, r->dir, r->plots, "vantages-");
	report_base_rate(r->f, r->t, r->vantage);
	report_plots(r->f, r->dir, r->plots, "base-rate");
	report_operations(r->f, r->t, r->outcomes, r->vantage);
	report_containment(r->f, &r->containment);
	report_plots(r->f, r->dir, r->plots, "containment");
	report_delay(r->f, r->t, r->vantage);
	for (size_t i = 0; i < ARRAY_LEN(delays); i++)
		report_plots(r->f, r->dir, r->plots, delays[i]);
	report_confusion(r->f, &r->t->confusion, r->vantage);
	if (report_reach(r->f, r->dir, r->beside, r->reach, r->vantage, e) < 0 ||
	    put_traffic(r, e) < 0 || put_accuracy(r, e) < 0)
		return -1;
	report_other_plots(r->f, r->dir, r->plots);
	report_words(r->f);
	if (report_origin(r->f, r->facts, e) < 0)
		return -1;
	fputs("</main>\n", r->f);
	html_foot_with(r->f, report_script);
	return 0;
}

/* The page into @f, with its words linked to what they mean. */
static int write_page(struct report *r, FILE *f, struct err *e)
{
	char *html = NULL;
	size_t len;
	int rc;

	r->f = open_memstream(&html, &len);
	if (!r->f)
		return err_sys(e, "report: out of memory");
	rc = put_page(r, e);
	fclose(r->f);
	if (!rc)
		report_words_link(f, html);
	free(html);
	return rc;
}

/* Everything but the tables, which come with the page. */
static int write_details(struct report *r, struct err *e)
{
	int rc;

	remove_tree(r->beside);
	rc = make_dirs(r->beside, e);
	for (size_t i = 0; i < r->cells.n && !rc; i++)
		rc = cell_data_write(r->dir, r->beside, i, &r->cells.cells[i], r->t, r->outcomes,
				     e);
	return rc;
}

/* Puts what is beside into the place of report/, and gives the page its name: both or neither. */
static int replace(struct report *r, struct outfile *page, struct err *e)
{
	char *path = path_in(r->dir, "report"), *old = path_in(r->dir, "report.old");
	int rc = 0;

	remove_tree(old);
	if ((rename(path, old) < 0 && errno != ENOENT) || rename(r->beside, path) < 0) {
		rc = err_sys(e, "%s: cannot replace", path);
		outfile_abort(page);
	} else if ((rc = outfile_commit(page, e)) < 0) {
		remove_tree(path);
	}
	if (rc < 0)
		rename(old, path); /* where there was one, and nothing is in its place */
	else
		remove_tree(old);
	free(old);
	free(path);
	return rc;
}

/* The table @name of the run, NULL when it has none. 0, or -1 with @e set. */
static int read_table(const struct report *r, const char *name, struct tsv **out, struct err *e)
{
	char *path = path_in(r->dir, name);

	*out = exists(r, name) ? tsv_read(path, e) : NULL;
	free(path);
	return *out || !exists(r, name) ? 0 : -1;
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
	    (!exists(r, "confusion.tsv") || confusion_read(&r->t->confusion, confusion, e) == 0) &&
	    read_table(r, "outcomes.tsv", &r->outcomes, e) == 0 &&
	    read_table(r, "reach.tsv", &r->reach, e) == 0 &&
	    read_table(r, "misses.tsv", &r->misses, e) == 0)
		rc = read_table(r, "detectors.tsv", &r->detectors, e);
	if (rc == 0 && exists(r, "containment.tsv")) {
		char *containment = path_in(r->dir, "containment.tsv");

		rc = containment_read(&r->containment, containment, e);
		free(containment);
	}
	r->vantage = report_vantage(r->t);
	r->plots = report_plots_find(r->dir);
	if (rc == 0)
		r->cells = run_cells_of(r->t, r->vantage);
	free(accuracy);
	free(claims);
	free(confusion);
	return rc;
}

int report_write(const char *run_dir, const struct manifest_facts *facts, struct err *e)
{
	struct report r = {
		.dir = run_dir, .beside = path_in(run_dir, "report.new"), .facts = facts};
	char *path = path_in(run_dir, "report.html");
	struct outfile o = {0};
	int rc = load(&r, e);

	if (!rc)
		rc = write_details(&r, e);
	if (!rc && (rc = outfile_open(&o, path, e)) == 0) {
		rc = write_page(&r, o.f, e);
		if (rc < 0)
			outfile_abort(&o);
		else
			rc = replace(&r, &o, e);
	}
	remove_tree(r.beside);
	free(r.beside);
	score_table_free(r.t);
	tsv_free(r.outcomes);
	tsv_free(r.reach);
	tsv_free(r.misses);
	tsv_free(r.detectors);
	containment_clear(&r.containment);
	run_cells_clear(&r.cells);
	report_plots_free(r.plots);
	free(path);
	return rc;
}
