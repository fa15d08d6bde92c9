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
#include "run/cell/score.h"
#include "run/detect/detect_score.h"

/* A real program's packets are recorded ones; what our own sources send is emulated. */
static enum traffic_source source_of(const struct cell_job *job)
{
	return job->scenario->recordings_len || job->program ? SOURCE_RECORDED : SOURCE_EMULATED;
}

bool cell_knows_events(const struct cell_job *job)
{
	return source_of(job) == SOURCE_EMULATED;
}

static const char *version_of(const struct cell_job *job)
{
	const struct scenario *s = job->scenario;

	if (job->program && *job->program->version)
		return job->program->version;
	for (unsigned i = 1; i < s->clients_len; i++)
		if (s->clients[i].version.version != s->clients[0].version.version)
			return "mixed";
	if (s->clients_len)
		return s->clients[0].version.name;
	for (unsigned i = 0; i < s->recordings_len; i++)
		if (!s->recordings[i].off && s->recordings[i].version)
			return s->recordings[i].version;
	return "-";
}

int cell_score_vantage(struct score_table *t, const struct cell_job *job, const char *vantage,
		       const struct detections *detections, const struct flow_index *flows,
		       struct err *e)
{
	char *truth = path_inf(job->dir, "truth.%s.tsv", vantage);
	char *happened = path_inf(job->dir, "events.%s.tsv", vantage);
	struct sent_events *events = NULL;
	struct labels *labels = labels_read(truth, e);
	struct scenario_columns at = scenario_columns(job->scenario);
	struct signature_list signatures;
	struct score_input in = {
		.setting = {.source = source_of(job),
			    .traffic_version = version_of(job),
			    .vantage = vantage,
			    .caller_firewall = at.caller_firewall,
			    .caller_nat = at.caller_nat,
			    .callee_firewall = at.callee_firewall,
			    .callee_nat = at.callee_nat,
			    .axes = job->scenario->axes,
			    .cell = job->name,
			    .cluster = job->scenario->cluster},
		.labels = labels,
		.detections = detections,
		.flows = flows,
	};
	int rc = -1;

	signature_list_of(job->signatures, &signatures);
	in.signatures = signatures.names;
	in.revisions = signatures.revisions;
	in.n = signatures.n;
	if (labels && cell_knows_events(job))
		in.events = events = sent_events_read(happened, e);
	if (labels && (events || !cell_knows_events(job)))
		rc = score_cell(t, &in, e);
	signature_list_free(&signatures);
	labels_free(labels);
	sent_events_free(events);
	free(truth);
	free(happened);
	return rc;
}

static int score_files_of(struct score_table *t, const struct cell_job *job, const char *vantage,
			  const char *capture, struct err *e)
{
	char *eve = path_in(job->dir, "eve.json"), *pcap = path_in(job->dir, capture);
	struct detections *detections = detections_new();
	struct flow_index *flows = flow_index_new();
	int rc = -1;

	if (detections_read_eve_of(detections, eve, capture, e) == 0 &&
	    flow_index_read(flows, pcap, e) == 0)
		rc = cell_score_vantage(t, job, vantage, detections, flows, e);
	detections_free(detections);
	flow_index_free(flows);
	free(eve);
	free(pcap);
	return rc;
}

int cell_score_files(struct score_table *t, const struct cell_job *job, const json_t *taps,
		     struct err *e)
{
	const char *vantage;
	json_t *tap;

	json_object_foreach ((json_t *)taps, vantage, tap) {
		const char *file = json_string_value(json_object_get(tap, "file"));

		if (score_files_of(t, job, vantage, file ? file : "-", e) < 0)
			return -1;
	}
	return 0;
}
