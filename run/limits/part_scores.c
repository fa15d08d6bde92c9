// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * part_scores.c - what a detector finds that gets a part of the traffic
 *
 * Each capture is cut while it is read (run/detect/part.c), and what is found in the part is scored.
 *
 *   axis     the detector gets                 asked for
 *   late     what comes after so many seconds  what the part holds: a flow of which no packet is left is not
 *                                              asked for, and neither is a session whose flow is over
 *   packets  1 packet in n, at random          all that passed; and, apart, what the part holds
 *   flows    1 flow in n, by a hash            all that passed; and, apart, what the part holds
 *   snaplen  the first bytes of each frame     all that passed
 *
 *   named          | scored as                                | source     | a trial
 *   a run          | its cells at one vantage                 | emulated   | a repetition of a cell
 *   a capture      | itself with its label file               | recorded   | the capture
 *
 * A run is read once, however it is named, and so is a capture by its bytes. A capture that has a flow
 * which an earlier one has, too (flow_identity.h), is no trial of its own and is left out.
 *
 * Where chance chooses, it does so in each trial by itself, and several times: the counts are the sum, and
 * the trials are as many as before.
 *
 * Limits: recorded traffic that a run replays is left out: name the capture. A capture of emulated
 * traffic needs its run: without it nobody knows its cell.
 */
#include <stdlib.h>
#include <string.h>

#include "base/capture/capture.h"
#include "base/path.h"
#include "base/progress.h"
#include "base/rng.h"
#include "results/score/labels_file.h"
#include "results/score/score.h"
#include "results/history/manifest.h"
#include "run/cell/of_capture.h"
#include "run/detect/captures.h"
#include "run/detect/detect_score.h"
#include "run/detect/flow_identity.h"
#include "run/detect/seen.h"
#include "run/limits/part_scores.h"
#include "run/score_run.h"

struct reading {
	struct part_scores *s;
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

/* ------------------------------------------------------------------ levels */

static bool by_chance(enum part_axis a)
{
	return a == PART_PACKETS || a == PART_FLOWS;
}

unsigned part_looks(const struct part_request *q, const struct part_level *l)
{
	return by_chance(l->axis) && l->value > 1 ? q->looks : 1;
}

/* The part that the detector gets at the @look-th look. */
static struct capture_part part_of(const struct part_request *q, const struct part_level *l,
				   unsigned look)
{
	struct capture_part p = {.seed = rng_stream_seed(q->seed, "look", look)};

	switch (l->axis) {
	case PART_LATE:
		p.skip_s = l->value;
		break;
	case PART_PACKETS:
		p.one_in = (unsigned)l->value;
		break;
	case PART_FLOWS:
		p.flow_in = (unsigned)l->value;
		break;
	default:
		p.snaplen = (uint32_t)l->value;
	}
	return p;
}

/* All looks of a request at one thing. */
static unsigned long looks_in_all(const struct part_request *q)
{
	unsigned long n = 0;

	for (size_t i = 0; i < q->levels_n; i++)
		n += part_looks(q, &q->levels[i]);
	return n;
}

/* ------------------------------------------------------------------ runs */

/* Whether a run with the same manifest was read. -1 with @e set where it has none. */
static int seen_run(struct reading *r, const char *dir, struct err *e)
{
	char *path = path_in(dir, "manifest.json");
	json_t *manifest = manifest_read(dir, e);
	int seen = manifest ? seen_file(r, path, dir, e) : -1;

	json_decref(manifest);
	free(path);
	return seen;
}

static int read_run(struct reading *r, const char *dir, struct err *e)
{
	struct part_scores *s = r->s;
	const struct part_request *q = s->q;
	int seen = seen_run(r, dir, e), rc = 0;
	struct progress progress;
	unsigned long n = 0;

	if (seen)
		return seen < 0 ? -1 : 0;
	progress = progress_begin(log_level > 0, false);
	for (size_t i = 0; i < q->levels_n; i++)
		for (unsigned k = 0; rc == 0 && k < part_looks(q, &q->levels[i]); k++) {
			struct capture_part part = part_of(q, &q->levels[i], k);

			progress_count(&progress, n++, looks_in_all(q), "looks");
			rc = score_run_part(s->passed[i], s->kept[i], dir, q->set, &part,
					    q->vantage, e);
		}
	progress_end(&progress);
	s->runs += rc == 0;
	return rc;
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

/* Scores one look at a capture on one level. 0, or -1 with @e set. */
static int score_look(struct reading *r, const char *path, const struct labels *labels, size_t i,
		      unsigned look, struct err *e)
{
	struct part_scores *s = r->s;
	struct capture_part all = part_of(s->q, &s->q->levels[i], look);
	struct capture_part part = part_of_its_own(&all, capture_name(path));
	struct detections *v = detections_new();
	struct flow_index *passed = flow_index_new(), *kept = flow_index_new();
	struct score_input in = {
		.setting = {.source = SOURCE_RECORDED, .cell = capture_name(path)},
		.target = s->q->target,
		.labels = labels,
		.detections = v,
	};
	int rc = detect_part(s->q->set, path, &part, v, s->passed[i] ? passed : NULL,
			     s->kept[i] ? kept : NULL, e);

	if (rc < 0 && i == 0 && look == 0) { /* said once; what could be read counts */
		log_error("%s", e->msg);
		*r->damaged = true;
	}
	rc = 0;
	in.flows = passed;
	if (s->passed[i])
		rc = score_of_set(s->passed[i], s->q->set, &in, e);
	in.flows = kept;
	if (rc == 0 && s->kept[i])
		rc = score_of_set(s->kept[i], s->q->set, &in, e);
	flow_index_free(passed);
	flow_index_free(kept);
	detections_free(v);
	return rc;
}

/* Scores a capture on every level, as often as it is looked at. */
static int score_levels(struct reading *r, const char *path, const struct labels *labels,
			struct err *e)
{
	struct progress progress = progress_begin(log_level > 0, false);
	const struct part_request *q = r->s->q;
	unsigned long n = 0;
	int rc = 0;

	for (size_t i = 0; i < q->levels_n; i++)
		for (unsigned k = 0; rc == 0 && k < part_looks(q, &q->levels[i]); k++) {
			progress_count(&progress, n++, looks_in_all(q), "looks");
			rc = score_look(r, path, labels, i, k, e);
		}
	progress_end(&progress);
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
		rc = score_levels(r, path, labels, e);
		r->s->captures += rc == 0;
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
	labels = file ? labels_read(file, r->s->q->target, e) : NULL;
	rc = labels ? score_capture(r, path, labels, e) : -1;
	labels_free(labels);
	free(file);
	return rc;
}

/* One that cannot be used is reported, and the others count. */
static int read_captures(struct reading *r, const char *path, struct err *e)
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
		if (read_capture(r, list[i], &one) == 0)
			continue;
		log_error("%s", one.msg);
		*r->damaged = true;
	}
	progress_end(&progress);
	capture_list_free(list);
	return 0;
}

int part_scores_read(struct part_scores *s, const struct part_request *q, bool *damaged,
		     struct err *e)
{
	struct progress progress = progress_begin(log_level > 0, false);
	struct reading r = {.s = s, .damaged = damaged};
	int rc = 0;

	*s = (struct part_scores){.q = q};
	for (size_t i = 0; i < q->levels_n; i++) {
		enum part_axis a = q->levels[i].axis;

		s->passed[i] = a == PART_LATE ? NULL : score_table_new();
		s->kept[i] = a == PART_SNAPLEN ? NULL : score_table_new();
	}
	for (size_t i = 0; i < q->n && rc == 0; i++) {
		progress_count(&progress, i, q->n, "runs and captures");
		rc = is_run_directory(q->paths[i]) ? read_run(&r, q->paths[i], e)
						   : read_captures(&r, q->paths[i], e);
	}
	progress_end(&progress);
	seen_clear(&r.files);
	seen_clear(&r.flows);
	if (rc == 0 && !s->captures && !s->runs)
		rc = err_set(e, "no run and no capture could be used");
	return rc;
}

void part_scores_clear(struct part_scores *s)
{
	for (size_t i = 0; i < PART_LEVELS; i++) {
		if (s->passed[i])
			score_table_free(s->passed[i]);
		if (s->kept[i])
			score_table_free(s->kept[i]);
	}
}
