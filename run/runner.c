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
#include <time.h>
#include <unistd.h>

#include "base/inner.h"
#include "base/label.h"
#include "base/path.h"
#include "run/cell/background.h"
#include "run/choose_signatures.h"
#include "run/run_dir.h"
#include "run/run_tables.h"
#include "run/runner.h"
#include "run/scenario/load.h"
#include "run/scenario/schema.h"
#include "run/workers.h"

static void print_plan(const struct runner *r)
{
	size_t cells = r->n / r->s->repeat;

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

static char *default_dir(const struct scenario *s)
{
	time_t t = time(NULL);
	struct tm tm;
	char text[32];

	localtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y%m%d-%H%M%S", &tm);
	return xasprintf("results/runs/%s-%s", s->scenario, text);
}

/* Seed and repetitions as the command line wants them. */
static int set_trials(struct runner *r, struct err *e)
{
	if (r->o->seed_given)
		r->s->seed = r->o->seed;
	if (r->o->repeat)
		r->s->repeat = r->o->repeat;
	r->s->seed_by_repetition = r->o->seeds;
	for (unsigned i = 0; r->o->seeds && i < r->s->matrix_len; i++)
		if (!strcmp(r->s->matrix[i].axis, "seed"))
			return err_set(e,
				       "--seeds: %s has an axis seed already; use --repeat, or "
				       "take the axis out",
				       r->s->path);
	return 0;
}

/* The target as the command line wants it. */
static int set_target(struct runner *r, struct err *e)
{
	if (!r->o->target)
		return 0;
	if (!label_names_application(r->o->target))
		return err_set(e, "--target %.80s, expected an application: " LABEL_FORM,
			       r->o->target);
	free(r->s->target);
	r->s->target = xstrdup(r->o->target);
	return 0;
}

static int load_detectors(struct runner *r, struct err *e)
{
	const char *const *words = r->o->detectors;
	size_t n = r->o->detectors_len;

	if (!n) {
		words = (const char *const *)r->s->detectors;
		n = r->s->detectors_len;
	}
	return under_test_load(&r->detectors, words, n, r->signatures, e);
}

static int load(struct runner *r, struct err *e)
{
	r->s = scenario_load(r->o->scenario, e);
	if (!r->s || set_trials(r, e) < 0 || set_target(r, e) < 0)
		return -1;
	r->signatures = choose_signatures(r->o, r->s, e);
	if (!r->signatures || load_detectors(r, e) < 0)
		return -1;
	r->cells = scenario_cells(r->s, r->o->filters, r->o->filters_len, &r->n, e);
	if (!r->cells)
		return -1;
	if (r->o->program && r->n != 1)
		return err_set(e,
			       "%s has %zu cells, but a program runs in only one; choose it with "
			       "--filter",
			       r->o->scenario, r->n);
	if (backgrounds_check(r->s, r->cells, r->n, r->o->program, e) < 0)
		return -1;
	r->done = xcalloc(r->n, sizeof(bool));
	r->invalid = xcalloc(r->n, sizeof(bool));
	r->scores = xcalloc(r->n, sizeof(*r->scores));
	r->jobs = r->o->jobs ? r->o->jobs : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	if (r->jobs > MAX_JOBS)
		r->jobs = MAX_JOBS;
	r->dir.path = r->o->dir ? xstrdup(r->o->dir) : default_dir(r->s);
	r->dir.cells = r->cells;
	r->dir.n = r->n;
	return 0;
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
	json_t *j = inner_json(folder, "cell.json", NULL);
	const struct under_test *u = runner_detectors(r, i);
	int done = j != NULL;

	if (j && (uint64_t)json_integer_value(json_object_get(j, "seed")) != s->seed)
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
	DIR *d = opendir(cells);
	int rc = 0;

	for (struct dirent *de; rc == 0 && d && (de = readdir(d));) {
		bool known = de->d_name[0] == '.';

		for (size_t i = 0; i < r->n && !known; i++)
			known = !strcmp(de->d_name, r->cells[i].name);
		if (!known)
			rc = err_set(e,
				     "%s/%s: of a run with other cells or another number of "
				     "repetitions; name another directory with -o",
				     cells, de->d_name);
	}
	if (d)
		closedir(d);
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

static void free_run(struct runner *r)
{
	for (size_t i = 0; r->scores && i < r->n; i++)
		score_table_free(r->scores[i]);
	free(r->scores);
	scenario_cells_free(r->cells, r->n);
	signatures_free(r->signatures);
	under_test_free(&r->detectors);
	scenario_free(r->s);
	free(r->done);
	free(r->invalid);
	free(r->dir.path);
}

enum run_end run_scenario(const struct run_options *o, struct err *e)
{
	struct runner r = {.o = o, .dir = {.lock = -1, .janitor = -1}, .began = run_clock()};
	enum run_end end = RUN_FAILED;
	bool damaged = false, failed = false;

	if (load(&r, e) < 0)
		goto out;
	if (o->dry_run) {
		print_plan(&r);
		end = RUN_DONE;
		goto out;
	}
	if (run_dir_take(&r.dir, r.s->path, e) < 0 || find_done(&r, e) < 0 ||
	    run_dir_guard(&r.dir, e) < 0)
		goto out;
	if (run_cells(&r, e) == 0) {
		struct finished_run finished = {
			.dir = r.dir.path,
			.scenario = r.s,
			.cells = r.cells,
			.n = r.n,
			.invalid = r.invalid,
			.scores = r.scores,
			.signatures = r.signatures,
			.detectors = &r.detectors,
			.command = o->command,
			.began = r.began,
			.no_report = o->no_report,
			.live = o->live,
			.program = o->program,
			.damaged = &damaged,
			.failed = &failed,
		};

		if (run_tables_write(&finished, e) == 0)
			end = damaged ? RUN_DAMAGED : r.bad || failed ? RUN_INVALID : RUN_DONE;
	}
out:
	run_dir_leave(&r.dir, end != RUN_FAILED);
	free_run(&r);
	return end;
}
