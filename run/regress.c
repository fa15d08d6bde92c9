// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * regress.c - two revisions of a signature on the same captures
 *
 * Both revisions see the same packets and are scored under one name, so that
 * results/history/compare.c pairs their verdicts flow by flow. Captures without Skype are one cell,
 * "negatives", in which each false positive names its capture. Copies made by run/vary/vary.c are
 * compared with the recording itself, for each revision: a verdict that changes depends on bytes
 * that the protocol leaves free.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/path.h"
#include "base/rng.h"
#include "base/tsv.h"
#include "run/regress.h"
#include "results/score/claims_tsv.h"
#include "run/vary/vary.h"

/* Collects detections under the common name; @vary: translated to the addresses of the original. */
struct collector {
	const struct regress *r;
	const struct regress_side *side;
	const struct vary *vary;
	struct detections *v;
};

static void collect(void *arg, const struct detection_event *ev)
{
	struct collector *c = arg;
	struct detection one;

	detection_of_event(&one, ev);
	snprintf(one.signature, sizeof(one.signature), "%s", c->r->name);
	snprintf(one.revision, sizeof(one.revision), "%s", c->side->revision);
	if (c->vary)
		vary_restore(c->vary, &one);
	detections_add(c->v, &one);
}

/* One side over one file. @x may be NULL. */
static int detect(const struct regress *r, const struct regress_side *side, const char *path,
		  const struct vary *vary, struct detections *v, struct flow_index *x,
		  struct err *e)
{
	struct collector c = {r, side, vary, v};

	return detect_with(side->set, path, collect, &c, x, e);
}

static void score_side(const struct regress *r, const struct regress_side *side,
		       struct score_table *t, const struct detections *v,
		       const struct labels *labels, const struct flow_index *x,
		       const struct score_setting *s)
{
	const char *names[] = {r->name}, *revisions[] = {side->revision};
	struct score_input in = {.setting = *s,
				 .labels = labels,
				 .detections = v,
				 .flows = x,
				 .signatures = names,
				 .revisions = revisions,
				 .n = 1};

	score_cell(t, &in, NULL);
}

/* ---- copies ---- */

static void note_overfit(struct regress *r, const char *capture, const char *subject, bool found,
			 bool base)
{
	struct overfit *o = NULL;

	for (size_t i = 0; i < r->overfit_n && !o; i++)
		if (!strcmp(r->overfit[i].subject, subject) &&
		    !strcmp(r->overfit[i].capture, capture))
			o = &r->overfit[i];
	if (!o) {
		if (!(r->overfit_n & (r->overfit_n - 1)))
			r->overfit = xrealloc(r->overfit, (r->overfit_n ? 2 * r->overfit_n : 1) *
								  sizeof(*r->overfit));
		o = &r->overfit[r->overfit_n++];
		*o = (struct overfit){.capture = xstrdup(capture),
				      .subject = xstrdup(subject),
				      .was_found = found};
	}
	if (base)
		o->base_too = true;
	else
		o->copies++;
}

/* Scores @v against the original's labels and notes what differs from what @before says. */
static void compare_copy(struct regress *r, const struct regress_side *side,
			 const struct baseline *before, const struct detections *v,
			 const struct labels *labels, const struct flow_index *x,
			 const struct score_setting *s)
{
	struct score_table *t = score_table_new();
	struct baseline *after;
	struct comparison *c;

	score_side(r, side, t, v, labels, x, s);
	after = baseline_of(t, NULL, NULL);
	c = baseline_compare(before, after, 0);
	for (size_t i = 0; i < c->n; i++) {
		const struct change *k = &c->changes[i];

		if (*k->subject)
			note_overfit(r, s->cell, k->subject,
				     k->kind == CHANGE_LOST || k->kind == CHANGE_GONE_FP,
				     side == &r->base);
	}
	comparison_free(c);
	baseline_free(after);
	score_table_free(t);
}

static int vary_once(struct regress *r, const char *path, const struct labels *labels,
		     const struct flow_index *x, const struct score_setting *s,
		     struct baseline *const before[2], uint64_t seed, struct err *e)
{
	struct regress_side *sides[] = {&r->base, &r->now};
	struct vary *vary = vary_new(labels, seed);
	int fd = memfd_create("copy", MFD_CLOEXEC), rc;
	char *copy = xasprintf("/proc/self/fd/%d", fd);

	rc = fd < 0 ? err_sys(e, "memfd") : vary_capture(vary, path, fd, e);
	for (int k = 0; k < 2 && rc == 0; k++) {
		struct detections *v = detections_new();

		if (sides[k]->set && (rc = detect(r, sides[k], copy, vary, v, NULL, e)) == 0)
			compare_copy(r, sides[k], before[k], v, labels, x, s);
		detections_free(v);
	}
	r->packets_rewritten += vary_rewritten(vary);
	if (fd >= 0)
		close(fd);
	free(copy);
	vary_free(vary);
	return rc;
}

static int vary_all(struct regress *r, const char *path, const struct labels *labels,
		    const struct flow_index *x, const struct score_setting *s,
		    struct detections *const v[2], struct err *e)
{
	struct regress_side *sides[] = {&r->base, &r->now};
	struct baseline *before[2];
	int rc = 0;

	for (int k = 0; k < 2; k++) {
		struct score_table *t = score_table_new();

		score_side(r, sides[k], t, v[k], labels, x, s);
		before[k] = baseline_of(t, NULL, NULL);
		score_table_free(t);
	}
	for (unsigned i = 0; i < r->vary && rc == 0; i++)
		rc = vary_once(r, path, labels, x, s, before, rng_stream_seed(r->seed, "copy", i),
			       e);
	baseline_free(before[0]);
	baseline_free(before[1]);
	return rc;
}

/* ---- captures ---- */

int regress_capture(struct regress *r, const char *path, const struct labels *labels,
		    const struct score_setting *s, struct err *e)
{
	struct regress_side *sides[] = {&r->base, &r->now};
	struct detections *v[2] = {detections_new(), detections_new()};
	struct flow_index *x = flow_index_new();
	int rc = 0;

	for (int k = 1; k >= 0; k--) {
		struct regress_side *side = sides[k];
		size_t from = side->table->claims_n;

		if (!side->set)
			continue;
		if (detect(r, side, path, NULL, v[k], k ? x : NULL, e) < 0)
			rc = -1;
		if (rc && !flow_index_count(x))
			break;
		score_side(r, side, side->table, v[k], labels, x, s);
		if (!labels)
			name_negatives(side->table, from, path);
	}
	if (rc == 0 && r->vary && labels)
		rc = vary_all(r, path, labels, x, s, v, e);
	r->captures++;
	flow_index_free(x);
	detections_free(v[0]);
	detections_free(v[1]);
	return rc;
}

/* The setting of a cell, from the run's own claims. */
static bool cell_setting(const struct score_table *t, const char *cell, const char *vantage,
			 struct score_setting *s)
{
	for (size_t i = 0; i < t->claims_n; i++) {
		const struct score_row *row = &t->rows[t->claims[i].row];

		if (strcmp(t->claims[i].cell, cell) != 0 || strcmp(row->vantage, vantage) != 0)
			continue;
		*s = (struct score_setting){.source = row->source,
					    .traffic_version = row->traffic_version,
					    .vantage = row->vantage,
					    .caller_firewall = row->caller_firewall,
					    .caller_nat = row->caller_nat,
					    .callee_firewall = row->callee_firewall,
					    .callee_nat = row->callee_nat,
					    .axes = row->axes,
					    .cell = t->claims[i].cell};
		return true;
	}
	return false;
}

static int run_cell(struct regress *r, const struct score_table *t, const char *dir,
		    const char *cell, struct err *e)
{
	char *facts = path_inf(dir, "cells/%s/cell.json", cell);
	json_t *j = json_load_file(facts, 0, NULL), *tap;
	const char *vantage;
	int rc = 0;

	json_object_foreach (json_object_get(j, "taps"), vantage, tap) {
		const char *file = json_string_value(json_object_get(tap, "file"));
		char *pcap = path_inf(dir, "cells/%s/%s", cell, file ? file : "-");
		char *truth = path_inf(dir, "cells/%s/truth.%s.tsv", cell, vantage);
		struct labels *l = NULL;
		struct score_setting s;

		if (!rc && cell_setting(t, cell, vantage, &s)) {
			l = labels_read(truth, e);
			rc = l ? regress_capture(r, pcap, l, &s, e) : -1;
		}
		labels_free(l);
		free(pcap);
		free(truth);
	}
	json_decref(j);
	free(facts);
	return rc;
}

int regress_run(struct regress *r, const char *dir, struct err *e)
{
	char *claims = path_in(dir, "claims.tsv"), *cells = path_in(dir, "cells");
	struct score_table *t = score_table_new();
	struct dirent **list = NULL;
	size_t before = r->captures;
	int rc = claims_read(t, claims, e), n = rc ? 0 : scandir(cells, &list, NULL, alphasort);

	if (n < 0)
		rc = err_sys(e, "%s: cannot read", cells);
	for (int i = 0; i < n; i++) {
		if (!rc && list[i]->d_name[0] != '.')
			rc = run_cell(r, t, dir, list[i]->d_name, e);
		free(list[i]);
	}
	free(list);
	if (!rc && r->captures == before)
		rc = err_set(e, "%s: no cell with a capture and its truth", dir);
	score_table_free(t);
	free(claims);
	free(cells);
	return rc;
}

void regress_free(struct regress *r)
{
	for (size_t i = 0; i < r->overfit_n; i++) {
		free(r->overfit[i].capture);
		free(r->overfit[i].subject);
	}
	free(r->overfit);
	score_table_free(r->base.table);
	score_table_free(r->now.table);
	signatures_free(r->base.set);
	signatures_free(r->now.set);
}
