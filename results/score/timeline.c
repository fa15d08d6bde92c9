// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * timeline.c - what happened at a vantage, to hold a detector's events against
 *
 * An event counts at a vantage when its capture holds the event's flow, and the event is not later
 * than the capture's last packet: what came after the capture cannot be reported.
 */
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "results/score/held.h"
#include "results/score/timeline.h"

#define DEFAULT_TOLERANCE_NS 5000000000ULL
#define CALLS_LATER	     6 /* times the tolerance: an end by silence is told after the silence */

bool timeline_starts(enum detection_kind kind)
{
	return kind == DETECTION_SESSION_START || kind == DETECTION_SESSION_CHANGE;
}

static bool of_session(enum detection_kind kind)
{
	return timeline_starts(kind) || kind == DETECTION_SESSION_END;
}

static int by_time(const void *a, const void *b)
{
	const struct happened *x = a, *y = b;
	int d = moment_order(x->ts_ns, y->ts_ns);

	return d ? d : (x->rows > y->rows) - (x->rows < y->rows);
}

/* Adds the event of @rows, unless the capture cannot show it. */
static void add(struct timeline *t, const struct score_input *in, const struct sent_event *rows,
		size_t n)
{
	struct happened h = {.rows = rows, .n = n, .kind = rows->kind, .ts_ns = rows->ts_ns};

	for (size_t i = n; i-- > 0;)
		if (!in->flows || flow_index_find(in->flows, &rows[i].tuple))
			h.seen = &rows[i];
	if (h.seen && (!in->flows || !moment_before(flow_index_last_ns(in->flows), h.ts_ns)))
		t->all[t->n++] = h;
}

void timeline_make(struct timeline *t, const struct score_input *in)
{
	const struct sent_events *l = label_is(score_target(in), LABEL_SKYPE) ? in->events : NULL;
	size_t n;

	memset(t, 0, sizeof(*t));
	t->labels = in->labels;
	t->flows = in->flows;
	t->tolerance_ns = in->tolerance_ns ? in->tolerance_ns : DEFAULT_TOLERANCE_NS;
	t->reported = l != NULL;
	if (!l)
		l = t->own = sent_events_of_labels(in->labels);
	n = sent_events_count(l);
	t->marked = t->reported || n;
	t->all = xcalloc(n + 1, sizeof(*t->all));
	for (size_t i = 0, to; i < n; i = to) {
		const struct sent_event *rows = sent_events_at(l, i);

		for (to = i + 1; to < n && sent_events_at(l, to)->number == rows->number;)
			to++;
		add(t, in, rows, to - i);
	}
	qsort(t->all, t->n, sizeof(*t->all), by_time);
}

void timeline_clear(struct timeline *t)
{
	sent_events_free(t->own);
	free(t->all);
	memset(t, 0, sizeof(*t));
}

struct endpoint timeline_super_node(const struct detection *v)
{
	return v->sn.ip.family ? v->sn : v->tuple.dst;
}

bool timeline_about(const struct happened *h, const struct detection *v)
{
	struct endpoint sn = timeline_super_node(v);

	for (size_t i = 0; i < h->n; i++) {
		const struct sent_event *r = &h->rows[i];

		if (tuple_same(&r->tuple, &v->tuple))
			return true;
		if (of_session(h->kind) && ip_eq(&r->client, &v->client) &&
		    endpoint_eq(&r->super_node, &sn))
			return true;
	}
	return false;
}

bool timeline_fits(const struct timeline *t, const struct happened *h, const struct detection *v)
{
	bool call = h->kind == DETECTION_CALL_START || h->kind == DETECTION_CALL_END;
	uint64_t early = t->tolerance_ns, late = early * (call ? CALLS_LATER : 1);

	if (h->ts_ns &&
	    (moment_before(v->ts_ns + early, h->ts_ns) || moment_before(h->ts_ns + late, v->ts_ns)))
		return false;
	return timeline_about(h, v);
}

bool timeline_unknown(const struct timeline *t, const struct detection *v)
{
	const struct label *r = label_of_event(t->labels, v, t->flows);

	if (!r || r->kind == KIND_NEGATIVE)
		return false;
	if (r->kind == KIND_UNKNOWN)
		return true;
	return !t->reported && !(t->marked && of_session(v->kind));
}

static bool same_session(const struct happened *a, const struct happened *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++) {
			const struct sent_event *x = &a->rows[i], *y = &b->rows[k];

			if (tuple_same(&x->tuple, &y->tuple) ||
			    (ip_eq(&x->client, &y->client) &&
			     endpoint_eq(&x->super_node, &y->super_node)))
				return true;
		}
	return false;
}

const struct happened *timeline_end_of(const struct timeline *t, const struct happened *start)
{
	for (const struct happened *h = start + 1; h < t->all + t->n; h++) {
		if (!of_session(h->kind) || !tuple_same(&h->seen->tuple, &start->seen->tuple))
			continue;
		return h->kind == DETECTION_SESSION_END ? h : NULL;
	}
	return NULL;
}

uint64_t timeline_next_start(const struct timeline *t, const struct happened *start)
{
	for (const struct happened *h = start + 1; h < t->all + t->n; h++)
		if (timeline_starts(h->kind) && same_session(h, start))
			return h->ts_ns;
	return MOMENT_LAST;
}
