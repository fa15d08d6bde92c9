// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * late.c - what a detector finds that begins to watch late
 *
 * The first seconds of each capture are cut off while it is read (run/detect/part.c), and what is found
 * in the rest is scored against the truth of what the rest holds: a flow of which no packet is left is
 * not asked for, and neither is a session whose flow is over.
 *
 *   named          | scored as                                | source     | a trial
 *   a run          | its cells at one vantage                 | emulated   | a repetition of a cell
 *   a capture      | itself with its label file               | recorded   | the capture
 *
 * A run is read once, however it is named, and so is a capture by its bytes. A capture that has a flow
 * which an earlier one has, too (flow_identity.h), is no trial of its own and is left out.
 *
 * Limits: recorded traffic that a run replays is left out: name the capture. A capture of emulated
 * traffic needs its run: without it nobody knows its cell.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/capture/capture.h"
#include "base/path.h"
#include "results/score/labels_file.h"
#include "results/score/score.h"
#include "run/cell/of_capture.h"
#include "run/detect/captures.h"
#include "run/detect/detect_score.h"
#include "run/detect/flow_identity.h"
#include "run/detect/seen.h"
#include "run/limits/late.h"
#include "run/score_run.h"

struct reading {
	struct late *l;
	struct seen *files; /* (owned) that were read, by their bytes */
	struct seen *flows; /* (owned) that they have, by identity */
	bool *damaged;
};

/* Whether a file with the same bytes was read. -1 with @e set where it cannot be. */
static int seen_file(struct reading *r, const char *path, const char *name, struct err *e)
{
	int seen = seen_file_before(&r->files, path, e);

	if (seen > 0)
		log_warn("%s: was read before; it counts once", name);
	return seen;
}

/* ------------------------------------------------------------------ runs */

static int read_run(struct reading *r, const char *dir, const char *manifest, struct err *e)
{
	const struct late_request *q = r->l->q;
	int seen = seen_file(r, manifest, dir, e);

	if (seen)
		return seen < 0 ? -1 : 0;
	for (size_t i = 0; i < q->cuts_n; i++)
		if (score_run_part(r->l->tables[i], dir, q->set,
				   &(struct capture_part){.skip_s = q->cuts[i]}, q->vantage, e) < 0)
			return -1;
	r->l->runs++;
	return 0;
}

/* ------------------------------------------------------------------ captures */

/* A capture's flows, into @x, and into @own what is the same of them in a copy: a set of its own, since
 * two of its flows may be alike, and it is no copy of itself. */
static void read_flows(const char *path, struct flow_index *x, struct seen **own)
{
	struct err later; /* what is damaged is said when it is scored */
	struct capture *c = capture_open_files(&path, 1, NULL, &later);
	struct packet p;
	int bad = 0;

	while (c && capture_next_readable(c, &p, &bad, &later)) {
		struct tuple t = {.proto = p.proto, .src = p.src, .dst = p.dst};
		const struct flow_seen *f;

		flow_index_packet(x, &p);
		f = flow_index_find(x, &t);
		if (f && f->packets == 1)
			seen_before(own, flow_identity(&t, p.ts_ns, p.payload, p.caplen));
	}
	if (c)
		capture_close(c);
}

/* Scores a capture from one cut on. 0, or -1 with @e set. */
static int score_from(struct reading *r, const char *path, const struct labels *labels, size_t i,
		      struct err *e)
{
	const struct late_request *q = r->l->q;
	struct capture_part part = {.skip_s = q->cuts[i]};
	struct detections *v = detections_new();
	struct flow_index *x = flow_index_new();
	struct score_input in = {
		.setting = {.source = SOURCE_RECORDED, .cell = capture_name(path)},
		.target = q->target,
		.labels = labels,
		.detections = v,
		.flows = x,
	};
	int rc = detect_part(q->set, path, &part, v, x, e);

	if (rc < 0 && i == 0) { /* said once; what could be read counts */
		log_error("%s", e->msg);
		*r->damaged = true;
	}
	rc = score_of_set(r->l->tables[i], q->set, &in, e);
	flow_index_free(x);
	detections_free(v);
	return rc;
}

/* Whether the labels are of recorded traffic and speak of the capture. */
static bool is_usable(const char *path, const struct labels *labels, const struct flow_index *x,
		      struct err *e)
{
	size_t met = 0;

	for (size_t i = 0; i < labels_count(labels); i++)
		met += flow_index_find(x, &labels_at(labels, i)->tuple) != NULL;
	if (labels_emulated(labels))
		err_set(e, "%s: its labels are of emulated traffic; name its run", path);
	else if (!met)
		err_set(e, "%s: its labels meet no flow of it", path);
	return met && !labels_emulated(labels);
}

static int score_capture(struct reading *r, const char *path, const struct labels *labels,
			 struct err *e)
{
	struct flow_index *x = flow_index_new();
	struct seen *own = NULL;
	int rc;

	read_flows(path, x, &own);
	rc = is_usable(path, labels, x, e) ? 0 : -1;
	if (rc == 0 && seen_meet(own, r->flows)) {
		log_warn("%s: has flows that an earlier capture has, too; it is left out", path);
	} else if (rc == 0) {
		seen_add(&r->flows, own);
		for (size_t i = 0; i < r->l->q->cuts_n && rc == 0; i++)
			rc = score_from(r, path, labels, i, e);
		r->l->captures += rc == 0;
	}
	seen_clear(&own);
	flow_index_free(x);
	return rc;
}

static int read_capture(struct reading *r, const char *path, struct err *e)
{
	struct cell_capture cell;
	char *file;
	struct labels *labels;
	int rc;

	if (cell_of_capture(path, &cell)) {
		cell_capture_clear(&cell);
		return err_set(e, "%s: a capture of a run; name the run", path);
	}
	rc = seen_file(r, path, path, e);
	if (rc)
		return rc < 0 ? -1 : 0;
	file = labels_path_of(path, e);
	labels = file ? labels_read(file, r->l->q->target, e) : NULL;
	rc = labels ? score_capture(r, path, labels, e) : -1;
	labels_free(labels);
	free(file);
	return rc;
}

/* One that cannot be used is reported, and the others count. */
static int read_captures(struct reading *r, const char *path, struct err *e)
{
	char **list = capture_list(&path, 1, e);

	if (!list)
		return -1;
	for (size_t i = 0; list[i]; i++) {
		struct err one = {0};

		if (read_capture(r, list[i], &one) == 0)
			continue;
		log_error("%s", one.msg);
		*r->damaged = true;
	}
	capture_list_free(list);
	return 0;
}

int late_read(struct late *l, const struct late_request *q, bool *damaged, struct err *e)
{
	struct reading r = {.l = l, .damaged = damaged};
	int rc = 0;

	*l = (struct late){.q = q};
	for (size_t i = 0; i < q->cuts_n; i++)
		l->tables[i] = score_table_new();
	for (size_t i = 0; i < q->n && rc == 0; i++) {
		char *manifest = path_in(q->paths[i], "manifest.json");

		rc = access(manifest, F_OK) == 0 ? read_run(&r, q->paths[i], manifest, e)
						 : read_captures(&r, q->paths[i], e);
		free(manifest);
	}
	seen_clear(&r.files);
	seen_clear(&r.flows);
	if (rc == 0 && !l->captures && !l->runs)
		rc = err_set(e, "late: no run and no capture could be used");
	return rc;
}

void late_clear(struct late *l)
{
	for (size_t i = 0; i < LATE_CUTS_MAX; i++)
		if (l->tables[i])
			score_table_free(l->tables[i]);
}
