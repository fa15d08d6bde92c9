// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * score.c - a cell's scores: from a pass over its captures, or from its files
 *
 * A worker scores each vantage right after the detector's pass over its capture (detect.c), whose
 * flow index and events are still in memory, and sends the table to its parent. Cells that an
 * interrupted run left behind are scored from their captures and eve.json. Both ways give the same
 * table, row by row: vantages are added in the order of their names, as cell.json lists them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "results/score/detections_tsv.h"
#include "results/score/labels_file.h"
#include "run/cell/score.h"
#include "run/cell/sources.h"
#include "run/detect/detect_score.h"
#include "run/under_test/facts.h"

/* What of a vantage is scored; @events only of emulated traffic. */
struct vantage_scores {
	const struct cell_scoring *cell;
	const struct signature_list *signatures;
	const char *vantage;
	const struct labels *labels, *named;
	const struct sent_events *events;
	const struct detections *detections;
	const struct flow_index *flows;
};

static int score_source(struct score_table *t, const struct vantage_scores *v,
			enum traffic_source source, struct err *e)
{
	const struct cell_scoring *c = v->cell;
	struct score_input in = {
		.setting = {.source = source,
			    .traffic_version = c->of[source].traffic_version,
			    .vantage = v->vantage,
			    .caller_firewall = c->caller_firewall,
			    .caller_nat = c->caller_nat,
			    .callee_firewall = c->callee_firewall,
			    .callee_nat = c->callee_nat,
			    .axes = c->axes,
			    .cell = c->name,
			    .cluster = c->of[source].cluster},
		.target = c->target,
		.labels = v->labels,
		.named = v->named,
		.events = source == SOURCE_EMULATED ? v->events : NULL,
		.detections = v->detections,
		.flows = v->flows,
		.watched_s = c->watched_s,
	};

	signature_list_use(v->signatures, &in);
	return score_cell(t, &in, e);
}

/* Emulated and recorded traffic of the cell, each by itself. */
static int score_sources(struct score_table *t, const struct vantage_scores *v, struct err *e)
{
	bool both = v->cell->of[SOURCE_EMULATED].has && v->cell->of[SOURCE_RECORDED].has;
	int rc = 0;

	for (int i = SOURCE_EMULATED; rc == 0 && i <= SOURCE_RECORDED; i++) {
		enum traffic_source source = (enum traffic_source)i;
		struct vantage_scores part = *v;
		struct labels *labels = NULL, *named = NULL;
		struct detections *detections = NULL;

		if (!v->cell->of[source].has)
			continue;
		if (both) {
			part.labels = labels = source_labels(v->labels, source);
			part.named = named = source_labels(v->named, source);
			part.detections = detections =
				source_detections(v->detections, v->labels, source);
		}
		rc = score_source(t, &part, source, e);
		labels_free(labels);
		labels_free(named);
		detections_free(detections);
	}
	return rc;
}

int cell_score_vantage(struct score_table *t, const struct cell_scoring *c,
		       const struct signature_list *signatures, const char *vantage,
		       const struct detections *detections, const struct flow_index *flows,
		       struct err *e)
{
	char *truth = path_inf(c->dir, "truth.%s.tsv", vantage);
	char *happened = path_inf(c->dir, "events.%s.tsv", vantage);
	struct labels *labels = labels_read(truth, c->target, e);
	struct labels *named = labels ? labels_read(truth, NULL, e) : NULL;
	struct sent_events *events = NULL;
	struct vantage_scores v = {.cell = c,
				   .signatures = signatures,
				   .vantage = vantage,
				   .labels = labels,
				   .named = named,
				   .detections = detections,
				   .flows = flows};
	int rc = -1;

	if (named && cell_knows_events(c))
		v.events = events = sent_events_read(happened, e);
	if (named && (events || !cell_knows_events(c)))
		rc = score_sources(t, &v, e);
	labels_free(labels);
	labels_free(named);
	sent_events_free(events);
	free(truth);
	free(happened);
	return rc;
}

/* What a foreign detector said of a capture, unless it failed. */
static int score_foreign(struct score_table *t, const struct cell_scoring *c,
			 const struct foreign_detector *d, const char *vantage, const char *capture,
			 const struct flow_index *flows, struct err *e)
{
	char *said = path_in(c->dir, "detections.tsv"), *facts = path_in(c->dir, "detectors.tsv");
	struct detections *detections = detections_new();
	bool failed = false;
	int rc = detector_facts_failed(facts, vantage, d, &failed, e);

	if (rc == 0 && !failed)
		rc = detections_read_tsv(detections, said, foreign_name(d), capture, e);
	if (rc == 0 && !failed)
		rc = cell_score_vantage(t, c, &d->list, vantage, detections, flows, e);
	detections_free(detections);
	free(said);
	free(facts);
	return rc;
}

static int score_files_of(struct score_table *t, const struct cell_scoring *c,
			  const struct signature_list *signatures, const struct under_test *u,
			  const char *vantage, const char *capture, struct err *e)
{
	char *eve = path_in(c->dir, "eve.json"), *pcap = path_in(c->dir, capture);
	struct detections *detections = detections_new();
	struct flow_index *flows = flow_index_new();
	int rc = -1;

	if (detections_read_eve_of(detections, eve, capture, e) == 0 &&
	    flow_index_read(flows, pcap, e) == 0)
		rc = cell_score_vantage(t, c, signatures, vantage, detections, flows, e);
	for (size_t i = 0; rc == 0 && u && i < u->n; i++)
		rc = score_foreign(t, c, &u->d[i], vantage, capture, flows, e);
	detections_free(detections);
	flow_index_free(flows);
	free(eve);
	free(pcap);
	return rc;
}

int cell_score_files(struct score_table *t, const struct cell_scoring *c,
		     const struct signature_list *signatures, const struct under_test *u,
		     const json_t *taps, struct err *e)
{
	const char *vantage;
	json_t *tap;

	json_object_foreach ((json_t *)taps, vantage, tap) {
		const char *file = json_string_value(json_object_get(tap, "file"));

		if (score_files_of(t, c, signatures, u, vantage, file ? file : "-", e) < 0)
			return -1;
	}
	return 0;
}
