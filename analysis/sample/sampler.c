// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sampler.c - chooses which messages are kept
 *
 * Messages come in groups of the same protocol, direction, place and size. Each group keeps those
 * of its messages whose random number is below its limit, which is at first the highest. When the
 * room is full, the limit of the fullest groups is halved, and about half of theirs is dropped. So
 * small groups are kept whole and big ones are thinned, and what is kept of a group is a fair draw
 * of it. The first datagrams of a flow have most to tell, later pieces of a TCP stream least: these
 * have bigger and smaller shares of the room (struct grain), and sizes of a stream are taken
 * together in steps. The number is a hash of how many messages came before: the same messages give
 * the same sample. A new message takes the place of a dropped one, so that making room moves no message;
 * at the end messages are put in the order of arrival.
 *
 * Bound: 1.2 KiB a message kept, 28 MiB for 24,576 of them, and what past.c holds.
 * Limits: messages whose beginning is not known (TCP, lost segments) are no samples.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/sample/past.h"
#include "analysis/sample/sampler.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/rng.h"
#include "base/space.h"

#define SIZES	896 /* 0..511 each, then steps of 16, from 4,096 on of 512 */
#define P2P_MAX 1024
#define FULL	4 /* the most shares that a kind of message has */
#define KINDS	(2 * 2 * SAMPLE_PLACES)
#define GROUPS	(KINDS * SIZES)

struct group {
	uint64_t seen;
	uint32_t kept;
	uint32_t limit; /* the highest number that is kept */
};

/* A message that is kept: what decides whether it stays, and where the rest of it is. */
struct kept {
	uint32_t draw, group, at;
};

/* A group that has had any, and its share of the room. */
struct used {
	uint32_t group, share;
};

struct sampler {
	struct past *past;	/* (owned) */
	struct sample *samples; /* (owned) */
	struct kept *kept;	/* (owned) @n, in the order in which they came */
	uint32_t *unused;	/* (owned) @unused_n places among the first @placed that are free */
	uint32_t n, room, placed, unused_n;
	struct used *used; /* (owned) */
	uint32_t used_n;
	struct endpoint p2p[P2P_MAX]; /* sockets */
	uint32_t p2p_n;
	uint64_t seen;
	struct group groups[GROUPS];
};

struct sampler *sampler_new(uint32_t room)
{
	struct sampler *s = xcalloc(1, sizeof(*s));

	s->past = past_new();
	s->room = room;
	s->samples = space_get(room * sizeof(*s->samples));
	s->kept = xmalloc(room * sizeof(*s->kept));
	s->unused = xmalloc(room * sizeof(*s->unused));
	s->used = xmalloc(GROUPS * sizeof(*s->used));
	for (uint32_t i = 0; i < GROUPS; i++)
		s->groups[i].limit = UINT32_MAX;
	return s;
}

static uint32_t size_group(uint32_t size)
{
	uint32_t g = size;

	if (size >= 4096)
		g = 736 + (size - 4096) / 512;
	else if (size >= 512)
		g = 512 + (size - 512) / 16;
	return g < SIZES ? g : SIZES - 1;
}

/* What the groups of a kind of message are: sizes below @fine each, then in steps; @share of the room. */
struct grain {
	uint32_t fine, step, from, wide, share;
};

static const struct grain *grain_of(bool tcp, uint8_t place)
{
	static const struct grain first = {256, 4, 512, 64, 4}, later = {64, 4, 256, 32, 2},
				  stream = {32, 16, 512, 256, 1};

	return tcp ? &stream : place < SAMPLE_PLACES - 1 ? &first : &later;
}

static uint32_t group_index(uint8_t proto, bool reply, uint8_t place, uint32_t size)
{
	bool tcp = proto == IPPROTO_TCP;
	uint32_t kind = tcp * 2U + reply;
	const struct grain *g = grain_of(tcp, place);

	if (size >= g->fine)
		size -= size % (size >= g->from ? g->wide : g->step);
	return (kind * SAMPLE_PLACES + place) * SIZES + size_group(size);
}

static uint32_t share_of(uint32_t group)
{
	uint32_t kind = group / SIZES;

	return grain_of(kind / SAMPLE_PLACES / 2, (uint8_t)(kind % SAMPLE_PLACES))->share;
}

/* What a group holds of what it may hold. */
static uint32_t fill_of(const struct sampler *s, const struct used *u)
{
	return s->groups[u->group].kept * FULL / u->share;
}

static uint32_t fullest_group(const struct sampler *s)
{
	uint32_t most = 0;

	for (uint32_t i = 0; i < s->used_n; i++) {
		uint32_t full = fill_of(s, &s->used[i]);

		most = full > most ? full : most;
	}
	return most;
}

/* Halves the limit of the groups that are more than half as full as the fullest. */
static void lower_limits(struct sampler *s)
{
	uint32_t most = fullest_group(s);

	for (uint32_t i = 0; i < s->used_n; i++)
		if (fill_of(s, &s->used[i]) > most / 2)
			s->groups[s->used[i].group].limit /= 2;
}

static void drop(struct sampler *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct kept k = s->kept[i];
		struct group *g = &s->groups[k.group];

		if (k.draw > g->limit) {
			g->kept--;
			s->unused[s->unused_n++] = k.at;
		} else {
			s->kept[n++] = k;
		}
	}
	s->n = n;
}

static void make_room(struct sampler *s)
{
	while (s->n > s->room - s->room / 16 - 1) {
		lower_limits(s);
		drop(s);
	}
}

static uint8_t place_of(const struct message *m)
{
	return m->nth < SAMPLE_PLACES ? (uint8_t)m->nth : SAMPLE_PLACES - 1;
}

static void fill(struct sample *x, const struct message *m, uint32_t draw)
{
	const struct tuple *t = &m->flow->tuple;

	x->flow = m->flow->id;
	x->ts_ns = m->ts_ns;
	x->number = m->number;
	x->from = m->reply ? t->dst : t->src;
	x->to = m->reply ? t->src : t->dst;
	x->size = m->size;
	x->kept = (uint16_t)(m->kept < SAMPLE_BYTES ? m->kept : SAMPLE_BYTES);
	x->draw = draw;
	x->input = m->flow->input;
	x->port = t->dst.port;
	x->proto = t->proto;
	x->place = place_of(m);
	x->reply = m->reply;
	memcpy(x->bytes, m->bytes, x->kept);
	memset(x->bytes + x->kept, 0, SAMPLE_BYTES - x->kept);
}

/* Has the processor fetch the place of the next message. */
static void fetch_next(const struct sampler *s)
{
	uint32_t at = s->unused_n ? s->unused[s->unused_n - 1] : s->placed;

	for (size_t i = 0; at < s->room && i < sizeof(struct sample); i += 64)
		__builtin_prefetch((const char *)&s->samples[at] + i, 1);
}

/* A place for a message of group @gi. */
static struct sample *place_for(struct sampler *s, uint32_t gi, uint32_t draw)
{
	struct group *g = &s->groups[gi];
	uint32_t at;

	if (s->n == s->room)
		make_room(s);
	if (g->seen == 1) /* the first is always kept */
		s->used[s->used_n++] = (struct used){gi, share_of(gi)};
	at = s->unused_n ? s->unused[--s->unused_n] : s->placed++;
	s->kept[s->n++] = (struct kept){draw, gi, at};
	g->kept++;
	fetch_next(s);
	return &s->samples[at];
}

void sampler_message(struct sampler *s, const struct message *m)
{
	uint32_t gi, draw = (uint32_t)rng_mix(s->seen);
	struct sample *x = NULL;

	if (m->broken)
		return;
	s->seen++;
	gi = group_index(m->flow->tuple.proto, m->reply, place_of(m), m->size);
	s->groups[gi].seen++;
	if (draw <= s->groups[gi].limit) {
		x = place_for(s, gi, draw);
		fill(x, m, draw);
	}
	past_message(s->past, m, x);
}

void sampler_fetch(const struct sampler *s, const struct message_flow *f, const void *mine,
		   bool reply)
{
	past_fetch(s->past, f, mine, reply);
}

void sampler_end(struct sampler *s, struct message_flow *f)
{
	past_end(s->past, f);
}

uint64_t sampler_seen(const struct sampler *s)
{
	return s->seen;
}

double sampler_weight(const struct sampler *s, const struct sample *x)
{
	const struct group *g = &s->groups[group_index(x->proto, x->reply, x->place, x->size)];

	return (double)g->seen / (double)g->kept;
}

/* A table from 64-bit names to small numbers, for one walk over the samples. */
struct names {
	uint64_t *name; /* (owned) 0 = free */
	uint32_t *number;
	uint32_t mask, n;
};

static struct names names_new(uint32_t most)
{
	struct names t = {.mask = 1};

	while (t.mask < 2 * most + 2)
		t.mask *= 2;
	t.name = xcalloc(t.mask, sizeof(*t.name));
	t.number = xcalloc(t.mask, sizeof(*t.number));
	t.mask--;
	return t;
}

static uint32_t *names_at(struct names *t, uint64_t name)
{
	uint32_t i;

	name |= 1;
	for (i = (uint32_t)(name >> 20) & t->mask; t->name[i] && t->name[i] != name;)
		i = (i + 1) & t->mask;
	if (!t->name[i]) {
		t->name[i] = name;
		t->number[i] = t->n++;
	}
	return &t->number[i];
}

static void names_free(struct names *t)
{
	free(t->name);
	free(t->number);
}

static uint64_t ip_name(const struct ip *a)
{
	return rng_mix(fnv1a(a->b, sizeof(a->b)) ^ a->family);
}

static void number_hosts(struct sampler *s, uint32_t *hosts)
{
	struct names t = names_new(2 * s->n);

	for (uint32_t i = 0; i < s->n; i++) {
		s->samples[i].from_host = *names_at(&t, ip_name(&s->samples[i].from.ip));
		s->samples[i].to_host = *names_at(&t, ip_name(&s->samples[i].to.ip));
	}
	*hosts = t.n;
	names_free(&t);
}

/* The rank is among those of the same flow and direction. */
static void rank_in_flow(struct sampler *s)
{
	struct names t = names_new(s->n);

	memset(t.number, 0, (t.mask + 1) * sizeof(*t.number));
	for (uint32_t i = 0; i < s->n; i++) {
		const struct sample *x = &s->samples[i];
		uint32_t before = t.n, *n = names_at(&t, rng_mix(2 * x->flow + x->reply));

		if (t.n != before)
			*n = 0;
		s->samples[i].rank = (*n)++;
	}
	names_free(&t);
}

static uint64_t socket_name(const struct endpoint *e)
{
	return rng_mix(ip_name(&e->ip) + e->port);
}

static const struct endpoint *opener(const struct sample *x)
{
	return x->reply ? &x->to : &x->from;
}

static const struct endpoint *opened(const struct sample *x)
{
	return x->reply ? &x->from : &x->to;
}

/* Counts the hosts that each socket opened flows to, and remembers those with enough of them. */
static void count_peers(struct sampler *s, struct names *sockets, uint32_t *peers)
{
	struct names pairs = names_new(s->n);

	s->p2p_n = 0;
	for (uint32_t i = 0; i < s->n; i++) {
		const struct sample *x = &s->samples[i];
		uint32_t before = pairs.n, *socket;

		if (x->proto != IPPROTO_UDP)
			continue;
		socket = names_at(sockets, socket_name(opener(x)));
		names_at(&pairs, rng_mix(socket_name(opener(x)) ^ ip_name(&opened(x)->ip)));
		if (pairs.n == before || ++peers[*socket] != SAMPLE_PEERS)
			continue;
		if (s->p2p_n < P2P_MAX)
			s->p2p[s->p2p_n++] = *opener(x);
	}
	names_free(&pairs);
}

static bool has_peers(struct names *sockets, const uint32_t *peers, const struct endpoint *e)
{
	return peers[*names_at(sockets, socket_name(e))] >= SAMPLE_PEERS;
}

static void find_p2p(struct sampler *s)
{
	struct names sockets = names_new(2 * s->n);
	uint32_t *peers = xcalloc(2UL * s->n + 1, sizeof(*peers));

	count_peers(s, &sockets, peers);
	for (uint32_t i = 0; i < s->n; i++) {
		struct sample *x = &s->samples[i];

		x->p2p = x->proto == IPPROTO_UDP && (has_peers(&sockets, peers, opener(x)) ||
						     has_peers(&sockets, peers, opened(x)));
	}
	free(peers);
	names_free(&sockets);
}

const struct endpoint *sampler_p2p(const struct sampler *s, uint32_t *n)
{
	*n = s->p2p_n;
	return s->p2p;
}

/* Moves the message that belongs to place @start there, then the one that belongs where that was, and so on;
 * the last is the one that was at @start: @aside. */
static void move_round(struct sampler *s, uint32_t start, const struct sample *aside)
{
	for (uint32_t to = start, from; to < s->n; to = from) {
		from = s->kept[to].at;
		s->kept[to].at = to;
		s->samples[to] = from == start ? *aside : s->samples[from];
		if (from == start)
			return;
	}
}

/* Moves the messages to where they belong in the order of arrival, each once: first to places that
 * are free. */
static void put_in_order(struct sampler *s)
{
	struct sample *aside = xmalloc(sizeof(*aside));

	for (uint32_t i = 0; i < s->unused_n; i++)
		move_round(s, s->unused[i], aside);
	for (uint32_t i = 0; i < s->n; i++) {
		if (s->kept[i].at == i)
			continue;
		*aside = s->samples[i];
		move_round(s, i, aside);
	}
	s->unused_n = 0;
	s->placed = s->n;
	free(aside);
}

const struct sample *sampler_finish(struct sampler *s, uint32_t *n, uint32_t *hosts)
{
	put_in_order(s);
	number_hosts(s, hosts);
	rank_in_flow(s);
	find_p2p(s);
	*n = s->n;
	return s->samples;
}

void sampler_free(struct sampler *s)
{
	if (!s)
		return;
	past_free(s->past);
	space_free(s->samples, s->room * sizeof(*s->samples));
	free(s->kept);
	free(s->unused);
	free(s->used);
	free(s);
}
