// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * runner.c - a scenario's run, from its file to its tables
 *
 * This file loads a run, finds what of it is done, and has its tables written at the end. The cells in
 * between: workers.c.
 *
 * Ends of a run. Each leaves no process and no unfinished cell behind:
 *
 *	end			workers				unfinished cells
 *	all cells done		have ended			there are none; the parent sends the
 *								janitor a byte: leave everything
 *	an error, SIGINT,	kill_workers()			the parent closes the janitor's pipe
 *	SIGTERM							without a byte: it clears up
 *	kill -9 of the parent	die by PR_SET_PDEATHSIG, and	the kernel closes the pipe: the
 *				their sandboxes with them	janitor clears up
 *
 * The janitor is in run_dir.c, which has the directory. Naming the directory again takes a run up
 * where it stopped: finished cells are kept and scored from their files.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/inner.h"
#include "base/label.h"
#include "base/path.h"
#include "base/quote.h"
#include "run/cell/cell.h"
#include "run/run_dir.h"
#include "run/run_load.h"
#include "run/run_part.h"
#include "run/run_tables.h"
#include "run/runner.h"
#include "run/scenario/schema.h"
#include "run/workers.h"

#define REAL_TIME_SAID 300 /* seconds */

static void print_plan_json(const struct runner *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->n; i++) {
		const struct scenario_cell *c = &r->cells[i];
		json_t *settings = json_object();

		for (size_t a = 0; a < r->s->matrix_len && a < c->axes; a++)
			json_object_set_new(settings, r->s->matrix[a].axis,
					    json_string(quote_terminal(c->settings[a].text)));
		json_array_append_new(all,
				      json_pack("{ss sI so}", "cell", c->name, "repetition",
						(json_int_t)c->repetition, "settings", settings));
	}
	json_dumpf(all, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(all);
}

static void print_plan(const struct runner *r)
{
	size_t cells = r->n / r->s->repeat;

	if (r->o->json) {
		print_plan_json(r);
		return;
	}
	if (r->plan) {
		part_print(r);
		return;
	}
	printf("%s: %zu cell%s", r->s->scenario, cells, cells == 1 ? "" : "s");
	if (r->s->repeat > 1)
		printf(", %u repetitions of each: %zu trials", r->s->repeat, r->n);
	putchar('\n');
	for (size_t i = 0; i < r->n; i += r->s->repeat) {
		printf("  %s", r->cells[i].cell);
		for (unsigned a = 0; a < r->s->matrix_len; a++)
			printf("%s%s=%s", a ? " " : "\t", r->s->matrix[a].axis,
			       r->cells[i].settings[a].text);
		putchar('\n');
	}
}

/* The application that a finished cell was made for. */
static const char *target_of(const json_t *facts)
{
	const char *target =
		json_string_value(json_object_get(json_object_get(facts, "scoring"), "target"));

	return target ? target : LABEL_SKYPE;
}

/* 1: the cell is there and drew from the seed that it would have now; 0: it is not there; -1 with @e
 * set: it is of another seed. */
static int is_done(const struct runner *r, size_t i, struct err *e)
{
	char *facts = path_inf(r->dir.path, "cells/%s/cell.json", r->cells[i].name);
	struct scenario *s = scenario_apply(r->s, &r->cells[i]);
	char *folder = run_dir_cell(&r->dir, i);
	bool there = access(facts, F_OK) == 0;
	json_t *j = there ? inner_json(folder, "cell.json", e) : NULL;
	const struct under_test *u = runner_detectors(r, i);
	int done = j != NULL;

	if (there && !j)
		done = -1;
	else if (j && (uint64_t)json_integer_value(json_object_get(j, "seed")) != s->seed)
		done = err_set(e,
			       "%s: made with another seed or another number of repetitions; "
			       "name another directory with -o",
			       facts);
	else if (j && !label_is(target_of(j), s->target))
		done = err_set(e,
			       "%s: made for target %s, not %s; name another directory with -o, or "
			       "score it with score --run --target",
			       facts, target_of(j), s->target);
	else if (j && (u || json_object_get(j, "detectors")) &&
		 !json_equal(json_object_get(j, "detectors"), u ? u->facts : NULL))
		done = err_set(e,
			       "%s: made with other detectors, or other versions of them; name "
			       "another directory with -o",
			       facts);
	json_decref(j);
	scenario_free(s);
	free(folder);
	free(facts);
	return done;
}

/* Cells that are there but none of this run's would end in its tables' folder unseen. */
static int check_strangers(const struct runner *r, struct err *e)
{
	char *cells = path_in(r->dir.path, "cells");
	struct cell_index *index = cell_index_new(r->cells, r->n);
	DIR *d = opendir(cells);
	int rc = 0;

	for (struct dirent *de; rc == 0 && d && (de = readdir(d));) {
		size_t i;

		if (de->d_name[0] != '.' && !cell_index_find(index, de->d_name, &i))
			rc = err_set(e,
				     "%s/%s: of a run with other cells or another number of "
				     "repetitions; name another directory with -o",
				     cells, de->d_name);
	}
	if (d)
		closedir(d);
	cell_index_free(index);
	free(cells);
	return rc;
}

static int find_done(struct runner *r, struct err *e)
{
	if (r->dir.made)
		return 0;
	if (check_strangers(r, e) < 0)
		return -1;
	for (size_t i = 0; i < r->n; i++) {
		int done = is_done(r, i, e);

		if (done < 0)
			return -1;
		r->done[i] = done;
		r->finished += done > 0;
		r->reused += done > 0;
	}
	if (r->reused)
		log_info("%zu of %zu cells are finished already and are kept", r->reused, r->n);
	return 0;
}

/* Who waits for a network in real time in which nobody has anything to do should know. */
static void say_real_time(const struct runner *r)
{
	const struct scenario *s = r->s;

	if (s->clock != LOOP_REAL || s->duration_s < REAL_TIME_SAID || r->o->program ||
	    s->clients_len || s->recordings_len)
		return;
	log_warn("%s: its clock is real, a cell takes %.0f s; `skypelab capture %s -- PROGRAM` "
		 "runs a program in it and ends with it",
		 r->o->scenario, s->duration_s, r->o->scenario);
}

/* The tables of all cells. */
static enum run_end finish(struct runner *r, struct err *e)
{
	bool damaged = false, failed = false;
	struct finished_run finished = {
		.dir = r->dir.path,
		.scenario = r->s,
		.cells = r->cells,
		.n = r->n,
		.invalid = r->invalid,
		.scores = r->scores,
		.signatures = r->signatures,
		.detectors = &r->detectors,
		.command = r->o->command,
		.began = r->began,
		.no_report = r->o->no_report,
		.live = r->o->live,
		.program = r->o->program,
		.gate = r->o->gate,
		.damaged = &damaged,
		.failed = &failed,
	};

	if (run_tables_write(&finished, e) < 0)
		return RUN_FAILED;
	return damaged ? RUN_DAMAGED : r->bad || failed ? RUN_INVALID : RUN_DONE;
}

enum run_end run_scenario(const struct run_options *o, struct err *e)
{
	struct runner r = {.o = o, .dir = {.lock = -1, .janitor = -1}, .began = run_clock()};
	enum run_end end = RUN_FAILED;

	if (runner_load(&r, e) < 0 || part_choose(&r, e) < 0)
		goto out;
	if (o->dry_run) {
		print_plan(&r);
		end = RUN_DONE;
		goto out;
	}
	say_real_time(&r);
	if (part_possible(&r, e) < 0 || run_dir_take(&r.dir, r.s->path, e) < 0 ||
	    find_done(&r, e) < 0 || run_dir_guard(&r.dir, e) < 0 || part_begin(&r, e) < 0)
		goto out;
	if (run_cells(&r, e) == 0)
		end = r.plan ? part_end(&r, e) : finish(&r, e);
out:
	run_dir_leave(&r.dir, end != RUN_FAILED);
	runner_free(&r);
	return end;
}
