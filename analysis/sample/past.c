// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * past.c - the earlier messages of flows and hosts
 *
 * A flow that is open has the last two messages of each direction: 0.6 KiB, found by its id. A host
 * has its last message of each (protocol, direction, place); a socket likewise. Hosts and sockets are
 * held in sets of WAYS, the set chosen by a hash without a key, so that the same packets always give
 * the same result; a full set forgets its oldest. An attacker who aims at one set makes us forget
 * messages there, and no more: 4.7 MiB each, whatever comes.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/sample/past.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/rng.h"

#define SETS	 8192
#define WAYS	 4
#define BUCKETS	 131072
#define NOWHERE	 UINT32_MAX
#define DIRECTED 2

struct flow_past {
	uint64_t id;
	uint32_t next;		/* of its bucket, or of those that are free */
	uint8_t last[DIRECTED]; /* where the last message of a direction is */
	struct earlier two[DIRECTED][2];
};

struct host_past {
	uint64_t name; /* hash of who and of what kind of message; 0 = free */
	struct earlier last;
};

struct past {
	struct flow_past *flows; /* (owned) */
	uint32_t flows_n, room, unused;
	uint32_t bucket[BUCKETS];
	struct host_past hosts[SETS * WAYS], sockets[SETS * WAYS];
};

struct past *past_new(void)
{
	struct past *p = xcalloc(1, sizeof(*p));

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
	uint8_t kind[] = {m->flow->tuple.proto, m->reply, place_of(m), (uint8_t)m->flow->input,
			  (uint8_t)(m->flow->input >> 8)};

	return fnv1a(kind, sizeof(kind));
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
	uint64_t h = kind_hash(m);

	return rng_mix(fnv1a_more(h, sender(m)->ip.b, sender(m)->ip.family == 4 ? 4 : 16)) | 1;
}

static uint64_t socket_name(uint64_t host, const struct message *m)
{
	bool udp = m->flow->tuple.proto == IPPROTO_UDP;

	return rng_mix(host ^ ((uint64_t)(udp ? sender(m)->port : receiver(m)->port) << 32)) | 1;
}

/* The place of @name in its set: its own, a free one, or the oldest. */
static struct host_past *way(struct host_past *table, uint64_t name)
{
	struct host_past *set = table + (name >> 32) % SETS * WAYS, *oldest = set;

	for (int i = 0; i < WAYS; i++) {
		if (set[i].name == name)
			return &set[i];
		if (!set[i].name || (oldest->name && set[i].last.ts_ns < oldest->last.ts_ns))
			oldest = &set[i];
	}
	oldest->name = name;
	oldest->last.number = 0;
	return oldest;
}

static void host_message(struct past *p, const struct message *m, struct sample *s)
{
	uint64_t name = host_name(m);
	struct host_past *h = way(p->hosts, name), *k = way(p->sockets, socket_name(name, m));

	if (s) {
		copy(&s->earlier[EARLIER_HOST], &h->last);
		copy(&s->earlier[EARLIER_SOCKET], &k->last);
	}
	keep(&h->last, m);
	keep(&k->last, m);
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

void past_message(struct past *p, const struct message *m, struct sample *s)
{
	flow_message(p, m, s);
	host_message(p, m, s);
}

void past_free(struct past *p)
{
	if (!p)
		return;
	free(p->flows);
	free(p);
}
