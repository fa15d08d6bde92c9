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
 *
 * An entry is a cache line, and a packet touches it and its slot. Which was idle longest and which began first
 * say two queues in which an entry that goes leaves a gap: a list would touch its neighbours.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/space.h"
#include "detector/engine/flow.h"
#include "detector/engine/meter.h"
#include "detector/engine/slots.h"

/**
 * struct sent - what one side has sent
 * @packets:	Stops at the top; 0 = nothing yet
 */
struct sent {
	uint64_t first_ns, last_ns;
	uint64_t number, bytes;
	uint32_t packets;
	uint16_t input;
	uint8_t flags;
};

enum order { BY_LAST, BY_FIRST, ORDERS };

/**
 * struct metered - an entry; of one direction, a cache line
 * @ip:		IPv4 addresses as on the wire; IPv6: ip[0] = index of the pair of addresses
 * @place:	In the queues
 * @sent:	By the side of @ip that sent; of one direction, the first only
 */
struct metered {
	uint32_t ip[2];
	uint16_t port[2];
	uint8_t proto;
	bool v6;
	uint32_t place[ORDERS];
	struct sent sent[];
};
_Static_assert(sizeof(struct metered) + sizeof(struct sent) == 64, "a direction is a cache line");

/* Entries in an order. One that goes leaves a gap, so no neighbour is touched.
 * @at: (owned) From @head to @tail, 0 = a gap; @room there is */
struct queue {
	uint32_t *at;
	size_t head, tail, room;
};

/**
 * struct meter - see above
 * @entries:	Of struct metered
 * @v6:		Pairs of addresses
 * @slots:	(owned) hash << 32 | entry, 0 = empty; @mask + 1 of them
 * @key:	Secret of the flows' hash
 * @order:	By last packet, and by first
 * @due:	No entry is idle for too long before this
 */
struct meter {
	struct record_times times;
	flow_record_fn *fn;
	void *arg;
	struct pool entries, v6;
	uint64_t *slots;
	size_t mask;
	uint64_t key[2];
	struct queue order[ORDERS];
	uint64_t due;
	struct meter_stats stats;
};

static struct metered *entry_at(const struct meter *m, uint32_t i)
{
	return pool_at(&m->entries, i);
}

struct meter *meter_new(const struct record_times *times, size_t limit, const uint64_t key[2],
			flow_record_fn *fn, void *arg)
{
	struct meter *m = xcalloc(1, sizeof(*m));
	size_t sent = times->both ? 2 : 1;

	memcpy(m->key, key, sizeof(m->key));
	m->times = *times;
	m->fn = fn;
	m->arg = arg;
	pool_init(&m->entries, sizeof(struct metered) + sent * sizeof(struct sent), limit);
	pool_init(&m->v6, sizeof(struct v6pair), limit);
	m->mask = 1023;
	m->slots = space_get((m->mask + 1) * sizeof(*m->slots));
	return m;
}

void meter_give(struct meter *m, flow_record_fn *fn, void *arg)
{
	m->fn = fn;
	m->arg = arg;
}

void meter_free(struct meter *m)
{
	if (!m)
		return;
	pool_free(&m->entries);
	pool_free(&m->v6);
	space_free(m->slots, (m->mask + 1) * sizeof(*m->slots));
	for (unsigned k = 0; k < ORDERS; k++)
		free(m->order[k].at);
	free(m);
}

/* ---- queues ---- */

/* Closes the gaps, and makes room where they were fewer than half. */
static void tidy(struct meter *m, enum order k)
{
	struct queue *q = &m->order[k];
	size_t n = 0;

	for (size_t i = q->head; i < q->tail; i++)
		if (q->at[i]) {
			entry_at(m, q->at[i])->place[k] = (uint32_t)n;
			q->at[n++] = q->at[i];
		}
	q->head = 0;
	q->tail = n;
	if (n <= q->room / 2 && q->room)
		return;
	q->room = q->room ? 2 * q->room : 256;
	q->at = xrealloc(q->at, q->room * sizeof(*q->at));
}

static void append(struct meter *m, enum order k, uint32_t i)
{
	struct queue *q = &m->order[k];

	if (q->tail == q->room)
		tidy(m, k);
	entry_at(m, i)->place[k] = (uint32_t)q->tail;
	q->at[q->tail++] = i;
}

static void leave(struct meter *m, enum order k, uint32_t i)
{
	m->order[k].at[entry_at(m, i)->place[k]] = 0;
}

/* 0 = there is none. */
static uint32_t first_of(struct meter *m, enum order k)
{
	struct queue *q = &m->order[k];

	while (q->head < q->tail && !q->at[q->head])
		q->head++;
	return q->head < q->tail ? q->at[q->head] : 0;
}

/* ---- the table ---- */

/* Whether @a comes before @b, in some order. */
static bool end_before(const struct endpoint *a, const struct endpoint *b)
{
	return a->port != b->port ? a->port < b->port
				  : memcmp(a->ip.b, b->ip.b, sizeof(a->ip.b)) < 0;
}

/* The hash of an entry, made of the flow's. The two directions of a flow lie apart when each is an entry. */
static uint32_t own_hash(const struct meter *m, uint32_t hash, const struct endpoint *src,
			 const struct endpoint *dst)
{
	return m->times.both || end_before(src, dst) ? hash : hash ^ 0x9e3779b9;
}

static bool is_end(const struct meter *m, const struct metered *e, unsigned side,
		   const struct endpoint *end)
{
	if (e->port[side] != end->port || e->v6 != (end->ip.family == 6))
		return false;
	if (e->v6)
		return !memcmp(((struct v6pair *)pool_at(&m->v6, e->ip[0]))->b[side], end->ip.b,
			       16);
	return !memcmp(&e->ip[side], end->ip.b, 4);
}

/* Directions that one entry has. */
static unsigned sides_of(const struct meter *m)
{
	return m->times.both ? 2 : 1;
}

/* The entry of a packet, 0 = none; *@side: who of it sends. */
static uint32_t find(const struct meter *m, const struct packet *p, uint32_t hash, unsigned *side)
{
	for (size_t k = hash & m->mask; m->slots[k]; k = (k + 1) & m->mask) {
		const struct metered *e;

		if (m->slots[k] >> 32 != hash)
			continue;
		e = entry_at(m, (uint32_t)m->slots[k]);
		if (e->proto != p->proto)
			continue;
		for (*side = 0; *side < sides_of(m); ++*side)
			if (is_end(m, e, *side, &p->src) && is_end(m, e, !*side, &p->dst))
				return (uint32_t)m->slots[k];
	}
	return 0;
}

static struct endpoint end_of(const struct meter *m, const struct metered *e, unsigned side)
{
	struct endpoint end = {.ip.family = e->v6 ? 6 : 4, .port = e->port[side]};

	if (e->v6)
		memcpy(end.ip.b, ((struct v6pair *)pool_at(&m->v6, e->ip[0]))->b[side], 16);
	else
		memcpy(end.ip.b, &e->ip[side], 4);
	return end;
}

static void grow(struct meter *m)
{
	size_t mask = m->mask * 2 + 1;
	uint64_t *slots = space_get((mask + 1) * sizeof(*slots));

	slots_copy(slots, mask, m->slots, m->mask);
	space_free(m->slots, (m->mask + 1) * sizeof(*m->slots));
	m->slots = slots;
	m->mask = mask;
}

static void take_out(struct meter *m, uint32_t i)
{
	struct metered *e = entry_at(m, i);
	struct endpoint src = end_of(m, e, 0), dst = end_of(m, e, 1);
	uint32_t hash = flows_hash_ends(m->key, e->proto, &src, &dst);
	size_t k = own_hash(m, hash, &src, &dst) & m->mask;

	while ((uint32_t)m->slots[k] != i)
		k = (k + 1) & m->mask;
	slots_erase(m->slots, m->mask, k);
	leave(m, BY_LAST, i);
	leave(m, BY_FIRST, i);
	if (e->v6)
		pool_put(&m->v6, e->ip[0]);
	pool_put(&m->entries, i);
}

/* ---- records ---- */

/* The side that sent first is the first. */
static void complete(struct meter *m, uint32_t i)
{
	const struct metered *e = entry_at(m, i);
	struct flow_record r[2];
	unsigned n = 0;

	for (unsigned side = 0; side < sides_of(m); side++) {
		const struct sent *s = &e->sent[side];

		if (s->packets)
			r[n++] = (struct flow_record){
				.flow = {e->proto, end_of(m, e, side), end_of(m, e, !side)},
				.first_ns = s->first_ns,
				.last_ns = s->last_ns,
				.packets = s->packets,
				.bytes = s->bytes,
				.number = s->number,
				.input = s->input,
				.flags = s->flags,
				.flags_known = true};
	}
	take_out(m, i);
	m->stats.records += n;
	for (unsigned k = 0; k < n; k++)
		m->fn(m->arg, &r[k]);
}

static uint64_t last_packet(const struct meter *m, uint32_t i)
{
	const struct sent *s = entry_at(m, i)->sent;

	return m->times.both && s[1].last_ns > s[0].last_ns ? s[1].last_ns : s[0].last_ns;
}

void meter_time(struct meter *m, uint64_t now_ns)
{
	uint32_t i;

	if (now_ns < m->due)
		return;
	while ((i = first_of(m, BY_LAST)) && now_ns - last_packet(m, i) >= m->times.inactive)
		complete(m, i);
	m->due = (i ? last_packet(m, i) : now_ns) + m->times.inactive;
}

static uint32_t begin(struct meter *m, const struct packet *p, uint32_t hash)
{
	struct metered *e;
	uint32_t i;

	if (m->entries.live >= m->entries.limit) {
		m->stats.cut++;
		complete(m, first_of(m, BY_LAST));
	}
	if (m->entries.live * 4 >= m->mask * 3)
		grow(m);
	i = pool_get(&m->entries);
	e = entry_at(m, i);
	e->proto = p->proto;
	e->port[0] = p->src.port;
	e->port[1] = p->dst.port;
	e->v6 = p->src.ip.family == 6;
	if (e->v6) {
		struct v6pair *v;

		e->ip[0] = pool_get(&m->v6);
		v = pool_at(&m->v6, e->ip[0]);
		memcpy(v->b[0], p->src.ip.b, 16);
		memcpy(v->b[1], p->dst.ip.b, 16);
	} else {
		memcpy(&e->ip[0], p->src.ip.b, 4);
		memcpy(&e->ip[1], p->dst.ip.b, 4);
	}
	slots_put(m->slots, m->mask, (uint64_t)hash << 32 | i);
	append(m, BY_FIRST, i);
	return i;
}

static void count(struct sent *s, const struct packet *p, uint64_t now_ns)
{
	if (!s->packets) {
		s->first_ns = now_ns;
		s->number = p->number;
		s->input = p->input;
	}
	s->last_ns = now_ns;
	s->packets += s->packets != UINT32_MAX;
	s->bytes += p->ip_len;
	s->flags |= p->tcp_flags;
}

void meter_hint_slot(const struct meter *m, const struct packet *p, uint32_t hash)
{
	__builtin_prefetch(&m->slots[own_hash(m, hash, &p->src, &p->dst) & m->mask]);
}

void meter_hint_entry(const struct meter *m, const struct packet *p, uint32_t hash)
{
	uint32_t own = own_hash(m, hash, &p->src, &p->dst);
	uint64_t slot = m->slots[own & m->mask];

	if (slot >> 32 == own)
		__builtin_prefetch(entry_at(m, (uint32_t)slot), 1);
}

void meter_packet(struct meter *m, const struct packet *p, uint32_t hash, uint64_t now_ns)
{
	uint32_t own = own_hash(m, hash, &p->src, &p->dst), i;
	unsigned side;

	meter_time(m, now_ns);
	i = find(m, p, own, &side);
	if (i && now_ns - entry_at(m, i)->sent[0].first_ns >= m->times.active) {
		complete(m, i);
		i = 0;
	}
	if (i) {
		leave(m, BY_LAST, i);
	} else {
		i = begin(m, p, own);
		side = 0;
	}
	append(m, BY_LAST, i);
	count(&entry_at(m, i)->sent[side], p, now_ns);
}

void meter_finish(struct meter *m)
{
	for (uint32_t i; (i = first_of(m, BY_FIRST));)
		complete(m, i);
}

uint64_t meter_oldest(struct meter *m)
{
	uint32_t i = first_of(m, BY_FIRST);

	return i ? entry_at(m, i)->sent[0].first_ns : UINT64_MAX;
}

void meter_stats(const struct meter *m, struct meter_stats *out)
{
	*out = m->stats;
	out->memory_bytes = sizeof(*m) + pool_bytes(&m->entries) + pool_bytes(&m->v6) +
			    (m->mask + 1) * sizeof(*m->slots);
	for (unsigned k = 0; k < ORDERS; k++)
		out->memory_bytes += m->order[k].room * sizeof(*m->order[k].at);
}
