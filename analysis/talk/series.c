// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * series.c - retransmissions, as the application makes them
 *
 * A series is two or more UDP messages of one size in one direction of a flow, a quarter of a second to
 * two minutes apart, with nothing from the other side between them; messages of other sizes may come
 * between. TCP has none here: the stream has left out what was sent again. Two ways to be alike are told
 * apart:
 *
 *   same bytes   at least 3 of the first 24 bytes, 4 of the first 64 of a longer message, are what they
 *                were in the first try: a message that was sent again. Which bytes stay is noted.
 *   same size    no more than the size is alike: another message of the same kind, perhaps
 *
 * Chance: two messages of random bytes have so many equal bytes in 1 of 7,000 pairs. A protocol whose
 * requests have a constant head has "same bytes" for new requests, too; the positions say so.
 * Limit: three sizes of a flow are followed at a time; the one longest silent gives way.
 */
#include <netinet/in.h>
#include <stdlib.h>

#include "analysis/talk/series.h"
#include "base/err.h"
#include "base/moment.h"

#define GAP_LEAST_NS 250000000ULL
#define GAP_MOST_NS  120000000000ULL
#define SHORT	     24 /* bytes; of a longer message more must be the same */
#define SAME_SHORT   3
#define SAME_LONG    4

static struct series *kind_of(struct all_series *s, const struct series_key *key)
{
	struct series *kind;

	HASH_FIND(hh, s->kinds, key, sizeof(*key), kind);
	if (kind)
		return kind;
	kind = xcalloc(1, sizeof(*kind));
	kind->key = *key;
	kind->least = UINT32_MAX;
	kind->kept = UINT64_MAX;
	HASH_ADD(hh, s->kinds, key, sizeof(kind->key), kind);
	return kind;
}

static void keep(struct all_series *s, const struct series_try *t, bool reply,
		 const struct message_flow *flow, bool answered)
{
	int same = __builtin_popcountll(t->kept);
	uint32_t tries = t->tries < SERIES_TRIES ? t->tries : SERIES_TRIES;
	struct series_key key = {flow->tuple.proto, reply,
				 same >= (t->bytes_n <= SHORT ? SAME_SHORT : SAME_LONG),
				 (uint8_t)tries};
	struct series *kind = kind_of(s, &key);

	if (!kind->n++) {
		kind->input = flow->input;
		kind->number = t->number;
	}
	kind->answered += answered;
	kind->kept &= t->kept;
	kind->least = t->size < kind->least ? t->size : kind->least;
	kind->most = t->size > kind->most ? t->size : kind->most;
	for (uint32_t i = 0; i + 1 < tries; i++)
		spread_add(&kind->gap[i], t->gap[i]);
}

static void stop(struct all_series *s, struct series_try *t, bool reply,
		 const struct message_flow *flow, bool answered)
{
	if (!t->tries)
		return;
	s->unanswered += t->tries - answered;
	if (t->tries > 1)
		keep(s, t, reply, flow, answered);
	t->tries = 0;
}

/* The other side speaks, or nobody any more: what was sent last has its answer if there is one. */
static void stop_all(struct all_series *s, struct series_flow *f, const struct message_flow *flow,
		     bool answered)
{
	struct series_try *last = f->open;

	for (int i = 1; i < SERIES_OPEN; i++)
		if (f->open[i].tries &&
		    (!last->tries || moment_before(last->last_ns, f->open[i].last_ns)))
			last = &f->open[i];
	for (int i = 0; i < SERIES_OPEN; i++)
		stop(s, &f->open[i], f->reply, flow, answered && &f->open[i] == last);
}

static void start(struct series_try *t, const struct message *m)
{
	t->size = m->size;
	t->tries = 1;
	t->last_ns = m->ts_ns;
	t->number = m->number;
	t->bytes_n = (uint8_t)(m->kept < SERIES_BYTES ? m->kept : SERIES_BYTES);
	t->kept = t->bytes_n == 64 ? UINT64_MAX : (1ULL << t->bytes_n) - 1;
	memcpy(t->bytes, m->bytes, t->bytes_n);
}

static uint64_t equal_bytes(const struct series_try *t, const struct message *m)
{
	uint64_t mask = 0;

	for (uint32_t i = 0; i < t->bytes_n && i < m->kept; i++)
		mask |= (uint64_t)(t->bytes[i] == m->bytes[i]) << i;
	return mask;
}

static bool goes_on(const struct series_try *t, const struct message *m)
{
	uint64_t gap = m->ts_ns - t->last_ns;

	return moment_before(t->last_ns, m->ts_ns) && gap >= GAP_LEAST_NS && gap <= GAP_MOST_NS;
}

static void again(struct series_try *t, const struct message *m)
{
	if (t->tries < SERIES_TRIES)
		t->gap[t->tries - 1] = m->ts_ns - t->last_ns;
	t->kept &= equal_bytes(t, m);
	t->tries++;
	t->last_ns = m->ts_ns;
}

/* The place of a message's size: one that is open, else one that is free, else the one longest silent. */
static struct series_try *place_of(struct series_flow *f, const struct message *m)
{
	struct series_try *best = f->open;

	for (int i = 0; i < SERIES_OPEN; i++) {
		struct series_try *t = &f->open[i];

		if (t->tries && t->size == m->size)
			return t;
		if (best->tries && (!t->tries || moment_before(t->last_ns, best->last_ns)))
			best = t;
	}
	return best;
}

void series_message(struct all_series *s, struct series_flow *f, const struct message *m)
{
	struct series_try *t;

	if (m->flow->tuple.proto != IPPROTO_UDP)
		return;
	if (f->reply != m->reply) {
		stop_all(s, f, m->flow, true);
		f->reply = m->reply;
	}
	t = place_of(f, m);
	if (t->tries && t->size == m->size && goes_on(t, m)) {
		again(t, m);
		return;
	}
	stop(s, t, f->reply, m->flow, false);
	start(t, m);
}

void series_end(struct all_series *s, struct series_flow *f, const struct message_flow *flow)
{
	stop_all(s, f, flow, false);
}

static int order(const struct series *a, const struct series *b)
{
	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

void series_sort(struct all_series *s)
{
	HASH_SORT(s->kinds, order);
}

void series_clear(struct all_series *s)
{
	struct series *kind, *next;

	HASH_ITER (hh, s->kinds, kind, next) {
		HASH_DEL(s->kinds, kind);
		for (int i = 0; i < SERIES_TRIES - 1; i++)
			spread_clear(&kind->gap[i]);
		free(kind);
	}
	*s = (struct all_series){0};
}
