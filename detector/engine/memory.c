// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memory.c - what rules remember across flows, and matches that wait for it
 *
 * One open-addressing table holds the entries of all sets. Keys are stored and compared as 128-bit
 * hashes: with a million entries two keys are confused once in 10^26 look-ups, and the hash is
 * under a secret of this run, so nobody can aim at it. Reports do not depend on hash values:
 * entries are evicted in the order they came.
 *
 *   state of an entry  enters it                       leaves it
 *   unknown            at first                        memory_put(): known
 *   known              remembered, counted; each time  memory_forget(): unknown; its time is
 *                      its time begins anew            over: expired; evicted at the limit,
 *                                                      and counted: unknown
 *   expired            not remembered for the set's    met by a look-up or an eviction: unknown
 *                      "keep" time
 *
 *   state of a held match  enters it      leaves it
 *   waiting                memory_hold()  what it waits for is remembered: released
 *                                         (action.c); past its time, or the
 *                                         oldest at the limit (counted): freed
 *
 * Held matches lie in buckets by the hash of the entry that they wait for, linked both ways: one
 * is freed without a walk, however many wait for the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/keyed_hash.h"
#include "base/space.h"
#include "detector/engine/memory.h"
#include "detector/engine/slots.h"

#define HELD_AHEAD  4  /* held matches between fetching what one touches and freeing it */
#define FILTER_BITS 12 /* a filter has 2 to the power of this many bits, at first */

static void filter_new(struct memory_set_state *s, unsigned bits)
{
	s->filter = xcalloc((1U << bits) / 64, sizeof(*s->filter));
	s->shift = 32 - bits;
	s->filtered = 0;
}

static void filter_add(struct memory_set_state *s, uint32_t hash)
{
	uint32_t bit = hash >> s->shift;

	s->filter[bit / 64] |= 1ULL << (bit % 64);
	s->filtered++;
}

static bool filter_has(const struct memory_set_state *s, uint32_t hash)
{
	uint32_t bit = hash >> s->shift;

	return s->filter[bit / 64] >> (bit % 64) & 1;
}

void memory_init(struct memory *m, size_t limit, size_t sets, size_t slide)
{
	memset(m, 0, sizeof(*m));
	m->limit = limit;
	m->mask = 255;
	m->slots = xcalloc(m->mask + 1, sizeof(*m->slots));
	pool_init(&m->entries, sizeof(struct memory_entry), limit);
	pool_init(&m->slides, slide, limit);
	m->sets_n = sets;
	m->sets = xcalloc(sets + 1, sizeof(*m->sets));
	for (size_t i = 0; i < sets; i++)
		filter_new(&m->sets[i], FILTER_BITS);
	pool_init(&m->held, sizeof(struct held), limit);
	m->places = space_get((limit + 1) * sizeof(*m->places));
	m->bucket_mask = 1023;
	m->buckets = xcalloc(m->bucket_mask + 1, sizeof(*m->buckets));
	hash_key_new(m->key, (const uint64_t[]){0x8ebc6af09c88c6e3, 0x589965cc75374cc3});
}

void memory_free(struct memory *m)
{
	for (uint32_t i = 1; i <= m->held.used; i++)
		if (m->places[i].until)
			free(((struct held *)pool_at(&m->held, i))->bytes);
	pool_free(&m->entries);
	pool_free(&m->slides);
	free(m->slots);
	for (size_t i = 0; i < m->sets_n; i++)
		free(m->sets[i].filter);
	free(m->sets);
	free(m->buckets);
	space_free(m->places, (m->limit + 1) * sizeof(*m->places));
	pool_free(&m->held);
}

size_t memory_bytes(const struct memory *m)
{
	size_t filters = 0;

	for (size_t i = 0; i < m->sets_n; i++)
		filters += (1ULL << (32 - m->sets[i].shift)) / 8;
	return filters + (m->mask + 1) * sizeof(*m->slots) + pool_bytes(&m->entries) +
	       pool_bytes(&m->slides) + pool_bytes(&m->held) + m->held.used * sizeof(*m->places) +
	       (m->bucket_mask + 1) * sizeof(*m->buckets);
}

struct memory_key memory_key(const struct memory *m, const uint8_t *values, size_t n)
{
	uint64_t other[2] = {m->key[1], m->key[0]}, v[2] = {0};

	if (n > sizeof(v))
		return (struct memory_key){hash_keyed(m->key, values, n),
					   hash_keyed(other, values, n)};
	memcpy(v, values, n); /* most keys are IPv4 addresses and ports */
	return (struct memory_key){
		hash_mix(hash_mix(v[0] ^ m->key[0], m->key[1] + n) ^ v[1], m->key[0]),
		hash_mix(hash_mix(v[1] ^ m->key[1], m->key[0] - n) ^ v[0], m->key[1])};
}

static uint32_t slot_hash(uint16_t set, const struct memory_key *k)
{
	return (uint32_t)(((k->a ^ set) * 0x9e3779b97f4a7c15) >> 32);
}

static bool same_key(const struct memory_key *a, const struct memory_key *b)
{
	return a->a == b->a && a->b == b->b;
}

static struct memory_entry *entry_at(const struct memory *m, size_t slot)
{
	return pool_at(&m->entries, (uint32_t)m->slots[slot]);
}

/* Entries that are gone leave their bits behind, so the filter is rebuilt now and then; it is
 * larger when its set has grown, and never small beside the table, through which all of it must
 * go: a rebuilding costs some eight slots for each entry added since the last. */
static void filter_size(const struct memory *m, struct memory_set_state *s)
{
	unsigned bits = FILTER_BITS;

	while (((1U << bits) < s->count * 16U || (1U << bits) < m->mask) && bits < 24)
		bits++;
	free(s->filter);
	filter_new(s, bits);
}

static void filter_renew(struct memory *m, uint16_t set)
{
	struct memory_set_state *s = &m->sets[set];

	filter_size(m, s);
	for (size_t i = 0; i <= m->mask; i++)
		if (m->slots[i] && entry_at(m, i)->set == set)
			filter_add(s, (uint32_t)(m->slots[i] >> 32));
}

/* The slot of an entry, or SIZE_MAX. */
static size_t look_up(const struct memory *m, uint32_t hash, uint16_t set,
		      const struct memory_key *k)
{
	if (!filter_has(&m->sets[set], hash))
		return SIZE_MAX;
	for (size_t i = hash & m->mask; m->slots[i]; i = (i + 1) & m->mask) {
		const struct memory_entry *e;

		if (m->slots[i] >> 32 != hash)
			continue;
		e = entry_at(m, i);
		if (e->set == set && same_key(&e->key, k))
			return i;
	}
	return SIZE_MAX;
}

static void erase(struct memory *m, size_t i)
{
	m->sets[entry_at(m, i)->set].count--;
	m->count--;
	if (entry_at(m, i)->slides)
		pool_put(&m->slides, entry_at(m, i)->value);
	pool_put(&m->entries, (uint32_t)m->slots[i]);
	slots_erase(m->slots, m->mask, i);
}

struct memory_entry *memory_find(struct memory *m, uint16_t set, const struct memory_key *k,
				 uint64_t now)
{
	size_t i;

	if (!m->sets[set].count)
		return NULL;
	i = look_up(m, slot_hash(set, k), set, k);
	if (i == SIZE_MAX)
		return NULL;
	if (entry_at(m, i)->expires >= now)
		return entry_at(m, i);
	erase(m, i);
	return NULL;
}

static void grow(struct memory *m)
{
	uint64_t *old = m->slots;
	size_t mask = m->mask;

	m->mask = m->mask * 2 + 1;
	m->slots = xcalloc(m->mask + 1, sizeof(*m->slots));
	slots_copy(m->slots, m->mask, old, mask);
	free(old);
}

/* Whether to evict @a rather than @b: it has expired, or is of the largest set, or expires
 * sooner. */
static bool gives_way(const struct memory *m, const struct memory_entry *a,
		      const struct memory_entry *b, uint64_t now)
{
	bool over = a->expires < now;

	if (!b || over != (b->expires < now))
		return !b || over;
	if (!over && (a->set == m->largest) != (b->set == m->largest))
		return a->set == m->largest;
	return a->expires < b->expires;
}

/* Ahead of time: the slots of the entries that will be looked at next. */
HINT void hint_room(const struct memory *m)
{
	for (unsigned n = 1; n <= 4; n++) {
		size_t i = m->entries.hand + n <= m->entries.used ? m->entries.hand + n : 1;
		const struct memory_entry *e = pool_at(&m->entries, (uint32_t)i);

		__builtin_prefetch(&m->slots[e->hash & m->mask], 1);
	}
}

/* Evicts by clock hand: an expired entry if one of the next few is, else one of the largest set, so
 * that a rule that remembers everything does not cost the others their entries. */
static void make_room(struct memory *m, uint64_t now)
{
	struct memory_entry *best = NULL, *e;

	if (m->evicted % 64 == 0)
		for (size_t i = 0; i < m->sets_n; i++)
			if (m->sets[i].count > m->sets[m->largest].count)
				m->largest = (uint16_t)i;
	for (unsigned n = 0; n < 4 || (!best && n < 64); n++) {
		if (++m->entries.hand > m->entries.used)
			m->entries.hand = 1;
		e = pool_at(&m->entries, m->entries.hand);
		if (e->expires && gives_way(m, e, best, now))
			best = e;
	}
	hint_room(m);
	if (!best) /* cannot be: the pool is full */
		return;
	if (best->expires >= now)
		m->evicted++;
	erase(m, look_up(m, best->hash, best->set, &best->key));
}

static void put_slot(struct memory *m, uint32_t entry)
{
	uint32_t hash = ((struct memory_entry *)pool_at(&m->entries, entry))->hash;

	slots_put(m->slots, m->mask, (uint64_t)hash << 32 | entry);
}

struct memory_entry *memory_put(struct memory *m, uint16_t set, const struct memory_key *k,
				uint64_t now, uint64_t keep)
{
	struct memory_entry *e = memory_find(m, set, k, now);
	uint32_t hash = slot_hash(set, k), entry;

	if (e) {
		e->expires = now + keep;
		return e;
	}
	if (m->count >= m->limit)
		make_room(m, now);
	if (m->count * 2 >= m->mask)
		grow(m);
	entry = pool_get(&m->entries);
	e = pool_at(&m->entries, entry);
	*e = (struct memory_entry){
		.hash = hash, .set = set, .key = *k, .expires = now + keep ? now + keep : 1};
	put_slot(m, entry);
	m->count++;
	if (++m->sets[set].count > m->sets[m->largest].count)
		m->largest = set;
	if (m->sets[set].filtered < (1U << (32 - m->sets[set].shift)) / 8)
		filter_add(&m->sets[set], hash);
	else
		filter_renew(m, set);
	return e;
}

void memory_forget(struct memory *m, uint16_t set, const struct memory_key *k)
{
	size_t i = look_up(m, slot_hash(set, k), set, k);

	if (i != SIZE_MAX)
		erase(m, i);
}

static void bucket_add(struct memory *m, uint32_t i)
{
	struct held_place *h = &m->places[i];
	uint32_t *first = &m->buckets[h->hash & m->bucket_mask];

	h->prev = 0;
	h->next = *first;
	if (*first)
		m->places[*first].prev = i;
	*first = i;
}

void memory_unhold(struct memory *m, uint32_t i)
{
	struct held_place *h = &m->places[i];
	struct held *what = pool_at(&m->held, i);

	*(h->prev ? &m->places[h->prev].next : &m->buckets[h->hash & m->bucket_mask]) = h->next;
	if (h->next)
		m->places[h->next].prev = h->prev;
	h->until = 0;
	if (what->bytes)
		free(what->bytes);
	pool_put(&m->held, i);
}

static void grow_buckets(struct memory *m)
{
	m->bucket_mask = m->bucket_mask * 2 + 1;
	m->buckets = xrealloc(m->buckets, (m->bucket_mask + 1) * sizeof(*m->buckets));
	memset(m->buckets, 0, (m->bucket_mask + 1) * sizeof(*m->buckets));
	for (uint32_t i = 1; i <= m->held.used; i++)
		if (m->places[i].until) /* else it is free */
			bucket_add(m, i);
}

uint32_t memory_waiting(const struct memory *m, uint16_t set, const struct memory_key *k)
{
	return m->buckets[slot_hash(set, k) & m->bucket_mask];
}

/* Ahead of time: what freeing a held match will touch. */
HINT void hint_unhold(const struct memory *m, uint32_t i)
{
	uint32_t k = i <= m->held.used ? i : 1;

	__builtin_prefetch(&m->buckets[m->places[k].hash & m->bucket_mask], 1);
	__builtin_prefetch(pool_at(&m->held, k), 1);
}

struct held *memory_hold(struct memory *m, uint16_t set, const struct memory_key *k, uint64_t now,
			 uint64_t wait)
{
	uint32_t hash = slot_hash(set, k);
	struct held *h;
	uint32_t i = 0;

	/* With every new one a few are looked at; those past their time are freed. */
	for (int n = 0; n < 4 && m->held.used; n++) {
		if (++m->held_sweep > m->held.used)
			m->held_sweep = 1;
		if (m->places[m->held_sweep].until && m->places[m->held_sweep].until < now)
			memory_unhold(m, m->held_sweep);
	}
	if (m->held.live >= m->held.limit) {
		do {
			if (++m->held.hand > m->held.used)
				m->held.hand = 1;
			i = m->held.hand;
		} while (!m->places[i].until);
		m->held_evicted++;
		hint_unhold(m, i + HELD_AHEAD);
		memory_unhold(m, i);
	}
	if (m->held.live > m->bucket_mask)
		grow_buckets(m);
	i = pool_get(&m->held);
	h = pool_at(&m->held, i);
	m->places[i].until = now + wait;
	m->places[i].hash = hash;
	h->set = set;
	h->key = *k;
	bucket_add(m, i);
	return h;
}

/* Entries get their new sets; slots and filters are made anew. */
static void renumber_entries(struct memory *m, const uint16_t *sets, size_t sets_n)
{
	bool kept = m->sets_n && sets[m->largest] != GONE;

	for (uint32_t i = 1; i <= m->entries.used; i++) {
		struct memory_entry *e = pool_at(&m->entries, i);

		if (e->expires && sets[e->set] == GONE)
			erase(m, look_up(m, e->hash, e->set, &e->key));
	}
	for (size_t i = 0; i < m->sets_n; i++)
		free(m->sets[i].filter);
	m->sets = xrealloc(m->sets, (sets_n + 1) * sizeof(*m->sets));
	memset(m->sets, 0, (sets_n + 1) * sizeof(*m->sets));
	m->sets_n = sets_n;
	m->largest = kept ? sets[m->largest] : 0;
	memset(m->slots, 0, (m->mask + 1) * sizeof(*m->slots));
	for (uint32_t i = 1; i <= m->entries.used; i++) {
		struct memory_entry *e = pool_at(&m->entries, i);

		if (!e->expires)
			continue;
		e->set = sets[e->set];
		e->hash = slot_hash(e->set, &e->key);
		put_slot(m, i);
		m->sets[e->set].count++;
	}
	for (size_t i = 0; i < sets_n; i++) {
		filter_size(m, &m->sets[i]);
		if (!kept && m->sets[i].count > m->sets[m->largest].count)
			m->largest = (uint16_t)i;
	}
	for (size_t i = 0; i <= m->mask; i++)
		if (m->slots[i])
			filter_add(&m->sets[entry_at(m, i)->set], (uint32_t)(m->slots[i] >> 32));
}

/* Held matches in an order that bucket_add() turns into the one they are in now; @out has room. */
static size_t held_backwards(const struct memory *m, uint32_t *out)
{
	size_t n = 0;

	for (size_t b = 0; b <= m->bucket_mask; b++) {
		size_t first = n;

		for (uint32_t i = m->buckets[b]; i; i = m->places[i].next)
			out[n++] = i;
		for (size_t k = first, last = n; k + 1 < last; k++) {
			uint32_t swap = out[--last];

			out[last] = out[k];
			out[k] = swap;
		}
	}
	return n;
}

void memory_renumber(struct memory *m, const uint16_t *sets, const uint16_t *rules, size_t sets_n)
{
	uint32_t *order = xmalloc((m->held.live + 1) * sizeof(*order));
	size_t n;

	for (uint32_t i = 1; i <= m->held.used; i++)
		if (m->places[i].until &&
		    rules[((struct held *)pool_at(&m->held, i))->rule] == GONE)
			memory_unhold(m, i);
	n = held_backwards(m, order);
	memset(m->buckets, 0, (m->bucket_mask + 1) * sizeof(*m->buckets));
	for (size_t i = 0; i < n; i++) {
		struct held *h = pool_at(&m->held, order[i]);

		h->rule = rules[h->rule];
		h->set = sets[h->set];
		m->places[order[i]].hash = slot_hash(h->set, &h->key);
		bucket_add(m, order[i]);
	}
	free(order);
	renumber_entries(m, sets, sets_n);
}
