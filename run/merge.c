// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * merge.c - the parts of a run, put together
 *
 * Parts may come from other machines and other people: names are looked up among the cells that the
 * scenario has, files are opened below their part without following links, and are as long as the part
 * kept of them. Nothing of a part is changed.
 *
 * A cell, over all parts:
 *
 *	found			becomes
 *	whole in one part	the run's
 *	whole in several	the first one's, when they agree in what must be equal: the messages sent,
 *				the scores, and every file without times. Otherwise no run is made
 *	invalid in a part	left out of the tables, as in a run on one machine
 *	in no part		missing: no run is made; OUT.missing lists it for `run --cells`
 *
 * The directory is filled under another name beside the one it gets, and renamed. A janitor removes it
 * when this process is killed.
 *
 * Limits: that a cell's tables and captures are what its part says can only be proved by running it
 * again; which a cell that two parts have does.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/inner.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/quote.h"
#include "base/tsv.h"
#include "run/janitor.h"
#include "run/merge.h"
#include "run/run_command.h"
#include "run/run_load.h"
#include "run/run_plan.h"
#include "run/run_tables.h"
#include "run/scenario/schema.h"
#include "run/sweep/copy.h"
#include "run/sweep/kept.h"

#define SHOWN 20 /* names of missing cells on the terminal; the file has all */

struct part {
	const char *dir;
	json_t *plan; /* (owned) NULL = there is nothing */
};

struct merging {
	const struct merge_request *m;
	struct part *parts; /* (owned) */
	struct plan_options asked;
	char *scenario; /* (owned) the file that is read */
	struct runner r;
	struct cell_index *index;
	size_t *from;	  /* (owned) by cell: its part + 1; 0 = no part has it */
	size_t different; /* cells that were done twice and differ */
	char *folder,
		*tmp; /* (owned) what the directory is filled as, and the folder that lies in */
	struct manifest_file *known; /* (owned) */
	size_t n_known, known_cap;
};

/* ------------------------------------------------------------------ the parts */

static int read_parts(struct merging *g, struct err *e)
{
	size_t there = 0;

	g->parts = xcalloc(g->m->n, sizeof(*g->parts));
	for (size_t i = 0; i < g->m->n; i++) {
		char *path = path_in(g->m->dirs[i], RUN_DIR_PLAN);
		struct part *p = &g->parts[i];
		bool missing = access(path, F_OK) < 0 && errno == ENOENT;

		free(path);
		p->dir = g->m->dirs[i];
		if (missing) {
			log_warn("%s: no " RUN_DIR_PLAN ": nothing of this part is there", p->dir);
			continue;
		}
		p->plan = plan_read(p->dir, e);
		if (!p->plan)
			return -1;
		there++;
	}
	if (there)
		return 0;
	return err_set(e, "%s: no part of a run, as `skypelab run --shard` leaves it",
		       g->m->dirs[0]);
}

static const json_t *first_plan(const struct merging *g)
{
	size_t i = 0;

	while (!g->parts[i].plan)
		i++;
	return g->parts[i].plan;
}

/* Does a regular file at @path have this digest? */
static bool has_digest(const char *path, const char *sha256)
{
	char hex[65];

	return sha256 && file_sha256(path, hex, NULL) == 0 && !strcmp(hex, sha256);
}

/* The copy of the scenario that a part has, if it is that with this digest (owned); NULL = it is not. */
static char *copy_of(const char *dir, const char *sha256)
{
	char *path = path_in(dir, "scenario.yaml");
	FILE *f = inner_open(dir, "scenario.yaml", NULL); /* it is a file, and no link */

	if (f)
		fclose(f);
	if (f && has_digest(path, sha256))
		return path;
	free(path);
	return NULL;
}

/* The scenario's file as it was named, or a part's copy. 0, or -1 with @e set. */
static int find_scenario(struct merging *g, struct err *e)
{
	const char *sha256 = json_string_value(
		json_object_get(json_object_get(first_plan(g), "sweep"), "scenario"));

	g->scenario = data_file("scenarios", g->asked.o.scenario, NULL);
	if (g->scenario && !has_digest(g->scenario, sha256)) {
		free(g->scenario);
		g->scenario = NULL;
	}
	for (size_t i = 0; i < g->m->n && !g->scenario; i++)
		if (g->parts[i].plan)
			g->scenario = copy_of(g->parts[i].dir, sha256);
	if (g->scenario)
		return 0;
	return err_set(e,
		       "%s: not the scenario of the parts (SHA-256 %.12s...), and none of them "
		       "has its copy",
		       quote_terminal(g->asked.o.scenario), sha256 ? sha256 : "-");
}

/* Are all parts of the run that would be made here? */
static int compare_plans(struct merging *g, struct err *e)
{
	json_t *mine = plan_new(&g->r, g->r.n, e);
	int rc = mine ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < g->m->n; i++) {
		const json_t *plan = g->parts[i].plan;
		const char *what = plan ? plan_differs(plan, mine) : NULL;
		const char *input = plan ? plan_input_differs(plan, mine) : NULL;

		if (what)
			rc = err_set(e, "%s: of another run: %s", g->parts[i].dir, what);
		else if (input)
			rc = err_set(e, "%s: made with another %s than the one here",
				     g->parts[i].dir, quote_terminal(input));
	}
	json_decref(mine);
	return rc;
}

static int load(struct merging *g, struct err *e)
{
	plan_options_of(&g->asked, first_plan(g));
	if (find_scenario(g, e) < 0)
		return -1;
	g->asked.o.scenario = g->scenario;
	g->asked.o.dir = g->m->out;
	g->r.o = &g->asked.o;
	if (runner_load(&g->r, e) < 0 || compare_plans(g, e) < 0)
		return -1;
	g->index = cell_index_new(g->r.cells, g->r.n);
	g->from = xcalloc(g->r.n, sizeof(*g->from));
	return 0;
}

/* ------------------------------------------------------------------ a cell that was done twice */

/* What must be equal of a cell beside its files. */
struct witness {
	json_t *facts;	      /* (owned) cell.json */
	struct tsv *outcomes; /* (owned) */
	struct kept kept;
	struct score_table *scores; /* (owned) */
};

static void witness_clear(struct witness *w)
{
	json_decref(w->facts);
	tsv_free(w->outcomes);
	kept_clear(&w->kept);
	score_table_free(w->scores);
}

static int witness_read(struct witness *w, const char *part, const char *cell, struct err *e)
{
	char *facts = path_inf("cells", "%s/cell.json", cell);
	char *outcomes = path_inf("cells", "%s/outcomes.tsv", cell), *path = NULL;
	FILE *f;
	int rc = -1;

	*w = (struct witness){.scores = score_table_new()};
	w->facts = inner_json(part, facts, e);
	f = w->facts ? inner_open(part, outcomes, e) : NULL; /* it is a file, and no link */
	path = path_in(part, outcomes);
	if (f && (w->outcomes = tsv_read(path, e)))
		rc = kept_read(&w->kept, part, cell, w->scores, e);
	if (f)
		fclose(f);
	free(facts);
	free(outcomes);
	free(path);
	return rc;
}

/* All but the seconds. */
static bool outcomes_equal(const struct tsv *a, const struct tsv *b)
{
	int seconds = tsv_column(a, "seconds");

	if (a->rows != b->rows || a->columns != b->columns)
		return false;
	for (size_t r = 0; r < a->rows; r++)
		for (size_t c = 0; c < a->columns; c++)
			if ((int)c != seconds &&
			    strcmp(tsv_cell(a, r, (int)c), tsv_cell(b, r, (int)c)) != 0)
				return false;
	return true;
}

static bool counts_equal(const struct score_table *a, const struct score_table *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct score_row *x = &a->rows[i], *y = score_row_like(b, x);

		if (!y || x->tp != y->tp || x->fp != y->fp || x->fn != y->fn || x->tn != y->tn ||
		    x->wrong_role != y->wrong_role || x->unmatched != y->unmatched ||
		    x->unlabelled != y->unlabelled || x->host_seconds != y->host_seconds)
			return false;
	}
	return true;
}

/* The first file that must be equal and is not; NULL = none. */
static const char *file_differs(const struct kept *a, const struct kept *b)
{
	for (size_t i = 0; i < a->n || i < b->n; i++) {
		if (i >= a->n || i >= b->n || strcmp(a->files[i].name, b->files[i].name) != 0)
			return i < a->n ? a->files[i].name : b->files[i].name;
		if (strcmp(a->files[i].sha256, b->files[i].sha256) != 0 &&
		    !manifest_holds_time(a->files[i].name))
			return a->files[i].name;
	}
	return NULL;
}

/* What differs between two copies of a cell; NULL = nothing that must be equal. */
static const char *difference(const struct witness *a, const struct witness *b)
{
	if (!json_equal(json_object_get(a->facts, "truth_digest"),
			json_object_get(b->facts, "truth_digest")))
		return "the messages sent";
	if (!outcomes_equal(a->outcomes, b->outcomes))
		return "outcomes.tsv";
	if (!counts_equal(a->scores, b->scores))
		return "the scores";
	return file_differs(&a->kept, &b->kept);
}

static int compare_copies(struct merging *g, size_t i, size_t other, struct err *e)
{
	const char *name = g->r.cells[i].name, *one = g->parts[g->from[i] - 1].dir, *what = NULL;
	const char *two = g->parts[other].dir;
	struct witness a, b = {0};
	int rc = witness_read(&a, one, name, e);

	if (rc == 0)
		rc = witness_read(&b, two, name, e);
	if (rc == 0)
		what = difference(&a, &b);
	if (what) {
		log_error("not deterministic: %s: %s differ%s between %s and %s", name,
			  quote_terminal(what), !strncmp(what, "the ", 4) ? "" : "s", one, two);
		g->different++;
	}
	witness_clear(&a);
	witness_clear(&b);
	return rc;
}

/* ------------------------------------------------------------------ which part has which cell */

/* The folder of the cells of a part; NULL = there is none, or with @e set it is a link. */
static DIR *open_cells(const char *part, struct err *e)
{
	int dir = open(part, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = dir < 0 ? -1
			 : openat(dir, "cells", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT)
		err_sys(e, "%s/cells: not a folder of this part", part);
	if (dir >= 0)
		close(dir);
	return fd < 0 ? NULL : fdopendir(fd);
}

static int find_cells_of(struct merging *g, size_t part, struct err *e)
{
	const char *dir = g->parts[part].dir;
	struct err why = {0};
	DIR *d = open_cells(dir, &why);
	int rc = 0;

	if (!d && why.msg[0]) {
		*e = why;
		return -1;
	}
	for (struct dirent *de; rc == 0 && d && (de = readdir(d));) {
		size_t i;

		if (de->d_name[0] == '.')
			continue;
		if (!cell_index_find(g->index, de->d_name, &i))
			rc = err_set(e, "%s/cells/%s: no cell of %s", dir,
				     quote_terminal(de->d_name), g->scenario);
		else if (g->from[i])
			rc = compare_copies(g, i, part, e);
		else
			g->from[i] = part + 1;
	}
	if (d)
		closedir(d);
	return rc;
}

/* Cells that a part found invalid, and that none has. */
static void find_invalid(struct merging *g)
{
	for (size_t p = 0; p < g->m->n; p++) {
		const char *name;
		json_t *why;

		json_object_foreach (json_object_get(g->parts[p].plan, "invalid"), name, why) {
			size_t i;

			if (!cell_index_find(g->index, name, &i) || g->from[i] || g->r.invalid[i])
				continue;
			g->r.invalid[i] = true;
			g->r.bad++;
			log_error("cell %s is invalid: %s", g->r.cells[i].name,
				  quote_terminal(json_string_value(why)));
		}
	}
}

static int find_cells(struct merging *g, struct err *e)
{
	for (size_t p = 0; p < g->m->n; p++)
		if (g->parts[p].plan && find_cells_of(g, p, e) < 0)
			return -1;
	find_invalid(g);
	return 0;
}

/* ------------------------------------------------------------------ what is missing */

/* Lists the missing cells in OUT.missing, and says how to make them. How many they are; -1 with @e
 * set. */
static long tell_missing(const struct merging *g, struct err *e)
{
	char *list = xasprintf("%s.missing", g->m->out), *rest = xasprintf("%s.rest", g->m->out);
	struct plan_options asked;
	char *command;
	struct outfile o = {0};
	long n = 0;
	int rc = 0;

	for (size_t i = 0; i < g->r.n; i++) {
		if (g->from[i] || g->r.invalid[i])
			continue;
		if (!n && (rc = outfile_open(&o, list, e)) < 0)
			break;
		if (n++ < SHOWN)
			log_error("missing: %s", g->r.cells[i].name);
		fprintf(o.f, "%s\n", g->r.cells[i].name);
	}
	if (rc == 0 && n)
		rc = outfile_commit(&o, e);
	if (rc == 0 && n) {
		plan_options_of(&asked, first_plan(g));
		asked.o.scenario = g->scenario;
		command = run_command_of(&asked.o);
		log_error("%ld of %zu cells are missing, and %s lists them; this runs only those:",
			  n, g->r.n, quote_terminal(list));
		printf("%s --cells %s -o %s\n", command, quote_shell(list), quote_shell(rest));
		log_error("then merge %s with the others", quote_terminal(rest));
		free(command);
		plan_options_clear(&asked);
	}
	free(list);
	free(rest);
	return rc < 0 ? -1 : n;
}

/* ------------------------------------------------------------------ the directory */

static void clear(const void *arg)
{
	const struct merging *g = arg;

	remove_tree(g->folder);
}

/* The run may be made at @out: nothing, or an empty folder, is there. */
static int check_out(const char *out, struct err *e)
{
	DIR *d = opendir(out);
	struct stat st;
	bool empty = true;

	if (!d)
		return lstat(out, &st) < 0 && errno == ENOENT
			       ? 0
			       : err_set(e,
					 "%s: there is something else; name another directory "
					 "with -o",
					 out);
	for (struct dirent *de; (de = readdir(d));)
		empty &= !strcmp(de->d_name, ".") || !strcmp(de->d_name, "..");
	closedir(d);
	return empty ? 0 : err_set(e, "%s: is not empty; name another directory with -o", out);
}

/* Names the folder that is filled: ".NAME.merge-PID/NAME" beside NAME. */
static int make_folder(struct merging *g, struct err *e)
{
	char *parent = path_folder(g->m->out);
	const char *slash = strrchr(g->m->out, '/'), *name = slash ? slash + 1 : g->m->out;
	char *cells;
	int rc;

	if (!*name || !strcmp(name, ".") || !strcmp(name, "..")) {
		free(parent);
		return err_set(e, "-o %s, expected the name of a directory to make", g->m->out);
	}
	g->folder = path_inf(parent, ".%s.merge-%ld", name, (long)getpid());
	g->tmp = path_in(g->folder, name);
	cells = path_in(g->tmp, "cells");
	remove_tree(g->folder);
	g->r.dir.janitor = janitor_start(clear, g, e);
	rc = g->r.dir.janitor < 0 ? -1 : make_dirs(cells, e);
	free(cells);
	free(parent);
	return rc;
}

static void note_known(struct merging *g, const char *cell, const struct manifest_file *f)
{
	if (g->n_known == g->known_cap) {
		g->known_cap = g->known_cap ? 2 * g->known_cap : 1024;
		g->known = xrealloc(g->known, g->known_cap * sizeof(*g->known));
	}
	g->known[g->n_known] = *f;
	g->known[g->n_known++].name = xasprintf("cells/%s/%s", cell, f->name);
}

static int take_cell(struct merging *g, size_t i, struct err *e)
{
	const char *name = g->r.cells[i].name, *dir = g->parts[g->from[i] - 1].dir;
	char *below = path_in("cells", name), *to = path_in(g->tmp, below);
	struct kept k;
	int rc = kept_read(&k, dir, name, NULL, e);

	if (rc == 0) {
		rc = copy_files(dir, below, to, k.files, k.n, e);
		for (size_t f = 0; rc == 0 && f < k.n; f++)
			note_known(g, name, &k.files[f]);
		kept_clear(&k);
	}
	free(below);
	free(to);
	return rc;
}

/* Adds what a cell came to; of the form of finished_run.add_scores. A claim of another cell would be
 * looked up in that one's folder. */
static int add_scores(void *arg, size_t i, struct score_table *to, struct err *e)
{
	const struct merging *g = arg;
	const char *name = g->r.cells[i].name, *dir = g->parts[g->from[i] - 1].dir;
	size_t first = to->claims_n;
	struct kept k;

	if (kept_read(&k, dir, name, to, e) < 0)
		return -1;
	kept_clear(&k);
	for (size_t c = first; c < to->claims_n; c++)
		if (strcmp(to->claims[c].cell, name) != 0)
			return err_set(e, "%s/" KEPT_FOLDER "/%s: its scores are of another cell",
				       dir, name);
	return 0;
}

static int write_scenario(const struct merging *g, struct err *e)
{
	char *text = read_file(g->r.s->path, NULL, e), *path = path_in(g->tmp, "scenario.yaml");
	struct outfile o;
	int rc = text ? outfile_open(&o, path, e) : -1;

	if (rc == 0) {
		fputs(text, o.f);
		rc = outfile_commit(&o, e);
	}
	free(text);
	free(path);
	return rc;
}

static enum merge_end write_run(struct merging *g, struct err *e)
{
	bool damaged = false, failed = false;
	char *command = run_command_of(&g->asked.o);
	struct finished_run finished = {
		.dir = g->tmp,
		.becomes = g->m->out,
		.scenario = g->r.s,
		.cells = g->r.cells,
		.n = g->r.n,
		.invalid = g->r.invalid,
		.scores = g->r.scores,
		.add_scores = add_scores,
		.arg = g,
		.signatures = g->r.signatures,
		.detectors = &g->r.detectors,
		.command = command,
		.began = g->r.began,
		.no_report = g->m->no_report,
		.live = g->asked.o.live,
		.known = g->known,
		.n_known = g->n_known,
		.damaged = &damaged,
		.failed = &failed,
	};
	int rc = run_tables_write(&finished, e);

	free(command);
	if (rc == 0 && rename(g->tmp, g->m->out) < 0)
		rc = err_sys(e, "%s", g->m->out);
	if (rc < 0)
		return MERGE_FAILED;
	run_tables_to_history(g->m->out);
	return damaged ? MERGE_DAMAGED : g->r.bad || failed ? MERGE_INVALID : MERGE_DONE;
}

static enum merge_end make_run(struct merging *g, struct err *e)
{
	if (make_folder(g, e) < 0 || write_scenario(g, e) < 0)
		return MERGE_FAILED;
	for (size_t i = 0; i < g->r.n; i++)
		if (g->from[i] && take_cell(g, i, e) < 0)
			return MERGE_FAILED;
	return write_run(g, e);
}

static void merging_clear(struct merging *g)
{
	if (g->r.dir.janitor >= 0)
		janitor_dismiss(g->r.dir.janitor, false); /* the folder, empty by now or not */
	for (size_t i = 0; g->parts && i < g->m->n; i++)
		json_decref(g->parts[i].plan);
	free(g->parts);
	plan_options_clear(&g->asked);
	runner_free(&g->r);
	cell_index_free(g->index);
	manifest_files_free(g->known, g->n_known);
	free(g->from);
	free(g->scenario);
	free(g->folder);
	free(g->tmp);
}

enum merge_end run_merge(const struct merge_request *m, struct err *e)
{
	struct merging g = {.m = m,
			    .r = {.dir = {.lock = -1, .janitor = -1}, .began = run_clock()}};
	enum merge_end end = MERGE_FAILED;
	long missing;

	if (check_out(m->out, e) < 0 || read_parts(&g, e) < 0 || load(&g, e) < 0 ||
	    find_cells(&g, e) < 0)
		goto out;
	missing = tell_missing(&g, e);
	if (missing > 0 || (missing == 0 && g.different))
		end = MERGE_MISSING;
	else if (missing == 0)
		end = make_run(&g, e);
out:
	merging_clear(&g);
	return end;
}
