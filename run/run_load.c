// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_load.c - a run before its first cell: scenario, signatures, detectors and cells, loaded and checked
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/label.h"
#include "run/cell/background.h"
#include "run/choose_signatures.h"
#include "run/run_load.h"
#include "run/scenario/load.h"
#include "run/scenario/schema.h"

/* Parts of a run have a place of their own, so that one that is started again finds its cells. */
static char *default_dir(const struct run_options *o, const struct scenario *s)
{
	time_t t = time(NULL);
	struct tm tm;
	char text[32];

	if (o->shard.of)
		return xasprintf("results/shards/%s/%u-of-%u", s->scenario, o->shard.index,
				 o->shard.of);
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

int runner_load(struct runner *r, struct err *e)
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
	r->why = xcalloc(r->n, sizeof(*r->why));
	r->jobs = r->o->jobs ? r->o->jobs : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	if (r->jobs > MAX_JOBS)
		r->jobs = MAX_JOBS;
	r->dir.path = r->o->dir ? xstrdup(r->o->dir) : default_dir(r->o, r->s);
	r->dir.cells = r->cells;
	r->dir.n = r->n;
	return 0;
}

void runner_free(struct runner *r)
{
	for (size_t i = 0; r->scores && i < r->n; i++) {
		score_table_free(r->scores[i]);
		free(r->why[i]);
	}
	free(r->why);
	json_decref(r->plan);
	free(r->scores);
	scenario_cells_free(r->cells, r->n);
	signatures_free(r->signatures);
	under_test_free(&r->detectors);
	scenario_free(r->s);
	free(r->done);
	free(r->invalid);
	free(r->dir.path);
}
