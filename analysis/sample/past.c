// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * past.c - the earlier messages of flows and hosts
 *
 * A flow that is open has the last two messages of each direction: 0.6 KiB, found by its id. A host
 * has its last message of each (protocol, direction, place); a socket likewise. Hosts and sockets are
 * held in sets of WAYS, the set chosen by a hash without a key, so that the same packets always give
 * the same result; a full set forgets its oldest. An attacker who aims at one set makes us forget
 * messages there, and no more: 4 MiB each, whatever comes.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/sample/past.h"
#include "base/err.h"
#include "base/rng.h"

#define SETS	   8192
#define WAYS	   4
#define BUCKETS	   131072
#define NOWHERE	   UINT32_MAX
#define DIRECTED   2
#define HOST_BYTES 68

struct flow_past {
	uint64_t id;
	uint32_t next;		/* of its bucket, or of those that are free */
	uint8_t last[DIRECTED]; /* where the last message of a direction is */
	struct earlier two[DIRECTED][2];
};

/* The names and ages of a set: one line of the cache. @name 0 = free; else a hash of who and of what kind
 * of message. */
struct set {
	uint64_t name[WAYS], ts_ns[WAYS];
};

/* A host's last message: less of it is kept than of a flow's. */
struct host_past {
	uint64_t ts_ns, number;
	uint32_t size;
	uint16_t kept;
	uint8_t place;
	uint8_t bytes[HOST_BYTES];
};

struct table {
	struct set sets[SETS] __attribute__((aligned(64)));
	struct host_past last[SETS * WAYS];
};

struct past {
	struct flow_past *flows; /* (owned) */
	uint32_t flows_n, room, unused;
	uint32_t bucket[BUCKETS];
	struct table hosts, sockets;
};

struct past *past_new(void)
{
	struct past *p = aligned_alloc(64, (sizeof(*p) + 63) / 64 * 64);

	if (!p)
		abort();
	memset(p, 0, sizeof(*p));
	memset(p->bucket, 0xff, sizeof(p->bucket));
	p->unused = NOWHERE;
	return p;
}

static uint32_t *find_flow(struct past *p, uint64_t id)
{
	uint32_t *i = &p->bucket[id % BUCKETS];

	while (*i != NOWHERE && p->flows[*i].id != id)
		i = &p->flows[*i].next;
	return i;
}

static uint32_t free_flow(struct past *p)
{
	uint32_t i = p->unused;

	if (i != NOWHERE) {
		p->unused = p->flows[i].next;
		return i;
	}
	if (p->flows_n == p->room) {
		p->room = p->room ? 2 * p->room : 64;
		p->flows = xrealloc(p->flows, p->room * sizeof(*p->flows));
	}
	return p->flows_n++;
}

static struct flow_past *flow_of(struct past *p, uint64_t id)
{
	uint32_t i = *find_flow(p, id);
	struct flow_past *f;

	if (i != NOWHERE)
		return &p->flows[i];
	i = free_flow(p);
	f = &p->flows[i];
	f->id = id;
	f->next = p->bucket[id % BUCKETS];
	p->bucket[id % BUCKETS] = i;
	f->two[0][0].number = f->two[0][1].number = f->two[1][0].number = f->two[1][1].number = 0;
	f->last[0] = f->last[1] = 0;
	return f;
}

void past_fetch(const struct past *p, const struct message_flow *f)
{
	uint32_t i = p->bucket[f->id % BUCKETS];

	for (size_t at = 0; i != NOWHERE && at < sizeof(struct flow_past); at += 64)
		__builtin_prefetch((const char *)&p->flows[i] + at, 1);
}

void past_end(struct past *p, const struct message_flow *f)
{
	uint32_t *at = find_flow(p, f->id), i = *at;

	if (i == NOWHERE)
		return;
	*at = p->flows[i].next;
	p->flows[i].next = p->unused;
	p->unused = i;
}

static uint8_t place_of(const struct message *m)
{
	return m->nth < SAMPLE_PLACES ? (uint8_t)m->nth : SAMPLE_PLACES - 1;
}

static void keep(struct earlier *e, const struct message *m)
{
	e->ts_ns = m->ts_ns;
	e->number = m->number;
	e->size = m->size;
	e->kept = (uint16_t)(m->kept < EARLIER_BYTES ? m->kept : EARLIER_BYTES);
	e->place = place_of(m);
	memcpy(e->bytes, m->bytes, e->kept);
}

static void copy(struct earlier *to, const struct earlier *from)
{
	to->number = from->number;
	if (!from->number)
		return;
	memcpy(to, from, offsetof(struct earlier, bytes));
	memcpy(to->bytes, from->bytes, from->kept);
}

static uint64_t kind_hash(const struct message *m)
{
	return rng_mix((uint64_t)m->flow->input << 24 | (uint64_t)m->flow->tuple.proto << 16 |
		       (uint64_t)place_of(m) << 1 | m->reply);
}

static const struct endpoint *sender(const struct message *m)
{
	return m->reply ? &m->flow->tuple.dst : &m->flow->tuple.src;
}

static const struct endpoint *receiver(const struct message *m)
{
	return m->reply ? &m->flow->tuple.src : &m->flow->tuple.dst;
}

static uint64_t host_name(const struct message *m)
{
	const struct ip *a = &sender(m)->ip;
	uint64_t half[2];

	memcpy(half, a->b, sizeof(half));
	return rng_mix(kind_hash(m) ^ half[0] ^ rng_mix(half[1] + a->family)) | 1;
}

static uint64_t socket_name(uint64_t host, const struct message *m)
{
	bool udp = m->flow->tuple.proto == IPPROTO_UDP;

	return rng_mix(host ^ ((uint64_t)(udp ? sender(m)->port : receiver(m)->port) << 32)) | 1;
}

static struct set *set_of(struct table *t, uint64_t name)
{
	return &t->sets[(name >> 32) % SETS];
}

/* The place of @name in its set: its own, a free one, or the oldest; the message there, if it is its own. */
static struct host_past *way(struct table *t, uint64_t name, uint64_t now)
{
	struct set *set = set_of(t, name);
	struct host_past *last = t->last + (set - t->sets) * WAYS;
	int oldest = 0, i;

	for (i = 0; i < WAYS && set->name[i] != name; i++)
		if (!set->name[i] || (set->name[oldest] && set->ts_ns[i] < set->ts_ns[oldest]))
			oldest = i;
	if (i == WAYS) {
		i = oldest;
		set->name[i] = name;
		last[i].number = 0;
	}
	set->ts_ns[i] = now;
	return &last[i];
}

static void keep_host(struct host_past *h, const struct message *m)
{
	h->ts_ns = m->ts_ns;
	h->number = m->number;
	h->size = m->size;
	h->kept = (uint16_t)(m->kept < HOST_BYTES ? m->kept : HOST_BYTES);
	h->place = place_of(m);
	memcpy(h->bytes, m->bytes, h->kept);
}

static void copy_host(struct earlier *to, const struct host_past *h)
{
	to->number = h->number;
	if (!h->number)
		return;
	to->ts_ns = h->ts_ns;
	to->size = h->size;
	to->kept = h->kept;
	to->place = h->place;
	memcpy(to->bytes, h->bytes, h->kept);
}

static void host_message(struct past *p, const struct message *m, struct sample *s, uint64_t name,
			 uint64_t socket)
{
	struct host_past *h = way(&p->hosts, name, m->ts_ns);
	struct host_past *k = way(&p->sockets, socket, m->ts_ns);

	if (s) {
		copy_host(&s->earlier[EARLIER_HOST], h);
		copy_host(&s->earlier[EARLIER_SOCKET], k);
	}
	keep_host(h, m);
	keep_host(k, m);
}

static void flow_message(struct past *p, const struct message *m, struct sample *s)
{
	struct flow_past *f = flow_of(p, m->flow->id);
	int mine = m->reply, other = !mine;

	if (s) {
		copy(&s->earlier[EARLIER_OTHER], &f->two[other][f->last[other]]);
		copy(&s->earlier[EARLIER_OTHER2], &f->two[other][!f->last[other]]);
		copy(&s->earlier[EARLIER_SAME], &f->two[mine][f->last[mine]]);
		copy(&s->earlier[EARLIER_SAME2], &f->two[mine][!f->last[mine]]);
	}
	f->last[mine] = !f->last[mine];
	keep(&f->two[mine][f->last[mine]], m);
}

/* Where things are is asked for first, so that the memory answers meanwhile. */
void past_message(struct past *p, const struct message *m, struct sample *s)
{
	uint64_t host, socket;

	__builtin_prefetch(&p->bucket[m->flow->id % BUCKETS]);
	host = host_name(m);
	socket = socket_name(host, m);
	__builtin_prefetch(set_of(&p->hosts, host));
	__builtin_prefetch(set_of(&p->sockets, socket));
	flow_message(p, m, s);
	host_message(p, m, s, host, socket);
}

void past_free(struct past *p)
{
	if (!p)
		return;
	free(p->flows);
	free(p);
}
