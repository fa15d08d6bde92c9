// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_part.c - a part of a run: a shard, or the cells of a list
 *
 * A part's directory has the cells as a run's has them, shard.json (run_plan.c), and for each cell a
 * file in kept/ (sweep/kept.c). It has no tables: merge.c makes them from all parts. Cells draw from
 * streams of their own names, so it makes no difference which others run beside them.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/path.h"
#include "base/quote.h"
#include "lab/lab.h"
#include "run/run_part.h"
#include "run/run_plan.h"
#include "run/scenario/schema.h"
#include "run/sweep/kept.h"
#include "run/sweep/shard.h"

static bool is_part(const struct run_options *o)
{
	return o->shard.of || o->only;
}

/* ------------------------------------------------------------------ its cells */

/* Keeps the cells that @wanted names. */
static void narrow(struct runner *r, const bool *wanted)
{
	struct scenario_cell *left = xcalloc(r->n, sizeof(*left)), *others;
	size_t n = 0, m = 0;

	others = xcalloc(r->n, sizeof(*others));
	for (size_t i = 0; i < r->n; i++)
		if (wanted[i])
			left[n++] = r->cells[i];
		else
			others[m++] = r->cells[i];
	scenario_cells_free(others, m);
	free(r->cells);
	r->dir.cells = r->cells = left;
	r->dir.n = r->n = n;
}

static void choose_shard(const struct runner *r, bool *wanted)
{
	const char **names = xcalloc(r->n, sizeof(*names));
	unsigned *of;

	for (size_t i = 0; i < r->n; i++)
		names[i] = r->cells[i].name;
	of = shard_assign(names, r->n, r->o->shard.of);
	for (size_t i = 0; i < r->n; i++)
		wanted[i] = of[i] == r->o->shard.index;
	free(names);
	free(of);
}

/* The cells that the file r->o->only names, one a line. */
static int choose_list(const struct runner *r, bool *wanted, struct err *e)
{
	char *text = read_file(r->o->only, NULL, e), *save = NULL;
	struct cell_index *index = text ? cell_index_new(r->cells, r->n) : NULL;
	size_t n = 0;
	int rc = text ? 0 : -1;

	for (char *name = text ? strtok_r(text, "\n", &save) : NULL; rc == 0 && name;
	     name = strtok_r(NULL, "\n", &save)) {
		size_t i;

		if (cell_index_find(index, name, &i))
			n += wanted[i] = true;
		else
			rc = err_set(e, "%s: %s, expected a cell of %s", r->o->only,
				     quote_terminal(name), r->o->scenario);
	}
	if (rc == 0 && !n)
		rc = err_set(e, "%s: names no cell", r->o->only);
	cell_index_free(index);
	free(text);
	return rc;
}

int part_choose(struct runner *r, struct err *e)
{
	bool *wanted;
	size_t all = r->n;
	int rc = 0;

	if (!is_part(r->o))
		return 0;
	wanted = xcalloc(r->n, sizeof(*wanted));
	if (r->o->shard.of)
		choose_shard(r, wanted);
	else
		rc = choose_list(r, wanted, e);
	if (rc == 0)
		narrow(r, wanted);
	free(wanted);
	if (rc == 0)
		r->plan = plan_new(r, all, e);
	r->dir.wait = true;
	return r->plan ? 0 : -1;
}

void part_print(const struct runner *r)
{
	printf("%s: %zu of %lld cells\n", r->s->scenario, r->n,
	       (long long)json_integer_value(
		       json_object_get(json_object_get(r->plan, "sweep"), "cells")));
	for (size_t i = 0; i < r->n; i++)
		printf("  %s\n", r->cells[i].name);
}

/* ------------------------------------------------------------------ whether it can run */

int part_possible(const struct runner *r, struct err *e)
{
	if (!r->plan)
		return 0;
	if (r->o->shard.of)
		printf("shard %u of %u (%s): %zu cells\n", r->o->shard.index, r->o->shard.of,
		       r->o->shard.from, r->n);
	return lab_sandbox_possible(e);
}

/* ------------------------------------------------------------------ its directory */

static int write_plan(const struct runner *r, struct err *e)
{
	char *path = path_in(r->dir.path, RUN_DIR_PLAN);
	struct outfile o;
	int rc = outfile_open(&o, path, e);

	if (rc == 0) {
		json_dumpf(r->plan, o.f, JSON_INDENT(1) | JSON_SORT_KEYS);
		fputc('\n', o.f);
		rc = outfile_commit(&o, e);
	}
	free(path);
	return rc;
}

/* Is the plan that lies there ours? */
static int compare_plan(const struct runner *r, struct err *e)
{
	json_t *there = plan_read(r->dir.path, e);
	const char *what = there ? plan_differs(there, r->plan) : NULL;
	const char *input = there ? plan_input_differs(there, r->plan) : NULL;
	int rc = there ? 0 : -1;

	if (what)
		rc = err_set(e,
			     "%s: holds a part of another run (%s); name another directory "
			     "with -o",
			     r->dir.path, what);
	else if (input)
		rc = err_set(e,
			     "%s: its cells were made with another %s; name another directory "
			     "with -o",
			     r->dir.path, quote_terminal(input));
	else if (there &&
		 !json_equal(json_object_get(there, "cells"), json_object_get(r->plan, "cells")))
		rc = err_set(e,
			     "%s: holds another part of this run; name another directory with -o",
			     r->dir.path);
	json_decref(there);
	return rc;
}

/* Every cell that is there was kept before. */
static int check_kept(const struct runner *r, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < r->n; i++) {
		struct kept k;

		if (!r->done[i])
			continue;
		rc = kept_read(&k, r->dir.path, r->cells[i].name, NULL, e);
		if (rc == 0)
			kept_clear(&k);
	}
	return rc;
}

int part_begin(struct runner *r, struct err *e)
{
	char *path = path_in(r->dir.path, RUN_DIR_PLAN), *kept = path_in(r->dir.path, KEPT_FOLDER);
	bool there = access(path, F_OK) == 0;
	int rc = 0;

	if (!r->plan && there)
		rc = err_set(e,
			     "%s: holds a part of a run, not a whole one; say --shard as before, "
			     "or name another directory with -o",
			     r->dir.path);
	else if (r->plan && there)
		rc = compare_plan(r, e);
	else if (r->plan && r->reused)
		rc = err_set(e,
			     "%s: holds an interrupted whole run; name another directory with -o",
			     r->dir.path);
	if (rc == 0 && r->plan)
		rc = check_kept(r, e);
	if (rc == 0 && r->plan)
		rc = make_dirs(kept, e);
	if (rc == 0 && r->plan)
		rc = write_plan(r, e);
	free(kept);
	free(path);
	return rc;
}

enum run_end part_end(struct runner *r, struct err *e)
{
	json_t *invalid = json_object_get(r->plan, "invalid");

	for (size_t i = 0; i < r->n; i++)
		if (r->why[i])
			json_object_set_new(invalid, r->cells[i].name, json_string(r->why[i]));
	json_object_set_new(r->plan, "ended", json_true());
	if (write_plan(r, e) < 0)
		return RUN_FAILED;
	printf("%s: %zu cells, %zu of them invalid; `skypelab merge` makes a run of all parts\n",
	       quote_terminal(r->dir.path), r->n, r->bad);
	return r->bad ? RUN_INVALID : RUN_DONE;
}
