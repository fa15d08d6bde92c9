// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * detect.c - the detectors and the scorer at each vantage of a cell
 *
 * The network is gone when this runs; all that is left of it are files. A detector sees captures
 * and nothing else. The truth files are opened only after it has finished with a capture. A foreign
 * detector that failed with a capture has no rows of it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/path.h"
#include "detector/eve.h"
#include "results/score/detections_tsv.h"
#include "run/cell/detect.h"
#include "run/cell/score.h"
#include "run/detect/detect_score.h"
#include "run/under_test/look.h"

#define EVE_TICK_NS 1000 /* eve.json keeps microseconds */

/* Where the events of one capture go. */
struct sink {
	struct eve eve;
	struct eve_origin from;
	struct detections *detections;
	struct err *e;
	int rc;
};

/* Scores must not depend on whether events come from memory or from eve.json, so times are cut as
 * they are there. */
static void on_event(void *arg, const struct detection_event *ev)
{
	struct sink *s = arg;
	struct detection one;

	detection_of_event(&one, ev);
	one.ts_ns -= one.ts_ns % EVE_TICK_NS;
	detections_add(s->detections, &one);
	if (s->rc == 0)
		s->rc = eve_write(&s->eve, ev, &s->from, s->e);
}

/* What all vantages of the cell share. */
struct scorer {
	const struct cell_job *job;
	struct cell_live *live;
	struct cell_scoring cell;
	struct signature_list signatures;
	struct outfile eve, said, facts; /* the last two only with foreign detectors */
	char *run;			 /* (owned) the run's folder */
};

/* Our own detector, whose pass over the capture also tells which flows it holds. */
static int detect_own(struct scorer *c, const struct vantage_capture *capture, const char *path,
		      struct flow_index *flows, struct score_table *scores, struct err *e)
{
	struct sink s = {.from = {.file = capture->file}, .detections = detections_new(), .e = e};
	int rc;

	eve_begin(&s.eve, c->eve.f);
	rc = detect_with(c->job->signatures, path, on_event, &s, flows, e);
	if (rc == 0)
		rc = s.rc;
	if (rc == 0)
		rc = cell_score_vantage(scores, &c->cell, &c->signatures, capture->vantage,
					s.detections, flows, e);
	detections_free(s.detections);
	return rc;
}

static int detect_foreign(struct scorer *c, const struct foreign_detector *d,
			  const struct vantage_capture *capture, const char *path,
			  const struct flow_index *flows, struct score_table *scores, struct err *e)
{
	const char *const hidden[] = {c->run, NULL};
	struct detections *found = detections_new();
	struct detector_fact fact = {0};
	int rc = foreign_look(d, path, hidden, c->job->dir, c->cell.target, flows, found, &fact, e);

	if (rc == 0) {
		detections_put(c->said.f, d->adapter->name, capture->file, found);
		detector_facts_put(c->facts.f, c->job->name, capture->vantage, d, &fact);
	}
	if (rc == 0 && !fact.failed)
		cell_live_compare(c->live, d, capture->vantage, found);
	if (rc == 0 && !fact.failed)
		rc = cell_score_vantage(scores, &c->cell, &d->list, capture->vantage, found, flows,
					e);
	detections_free(found);
	return rc;
}

static int detect_one(struct scorer *c, const struct vantage_capture *capture,
		      struct score_table *scores, struct err *e)
{
	const struct under_test *u = c->job->detectors;
	char *path = path_in(c->job->dir, capture->file);
	struct flow_index *flows = flow_index_new();
	int rc = detect_own(c, capture, path, flows, scores, e);

	for (size_t i = 0; rc == 0 && u && i < u->n; i++)
		rc = detect_foreign(c, &u->d[i], capture, path, flows, scores, e);
	flow_index_free(flows);
	free(path);
	return rc;
}

static int by_vantage(const void *a, const void *b)
{
	const struct vantage_capture *const *x = a, *const *y = b;

	return strcmp((*x)->vantage, (*y)->vantage);
}

/* Adds up the tables of the vantages in the order of their names. */
static void sum_up(struct score_table *scores, struct score_table *const *tables,
		   const struct vantage_capture *captures, size_t n)
{
	const struct vantage_capture **order = xcalloc(n, sizeof(*order));

	for (size_t i = 0; i < n; i++)
		order[i] = &captures[i];
	qsort(order, n, sizeof(*order), by_vantage);
	for (size_t i = 0; i < n; i++)
		score_table_add(scores, tables[order[i] - captures]);
	free(order);
}

/* ------------------------------------------------------------------ the cell's files */

static bool has_foreign(const struct cell_job *job)
{
	return job->detectors && job->detectors->n;
}

static int open_in(const struct cell_job *job, struct outfile *o, const char *name, struct err *e)
{
	char *path = path_in(job->dir, name);
	int rc = outfile_open(o, path, e);

	free(path);
	return rc;
}

/* 0, or -1 with @e set; scorer_close() in either case. */
static int scorer_open(struct scorer *c, const struct cell_job *job, uint64_t watched_s,
		       struct err *e)
{
	*c = (struct scorer){.job = job, .run = path_in(job->dir, "../..")};
	cell_scoring_of(&c->cell, job, watched_s);
	signature_list_of(job->signatures, &c->signatures);
	if (open_in(job, &c->eve, "eve.json", e) < 0)
		return -1;
	if (!has_foreign(job))
		return 0;
	if (open_in(job, &c->said, "detections.tsv", e) < 0 ||
	    open_in(job, &c->facts, "detectors.tsv", e) < 0)
		return -1;
	detections_put_head(c->said.f);
	detector_facts_head(c->facts.f);
	return 0;
}

/* Keeps the files where @rc is 0. 0, or -1 with @e set. */
static int scorer_close(struct scorer *c, int rc, struct err *e)
{
	struct outfile *files[] = {&c->eve, &c->said, &c->facts};

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (rc < 0)
			outfile_abort(files[i]);
		else if (files[i]->f)
			rc = outfile_commit(files[i], e);
	cell_scoring_clear(&c->cell);
	signature_list_free(&c->signatures);
	free(c->run);
	return rc;
}

int cell_detect(const struct cell_job *job, struct cell_live *live, uint64_t watched_s,
		const struct vantage_capture *captures, size_t n, struct score_table *scores,
		struct err *e)
{
	struct score_table **tables = xcalloc(n, sizeof(*tables));
	struct scorer c;
	int rc = scorer_open(&c, job, watched_s, e);

	c.live = live;
	for (size_t i = 0; i < n; i++) {
		tables[i] = score_table_new();
		if (rc == 0)
			rc = detect_one(&c, &captures[i], tables[i], e);
	}
	if (rc == 0)
		rc = cell_live_write(live, e);
	rc = scorer_close(&c, rc, e);
	if (rc == 0)
		sum_up(scores, tables, captures, n);
	for (size_t i = 0; i < n; i++)
		score_table_free(tables[i]);
	free(tables);
	return rc;
}
