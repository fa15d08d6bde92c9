// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * series.c - retransmissions, as the application makes them
 *
 * A series is two or more UDP messages of one size in one direction of a flow, a quarter of a second to
 * two minutes apart, with nothing from the other side between them. TCP has none here: the stream has
 * left out what was sent again. Two ways to be alike are told apart:
 *
 *   same bytes   more than a quarter of the first bytes, and at least 3 of them, are what they were in
 *                the first try: a message that was sent again. Which bytes stay is noted.
 *   same size    no more than the size is alike: another message of the same kind, perhaps
 *
 * Chance: of n random bytes a quarter or more is equal in fewer than 1 of 10,000 pairs for n = 12 and
 * fewer still for longer ones. A protocol whose requests have a constant head has "same bytes" for
 * new requests, too; the positions say so.
 */
#include <netinet/in.h>
#include <stdlib.h>

#include "analysis/talk/series.h"
#include "base/err.h"
#include "base/moment.h"

#define GAP_LEAST_NS 250000000ULL
#define GAP_MOST_NS  120000000000ULL
#define SAME_LEAST   3

static void keep(struct all_series *s, const struct series_flow *f, const struct message_flow *flow,
		 bool answered)
{
	bool same = __builtin_popcountll(f->kept) >= SAME_LEAST &&
		    __builtin_popcountll(f->kept) * 4 > f->bytes_n;
	uint32_t tries = f->tries < SERIES_TRIES ? f->tries : SERIES_TRIES;
	struct series_key key = {flow->tuple.proto, f->reply, same, (uint8_t)tries};
	struct series *kind;

	HASH_FIND(hh, s->kinds, &key, sizeof(key), kind);
	if (!kind) {
		kind = xcalloc(1, sizeof(*kind));
		kind->key = key;
		kind->least = UINT32_MAX;
		kind->kept = UINT64_MAX;
		kind->input = flow->input;
		kind->number = f->number;
		HASH_ADD(hh, s->kinds, key, sizeof(kind->key), kind);
	}
	kind->n++;
	kind->answered += answered;
	kind->kept &= f->kept;
	kind->least = f->size < kind->least ? f->size : kind->least;
	kind->most = f->size > kind->most ? f->size : kind->most;
	for (uint32_t i = 0; i + 1 < tries; i++)
		spread_add(&kind->gap[i], f->gap[i]);
}

static void stop(struct all_series *s, struct series_flow *f, const struct message_flow *flow,
		 bool answered)
{
	if (!f->open)
		return;
	s->unanswered += f->tries - answered;
	if (f->tries > 1)
		keep(s, f, flow, answered);
	f->open = false;
}

static void start(struct series_flow *f, const struct message *m)
{
	f->open = true;
	f->reply = m->reply;
	f->size = m->size;
	f->tries = 1;
	f->last_ns = m->ts_ns;
	f->number = m->number;
	f->bytes_n = (uint8_t)(m->kept < SERIES_BYTES ? m->kept : SERIES_BYTES);
	f->kept = f->bytes_n == 64 ? UINT64_MAX : (1ULL << f->bytes_n) - 1;
	memcpy(f->bytes, m->bytes, f->bytes_n);
}

static uint64_t equal_bytes(const struct series_flow *f, const struct message *m)
{
	uint64_t mask = 0;

	for (uint32_t i = 0; i < f->bytes_n && i < m->kept; i++)
		mask |= (uint64_t)(f->bytes[i] == m->bytes[i]) << i;
	return mask;
}

static bool goes_on(const struct series_flow *f, const struct message *m)
{
	uint64_t gap = m->ts_ns - f->last_ns;

	return f->reply == m->reply && f->size == m->size && moment_before(f->last_ns, m->ts_ns) &&
	       gap >= GAP_LEAST_NS && gap <= GAP_MOST_NS;
}

void series_message(struct all_series *s, struct series_flow *f, const struct message *m)
{
	if (m->flow->tuple.proto != IPPROTO_UDP)
		return;
	if (f->open && goes_on(f, m)) {
		if (f->tries < SERIES_TRIES)
			f->gap[f->tries - 1] = m->ts_ns - f->last_ns;
		f->kept &= equal_bytes(f, m);
		f->tries++;
		f->last_ns = m->ts_ns;
		return;
	}
	stop(s, f, m->flow, f->reply != m->reply);
	start(f, m);
}

void series_end(struct all_series *s, struct series_flow *f, const struct message_flow *flow)
{
	stop(s, f, flow, false);
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
