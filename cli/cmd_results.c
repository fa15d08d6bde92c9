// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_results.c - `skypelab results`: look at runs, keep baselines, compare, history
 *
 * A run directory is used only when it is whole: a run that did not end, or whose files were
 * changed since, is refused unless --force is given. Baselines are text files; a bare name stands
 * for a file in results/baselines of the source tree (or of PREFIX/share/skypelab).
 */
#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/input.h"
#include "base/listing.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/quote.h"
#include "cli/cmd_results.h"
#include "cli/command/failure.h"
#include "results/history/baseline.h"
#include "results/history/compare.h"
#include "results/history/compare_print.h"
#include "results/history/history.h"
#include "results/history/manifest.h"
#include "results/history/runs_index.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/claims_tsv.h"
#include "results/report/text_table.h"

#define BASELINES	  "results/baselines"
#define DEFAULT_DB	  "results/history.db"
#define DEFAULT_RUNS	  "results/runs"
#define DEFAULT_TOLERANCE 0.01 /* of recall, emulated traffic only */
#define CHANGES_SHOWN	  20   /* per kind, in text */

struct results_options {
	const char *by, *unit, *vantage, *signature, *db, *plot, *out;
	int table_format;   /* enum table_format */
	int compare_format; /* enum compare_format */
	struct option_real tolerance;
	bool force;
};

#define AT(field) offsetof(struct results_options, field)

enum {
	FORM_SHOW,
	FORM_COMPARE,
	FORM_BASELINE_SAVE,
	FORM_BASELINE_LIST,
	FORM_HISTORY,
	FORM_HISTORY_ADD,
	FORM_INDEX,
	FORM_VERIFY
};
#define SHOW	    OPTION_FORM(FORM_SHOW)
#define COMPARE	    OPTION_FORM(FORM_COMPARE)
#define SAVE	    OPTION_FORM(FORM_BASELINE_SAVE)
#define LIST	    OPTION_FORM(FORM_BASELINE_LIST)
#define HISTORY	    OPTION_FORM(FORM_HISTORY)
#define HISTORY_ADD OPTION_FORM(FORM_HISTORY_ADD)

static const struct option_row rows[] = {
	OPTION(TEXT, "by", 0, "LIST", by, "keep apart: version,config,vantage,signature,...",
	       .forms = SHOW),
	OPTION(TEXT, "unit", 0, "LIST", unit, "count: flow,client,session",
	       .forms = SHOW | HISTORY),
	OPTION(CHOICE, "format", 'f', TABLE_FORMATS, table_format, "form of the table",
	       .forms = SHOW | HISTORY, .long_usage = true),
	OPTION(WORD, "json", 0, NULL, table_format, "the same as --format json", .low = TABLE_JSON,
	       .forms = SHOW | HISTORY | LIST),
	OPTION(CHOICE, "format", 'f', COMPARE_FORMATS, compare_format, "form of the report",
	       .forms = COMPARE, .long_usage = true),
	OPTION(WORD, "html", 0, NULL, compare_format, "the same as --format html",
	       .low = COMPARE_HTML, .forms = COMPARE),
	OPTION(WORD, "json", 0, NULL, compare_format, "the same as --format json",
	       .low = COMPARE_JSON, .forms = COMPARE),
	OPTION(REAL, "tolerance", 0, "SHARE", tolerance,
	       "how far recall of emulated traffic may fall; default 0.01", .high = 1,
	       .forms = COMPARE),
	OPTION(TEXT, "vantage", 0, "NAME", vantage, "only this vantage", .forms = COMPARE | SAVE),
	OPTION(TEXT, "signature", 's', "SIGNATURE", signature, "only this signature",
	       .forms = COMPARE | SAVE | HISTORY),
	OPTION(FLAG, "force", 0, NULL, force, "use a run that is not whole",
	       .forms = COMPARE | SAVE),
	OPTION(TEXT, "output", 'o', "FILE", out, "write the report there", .forms = COMPARE),
	OPTION(TEXT, "plot", 0, "DIRECTORY", plot, "plot the figures of -s there",
	       .forms = HISTORY),
	OPTION(TEXT, "db", 0, "FILE", db, "database; default results/history.db",
	       .forms = HISTORY | HISTORY_ADD),
};

#define FORCED "used because of --force"

/* The run's table with its claims. @why: why a run that is not whole is used nevertheless; NULL =
 * it is refused. NULL with @e set. */
static struct score_table *run_load(const char *dir, const char *why, struct err *e)
{
	char *accuracy = path_in(dir, "accuracy.tsv"), *claims = path_in(dir, "claims.tsv");
	struct score_table *t = NULL;
	int state = manifest_verify(dir, e);

	if (state != MANIFEST_WHOLE && (state < 0 || !why)) {
		size_t len = strlen(e->msg);

		if (state >= 0)
			snprintf(e->msg + len, sizeof(e->msg) - len,
				 "; refused, --force uses it nevertheless");
		e->code = EXIT_USAGE;
		goto out;
	}
	if (state != MANIFEST_WHOLE)
		log_warn("%s; %s", e->msg, why);
	if (input_folder(dir, e) < 0)
		goto out;
	t = accuracy_read(accuracy, e);
	if (t && access(claims, R_OK) == 0 && claims_read(t, claims, e) < 0) {
		score_table_free(t);
		t = NULL;
	}
out:
	free(accuracy);
	free(claims);
	return t;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The file of a baseline named by NAME or path (owned): of NAME the user's own, whose folder is made
 * if it is to be written, or else, to be read, the project's. NULL with @e set. */
static char *baseline_path(const char *name, bool write, struct err *e)
{
	size_t len = strlen(name);
	char *relative, *path;

	if (strchr(name, '/') || (len > 4 && !strcmp(name + len - 4, ".tsv")))
		return xstrdup(name);
	relative = xasprintf(BASELINES "/%s.tsv", name);
	path = data_own(relative);
	if (write) {
		char *folder = path_folder(path);

		if (make_dirs(folder, e) < 0) {
			free(path);
			path = NULL;
		}
		free(folder);
	} else if (access(path, F_OK) < 0) {
		free(path);
		path = data_path(relative, NULL);
		if (!path)
			err_set(e,
				"%s: no baseline of that name, and no path; `skypelab results "
				"baseline list` names them",
				name);
	}
	free(relative);
	return path;
}

/* A run directory or a baseline, as a baseline. */
static struct baseline *side_load(const char *name, const struct results_options *o, struct err *e)
{
	struct baseline *b = NULL;

	if (is_folder(name)) {
		struct score_table *t = run_load(name, o->force ? FORCED : NULL, e);

		if (t)
			b = baseline_of(t, o->vantage, o->signature);
		score_table_free(t);
	} else {
		char *path = baseline_path(name, false, e);

		if (path)
			b = baseline_read(path, e);
		free(path);
	}
	return b;
}

static enum command_end show(struct command_call *call, struct err *e)
{
	const struct results_options *o = call->options;
	const struct table_options table = {
		.format = (enum table_format)o->table_format, .by = o->by, .unit = o->unit};
	struct score_table *t = run_load(call->arguments[0], "shown nevertheless", e);
	int rc = t ? table_print(t, stdout, &table, e) : -1;

	score_table_free(t);
	return failure_or_done(rc);
}

static enum command_end verify(struct command_call *call, struct err *e)
{
	enum command_end end = COMMAND_DONE;

	for (size_t i = 0; i < call->n; i++) {
		int state = manifest_verify(call->arguments[i], e);

		if (state == MANIFEST_WHOLE) {
			printf("%s: whole\n", quote_terminal(call->arguments[i]));
			continue;
		}
		failure_report(e);
		if (state < 0)
			end = COMMAND_FAILED;
		else if (end == COMMAND_DONE)
			end = COMMAND_FINDING;
	}
	return end == COMMAND_FAILED ? failure_reported(e, EXIT_USAGE) : end;
}

/* The run that a baseline is made of, in words, for the head of its file. */
static char *about_run(const char *dir)
{
	json_t *m = manifest_read(dir, NULL), *run = json_object_get(m, "run");
	const char *scenario =
		json_string_value(json_object_get(json_object_get(run, "scenario"), "path"));
	const char *version =
		json_string_value(json_object_get(json_object_get(m, "program"), "version"));
	const char *slash = scenario ? strrchr(scenario, '/') : NULL;
	char *text = xasprintf("%s, seed %lld, skypelab %s",
			       slash	  ? slash + 1
			       : scenario ? scenario
					  : "no scenario",
			       (long long)json_integer_value(json_object_get(run, "seed")),
			       version ? version : "?");

	json_decref(m);
	return text;
}

static enum command_end baseline_save(struct command_call *call, struct err *e)
{
	const struct results_options *o = call->options;
	const char *name = call->arguments[0], *run = call->arguments[1];
	struct score_table *t = run_load(run, o->force ? FORCED : NULL, e);
	struct baseline *b;
	char *path, *about;
	int rc;

	if (!t)
		return COMMAND_FAILED;
	b = baseline_of(t, o->vantage, o->signature);
	path = b->n ? baseline_path(name, true, e) : NULL;
	about = about_run(run);
	if (!b->n)
		rc = err_set(e,
			     "%s: nothing to keep: no such vantage or signature in its claims.tsv",
			     run);
	else
		rc = path ? baseline_write(b, path, about, e) : -1;
	if (rc == 0)
		printf("%s: %zu blocks\n", quote_terminal(path), b->n);
	free(path);
	free(about);
	baseline_free(b);
	score_table_free(t);
	return failure_or_done(rc);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void list_row(struct listing *l, const char *name, size_t blocks)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", blocks);
	listing_row(l, name, text);
}

/* One line about the file @name of @dir, if it is a baseline; a faulty one is reported. */
static void list_baseline(struct listing *l, const char *dir, char *name)
{
	char *dot = strrchr(name, '.'), *path;
	struct baseline *b;
	struct err e;

	if (!dot || strcmp(dot, ".tsv") != 0)
		return;
	path = path_in(dir, name);
	b = baseline_read(path, &e);
	*dot = '\0';
	if (b)
		list_row(l, name, b->n);
	else
		failure_report(&e);
	baseline_free(b);
	free(path);
}

static void list_baselines(struct listing *l, const char *dir)
{
	struct dirent **list;
	int n = scandir(dir, &list, NULL, by_name);

	for (int i = 0; i < n; i++) {
		list_baseline(l, dir, list[i]->d_name);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

static enum command_end baseline_list(struct command_call *call, struct err *e)
{
	static const struct listing_column columns[] = {{.name = "baseline"},
							{.name = "blocks", .number = true}};
	const struct results_options *o = call->options;
	char *dir = data_path(BASELINES, e), *own = data_own(BASELINES);
	struct listing *l = listing_new(columns, ARRAY_LEN(columns));

	if (dir)
		list_baselines(l, dir);
	if (dir && strcmp(dir, own) != 0)
		list_baselines(l, own);
	listing_end(l, stdout, dir && o->table_format == TABLE_JSON);
	free(own);
	free(dir);
	return dir ? COMMAND_DONE : COMMAND_FAILED;
}

static enum command_end compare(struct command_call *call, struct err *e)
{
	const struct results_options *o = call->options;
	struct baseline *base = side_load(call->arguments[0], o, e);
	struct baseline *now = base ? side_load(call->arguments[1], o, e) : NULL;
	enum command_end end = COMMAND_FAILED;
	struct comparison *c;
	struct outfile out;

	if (!now || outfile_open(&out, o->out ? o->out : "-", e) < 0)
		goto out;
	c = baseline_compare(base, now, o->tolerance.value);
	comparison_print(c, out.f, (enum compare_format)o->compare_format, call->arguments[0],
			 call->arguments[1], log_level > 1 ? 0 : CHANGES_SHOWN);
	if (outfile_commit(&out, e) == 0)
		end = !c->compared ? failure_reported(e, EXIT_USAGE)
		      : c->worse   ? COMMAND_FINDING
				   : COMMAND_DONE;
	comparison_free(c);
out:
	baseline_free(base);
	baseline_free(now);
	return end;
}

static enum command_end history_add_runs(struct command_call *call, struct err *e)
{
	const struct results_options *o = call->options;

	for (size_t i = 0; i < call->n; i++)
		if (history_add(o->db, call->arguments[i], e) < 0)
			return COMMAND_FAILED;
	return COMMAND_DONE;
}

static enum command_end history(struct command_call *call, struct err *e)
{
	const struct results_options *o = call->options;

	if (o->plot && !o->signature) {
		call->usage = true;
		err_set(e, "results history: --plot needs -s, the signature to plot");
		return COMMAND_FAILED;
	}
	if (access(o->db, R_OK) < 0) {
		err_set(e,
			"%s: there is no history yet; `skypelab results history add RUN` begins "
			"one",
			o->db);
		return COMMAND_FAILED;
	}
	if (history_print(o->db, o->signature, o->unit, (enum table_format)o->table_format, stdout,
			  e) < 0 ||
	    (o->plot && history_plot(o->db, o->signature, o->unit, o->plot, e) < 0))
		return COMMAND_FAILED;
	return COMMAND_DONE;
}

static enum command_end index_runs(struct command_call *call, struct err *e)
{
	const char *dir = call->n ? call->arguments[0] : DEFAULT_RUNS;
	size_t found, shown;
	int rc;

	if (!is_folder(dir)) {
		err_set(e, "%s: no such folder; name the one that holds the runs", dir);
		return COMMAND_FAILED;
	}
	rc = runs_index(dir, &found, &shown, e);
	if (rc == 0)
		printf("%s/index.html: %zu runs", quote_terminal(dir), found);
	if (rc == 0 && shown < found)
		printf(", of which the newest %zu are shown", shown);
	if (rc == 0)
		putchar('\n');
	return failure_or_done(rc);
}

static const struct command_form forms[] = {
	[FORM_SHOW] = {.verb = "show",
		       .arguments = "RUN",
		       .help = "print a run's accuracy table",
		       .run = show},
	[FORM_COMPARE] = {.verb = "compare",
			  .arguments = "BASE RUN",
			  .help = "hold a run against a baseline or another run",
			  .run = compare},
	[FORM_BASELINE_SAVE] = {.verb = "baseline save",
				.arguments = "NAME RUN",
				.help = "keep what a run's signatures found",
				.run = baseline_save},
	[FORM_BASELINE_LIST] = {.verb = "baseline list",
				.arguments = "",
				.help = "list the baselines",
				.run = baseline_list},
	[FORM_HISTORY] = {.verb = "history",
			  .arguments = "",
			  .help = "list the runs, or a signature's figures over the runs",
			  .run = history},
	[FORM_HISTORY_ADD] = {.verb = "history add",
			      .arguments = "RUN...",
			      .help = "add runs to the history",
			      .run = history_add_runs},
	[FORM_INDEX] = {.verb = "index",
			.arguments = "[DIRECTORY]",
			.help = "write a page over all runs of a folder",
			.run = index_runs},
	[FORM_VERIFY] = {.verb = "verify",
			 .arguments = "RUN...",
			 .help = "check the files of runs against their manifests",
			 .run = verify},
};

const struct command results_command = {
	.name = "results",
	.help = "tables, baselines, comparisons and history of runs",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct results_options),
	.defaults = &(const struct results_options){.db = DEFAULT_DB,
						    .tolerance = {.value = DEFAULT_TOLERANCE}},
};
