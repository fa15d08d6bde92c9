// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * detect.c - the detector and the scorer at each vantage of a cell
 *
 * The network is gone when this runs; all that is left of it are files. The detector sees captures
 * and nothing else. The truth files are opened only after it has finished with a capture.
 */
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/path.h"
#include "detector/eve.h"
#include "run/cell/detect.h"
#include "run/cell/score.h"
#include "run/detect/detect_score.h"

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
	struct cell_scoring cell;
	struct signature_list signatures;
};

static int detect_one(const struct cell_job *job, const struct scorer *scorer,
		      const struct vantage_capture *capture, FILE *eve, struct score_table *scores,
		      struct err *e)
{
	char *path = path_in(job->dir, capture->file);
	struct flow_index *flows = flow_index_new();
	struct sink s = {.from = {.file = capture->file}, .detections = detections_new(), .e = e};
	int rc;

	eve_begin(&s.eve, eve);
	rc = detect_with(job->signatures, path, on_event, &s, flows, e);
	if (rc == 0)
		rc = s.rc;
	if (rc == 0)
		rc = cell_score_vantage(scores, &scorer->cell, &scorer->signatures,
					capture->vantage, s.detections, flows, e);
	detections_free(s.detections);
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

int cell_detect(const struct cell_job *job, uint64_t watched_s,
		const struct vantage_capture *captures, size_t n, struct score_table *scores,
		struct err *e)
{
	char *path = path_in(job->dir, "eve.json");
	struct score_table **tables = xcalloc(n, sizeof(*tables));
	struct scorer scorer;
	struct outfile o;
	int rc = outfile_open(&o, path, e), opened = rc == 0;

	cell_scoring_of(&scorer.cell, job, watched_s);
	signature_list_of(job->signatures, &scorer.signatures);
	for (size_t i = 0; i < n; i++) {
		tables[i] = score_table_new();
		if (rc == 0)
			rc = detect_one(job, &scorer, &captures[i], o.f, tables[i], e);
	}
	if (rc == 0) {
		rc = outfile_commit(&o, e);
		sum_up(scores, tables, captures, n);
	} else if (opened) {
		outfile_abort(&o);
	}
	for (size_t i = 0; i < n; i++)
		score_table_free(tables[i]);
	cell_scoring_clear(&scorer.cell);
	signature_list_free(&scorer.signatures);
	free(tables);
	free(path);
	return rc;
}
