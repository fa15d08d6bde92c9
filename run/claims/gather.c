// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gather.c - runs and captures, each once, as scenes for the claims
 *
 *   named                | scene                                   | source
 *   a run's directory    | each valid cell, at one vantage         | emulated, or recorded if it replays
 *   a cell's capture     | the same, of that cell                  | the same
 *   another capture      | itself, with its label file             | recorded
 *   --not-skype          | itself, every flow is something else's  | recorded
 *
 * Evidence counts once: a capture whose bytes were read before is left out, and so are a cell's second
 * vantage, a second replay of one recording, and every recorded flow that an earlier capture holds (the
 * same ends at the same nanosecond, the same first message). The signatures of the claim file run over every capture, from its
 * beginning and, for claims that ask for it, from a later time on; what they found is scored against the
 * labels as `skypelab score` does it. A capture that shares flows with an earlier one is no trial of its
 * own for them. A capture of which nobody knows a flow is left out, too.
 * Limits: a cell with emulated and recorded traffic is left out, with a warning: its packets cannot be
 * told apart by source where both are to one host. A copy with other times, or ends, is not known for one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/capture/capture.h"
#include "base/datadir.h"
#include "base/hash.h"
#include "base/inner.h"
#include "base/input.h"
#include "base/moment.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/progress.h"
#include "results/history/manifest.h"
#include "results/score/labels_file.h"
#include "run/cell/of_capture.h"
#include "run/cell/score.h"
#include "run/claims/gather.h"
#include "run/detect/captures.h"
#include "run/detect/flow_identity.h"
#include "run/detect/part.h"
#include "run/detect/seen.h"

#define CUTS 8

struct gathering {
	struct claim_results *r;
	const struct claims_request *q;
	struct signature_set *set; /* (owned) NULL = the claims name none */
	struct signature_list list;
	struct seen *files, *flows, *trials; /* (owned) @trials: cells and recordings */
	double cuts[CUTS];
	unsigned cuts_n;
	bool *damaged;
};

/* ------------------------------------------------------------------ the signatures */

/* *@out: NULL = it names none. */
static int load_signatures(const struct claim_set *set, struct signature_set **out, struct err *e)
{
	const struct claim_texts *t = &set->signatures;
	char **names = xcalloc(t->n + 1, sizeof(*names));
	bool ok = true;

	for (unsigned i = 0; i < t->n && ok; i++) {
		names[i] =
			strchr(t->items[i], '/') ? data_path(t->items[i], e) : xstrdup(t->items[i]);
		ok = names[i] != NULL;
	}
	if (ok && t->n)
		*out = signatures_load((const char *const *)names, t->n, e);
	ok = ok && (!t->n || *out);
	for (unsigned i = 0; i < t->n; i++)
		free(names[i]);
	free(names);
	return ok ? 0 : err_push(e, "%s: signatures", set->path);
}

int claims_check_signatures(const struct claim_set *set, struct err *e)
{
	struct signature_set *signatures = NULL;
	int rc = load_signatures(set, &signatures, e);

	signatures_free(signatures);
	return rc;
}

/* From when on signatures look: 0, and what the claims ask for. */
static int note_cuts(struct gathering *g, struct err *e)
{
	g->cuts_n = 1;
	for (unsigned i = 0; i < g->r->set->claims_n; i++) {
		double cut = (double)g->r->set->claims[i].measure.cut;
		unsigned k = 0;

		while (k < g->cuts_n && g->cuts[k] != cut)
			k++;
		if (k < g->cuts_n)
			continue;
		if (g->cuts_n == CUTS)
			return err_set(e, "%s: more than %d different values of \"cut\"",
				       g->r->set->path, CUTS - 1);
		g->cuts[g->cuts_n++] = cut;
	}
	return 0;
}

/* ------------------------------------------------------------------ scenes */

/* A capture, as it is to be tested. */
struct place {
	const char *path;
	struct claim_scene *scene;
	const struct labels *labels;	 /* NULL = no flow is the application's */
	const struct cell_scoring *cell; /* NULL = of no cell */
	const char *vantage;
};

static int score_place(const struct gathering *g, const struct place *p, struct score_table *t,
		       const struct detections *v, const struct flow_index *x, struct err *e)
{
	struct score_input in = {
		.setting = {.source = p->scene->source, .cell = p->scene->name},
		.target = g->r->set->application,
		.labels = p->labels,
		.detections = v,
		.flows = x,
	};

	if (p->cell)
		return cell_score_vantage(t, p->cell, &g->list, p->vantage, v, x, e);
	signature_list_use(&g->list, &in);
	return score_cell(t, &in, e);
}

static void add_scores(const struct gathering *g, struct claim_scene *s,
		       const struct score_table *t, double cut)
{
	s->scores = xrealloc(s->scores, (s->scores_n + t->n + 1) * sizeof(*s->scores));
	for (size_t i = 0; i < t->n; i++) {
		const struct score_row *r = &t->rows[i];

		for (unsigned k = 0; k < g->r->set->signatures.n; k++)
			if (!strcmp(signatures_info(g->set, k)->name, r->signature))
				s->scores[s->scores_n++] = (struct scene_score){
					.signature = g->r->set->signatures.items[k],
					.cut = cut,
					.unit = r->unit,
					.tp = r->tp,
					.fp = r->fp,
					.fn = r->fn,
					.tn = r->tn};
	}
}

static int run_signatures(const struct gathering *g, const struct place *p, struct err *e)
{
	struct err said; /* by the scene already, where the capture is not readable to its end */
	int rc = 0;

	for (unsigned i = 0; g->set && i < g->cuts_n && rc == 0; i++) {
		struct detections *v = detections_new();
		struct flow_index *x = flow_index_new();
		struct score_table *t = score_table_new();

		detect_part(g->set, p->path, &(struct capture_part){.skip_s = g->cuts[i]}, v, NULL,
			    x, &said);
		rc = score_place(g, p, t, v, x, e);
		if (rc == 0)
			add_scores(g, p->scene, t, g->cuts[i]);
		score_table_free(t);
		flow_index_free(x);
		detections_free(v);
	}
	return rc;
}

static uint64_t identity_of(const struct scene_flow *f)
{
	struct tuple t = {.proto = f->proto, .src = f->client, .dst = f->server};

	return flow_identity(&t, f->first_ns, f->n ? f->messages[0].bytes : NULL,
			     f->n ? f->messages[0].kept : 0);
}

/* Takes flows out that an earlier capture holds; how many. */
static size_t drop_copies(struct gathering *g, struct claim_scene *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct scene_flow *f = s->flows[i];

		if (!seen_before(&g->flows, identity_of(f)))
			continue;
		f->application = false;
		f->unknown = true;
		n++;
	}
	if (n)
		log_warn("%s: %zu of its %zu flows are in an earlier capture, too; they count "
			 "once%s",
			 s->capture, n, s->n,
			 n < s->n ? ", and what signatures find in it does not count" : "");
	return n;
}

/* Whether somebody knows what its flows are. Says when the labels name no flow of the capture, or none
 * of the application. */
static bool says_something(const struct gathering *g, const struct place *p)
{
	const struct claim_scene *s = p->scene;
	size_t known = 0, ours = 0;

	for (size_t i = 0; i < s->n; i++) {
		known += !s->flows[i]->unknown;
		ours += s->flows[i]->application;
	}
	if (p->cell)
		return true;
	if (!s->n)
		log_warn("%s: no UDP or TCP packet; it is left out", p->path);
	else if (!known)
		log_warn("%s: its labels meet none of its %zu flows; it is left out", p->path,
			 s->n);
	else if (p->labels && !ours)
		log_warn("%s: its labels name no flow of %s", p->path, g->r->set->application);
	return known > 0;
}

static bool is_copy(struct gathering *g, const char *path, struct err *e, int *rc)
{
	int seen = seen_file_before(&g->files, path, e);

	*rc = seen < 0 ? -1 : 0;
	if (seen <= 0)
		return false;
	log_warn("%s: a copy of a capture that was read before; it is left out", path);
	return true;
}

/* Tests the claims on a capture. 0, or -1 with @e set. */
static int test_place(struct gathering *g, const struct place *p, struct err *e)
{
	struct err damage = {0};
	size_t copies;
	int rc;

	if (is_copy(g, p->path, e, &rc) || rc < 0)
		return rc;
	if (claim_scene_read(p->scene, p->path, p->labels, &damage) < 0) {
		if (!p->scene->packets) {
			*e = damage;
			return -1;
		}
		log_error("%s", damage.msg);
		*g->damaged = true;
	}
	if (p->scene->left_out)
		log_warn("%s: %llu messages are left out for want of room", p->path,
			 (unsigned long long)p->scene->left_out);
	if (!says_something(g, p))
		return 0;
	copies = p->scene->source == SOURCE_RECORDED ? drop_copies(g, p->scene) : 0;
	if (copies && copies == p->scene->n)
		return 0;
	if (!copies)
		rc = run_signatures(g, p, e);
	if (rc == 0)
		claim_results_add(g->r, p->scene);
	return rc;
}

/* ------------------------------------------------------------------ cells */

static char *cell_settings(const struct cell_scoring *c, enum traffic_source source,
			   const char *vantage)
{
	return xasprintf("%s%sversion=%s\tcaller_firewall=%s\tcaller_nat=%s\t"
			 "callee_firewall=%s\tcallee_nat=%s\tvantage=%s",
			 c->axes, *c->axes ? "\t" : "", c->of[source].traffic_version,
			 c->caller_firewall, c->caller_nat, c->callee_firewall, c->callee_nat,
			 vantage);
}

/* Of a cell's facts, a recording that is replayed, or a recorded capture. */
static uint64_t trial_key(const char *what, const char *name)
{
	return fnv1a_more(fnv1a(what, strlen(what)), name, strlen(name));
}

/* Whether a cell with the same facts was tested: another vantage of it is no other trial. */
static bool cell_seen(struct gathering *g, const char *folder, struct err *e, int *rc)
{
	char *facts = path_in(folder, "cell.json"), hex[65];

	*rc = file_sha256(facts, hex, e);
	free(facts);
	if (*rc < 0 || !seen_before(&g->trials, trial_key("cell", hex)))
		return false;
	log_warn("%s: a cell that was read before; it counts once, at one vantage", folder);
	return true;
}

/* Whether a replay is of a recording that was tested. A cluster is "FILE HOST". */
static bool replay_seen(struct gathering *g, const struct cell_scoring *c)
{
	char *file = xstrdup(c->of[SOURCE_RECORDED].cluster);
	bool seen;

	file[strcspn(file, " ")] = '\0';
	seen = seen_has(g->trials, trial_key("capture", capture_name(file))) ||
	       seen_before(&g->trials, trial_key("replay", capture_name(file)));
	if (seen)
		log_warn("%s: replays %s, which was read before; it is left out", c->dir, file);
	free(file);
	return seen;
}

/* Whether a replay of the recorded capture was tested. */
static bool was_replayed(struct gathering *g, const char *path)
{
	if (!seen_has(g->trials, trial_key("replay", capture_name(path)))) {
		seen_before(&g->trials, trial_key("capture", capture_name(path)));
		return false;
	}
	log_warn("%s: a run that was read before replays it; it is left out", path);
	return true;
}

static int test_vantage(struct gathering *g, const struct cell_scoring *c, const char *vantage,
			const char *file, struct err *e)
{
	enum traffic_source source = c->of[SOURCE_EMULATED].has ? SOURCE_EMULATED : SOURCE_RECORDED;
	char *settings = cell_settings(c, source, vantage), *path = path_in(c->dir, file);
	char *truth = path_inf(c->dir, "truth.%s.tsv", vantage);
	struct labels *l = labels_read(truth, g->r->set->application, e);
	struct place p = {.path = path, .labels = l, .cell = c, .vantage = vantage};
	int rc = -1;

	if (l && source == SOURCE_RECORDED && replay_seen(g, c)) {
		rc = 0;
	} else if (l) {
		p.scene = claim_scene_new(source, c->name, c->of[source].traffic_version, path,
					  settings);
		p.scene->folder = xstrdup(c->dir);
		rc = test_place(g, &p, e);
	}
	claim_scene_free(p.scene);
	labels_free(l);
	free(truth);
	free(path);
	free(settings);
	return rc;
}

static int no_vantage(const char *folder, const char *wanted, json_t *taps, struct err *e)
{
	char *there = cell_vantages(taps);

	err_set(e, "%s/cell.json: no vantage %s; there is %s", folder, wanted ? wanted : "at all",
		there);
	free(there);
	return -1;
}

/* @vantage: NULL = choose. */
static int test_cell(struct gathering *g, const char *folder, const char *name, const char *vantage,
		     struct err *e)
{
	struct cell_scoring c = {0};
	const char *file, *at;
	json_t *facts, *taps;
	int rc;

	if (cell_seen(g, folder, e, &rc) || rc < 0)
		return rc;
	facts = inner_json(folder, "cell.json", e);
	rc = facts ? cell_scoring_read(&c, folder, name, facts, e) : -1;
	taps = json_object_get(facts, "taps");
	at = vantage ? vantage : cell_default_vantage(taps);
	at = at && json_object_get(taps, at) ? at : NULL;
	file = at ? json_string_value(json_object_get(json_object_get(taps, at), "file")) : NULL;
	if (rc == 0 && !at)
		rc = no_vantage(folder, vantage, taps, e);
	else if (rc == 0 && (!file || strchr(file, '/') || *file == '.' || strchr(at, '/')))
		rc = err_set(e, "%s/cell.json: tap %s has no capture in the cell's folder", folder,
			     at);
	else if (rc == 0 && c.of[SOURCE_EMULATED].has && c.of[SOURCE_RECORDED].has)
		log_warn("%s: emulated and recorded traffic in one cell; it is left out", folder);
	else if (rc == 0)
		rc = test_vantage(g, &c, at, file, e);
	cell_scoring_clear(&c);
	json_decref(facts);
	return rc;
}

/* A claim passes over a table that is not there, so what the run wrote has to be there. */
static int check_files(const json_t *manifest, const char *dir, struct err *e)
{
	json_t *files = json_object_get(manifest, "files"), *one;
	const char *name;
	int rc = 0;

	json_object_foreach (files, name, one) {
		char *path = path_in(dir, name);

		if (rc == 0 && access(path, F_OK) < 0)
			rc = err_set(e, "%s: missing, but listed in manifest.json; run it again",
				     path);
		free(path);
	}
	return rc;
}

static int test_run(struct gathering *g, const char *dir, struct err *e)
{
	struct progress progress = progress_begin(log_level > 0, false);
	json_t *manifest = manifest_read(dir, e), *one;
	json_t *cells = json_object_get(json_object_get(manifest, "run"), "cells");
	int rc = manifest && input_folder(dir, e) == 0 ? check_files(manifest, dir, e) : -1;
	size_t i, n = 0;

	json_array_foreach (cells, i, one) {
		const char *name = json_string_value(json_object_get(one, "cell"));
		char *folder;

		if (rc < 0 || !json_is_true(json_object_get(one, "valid")))
			continue;
		if (!name || !*name || *name == '.' || strchr(name, '/')) {
			rc = err_set(e, "%s/manifest.json: \"%s\" is no name of a cell", dir,
				     name ? name : "");
			continue;
		}
		progress_count(&progress, i, json_array_size(cells), "cells");
		folder = path_inf(dir, "cells/%s", name);
		rc = test_cell(g, folder, name, g->q->vantage, e);
		free(folder);
		n++;
	}
	if (rc == 0 && !n)
		rc = err_set(e, "%s: no valid cell in its manifest.json", dir);
	progress_end(&progress);
	json_decref(manifest);
	return rc;
}

/* ------------------------------------------------------------------ captures */

/* The version that labels give for the application's flows; "" = none. */
static const char *version_of(const struct labels *l)
{
	for (size_t i = 0; l && i < labels_count(l); i++)
		if (labels_at(l, i)->kind == KIND_POSITIVE && *labels_at(l, i)->version)
			return labels_at(l, i)->version;
	return "";
}

static int test_recorded(struct gathering *g, const char *path, bool negative, struct err *e)
{
	char *file = negative ? NULL : labels_path_of(path, e), *settings;
	struct labels *l = file ? labels_read(file, g->r->set->application, e) : NULL;
	const char *version = version_of(l);
	struct place p = {.path = path, .labels = l};
	int rc = -1;

	settings = *version ? xasprintf("version=%s", version) : xstrdup("");
	if (l || negative) {
		p.scene =
			claim_scene_new(SOURCE_RECORDED, capture_name(path),
					negative ? "without" : capture_name(path), path, settings);
		rc = was_replayed(g, path) ? 0 : test_place(g, &p, e);
	}
	claim_scene_free(p.scene);
	labels_free(l);
	free(settings);
	free(file);
	return rc;
}

/* @named: by itself, and so is its vantage where it is a cell's. */
static int test_capture(struct gathering *g, const char *path, bool negative, bool named,
			struct err *e)
{
	struct cell_capture cell;
	char *folder;
	int rc;

	if (negative || !cell_of_capture(path, &cell))
		return test_recorded(g, path, negative, e);
	folder = path_folder(path);
	rc = test_cell(g, folder, capture_name(folder), named ? cell.vantage : g->q->vantage, e);
	free(folder);
	cell_capture_clear(&cell);
	return rc;
}

/* Every capture at or below @path; one that cannot be used is reported, and the others count. */
static int test_captures(struct gathering *g, const char *path, bool negative, struct err *e)
{
	char **list = capture_list(&path, 1, e);
	struct progress progress;
	size_t all = 0;

	if (!list)
		return -1;
	progress = progress_begin(log_level > 0, false);
	while (list[all])
		all++;
	for (size_t i = 0; list[i]; i++) {
		struct err one = {0};

		progress_count(&progress, i, all, "captures");
		if (test_capture(g, list[i], negative, !strcmp(list[i], path), &one) == 0)
			continue;
		log_error("%s", one.msg);
		*g->damaged = true;
	}
	progress_end(&progress);
	capture_list_free(list);
	return 0;
}

/* All that was named, in order: runs and captures, then those without the application. */
static int test_all(struct gathering *g, struct err *e)
{
	struct progress progress = progress_begin(log_level > 0, false);
	const struct claims_request *q = g->q;
	int rc = 0;

	for (size_t i = 0; i < q->n + q->negatives_n && rc == 0; i++) {
		bool negative = i >= q->n;
		const char *path = negative ? q->negatives[i - q->n] : q->paths[i];

		progress_count(&progress, i, q->n + q->negatives_n, "runs and captures");
		rc = !negative && is_run_directory(path) ? test_run(g, path, e)
							 : test_captures(g, path, negative, e);
	}
	progress_end(&progress);
	return rc;
}

int claims_gather(struct claim_results *r, const struct claims_request *q, bool *damaged,
		  struct err *e)
{
	struct gathering g = {.r = r, .q = q, .damaged = damaged};
	int rc = load_signatures(r->set, &g.set, e);

	if (rc == 0 && g.set)
		signature_list_of(g.set, &g.list);
	if (rc == 0)
		rc = note_cuts(&g, e);
	if (rc == 0)
		rc = test_all(&g, e);
	if (rc == 0 && !r->scenes[SOURCE_EMULATED] && !r->scenes[SOURCE_RECORDED])
		rc = err_set(e, "claims: nothing to test them on: no capture could be used");
	seen_clear(&g.files);
	seen_clear(&g.flows);
	seen_clear(&g.trials);
	signature_list_free(&g.list);
	signatures_free(g.set);
	return rc;
}
