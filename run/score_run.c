// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * score_run.c - `skypelab score --run`: any events against the truth of a finished run
 *
 * A run directory holds the captures of every vantage and their truth, so it can judge events that
 * came later: of a changed signature, of another detector, edited ones. What each cell is to the scorer
 * stands in its cell.json (run/cell/scoring.c). Cells that failed are passed over.
 *
 * Two passes when the events come from files: a signature that is silent in one cell must have its
 * misses there, so the names in all cells are needed before the first cell is scored.
 */
#include <stdlib.h>
#include <string.h>

#include "base/inner.h"
#include "base/input.h"
#include "base/label.h"
#include "base/path.h"
#include "base/progress.h"
#include "results/history/manifest.h"
#include "run/cell/score.h"
#include "run/detect/named_signatures.h"
#include "run/score_run.h"
#include "run/under_test/score.h"

/* One cell that is valid. */
struct run_cell {
	struct cell_scoring scoring;
	json_t *taps; /* (owned) */
	char *eve;    /* (owned) */
};

struct run_cells {
	struct run_cell *c;
	size_t n;
};

static void cells_clear(struct run_cells *all)
{
	for (size_t i = 0; i < all->n; i++) {
		cell_scoring_clear(&all->c[i].scoring);
		json_decref(all->c[i].taps);
		free(all->c[i].eve);
	}
	free(all->c);
}

/* Names of cells and captures come from files: nothing in them may lead out of the run. */
static bool leads_out(const char *name)
{
	return !*name || *name == '.' || strchr(name, '/');
}

static int load_cell(struct run_cell *c, const char *dir, const char *eve, const char *name,
		     struct err *e)
{
	char *folder = path_inf(dir, "cells/%s", name), *path = path_in(folder, "cell.json");
	json_t *facts = inner_json(folder, "cell.json", e), *tap;
	const char *vantage;
	int rc = facts ? cell_scoring_read(&c->scoring, folder, name, facts, e) : -1;

	c->taps = json_incref(json_object_get(facts, "taps"));
	c->eve = eve ? path_inf(eve, "%s/eve.json", name) : path_in(folder, "eve.json");
	json_object_foreach (c->taps, vantage, tap) {
		const char *file = json_string_value(json_object_get(tap, "file"));

		if (rc == 0 && (!file || leads_out(file) || leads_out(vantage)))
			rc = err_set(e, "%s: tap %s has no capture in the cell's folder", path,
				     vantage);
	}
	json_decref(facts);
	free(folder);
	free(path);
	return rc;
}

static int load_cells(struct run_cells *all, const char *dir, const char *eve, struct err *e)
{
	json_t *manifest = manifest_read(dir, e), *list, *one;
	int rc = manifest ? input_folder(dir, e) : -1;
	size_t i;

	list = json_object_get(json_object_get(manifest, "run"), "cells");
	all->c = xcalloc(json_array_size(list) + 1, sizeof(*all->c));
	json_array_foreach (list, i, one) {
		const char *name = json_string_value(json_object_get(one, "cell"));

		if (rc < 0 || !json_is_true(json_object_get(one, "valid")))
			continue;
		if (!name || leads_out(name))
			rc = err_set(e, "%s/manifest.json: \"%s\" is no name of a cell", dir,
				     name ? name : "");
		else
			rc = load_cell(&all->c[all->n++], dir, eve, name, e);
	}
	if (rc == 0 && !all->n)
		rc = err_set(e, "%s: no valid cell in its manifest.json", dir);
	json_decref(manifest);
	return rc;
}

/* ------------------------------------------------------------------ the signatures */

/* Every signature and revision that the events of all cells name. */
static int collect_names(struct signature_list *l, const struct run_cells *all, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < all->n; i++) {
		struct detections *d = detections_new();

		rc = detections_read_eve(d, all->c[i].eve, e);
		named_signatures_of(l, d);
		detections_free(d);
	}
	return rc;
}

/* ------------------------------------------------------------------ scoring */

static int score_tap(struct score_table *t, const struct run_cell *c, const char *vantage,
		     const char *file, const struct signature_set *set,
		     const struct signature_list *names, struct err *e)
{
	char *pcap = path_in(c->scoring.dir, file);
	struct detections *d = detections_new();
	struct flow_index *flows = flow_index_new();
	int rc = set ? detect_capture(set, pcap, d, flows, e)
		     : detections_read_eve_of(d, c->eve, file, e);

	if (rc == 0 && !set)
		rc = flow_index_read(flows, pcap, e);
	if (rc == 0)
		rc = cell_score_vantage(t, &c->scoring, names, vantage, d, flows, e);
	detections_free(d);
	flow_index_free(flows);
	free(pcap);
	return rc;
}

static int score_cells(struct score_table *t, const struct run_cells *all,
		       const struct signature_set *set, const struct signature_list *names,
		       struct err *e)
{
	for (size_t i = 0; i < all->n; i++) {
		const char *vantage;
		json_t *tap;

		json_object_foreach (all->c[i].taps, vantage, tap) {
			const char *file = json_string_value(json_object_get(tap, "file"));

			if (score_tap(t, &all->c[i], vantage, file, set, names, e) < 0)
				return -1;
		}
	}
	return 0;
}

/* Every event of the cells' files is one of some capture of its cell. */
static int check_events(const struct run_cells *all, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < all->n; i++) {
		const struct run_cell *c = &all->c[i];
		const char **names = xcalloc(json_object_size(c->taps) + 1, sizeof(*names));
		const char *vantage;
		size_t n = 0;
		json_t *tap;

		json_object_foreach (c->taps, vantage, tap)
			names[n++] = json_string_value(json_object_get(tap, "file"));
		rc = detections_check_captures(c->eve, names, n, e);
		free(names);
	}
	return rc;
}

/* The target for all cells: @target, or the run's own. */
static void set_target(struct run_cells *all, const char *target)
{
	for (size_t i = 0; target && i < all->n; i++) {
		free(all->c[i].scoring.target);
		all->c[i].scoring.target = xstrdup(target);
	}
}

/* What is scored: the signatures of @set, those named, or all that the events name. */
struct choice {
	const struct signature_set *set; /* NULL = events are read from files */
	struct signature_set *own;	 /* (owned) @set where nobody gave it, or NULL */
	struct signature_list of_set, named;
};

static int no_events(const struct run_cells *all, struct err *e)
{
	return err_set(e,
		       "%s and the other cells: no %s event; name the signatures with -s to score "
		       "their silence",
		       all->c[0].eve, all->c[0].scoring.target);
}

/* The signatures that the events name. Where none is about the target, and the events are the run's
 * own, the bundled signatures for the target run. */
static int choose_named(struct choice *c, const struct run_cells *all, bool own_events,
			struct err *e)
{
	const char *target = all->c[0].scoring.target;
	char *bundled;

	if (collect_names(&c->named, all, e) < 0)
		return -1;
	if (!c->named.n && (!own_events || label_is(target, LABEL_SKYPE)))
		return no_events(all, e);
	if (signature_list_wanted(&c->named, target, e))
		return 0;
	if (!own_events)
		return -1;
	bundled = xasprintf("all:%s", target);
	c->set = c->own = signatures_load((const char *const[]){bundled}, 1, e);
	free(bundled);
	return c->own ? 0 : -1;
}

int score_run(struct score_table *t, const char *dir, const char *eve,
	      const struct signature_set *set, const char *const *names, size_t n,
	      const char *target, struct err *e)
{
	struct choice c = {.set = set};
	struct run_cells all = {0};
	int rc = load_cells(&all, dir, eve, e);

	set_target(&all, target);
	for (size_t i = 0; !set && i < n; i++)
		named_signatures_add(&c.named, names[i], "", NULL);
	if (rc == 0 && !set)
		rc = check_events(&all, e);
	if (rc == 0 && !set && !n)
		rc = choose_named(&c, &all, !eve, e);
	if (c.set)
		signature_list_of(c.set, &c.of_set);
	if (rc == 0 && c.set && !signature_list_wanted(&c.of_set, all.c[0].scoring.target, e))
		rc = -1;
	if (rc == 0)
		rc = score_cells(t, &all, c.set, c.set ? &c.of_set : &c.named, e);
	signature_list_free(&c.of_set);
	named_signatures_clear(&c.named);
	signatures_free(c.own);
	cells_clear(&all);
	return rc;
}

/* ------------------------------------------------------------------ parts of captures */

/* What is done with each capture; @passed or @kept may be NULL. */
struct part_job {
	struct score_table *passed, *kept;
	const struct signature_set *set;
	struct signature_list names;
	const struct capture_part *part;
};

static int score_tap_part(const struct part_job *j, const struct run_cell *c, const char *vantage,
			  const char *file, struct err *e)
{
	char *pcap = path_in(c->scoring.dir, file);
	struct capture_part part = part_of_its_own(j->part, c->scoring.name);
	struct detections *d = detections_new();
	struct flow_index *passed = flow_index_new(), *kept = flow_index_new();
	int rc = detect_part(j->set, pcap, &part, d, j->passed ? passed : NULL,
			     j->kept ? kept : NULL, e);

	if (rc == 0 && j->passed)
		rc = cell_score_vantage(j->passed, &c->scoring, &j->names, vantage, d, passed, e);
	if (rc == 0 && j->kept)
		rc = cell_score_vantage(j->kept, &c->scoring, &j->names, vantage, d, kept, e);
	detections_free(d);
	flow_index_free(passed);
	flow_index_free(kept);
	free(pcap);
	return rc;
}

static int no_vantage(const struct run_cells *all, const char *dir, const char *wanted,
		      struct err *e)
{
	char *there = all->n ? cell_vantages(all->c[0].taps) : xstrdup("");

	err_set(e, "%s: no cell with emulated traffic has the vantage %s%s%s", dir,
		wanted ? wanted : "", *there ? "; the first cell has " : "", there);
	free(there);
	return -1;
}

int score_run_part(struct score_table *passed, struct score_table *kept, const char *dir,
		   const struct signature_set *set, const struct capture_part *part,
		   const char *vantage, struct err *e)
{
	struct progress progress = progress_begin(log_level > 0, false);
	struct part_job j = {.passed = passed, .kept = kept, .set = set, .part = part};
	struct run_cells all = {0};
	int rc = load_cells(&all, dir, NULL, e);
	size_t looked = 0;

	signature_list_of(set, &j.names);
	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		const char *at;
		json_t *tap;

		progress_count(&progress, i, all.n, "cells");
		json_object_foreach (all.c[i].taps, at, tap) {
			const char *file = json_string_value(json_object_get(tap, "file"));

			if (rc < 0 || (vantage && strcmp(at, vantage) != 0) ||
			    !all.c[i].scoring.of[SOURCE_EMULATED].has)
				continue;
			rc = score_tap_part(&j, &all.c[i], at, file, e);
			looked++;
		}
	}
	if (rc == 0 && !looked)
		rc = no_vantage(&all, dir, vantage, e);
	progress_end(&progress);
	signature_list_free(&j.names);
	cells_clear(&all);
	return rc;
}

/* ------------------------------------------------------------------ foreign detectors */

static int look_at_tap(struct score_table *t, const struct run_cell *c, const char *vantage,
		       const char *file, const struct under_test *u, bool *failed, struct err *e)
{
	char *pcap = path_in(c->scoring.dir, file);
	struct flow_index *flows = flow_index_new();
	int rc = flow_index_read(flows, pcap, e);

	for (size_t i = 0; rc == 0 && i < u->n; i++) {
		struct detections *v = detections_new();
		bool bad = false;

		rc = foreign_say(&u->d[i], pcap, flows, v, &bad, e);
		if (rc == 0 && !bad)
			rc = cell_score_vantage(t, &c->scoring, &u->d[i].list, vantage, v, flows,
						e);
		*failed |= bad;
		detections_free(v);
	}
	flow_index_free(flows);
	free(pcap);
	return rc;
}

int score_run_foreign(struct score_table *t, const char *dir, const struct under_test *u,
		      const char *target, bool *failed, struct err *e)
{
	struct run_cells all = {0};
	int rc = load_cells(&all, dir, NULL, e);

	set_target(&all, target);
	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		const char *vantage;
		json_t *tap;

		json_object_foreach (all.c[i].taps, vantage, tap)
			if (rc == 0)
				rc = look_at_tap(t, &all.c[i], vantage,
						 json_string_value(json_object_get(tap, "file")), u,
						 failed, e);
	}
	cells_clear(&all);
	return rc;
}
