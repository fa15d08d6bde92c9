// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * count_events.c - what a signature says happened, against what happened
 *
 * Each kind of event is a unit of its own: an event of the truth takes the earliest claim of its
 * kind that fits it (timeline.h), and each claim is taken once. A session is right when its start,
 * its super node and its end are. Super nodes count by endpoint, each once.
 *
 * A unit has a row only where it counts something.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "results/score/claimed.h"
#include "results/score/count_events.h"
#include "results/score/held.h"
#include "results/score/subject.h"

#define NO_ROW UINT32_MAX

/* How many events of a flow have been named, true or false ones. */
struct tally {
	char key[SUBJECT_LEN + 1]; /* the subject, after a letter */
	unsigned n;
	UT_hash_handle hh;
};

/* One unit of one signature. */
struct unit {
	struct score_job *j;
	const struct timeline *t;
	enum score_unit unit;
	uint32_t row; /* NO_ROW until something counts */
	const struct detection *
		*v;	       /* (owned) events of the signature other than mere claims, by time */
	struct tally *tallies; /* (owned) */
	bool *used;	       /* (owned) by event */
	size_t n;
};

static void tallies_free(struct unit *u)
{
	struct tally *x, *next;

	HASH_ITER (hh, u->tallies, x, next) {
		HASH_DEL(u->tallies, x);
		free(x);
	}
}

static int by_time(const void *a, const void *b)
{
	const struct detection *x = *(const struct detection *const *)a;
	const struct detection *y = *(const struct detection *const *)b;
	int d = moment_order(x->ts_ns, y->ts_ns);

	return d ? d : (x > y) - (x < y);
}

static void collect(struct unit *u)
{
	const struct detections *all = u->j->in->detections;
	size_t n = detections_count(all);

	u->v = xcalloc(n + 1, sizeof(*u->v));
	u->used = xcalloc(n + 1, sizeof(*u->used));
	for (size_t i = 0; i < n; i++) {
		const struct detection *v = detections_at(all, i);

		if (v->kind != DETECTION_CLAIM && job_has(u->j, v))
			u->v[u->n++] = v;
	}
	if (u->n)
		qsort(u->v, u->n, sizeof(*u->v), by_time);
}

static void begin(struct unit *u, enum score_unit unit)
{
	u->unit = unit;
	u->row = NO_ROW;
	memset(u->used, 0, u->n * sizeof(*u->used));
	tallies_free(u);
}

static uint32_t row_of(struct unit *u)
{
	if (u->row == NO_ROW)
		u->row = job_row(u->j, u->unit);
	return u->row;
}

/* Which event of its flow this is, true ones and false ones apart: from 1. */
static unsigned tally(struct unit *u, const char *subject, bool is_false)
{
	char key[SUBJECT_LEN + 1];
	struct tally *x;

	snprintf(key, sizeof(key), "%c%s", is_false ? 'f' : 't', subject);
	HASH_FIND_STR(u->tallies, key, x);
	if (!x) {
		x = xcalloc(1, sizeof(*x));
		memcpy(x->key, key, sizeof(key));
		HASH_ADD_STR(u->tallies, key, x);
	}
	return ++x->n;
}

/* Names an event by its flow and its number among those of the flow: every name once. */
static void tell(struct unit *u, const struct tuple *t, const char *why, enum claim_result result,
		 const struct detection *v)
{
	char flow[SUBJECT_LEN], subject[SUBJECT_LEN + 16];
	unsigned n;

	subject_of_flow(t, flow);
	n = tally(u, flow, result == CLAIM_FP);
	if (result == CLAIM_FP)
		snprintf(subject, sizeof(subject), "%s +%u", flow, n);
	else if (n > 1)
		snprintf(subject, sizeof(subject), "%s #%u", flow, n);
	else
		snprintf(subject, sizeof(subject), "%s", flow);
	job_result(u->j, row_of(u), subject, why, result, v);
}

/* A claim that nothing in the truth answers. */
static void tell_false(struct unit *u, const struct detection *v)
{
	const struct labels *l = u->j->in->labels;

	tell(u, &v->tuple, "did not happen", CLAIM_FP, v);
	if (!job_meets(u->j, v))
		job_unmatched(u->j, row_of(u), l && !label_of_event(l, v, u->j->in->flows));
}

/* The earliest unused claim of a kind that fits @h; -1 = none. */
static long fitting(const struct unit *u, const struct happened *h, enum detection_kind kind)
{
	for (size_t i = 0; i < u->n; i++)
		if (!u->used[i] && u->v[i]->kind == kind && timeline_fits(u->t, h, u->v[i]))
			return (long)i;
	return -1;
}

/* ---- single events ---- */

static void count_kind(struct unit *u, enum detection_kind kind)
{
	for (size_t i = 0; i < u->t->n; i++) {
		const struct happened *h = &u->t->all[i];
		long at;

		if (h->kind != kind)
			continue;
		at = fitting(u, h, kind);
		if (at >= 0)
			u->used[at] = true;
		tell(u, &h->seen->tuple, at < 0 ? "not reported" : "", at < 0 ? CLAIM_FN : CLAIM_TP,
		     at < 0 ? NULL : u->v[at]);
	}
	for (size_t i = 0; i < u->n; i++)
		if (!u->used[i] && u->v[i]->kind == kind && !timeline_unknown(u->t, u->v[i]))
			tell_false(u, u->v[i]);
}

/* ---- sessions ---- */

/* Whether a session-end is claimed of a session that did not end. */
static bool end_invented(const struct unit *u, const struct happened *start)
{
	uint64_t next = timeline_next_start(u->t, start);

	for (size_t i = 0; i < u->n; i++)
		if (u->v[i]->kind == DETECTION_SESSION_END && timeline_about(start, u->v[i]) &&
		    !moment_before(u->v[i]->ts_ns + u->t->tolerance_ns, start->ts_ns) &&
		    moment_before(u->v[i]->ts_ns, next))
			return true;
	return false;
}

/* What is wrong with the session; NULL = nothing. @start: where its claim is. */
static const char *session_fault(struct unit *u, const struct happened *h, long *start)
{
	const struct happened *end = timeline_end_of(u->t, h);
	struct endpoint sn;
	long at;

	*start = fitting(u, h, DETECTION_SESSION_START);
	if (*start < 0)
		*start = fitting(u, h, DETECTION_SESSION_CHANGE);
	if (*start < 0)
		return "no start";
	u->used[*start] = true;
	sn = timeline_super_node(u->v[*start]);
	if (!endpoint_eq(&sn, &h->seen->super_node))
		return "wrong super node";
	if (end) {
		at = fitting(u, end, DETECTION_SESSION_END);
		if (at >= 0)
			u->used[at] = true;
		return at < 0 ? "no end" : NULL;
	}
	return end_invented(u, h) ? "did not end" : NULL;
}

static void count_sessions(struct unit *u)
{
	for (size_t i = 0; i < u->t->n; i++) {
		const struct happened *h = &u->t->all[i];
		const char *why;
		long start;

		if (!timeline_starts(h->kind))
			continue;
		why = session_fault(u, h, &start);
		tell(u, &h->seen->tuple, why ? why : "", why ? CLAIM_FN : CLAIM_TP,
		     start < 0 ? NULL : u->v[start]);
	}
	for (size_t i = 0; i < u->n; i++)
		if (!u->used[i] && timeline_starts(u->v[i]->kind) &&
		    !timeline_unknown(u->t, u->v[i]))
			tell_false(u, u->v[i]);
}

/* ---- super nodes ---- */

static void tell_node(struct unit *u, const struct endpoint *e, enum claim_result result,
		      const struct detection *v)
{
	char text[ENDPOINT_TEXT_LEN];

	job_result(u->j, row_of(u), endpoint_text(e, text), "", result, v);
}

static void count_super_nodes(struct unit *u)
{
	struct claimed *claims = NULL, *known = NULL;

	for (size_t i = 0; i < u->n; i++) {
		struct endpoint sn = timeline_super_node(u->v[i]);
		struct endpoint_key key = endpoint_key(&sn);

		if (timeline_starts(u->v[i]->kind) && !timeline_unknown(u->t, u->v[i]))
			claimed_note(&claims, &key, sizeof(key), u->v[i]);
	}
	for (size_t i = 0; i < u->t->n; i++) {
		const struct happened *h = &u->t->all[i];
		struct endpoint_key key = endpoint_key(&h->seen->super_node);
		static const struct detection none;
		struct claimed *c;

		if (!timeline_starts(h->kind) || claimed_find(known, &key, sizeof(key)))
			continue;
		claimed_note(&known, &key, sizeof(key), &none);
		c = claimed_find(claims, &key, sizeof(key));
		if (c)
			c->used = true;
		tell_node(u, &h->seen->super_node, c ? CLAIM_TP : CLAIM_FN, c ? c->first : NULL);
	}
	for (const struct claimed *c = claims; c; c = c->hh.next) {
		struct endpoint sn = timeline_super_node(c->first);

		if (!c->used)
			tell_node(u, &sn, CLAIM_FP, c->first);
	}
	claimed_free(&claims);
	claimed_free(&known);
}

void count_events(struct score_job *j, const struct timeline *t)
{
	static const enum score_unit units[DETECTION_KINDS] = {
		[DETECTION_PROBE_ACCEPTED] = UNIT_PROBE_ACCEPTED,
		[DETECTION_SESSION_START] = UNIT_SESSION_START,
		[DETECTION_SESSION_CHANGE] = UNIT_SESSION_CHANGE,
		[DETECTION_SESSION_END] = UNIT_SESSION_END,
		[DETECTION_CALL_START] = UNIT_CALL_START,
		[DETECTION_CALL_END] = UNIT_CALL_END,
	};
	struct unit u = {.j = j, .t = t};

	collect(&u);
	begin(&u, UNIT_SESSION);
	count_sessions(&u);
	begin(&u, UNIT_SUPER_NODE);
	count_super_nodes(&u);
	for (int k = DETECTION_CLAIM + 1; k < DETECTION_KINDS; k++) {
		begin(&u, units[k]);
		count_kind(&u, (enum detection_kind)k);
	}
	tallies_free(&u);
	free(u.v);
	free(u.used);
}
