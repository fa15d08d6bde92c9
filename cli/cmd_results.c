// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_results.c - `skypelab results`: look at runs, keep baselines, compare, history
 *
 * A run directory is used only when its manifest holds: a run that did not end, or whose files were
 * changed since, is named and refused unless --force. Baselines are text files; a bare name is one
 * in results/baselines of the source tree (or of PREFIX/share/skypelab).
 */
#include <dirent.h>
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/number.h"
#include "base/outfile.h"
#include "base/path.h"
#include "cli/commands.h"
#include "results/history/baseline.h"
#include "results/history/compare.h"
#include "results/history/compare_print.h"
#include "results/history/history.h"
#include "results/history/manifest.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/claims_tsv.h"
#include "results/report/text_table.h"

#define DEFAULT_DB	  "results/history.db"
#define DEFAULT_TOLERANCE 0.01 /* of recall, emulated traffic only */
#define CHANGES_SHOWN	  20   /* per kind, in text */

struct options {
	struct table_options table;
	const char *format, *vantage, *signature, *db, *plot, *out;
	double tolerance;
	bool force;
	char **args;
	int n;
};

static const struct option longopts[] = {
	{"by", required_argument, NULL, 'b'},
	{"unit", required_argument, NULL, 'u'},
	{"format", required_argument, NULL, 'f'},
	{"vantage", required_argument, NULL, 'W'},
	{"signature", required_argument, NULL, 's'},
	{"db", required_argument, NULL, 'd'},
	{"plot", required_argument, NULL, 'p'},
	{"output", required_argument, NULL, 'o'},
	{"tolerance", required_argument, NULL, 't'},
	{"force", no_argument, NULL, 'F'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static int fail(const struct err *e)
{
	log_error("%s", e->msg);
	return (int)e->code;
}

#define FORCED "used because of --force"

/* The run's table with claims, @why says what lets one pass that is not whole (NULL = nothing);
 * NULL with @e set. */
static struct score_table *run_load(const char *dir, const char *why, struct err *e)
{
	char *accuracy = path_in(dir, "accuracy.tsv"), *claims = path_in(dir, "claims.tsv");
	struct score_table *t = NULL;
	int state = manifest_verify(dir, e);

	if (state != MANIFEST_WHOLE && (state < 0 || !why)) {
		size_t len = strlen(e->msg);

		if (state >= 0)
			snprintf(e->msg + len, sizeof(e->msg) - len,
				 "; refused, --force uses it all the same");
		e->code = EXIT_USAGE;
		goto out;
	}
	if (state != MANIFEST_WHOLE)
		log_warn("%s; %s", e->msg, why);
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

/* NAME or a path; for reading it must be there. */
static char *baseline_path(const char *name, bool write, struct err *e)
{
	size_t len = strlen(name);
	char *dir, *path;

	if (strchr(name, '/') || (len > 4 && !strcmp(name + len - 4, ".tsv")))
		return xstrdup(name);
	if (!write) {
		char *relative = xasprintf("results/baselines/%s.tsv", name);

		path = data_path(relative, e);
		free(relative);
		return path;
	}
	dir = data_path("results/baselines", NULL);
	path = path_inf(dir ? dir : "results/baselines", "%s.tsv", name);
	free(dir);
	return path;
}

/* A run directory or a baseline, as a baseline. */
static struct baseline *side_load(const char *name, const struct options *o, struct err *e)
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

static int do_show(const struct options *o)
{
	struct err e = {.code = EXIT_USAGE};
	struct table_options table = o->table;
	struct score_table *t;
	int rc;

	if (o->n != 1)
		return usage("results");
	if (o->format && table_format_parse(o->format, &table.format) < 0)
		return EXIT_USAGE;
	table.colour = isatty(STDOUT_FILENO);
	t = run_load(o->args[0], "shown all the same", &e);
	if (!t)
		return fail(&e);
	rc = table_print(t, stdout, &table, &e);
	score_table_free(t);
	return rc < 0 ? fail(&e) : EXIT_DONE;
}

static int do_verify(const struct options *o)
{
	struct err e = {.code = EXIT_USAGE};
	int code = EXIT_DONE;

	if (o->n < 1)
		return usage("results");
	for (int i = 0; i < o->n; i++) {
		int state = manifest_verify(o->args[i], &e);

		if (state == MANIFEST_WHOLE) {
			printf("%s: whole\n", o->args[i]);
			continue;
		}
		log_error("%s", e.msg);
		code = state < 0 ? EXIT_USAGE : code == EXIT_USAGE ? code : EXIT_NO;
	}
	return code;
}

/* What a baseline was made of, for its head. */
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

static int do_baseline_save(const struct options *o)
{
	struct err e = {.code = EXIT_USAGE};
	struct score_table *t;
	struct baseline *b;
	char *path, *about;
	int rc;

	if (o->n != 3)
		return usage("results");
	t = run_load(o->args[2], o->force ? FORCED : NULL, &e);
	if (!t)
		return fail(&e);
	b = baseline_of(t, o->vantage, o->signature);
	path = baseline_path(o->args[1], true, &e);
	about = about_run(o->args[2]);
	rc = b->n ? baseline_write(b, path, about, &e)
		  : err_set(&e,
			    "%s: nothing to keep: no such vantage or signature in its claims.tsv",
			    o->args[2]);
	if (rc == 0)
		printf("%s: %zu blocks\n", path, b->n);
	free(path);
	free(about);
	baseline_free(b);
	score_table_free(t);
	return rc < 0 ? fail(&e) : EXIT_DONE;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int do_baseline_list(void)
{
	struct err e = {.code = EXIT_USAGE};
	char *dir = data_path("results/baselines", &e);
	struct dirent **list;
	int n;

	if (!dir)
		return fail(&e);
	n = scandir(dir, &list, NULL, by_name);
	for (int i = 0; i < n; i++) {
		char *dot = strrchr(list[i]->d_name, '.'), *path;
		struct baseline *b;

		if (dot && !strcmp(dot, ".tsv")) {
			path = path_in(dir, list[i]->d_name);
			b = baseline_read(path, &e);
			*dot = '\0';
			if (b)
				printf("%-32s %zu blocks\n", list[i]->d_name, b->n);
			else
				log_error("%s", e.msg);
			baseline_free(b);
			free(path);
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	free(dir);
	return EXIT_DONE;
}

static int do_baseline(const struct options *o)
{
	if (o->n >= 1 && !strcmp(o->args[0], "save"))
		return do_baseline_save(o);
	if (o->n == 1 && !strcmp(o->args[0], "list"))
		return do_baseline_list();
	return usage("results");
}

static int do_compare(const struct options *o)
{
	struct err e = {.code = EXIT_USAGE};
	enum compare_format format = COMPARE_TEXT;
	struct baseline *base = NULL, *now = NULL;
	struct comparison *c;
	struct outfile out;
	int code;

	if (o->n != 2)
		return usage("results");
	if (o->format && compare_format_parse(o->format, &format) < 0)
		return EXIT_USAGE;
	base = side_load(o->args[0], o, &e);
	now = base ? side_load(o->args[1], o, &e) : NULL;
	if (!now || outfile_open(&out, o->out ? o->out : "-", &e) < 0) {
		baseline_free(base);
		baseline_free(now);
		return fail(&e);
	}
	c = baseline_compare(base, now, o->tolerance);
	comparison_print(c, out.f, format, o->args[0], o->args[1],
			 log_level > 1 ? 0 : CHANGES_SHOWN);
	code = !c->compared ? EXIT_USAGE : c->worse ? EXIT_NO : EXIT_DONE;
	if (outfile_commit(&out, &e) < 0)
		code = fail(&e);
	comparison_free(c);
	baseline_free(base);
	baseline_free(now);
	return code;
}

static int do_history(const struct options *o)
{
	struct err e = {.code = EXIT_USAGE};
	const char *db = o->db ? o->db : DEFAULT_DB;
	enum table_format format = TABLE_TEXT;
	int n;

	if (o->format && table_format_parse(o->format, &format) < 0)
		return EXIT_USAGE;
	if (o->n >= 2 && !strcmp(o->args[0], "add")) {
		for (int i = 1; i < o->n; i++)
			if (history_add(db, o->args[i], &e) < 0)
				return fail(&e);
		return EXIT_DONE;
	}
	if (o->n || (o->plot && !o->signature))
		return usage("results");
	if (access(db, R_OK) < 0) {
		log_error("%s: no history yet: skypelab results history add RUN", db);
		return EXIT_USAGE;
	}
	n = history_print(db, o->signature, o->table.unit, format, stdout, &e);
	if (n < 0 || (o->plot && history_plot(db, o->signature, o->table.unit, o->plot, &e) < 0))
		return fail(&e);
	return EXIT_DONE;
}

static int parse_option(struct options *o, int c)
{
	struct err e;

	switch (c) {
	case 'b':
		return o->table.by = optarg, 0;
	case 'u':
		return o->table.unit = optarg, 0;
	case 'f':
		return o->format = optarg, 0;
	case 'W':
		return o->vantage = optarg, 0;
	case 's':
		return o->signature = optarg, 0;
	case 'd':
		return o->db = optarg, 0;
	case 'p':
		return o->plot = optarg, 0;
	case 'o':
		return o->out = optarg, 0;
	case 'F':
		return o->force = true, 0;
	case 't':
		if (number_real("--tolerance", optarg, 0, 1, &o->tolerance, &e) == 0)
			return 0;
		log_error("%s", e.msg);
		return -1;
	}
	return -1;
}

int cmd_results(int argc, char **argv)
{
	struct options o = {.tolerance = DEFAULT_TOLERANCE};
	const char *verb;
	int c;

	while ((c = getopt_long(argc, argv, "f:s:o:h", longopts, NULL)) != -1) {
		if (c == 'h')
			return usage("results"), EXIT_DONE;
		if (parse_option(&o, c) < 0)
			return usage("results");
	}
	if (optind >= argc)
		return usage("results");
	verb = argv[optind];
	o.args = argv + optind + 1;
	o.n = argc - optind - 1;
	if (!strcmp(verb, "show"))
		return do_show(&o);
	if (!strcmp(verb, "verify"))
		return do_verify(&o);
	if (!strcmp(verb, "baseline"))
		return do_baseline(&o);
	if (!strcmp(verb, "compare"))
		return do_compare(&o);
	if (!strcmp(verb, "history"))
		return do_history(&o);
	log_error("results: no verb %s, expected show, verify, baseline, compare or history", verb);
	return usage("results");
}
