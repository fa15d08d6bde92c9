// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * meter.c - flow records from packets
 *
 * Model. One direction of a flow, or both together ("of: flow"), is an entry from its first packet on. What
 * its directions sent becomes a record each when the entry is complete:
 *
 *   state of an entry  enters it                    leaves it
 *   under way          a packet, and there is none  no packet for the inactive time; a packet the active
 *                                                   time after its first one or later, which begins
 *                                                   another; the longest idle one, for want of room; the
 *                                                   end of the input: its records are complete
 *
 * FIN and RST do not end a record, as softflowd has it when all its timeouts are the same: what some
 * exporters cut there is the last acknowledgements.
 *
 * Limits. A datagram that came in fragments counts as one packet of its whole length. Frames that are not
 * UDP or TCP are passed over.
 */
#include <stdlib.h>

#include "base/err.h"
#include "base/keyed_hash.h"
#include "detector/engine/flow.h"
#include "detector/engine/meter.h"

/* Addresses come from traffic, so nobody may aim at one bucket of the table. */
static uint64_t meter_key[2];
#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned)hash_keyed(meter_key, key, len))
#include <uthash.h>
#include <utlist.h>

/**
 * struct metered - see above
 * @sent:	By who sends: the first end of @key, the other; no packets = nothing yet
 * @prev, @next: By last packet
 * @older, @newer: By first packet
 */
struct metered {
	struct flow_key key;
	uint64_t first_ns, last_ns;
	struct flow_record sent[2];
	struct metered *prev, *next, *older, *newer;
	UT_hash_handle hh;
};

struct meter {
	struct record_times times;
	size_t limit;
	flow_record_fn *fn;
	void *arg;
	struct metered *table, *idle, *begun;
	struct meter_stats stats;
};

struct meter *meter_new(const struct record_times *times, size_t limit, flow_record_fn *fn,
			void *arg)
{
	static const uint64_t fallback[2] = {0x0f10, 0x2ec02d};
	struct meter *m = xcalloc(1, sizeof(*m));

	if (!meter_key[0])
		hash_key_new(meter_key, fallback);
	m->times = *times;
	m->limit = limit;
	m->fn = fn;
	m->arg = arg;
	return m;
}

void meter_give(struct meter *m, flow_record_fn *fn, void *arg)
{
	m->fn = fn;
	m->arg = arg;
}

static void drop(struct meter *m, struct metered *e)
{
	if (m->table) /* it is, with an entry: said for the analyser */
		HASH_DEL(m->table, e);
	DL_DELETE(m->idle, e);
	DL_DELETE2(m->begun, e, older, newer);
	free(e);
}

void meter_free(struct meter *m)
{
	if (!m)
		return;
	while (m->idle)
		drop(m, m->idle);
	free(m);
}

/* The one whose first packet came first is said first. */
static void complete(struct meter *m, struct metered *e)
{
	unsigned first = e->sent[0].packets && e->sent[1].packets &&
			 (e->sent[1].first_ns < e->sent[0].first_ns ||
			  (e->sent[1].first_ns == e->sent[0].first_ns &&
			   e->sent[1].number < e->sent[0].number));

	for (unsigned i = 0; i < 2; i++) {
		const struct flow_record *r = &e->sent[i ? !first : first];

		if (!r->packets)
			continue;
		m->stats.records++;
		m->fn(m->arg, r);
	}
	drop(m, e);
}

void meter_time(struct meter *m, uint64_t now_ns)
{
	while (m->idle && now_ns - m->idle->last_ns >= m->times.inactive)
		complete(m, m->idle);
}

static struct metered *begin(struct meter *m, const struct flow_key *key, uint64_t now_ns)
{
	struct metered *e;

	if (HASH_COUNT(m->table) >= m->limit) {
		m->stats.cut++;
		complete(m, m->idle);
	}
	e = xcalloc(1, sizeof(*e));
	e->key = *key;
	e->first_ns = now_ns;
	HASH_ADD(hh, m->table, key, sizeof(e->key), e);
	DL_APPEND(m->idle, e);
	DL_APPEND2(m->begun, e, older, newer);
	return e;
}

static void count(struct flow_record *r, const struct packet *p, const struct tuple *t,
		  uint64_t now_ns)
{
	if (!r->packets) {
		r->flow = *t;
		r->first_ns = now_ns;
		r->number = p->number;
		r->input = p->input;
		r->flags_known = true;
	}
	r->last_ns = now_ns;
	r->packets++;
	r->bytes += p->ip_len;
	r->flags |= p->tcp_flags;
}

void meter_packet(struct meter *m, const struct packet *p, uint64_t now_ns)
{
	const struct tuple t = {p->proto, p->src, p->dst};
	struct flow_key key = m->times.both ? flow_key(&t) : flow_key_directed(&t);
	struct endpoint_key src = endpoint_key(&p->src);
	struct metered *e;

	meter_time(m, now_ns);
	HASH_FIND(hh, m->table, &key, sizeof(key), e);
	if (e && now_ns - e->first_ns >= m->times.active) {
		complete(m, e);
		e = NULL;
	}
	if (!e)
		e = begin(m, &key, now_ns);
	DL_DELETE(m->idle, e);
	DL_APPEND(m->idle, e);
	e->last_ns = now_ns;
	count(&e->sent[memcmp(&src, &key.a, sizeof(src)) != 0], p, &t, now_ns);
}

void meter_finish(struct meter *m)
{
	while (m->begun)
		complete(m, m->begun);
}

uint64_t meter_oldest(const struct meter *m)
{
	return m->begun ? m->begun->first_ns : UINT64_MAX;
}

void meter_stats(const struct meter *m, struct meter_stats *out)
{
	*out = m->stats;
	out->memory_bytes = sizeof(*m) + HASH_COUNT(m->table) * sizeof(struct metered) +
			    (m->table ? HASH_OVERHEAD(hh, m->table) : 0);
}
