// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * merge.c - several records of one flow become one detection
 *
 * Programs that follow flows cut them: Suricata and Zeek after some silence, all at a limit of
 * length; programs that look at packets write one record a packet. What they say of one tuple and
 * one application, at times that overlap or are near, is said of one flow. A tuple that is used again
 * much later is another flow, as it is in the labels.
 *
 * A detection keeps the earliest report. A record that was written when the flow was over is not a
 * report: it says nothing of when the detector knew.
 *
 * Limit: a record is held against the last detection of its flow and application only. The key of the
 * table is secret, since the records come from a foreign program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/keyed_hash.h"
#include "results/adapter/merge.h"

struct last {
	size_t at; /* in @all */
	struct last *next;
};

struct flow {
	struct flow_key key;
	struct last *last; /* one for each application */
	UT_hash_handle hh;
};

struct named {
	char *id; /* (owned) */
	struct tuple tuple;
	uint64_t from_ns, to_ns;
	UT_hash_handle hh;
};

struct merge {
	uint64_t tolerance_ns;
	struct detection model;
	uint64_t secret[2];
	struct flow *flows;
	struct named *ids;
	struct detection *all; /* (owned) */
	size_t n, room;
};

struct merge *merge_new(uint64_t tolerance_ns, const char *signature, const char *revision)
{
	static const uint64_t fallback[2] = {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9};
	struct merge *m = xcalloc(1, sizeof(*m));

	m->tolerance_ns = tolerance_ns;
	snprintf(m->model.signature, sizeof(m->model.signature), "%s", signature);
	snprintf(m->model.revision, sizeof(m->model.revision), "%s", revision);
	hash_key_new(m->secret, fallback);
	return m;
}

void merge_free(struct merge *m)
{
	struct flow *f, *next;
	struct named *id, *next_id;

	if (!m)
		return;
	HASH_ITER (hh, m->flows, f, next) {
		for (struct last *l = f->last, *more; l; l = more) {
			more = l->next;
			free(l);
		}
		HASH_DEL(m->flows, f);
		free(f);
	}
	HASH_ITER (hh, m->ids, id, next_id) {
		HASH_DEL(m->ids, id);
		free(id->id);
		free(id);
	}
	free(m->all);
	free(m);
}

static unsigned hash_of(const struct merge *m, const void *key, size_t n)
{
	return (unsigned)hash_keyed(m->secret, key, n);
}

static struct flow *flow_at(struct merge *m, const struct tuple *t, struct err *e)
{
	struct flow_key key = flow_key(t);
	unsigned hash = hash_of(m, &key, sizeof(key));
	struct flow *f;

	HASH_FIND_BYHASHVALUE(hh, m->flows, &key, sizeof(key), hash, f);
	if (f)
		return f;
	if (HASH_COUNT(m->flows) >= MERGE_FLOWS_MAX) {
		err_set(e, "more than %d flows", MERGE_FLOWS_MAX);
		return NULL;
	}
	f = xcalloc(1, sizeof(*f));
	f->key = key;
	HASH_ADD_BYHASHVALUE(hh, m->flows, key, sizeof(key), hash, f);
	return f;
}

/* ---- times ---- */

/* What a record says as a detection, without its application. */
static struct detection detection_of(const struct merge *m, const struct record *r)
{
	struct detection d = m->model;

	d.tuple = r->tuple;
	d.packet = r->frame;
	d.from_ns = r->from_ns ? r->from_ns : r->time_ns;
	if (!r->from_ns && r->to_ns && r->to_ns < d.from_ns) /* written when it was over */
		d.from_ns = r->to_ns;
	d.to_ns = r->to_ns ? r->to_ns : r->time_ns > d.from_ns ? r->time_ns : d.from_ns;
	d.afterwards = !r->frame && (!r->time_ns || (r->to_ns && r->time_ns >= r->to_ns));
	d.ts_ns = d.afterwards ? d.from_ns : r->time_ns ? r->time_ns : r->from_ns;
	if (!r->tuple.proto)
		d.client = r->tuple.src.ip; /* a claim of a host */
	return d;
}

static bool near(const struct merge *m, const struct detection *a, const struct detection *b)
{
	if (!a->from_ns || !b->from_ns)
		return true;
	return b->from_ns <= a->to_ns + m->tolerance_ns && a->from_ns <= b->to_ns + m->tolerance_ns;
}

/* Whether @b tells better than @a when the detector knew. */
static bool sooner(const struct detection *a, const struct detection *b)
{
	if (a->afterwards != b->afterwards)
		return a->afterwards;
	return b->ts_ns && (!a->ts_ns || b->ts_ns < a->ts_ns);
}

static void join(struct detection *into, const struct detection *d)
{
	if (sooner(into, d)) {
		into->ts_ns = d->ts_ns;
		into->packet = d->packet;
		into->afterwards = d->afterwards;
		into->tuple = d->tuple;
	}
	if (d->from_ns && (!into->from_ns || d->from_ns < into->from_ns))
		into->from_ns = d->from_ns;
	if (d->to_ns > into->to_ns)
		into->to_ns = d->to_ns;
}

/* ---- adding ---- */

static size_t append(struct merge *m, const struct detection *d)
{
	if (m->n == m->room) {
		m->room = m->room ? 2 * m->room : 256;
		m->all = xrealloc(m->all, m->room * sizeof(*m->all));
	}
	m->all[m->n] = *d;
	return m->n++;
}

/* True when it was in a detection already. */
static bool add_one(struct merge *m, struct flow *f, const struct detection *d)
{
	struct last *l = f->last;

	while (l && strcmp(m->all[l->at].application, d->application) != 0)
		l = l->next;
	if (l && near(m, &m->all[l->at], d)) {
		join(&m->all[l->at], d);
		return true;
	}
	if (!l) {
		l = xcalloc(1, sizeof(*l));
		l->next = f->last;
		f->last = l;
	}
	l->at = append(m, d);
	return false;
}

int merge_add(struct merge *m, const struct record *r, const struct verdict *v, struct err *e)
{
	struct flow *f = flow_at(m, &r->tuple, e);
	struct detection d = detection_of(m, r);
	int merged = 0;

	if (!f)
		return -1;
	for (unsigned i = 0; i < v->n; i++) {
		snprintf(d.application, sizeof(d.application), "%s", v->application[i]);
		merged += add_one(m, f, &d);
	}
	return merged;
}

uint64_t merge_flows(const struct merge *m)
{
	return HASH_COUNT(m->flows);
}

/* By time; what has one time stays as it came. */
static int by_time(const void *a, const void *b)
{
	const struct detection *const *x = a, *const *y = b;

	if ((*x)->ts_ns != (*y)->ts_ns)
		return (*x)->ts_ns < (*y)->ts_ns ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

uint64_t merge_take(struct merge *m, struct detections *list)
{
	const struct detection **order = xcalloc(m->n + 1, sizeof(*order));

	for (size_t i = 0; i < m->n; i++)
		order[i] = &m->all[i];
	qsort(order, m->n, sizeof(*order), by_time);
	for (size_t i = 0; i < m->n; i++)
		detections_add(list, order[i]);
	free(order);
	return m->n;
}

/* ---- ids ---- */

static struct named *id_at(const struct merge *m, const char *id, unsigned *hash)
{
	size_t n = strlen(id);
	struct named *x;

	*hash = hash_of(m, id, n);
	HASH_FIND_BYHASHVALUE(hh, m->ids, id, n, *hash, x);
	return x;
}

void merge_id_note(struct merge *m, const struct record *r)
{
	unsigned hash;
	struct named *x = id_at(m, r->id, &hash);

	if (x || HASH_COUNT(m->ids) >= MERGE_FLOWS_MAX)
		return;
	x = xcalloc(1, sizeof(*x));
	x->id = xstrdup(r->id);
	x->tuple = r->tuple;
	x->from_ns = r->from_ns;
	x->to_ns = r->to_ns;
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, m->ids, x->id, strlen(x->id), hash, x);
}

bool merge_id_find(const struct merge *m, struct record *r)
{
	unsigned hash;
	const struct named *x = id_at(m, r->id, &hash);

	if (!x)
		return false;
	r->tuple = x->tuple;
	r->flow = true;
	if (!r->from_ns) {
		r->from_ns = x->from_ns;
		r->to_ns = r->to_ns ? r->to_ns : x->to_ns;
	}
	return true;
}
