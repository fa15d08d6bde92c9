// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * past.c - the earlier messages of flows and hosts
 *
 * A flow that is open has the last two messages of each direction: 0.6 KiB, which the flow points to. A host
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
#include "base/slab.h"
#include "base/space.h"

#define SETS	   8192
#define WAYS	   4
#define DIRECTED   2
#define HOST_BYTES 68

/* By direction: where its last message is; how many are there. */
struct flow_past {
	uint8_t last[DIRECTED], n[DIRECTED];
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
	struct slab flows; /* struct flow_past */
	struct table hosts, sockets;
};

struct past *past_new(void)
{
	struct past *p = space_get(sizeof(*p));

	slab_begin(&p->flows, sizeof(struct flow_past));
	return p;
}

/* A flow's own, made at its first message. */
static struct flow_past *flow_of(struct past *p, struct message_flow *m)
{
	struct flow_past *f = m->mine;

	if (f)
		return f;
	f = slab_get(&p->flows);
	memset(f, 0, offsetof(struct flow_past, two));
	m->mine = f;
	return f;
}

void past_end(struct past *p, struct message_flow *f)
{
	if (f->mine)
		slab_put(&p->flows, f->mine);
	f->mine = NULL;
}

static uint8_t place_of(uint64_t nth)
{
	return nth < SAMPLE_PLACES ? (uint8_t)nth : SAMPLE_PLACES - 1;
}

static void keep(struct earlier *e, const struct message *m)
{
	e->ts_ns = m->ts_ns;
	e->number = m->number;
	e->size = m->size;
	e->kept = (uint16_t)(m->kept < EARLIER_BYTES ? m->kept : EARLIER_BYTES);
	e->place = place_of(m->nth);
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

/* Names of the sender of a flow's @nth message in a direction, with the kind of message. */
struct who {
	uint64_t host, socket;
};

static struct who who_of(const struct message_flow *f, bool reply, uint64_t nth)
{
	const struct tuple *t = &f->tuple;
	const struct endpoint *from = reply ? &t->dst : &t->src, *to = reply ? &t->src : &t->dst;
	uint16_t port = t->proto == IPPROTO_UDP ? from->port : to->port;
	uint64_t half[2], kind;
	struct who w;

	memcpy(half, from->ip.b, sizeof(half));
	kind = rng_mix((uint64_t)f->input << 24 | (uint64_t)t->proto << 16 |
		       (uint64_t)place_of(nth) << 1 | reply);
	w.host = rng_mix(kind ^ half[0] ^ rng_mix(half[1] + from->ip.family)) | 1;
	w.socket = rng_mix(w.host ^ ((uint64_t)port << 32)) | 1;
	return w;
}

static uint32_t set_of(uint64_t name)
{
	return (uint32_t)(name >> 32) % SETS;
}

/* Has the processor fetch @n bytes at @p, which are written soon. */
static void fetch(const void *p, size_t n)
{
	for (size_t at = 0; at < n; at += 64)
		__builtin_prefetch((const char *)p + at, 1);
	__builtin_prefetch((const char *)p + n - 1, 1);
}

/* Where the flow's next message goes, if none of its messages was broken; and the sets of its sender. */
void past_fetch(const struct past *p, const struct message_flow *f, const void *mine, bool reply)
{
	const struct flow_past *past = mine;
	uint64_t nth = f->messages[reply];
	struct who w = who_of(f, reply, nth);

	__builtin_prefetch(&p->hosts.sets[set_of(w.host)], 1);
	__builtin_prefetch(&p->sockets.sets[set_of(w.socket)], 1);
	if (!past)
		return;
	fetch(past, offsetof(struct flow_past, two));
	fetch(&past->two[reply][nth % 2 == 0], sizeof(struct earlier));
}

/* The place of @name in its set: its own, a free one, or the oldest; the message there, if it is its own. */
static struct host_past *way(struct table *t, uint64_t name, uint64_t now)
{
	uint32_t at = set_of(name);
	struct set *set = &t->sets[at];
	struct host_past *last = &t->last[at * WAYS];
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
	h->place = place_of(m->nth);
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

/* @at of the @n messages of a direction that are there, counted back from the last one. */
static const struct earlier *back(const struct flow_past *f, int dir, int at)
{
	static const struct earlier none;

	return at < f->n[dir] ? &f->two[dir][f->last[dir] ^ at] : &none;
}

static void flow_message(struct past *p, const struct message *m, struct sample *s)
{
	struct flow_past *f = flow_of(p, m->flow);
	int mine = m->reply, other = !mine;

	if (s) {
		copy(&s->earlier[EARLIER_OTHER], back(f, other, 0));
		copy(&s->earlier[EARLIER_OTHER2], back(f, other, 1));
		copy(&s->earlier[EARLIER_SAME], back(f, mine, 0));
		copy(&s->earlier[EARLIER_SAME2], back(f, mine, 1));
	}
	f->last[mine] ^= 1;
	f->n[mine] += f->n[mine] < 2;
	keep(&f->two[mine][f->last[mine]], m);
}

/* Where things are is asked for first, so that the memory answers meanwhile. */
void past_message(struct past *p, const struct message *m, struct sample *s)
{
	struct who w = who_of(m->flow, m->reply, m->nth);
	struct host_past *host = way(&p->hosts, w.host, m->ts_ns);
	struct host_past *socket = way(&p->sockets, w.socket, m->ts_ns);

	fetch(host, sizeof(*host));
	fetch(socket, sizeof(*socket));
	flow_message(p, m, s);
	if (s) {
		copy_host(&s->earlier[EARLIER_HOST], host);
		copy_host(&s->earlier[EARLIER_SOCKET], socket);
	}
	keep_host(host, m);
	keep_host(socket, m);
}

void past_free(struct past *p)
{
	if (!p)
		return;
	slab_clear(&p->flows);
	space_free(p, sizeof(*p));
}
