// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * events.c - scores the events of an EVE file, whoever wrote it, against the labels of its capture
 */
#include <string.h>

#include "base/quote.h"
#include "cli/score/events.h"
#include "cli/score/truth.h"
#include "results/score/labels_file.h"
#include "run/cell/of_capture.h"
#include "run/detect/detect_score.h"
#include "run/detect/eve_file.h"
#include "run/detect/named_signatures.h"

/* Warns of events whose flow is not in the capture: they are false. */
static void warn_outside(const struct detections *all, const struct flow_index *x, const char *eve,
			 const char *capture)
{
	size_t out = 0;

	for (size_t i = 0; i < detections_count(all); i++)
		out += !flow_index_find(x, &detections_at(all, i)->tuple);
	if (out)
		log_warn("%s: %zu of %zu events name flows that are not in %s; they count as false",
			 eve, out, detections_count(all), capture);
}

/* Whether -s names signatures of ours only: then silence of theirs is meant, not another detector. */
static bool asked_for_ours(const struct score_options *o)
{
	for (size_t i = 0; i < o->signatures.n; i++)
		if (!strcmp(o->signatures.items[i], EVE_FOREIGN))
			return false;
	return o->signatures.n > 0;
}

int score_events(struct score_table *t, const struct score_options *o, const char *capture,
		 struct err *e)
{
	struct detections *v = detections_new();
	struct labels *l = labels_read(o->labels, score_target_of(o), e), *named = NULL;
	struct sent_events *happened = NULL;
	struct flow_index *x = capture ? flow_index_new() : NULL;
	struct signature_list names = {0};
	struct cell_capture cell = {0};
	bool of_run = capture && cell_of_capture(capture, &cell);
	struct score_input in = {
		.setting = {.source = of_run ? cell.source : SOURCE_RECORDED,
			    .traffic_version = o->version ? o->version : cell.traffic_version,
			    .vantage = o->vantage ? o->vantage : cell.vantage,
			    .cell = quote_terminal(o->eve)},
		.watched_s = cell.watched_s,
		.target = score_target_of(o),
		.labels = l,
		.detections = v,
		.flows = x};
	int rc = -1;

	if (!l || score_read_named(o, o->labels, &named, e) < 0 ||
	    !score_one_source(capture, &cell, of_run, e) ||
	    score_source_of_labels(l, o->labels, &in.setting.source, e) < 0 ||
	    (asked_for_ours(o) ? detections_read_eve(v, o->eve, e)
			       : eve_file_read(o->eve, v, &in, e)) < 0 ||
	    (x && flow_index_read(x, capture, e) < 0) ||
	    (x && score_check_met(o->labels, l, capture, x, true, e) < 0) ||
	    (o->events && !(happened = sent_events_read(o->events, e))))
		goto out;
	for (size_t i = 0; i < o->signatures.n; i++)
		named_signatures_add(&names, o->signatures.items[i], "", NULL);
	if (!o->signatures.n)
		named_signatures_of(&names, v);
	in.signatures = names.names;
	in.revisions = names.revisions;
	in.applications = in.setting.detector ? NULL : names.applications; /* foreign: any */
	in.named = named;
	in.n = names.n;
	in.events = happened;
	if (x)
		warn_outside(v, x, o->eve, capture);
	if (!in.n)
		err_set(e, "%s: no %s event; name the signature with -s to score its silence",
			o->eve, in.target);
	else if (!in.applications || signature_list_wanted(&names, in.target, e))
		rc = score_cell(t, &in, e);
out:
	named_signatures_clear(&names);
	cell_capture_clear(&cell);
	flow_index_free(x);
	labels_free(l);
	labels_free(named);
	sent_events_free(happened);
	detections_free(v);
	return rc;
}
