// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * material.c - the captures that signatures are tried on
 *
 * Captures that are named, the recorded corpora, run directories, and runs that are made for the
 * purpose by this same program in a folder that is removed again. A capture with a label file is a
 * positive, every other holds no Skype.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/fan.h"
#include "base/input.h"
#include "base/path.h"
#include "base/progress.h"
#include "results/history/manifest.h"
#include "results/score/labels_file.h"
#include "run/cell/of_capture.h"
#include "run/detect/captures.h"
#include "run/detect/detect_score.h"
#include "run/fresh/fresh_run.h"
#include "run/fresh/scratch.h"
#include "run/regress/material.h"

/* One of a list; *@bad as in material_each(). */
static int one_capture(const struct material *m, const char *path, capture_fn *fn, void *arg,
		       bool *bad, struct err *e)
{
	char *of = labels_path_of(path, NULL);
	struct cell_capture cell = {0};
	struct labels *l = of ? labels_read(of, m->target, e) : NULL;
	const char *name = l ? capture_name(path) : NEGATIVES_CELL;
	struct score_setting s = {.source = SOURCE_RECORDED, .traffic_version = name, .cell = name};
	int rc = of && !l ? -1 : 0;

	if (!of && cell_of_capture(path, &cell)) /* else all of its Skype would count as false */
		rc = err_set(e, "%s: a capture of a run, whose truth is known: give --run the run",
			     path);
	if (rc == 0 && (l || label_is(m->target, LABEL_SKYPE)) && fn(arg, path, l, &s, e) < 0) {
		log_warn("%s", e->msg);
		*bad |= l != NULL; /* a broken negative is no reason to fail */
	}
	cell_capture_clear(&cell);
	labels_free(l);
	free(of);
	return rc;
}

/* Listed captures, tried by several processes (base/fan.h). */
struct listed {
	const struct material *m;
	char **list;
	size_t n;
	capture_fn *fn;
	void *arg;
	bool *bad;
	struct progress *progress;
};

/* What stands before that which @send writes. */
struct listed_head {
	int rc;
	bool bad;
	struct err e;
};

static void listed_item(void *arg, size_t i, FILE *out)
{
	const struct listed *l = arg;
	struct listed_head h = {0};

	h.rc = one_capture(l->m, l->list[i], l->fn, l->m->apart->one, &h.bad, &h.e);
	fwrite(&h, sizeof(h), 1, out);
	l->m->apart->send(l->m->apart->one, out);
}

static int take_listed(void *arg, size_t i, FILE *in, struct err *e)
{
	const struct listed *l = arg;
	struct listed_head h;

	progress_count(l->progress, i, l->n, "captures");
	if (fread(&h, sizeof(h), 1, in) != 1 || !l->m->apart->add(l->arg, in))
		return err_env(e, "%s: what was found in it is not whole", l->list[i]);
	*l->bad |= h.bad;
	if (h.rc < 0)
		*e = h.e;
	return h.rc;
}

static int each_listed(const struct material *m, const char *const *paths, size_t n, capture_fn *fn,
		       void *arg, bool *bad, struct err *e)
{
	struct progress progress = progress_begin(log_level > 0, false);
	struct listed l = {m, capture_list(paths, n, e), 0, fn, arg, bad, &progress};
	struct fan fan = {.work = listed_item, .take = take_listed, .arg = &l};
	int rc = l.list ? 0 : -1;

	while (l.list && l.list[l.n])
		l.n++;
	fan.n = l.n;
	if (rc == 0 && m->apart)
		rc = fan_run(&fan, e);
	for (size_t i = 0; rc == 0 && !m->apart && i < l.n; i++) {
		progress_count(&progress, i, l.n, "captures");
		rc = one_capture(m, l.list[i], fn, arg, bad, e);
	}
	progress_end(&progress);
	capture_list_free(l.list);
	return rc;
}

static int each_recorded(const struct material *m, capture_fn *fn, void *arg, bool *bad,
			 struct err *e)
{
	char *dirs[] = {path_in(corpora_dir(), "positives"), path_in(corpora_dir(), "negatives")};
	int rc = each_listed(m, (const char *const *)dirs, ARRAY_LEN(dirs), fn, arg, bad, e);

	free(dirs[0]);
	free(dirs[1]);
	return rc;
}

static int each_of_scenario(const struct material *m, const char *scenario, capture_fn *fn,
			    void *arg, struct err *e)
{
	struct scratch scratch;
	char *run;
	int rc;

	if (scratch_make(&scratch, "regress", e) < 0)
		return -1;
	run = path_in(scratch.dir, "run");
	rc = fresh_run(&(struct fresh_run){.scenario = scenario, .dir = run}, e);
	rc = rc ? rc : run_captures(run, m->target, fn, arg, e);
	scratch_remove(&scratch);
	free(run);
	return rc;
}

static int each_emulated(const struct material *m, capture_fn *fn, void *arg, struct err *e)
{
	char *scenario = data_file("scenarios", "regress", e);
	int rc = scenario ? each_of_scenario(m, scenario, fn, arg, e) : -1;

	free(scenario);
	return rc;
}

static int each_run(const struct material *m, capture_fn *fn, void *arg, struct err *e)
{
	struct progress progress = progress_begin(log_level > 0, false);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < m->runs_n; i++) {
		progress_count(&progress, i, m->runs_n, "runs");
		rc = manifest_verify(m->runs[i], e) == MANIFEST_WHOLE &&
				     input_folder(m->runs[i], e) == 0
			     ? run_captures(m->runs[i], m->target, fn, arg, e)
			     : -1;
	}
	progress_end(&progress);
	return rc;
}

bool material_has_recordings(void)
{
	char *dir = path_in(corpora_dir(), "positives");
	const char *paths[] = {dir};
	struct err e;
	char **list = access(dir, R_OK) ? NULL : capture_list(paths, 1, &e);
	bool any = list && list[0];

	capture_list_free(list);
	free(dir);
	return any;
}

int material_each(const struct material *m, capture_fn *fn, void *arg, bool *bad, struct err *e)
{
	int rc = 0;

	if (m->captures_n)
		rc = each_listed(m, m->captures, m->captures_n, fn, arg, bad, e);
	if (rc == 0 && m->recorded)
		rc = each_recorded(m, fn, arg, bad, e);
	if (rc == 0)
		rc = each_run(m, fn, arg, e);
	if (rc == 0 && m->scenario)
		rc = each_of_scenario(m, m->scenario, fn, arg, e);
	if (rc == 0 && m->emulated)
		rc = each_emulated(m, fn, arg, e);
	return rc;
}
