// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * detect_score.c - the seam between the detector and the scorer
 *
 * The two know nothing of each other. Here an event of the detector becomes a detection that can be
 * scored, and one pass over a capture feeds both the detector and the flow index, so the flows
 * counted are those that the detector saw.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/capture/capture.h"
#include "run/detect/captures.h"
#include "run/detect/detect_score.h"
#include "run/detect/look_ahead.h"

/* A capture of which several detectors may hold what they learn at a time. */
#define TOGETHER_BYTES (4 << 20)

void detection_of_event(struct detection *v, const struct detection_event *ev)
{
	memset(v, 0, sizeof(*v));
	v->ts_ns = ev->ts_ns;
	v->packet = ev->number;
	if (ev->record) {
		v->afterwards = true;
		v->ts_ns = v->from_ns = ev->flow_first_ns;
		v->to_ns = ev->record_last_ns;
	}
	v->tuple = ev->flow;
	v->client = ev->client_ip;
	v->sn = ev->super_node;
	label_copy(v->application, ev->application);
	snprintf(v->signature, sizeof(v->signature), "%s", ev->signature);
	snprintf(v->revision, sizeof(v->revision), "%u", ev->revision);
	v->kind = detection_kind_of(event_kind_text(ev->kind));
}

void detection_collect(void *arg, const struct detection_event *ev)
{
	struct detection v;

	detection_of_event(&v, ev);
	detections_add(arg, &v);
}

int detect_capture(const struct signature_set *set, const char *path, struct detections *v,
		   struct flow_index *x, struct err *e)
{
	return detect_with(set, path, detection_collect, v, x, e);
}

int detect_feed(struct detector *const *d, size_t n, const char *path, struct flow_index *x,
		uint64_t *packets, struct err *e)
{
	struct capture *c = capture_open_files(&path, 1, NULL, e);
	struct capture_stats st;
	struct packet p;
	int ret = 0;

	*packets = 0;
	if (!c)
		return -1;
	look_ahead(d, n, path);
	while (capture_next_readable(c, &p, &ret, e)) {
		for (size_t i = 0; i < n; i++)
			detector_packet(d[i], &p);
		if (x)
			flow_index_packet(x, &p);
		++*packets;
	}
	for (size_t i = 0; i < n; i++)
		detector_finish(d[i]);
	capture_stats(c, &st);
	capture_warn_of_step_back(&st, path);
	capture_close(c);
	return ret;
}

int detect_with(const struct signature_set *set, const char *path, detection_fn *fn, void *arg,
		struct flow_index *x, struct err *e)
{
	struct detector *d = detector_new(set, NULL, fn, arg);
	uint64_t packets;
	int rc = detect_feed(&d, 1, path, x, &packets, e);

	detector_free(d);
	return rc;
}

/* Some of the sets of detect_sets(), in one reading. */
static int detect_together(struct signature_set *const *sets, size_t n, const char *path,
			   struct detections *v, struct flow_index *x, struct err *e)
{
	struct detector **d = xcalloc(n, sizeof(*d));
	struct detections **found = xcalloc(n, sizeof(*found));
	uint64_t packets;
	int rc;

	for (size_t i = 0; i < n; i++) {
		found[i] = detections_new();
		d[i] = detector_new(sets[i], NULL, detection_collect, found[i]);
	}
	rc = detect_feed(d, n, path, x, &packets, e);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < detections_count(found[i]); k++)
			detections_add(v, detections_at(found[i], k));
		detections_free(found[i]);
		detector_free(d[i]);
	}
	free(found);
	free(d);
	return rc;
}

/* Whether a detector with all signatures found what each finds by itself. What it verifies, follows and keeps is what all of
 * them together need, so nothing may have been given up for want of room, and no packet passed over. A bad checksum that it
 * believed any of them believes, since each has seen fewer good ones of that sender; not so where a share decides. A flow on
 * which a match of one is held lasts longer for all. */
static bool was_plain(const struct detector_stats *s)
{
	return !(s->flows_evicted || s->flows_held_on || s->matches_evicted || s->streams_evicted ||
		 s->tcp_outside || s->tcp_conflicts || s->checksums_bad || s->checksums_by_share ||
		 s->remembered_evicted || s->held_evicted || s->versions_replaced ||
		 s->endings_evicted || s->searches_given_up || s->records_cut);
}

/* All sets by one detector. 1 when it found what each would find; 0 when nobody knows, and nothing is added; -1 with @e set. */
static int detect_at_once(const struct signature_set *all, struct signature_set *const *sets,
			  size_t n, const char *path, struct detections *v, struct flow_index *x,
			  struct err *e)
{
	struct detections *found = detections_new();
	struct detector *d = detector_new(all, NULL, detection_collect, found);
	struct detector_stats st;
	uint64_t packets;
	int rc = detect_feed(&d, 1, path, x, &packets, e);

	detector_stats(d, &st);
	if (rc == 0)
		rc = was_plain(&st);
	for (size_t i = 0; rc == 1 && i < n; i++)
		for (size_t k = 0; k < detections_count(found); k++)
			if (!strcmp(detections_at(found, k)->signature,
				    signatures_info(sets[i], 0)->name))
				detections_add(v, detections_at(found, k));
	detector_free(d);
	detections_free(found);
	return rc;
}

int detect_sets(const struct signature_set *all, struct signature_set *const *sets, size_t n,
		const char *path, struct detections *v, struct flow_index *x, struct err *e)
{
	struct stat st;
	size_t at_once = stat(path, &st) == 0 && st.st_size <= TOGETHER_BYTES ? n : 1;
	int rc = detect_at_once(all, sets, n, path, v, x, e);

	if (rc == 1)
		return 0;
	for (size_t i = 0; i < n; i += at_once)
		if (detect_together(sets + i, at_once, path, v, NULL, e) < 0)
			rc = -1;
	return rc;
}

void name_negatives(struct score_table *t, size_t from, const char *path)
{
	for (size_t i = from; i < t->claims_n; i++) {
		free(t->claims[i].reason);
		t->claims[i].reason = xstrdup(capture_name(path));
	}
}

void signature_list_of(const struct signature_set *set, struct signature_list *out)
{
	*out = (struct signature_list){.n = signatures_count(set)};
	out->names = xcalloc(out->n + 1, sizeof(char *));
	out->revisions = xcalloc(out->n + 1, sizeof(char *));
	out->applications = xcalloc(out->n + 1, sizeof(char *));
	for (size_t i = 0; i < out->n; i++) {
		const struct signature_info *info = signatures_info(set, i);

		out->names[i] = info->name;
		out->applications[i] = info->application;
		out->revisions[i] = xasprintf("%u", info->revision);
	}
}

void signature_list_use(const struct signature_list *l, struct score_input *in)
{
	in->setting.detector = l->detector;
	in->signatures = l->names;
	in->revisions = l->revisions;
	in->applications = l->applications;
	in->n = l->n;
	in->hosts_only = l->hosts_only;
	in->no_sessions = l->no_sessions;
}

void signature_list_free(struct signature_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free((char *)l->revisions[i]);
	free(l->names);
	free(l->revisions);
	free(l->applications);
	memset(l, 0, sizeof(*l));
}

int score_of_set(struct score_table *t, const struct signature_set *set,
		 const struct score_input *in, struct err *e)
{
	struct score_input own = *in;
	struct signature_list names;
	int rc;

	signature_list_of(set, &names);
	signature_list_use(&names, &own);
	rc = score_cell(t, &own, e);
	signature_list_free(&names);
	return rc;
}

bool signature_list_wanted(const struct signature_list *l, const char *target, struct err *e)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->applications || !l->applications[i] || label_is(l->applications[i], target))
			return true;
	err_set(e,
		"nothing looks for %s: %s is for %s; choose another signature, or the target with "
		"--target",
		target, l->n ? l->names[0] : "no signature", l->n ? l->applications[0] : "it");
	return false;
}

bool signature_set_wanted(const struct signature_set *set, const char *target, struct err *e)
{
	struct signature_list list;
	bool wanted;

	signature_list_of(set, &list);
	wanted = signature_list_wanted(&list, target, e);
	signature_list_free(&list);
	return wanted;
}
