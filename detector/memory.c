// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memory.c - what rules remember across flows, and matches that wait for it
 *
 * One open-addressing table holds the entries of all sets; whole keys are kept and compared, a hash
 * alone would claim flows by accident. Entries past their time are reused when met. At the limit
 * the entry that would expire first among 16 neighbours gives way and is counted.
 *
 * Held matches sit in buckets by the hash of the entry they wait for.
 */
#include <stdlib.h>
#include <string.h>

#include "detector/engine.h"

#define ROOM(limit) ((limit) + (limit) / 2)

void memory_init(struct memory *m, size_t limit, size_t sets)
{
	memset(m, 0, sizeof(*m));
	m->limit = limit;
	m->mask = 255;
	m->entries = xcalloc(m->mask + 1, sizeof(*m->entries));
	m->set_count = xcalloc(sets + 1, sizeof(*m->set_count));
	pool_init(&m->held, sizeof(struct held), limit, 10);
	m->bucket_mask = 1023;
	m->buckets = xcalloc(m->bucket_mask + 1, sizeof(*m->buckets));
	m->key[0] = 0x8ebc6af09c88c6e3;
	m->key[1] = 0x589965cc75374cc3;
}

void memory_free(struct memory *m)
{
	for (uint32_t i = 1; i <= m->held.used; i++)
		if (((struct held *)pool_at(&m->held, i))->until)
			free(((struct held *)pool_at(&m->held, i))->ev.bytes);
	free(m->entries);
	free(m->set_count);
	free(m->buckets);
	pool_free(&m->held);
}

size_t memory_bytes(const struct memory *m)
{
	return (m->mask + 1) * sizeof(*m->entries) + pool_bytes(&m->held) +
	       (m->bucket_mask + 1) * sizeof(*m->buckets);
}

uint32_t memory_hash(const struct memory *m, uint16_t set, const uint8_t *key, uint8_t len)
{
	uint64_t k[2] = {m->key[0] ^ set, m->key[1]};

	return (uint32_t)(hash_bytes(k, key, len) >> 8) | 1;
}

static bool same(const struct memory_entry *e, uint32_t hash, uint16_t set, const uint8_t *key,
		 uint8_t len)
{
	return e->hash == hash && e->set == set && e->len == len && !memcmp(e->key, key, len);
}

static void erase(struct memory *m, size_t i)
{
	size_t hole = i, home;

	m->set_count[m->entries[i].set]--;
	m->count--;
	for (;;) {
		i = (i + 1) & m->mask;
		if (!m->entries[i].live)
			break;
		home = m->entries[i].hash & m->mask;
		if (((i - home) & m->mask) >= ((i - hole) & m->mask)) {
			m->entries[hole] = m->entries[i];
			hole = i;
		}
	}
	memset(&m->entries[hole], 0, sizeof(m->entries[hole]));
}

struct memory_entry *memory_find(struct memory *m, uint16_t set, const uint8_t *key, uint8_t len,
				 uint64_t now)
{
	uint32_t hash;

	if (!m->set_count[set])
		return NULL;
	hash = memory_hash(m, set, key, len);
	for (size_t i = hash & m->mask; m->entries[i].live; i = (i + 1) & m->mask) {
		if (!same(&m->entries[i], hash, set, key, len))
			continue;
		if (m->entries[i].expires >= now)
			return &m->entries[i];
		erase(m, i);
		return NULL;
	}
	return NULL;
}

static void grow(struct memory *m)
{
	struct memory_entry *old = m->entries;
	size_t n = m->mask + 1;

	m->mask = m->mask * 2 + 1;
	m->entries = xcalloc(m->mask + 1, sizeof(*m->entries));
	for (size_t i = 0; i < n; i++) {
		size_t k = old[i].hash & m->mask;

		if (!old[i].live)
			continue;
		while (m->entries[k].live)
			k = (k + 1) & m->mask;
		m->entries[k] = old[i];
	}
	free(old);
}

static void make_room(struct memory *m, uint32_t hash, uint64_t now)
{
	size_t best = SIZE_MAX;

	for (size_t n = 0, i = hash & m->mask; n <= m->mask; n++, i = (i + 1) & m->mask) {
		if (m->entries[i].live &&
		    (best == SIZE_MAX || m->entries[i].expires < m->entries[best].expires))
			best = i;
		if (n >= 16 && best != SIZE_MAX)
			break;
	}
	if (m->entries[best].expires >= now)
		m->evicted++;
	erase(m, best);
}

struct memory_entry *memory_put(struct memory *m, uint16_t set, const uint8_t *key, uint8_t len,
				uint64_t now, uint64_t keep)
{
	struct memory_entry *e = memory_find(m, set, key, len, now);
	uint32_t hash = memory_hash(m, set, key, len);
	size_t i;

	if (e) {
		e->expires = now + keep;
		return e;
	}
	if (m->count >= m->limit)
		make_room(m, hash, now);
	if (m->count * 4 >= m->mask * 3)
		grow(m);
	for (i = hash & m->mask; m->entries[i].live; i = (i + 1) & m->mask)
		;
	e = &m->entries[i];
	*e = (struct memory_entry){
		.hash = hash, .set = set, .len = len, .live = true, .expires = now + keep};
	memcpy(e->key, key, len);
	m->count++;
	m->set_count[set]++;
	return e;
}

void memory_forget(struct memory *m, uint16_t set, const uint8_t *key, uint8_t len)
{
	uint32_t hash = memory_hash(m, set, key, len);

	for (size_t i = hash & m->mask; m->entries[i].live; i = (i + 1) & m->mask)
		if (same(&m->entries[i], hash, set, key, len)) {
			erase(m, i);
			return;
		}
}

void memory_unhold(struct memory *m, uint32_t i)
{
	struct held *h = pool_at(&m->held, i);
	uint32_t *at = &m->buckets[h->hash & m->bucket_mask];

	while (*at && *at != i)
		at = &((struct held *)pool_at(&m->held, *at))->next;
	if (*at)
		*at = h->next;
	free(h->ev.bytes);
	pool_put(&m->held, i);
}

static void grow_buckets(struct memory *m)
{
	m->bucket_mask = m->bucket_mask * 2 + 1;
	m->buckets = xrealloc(m->buckets, (m->bucket_mask + 1) * sizeof(*m->buckets));
	memset(m->buckets, 0, (m->bucket_mask + 1) * sizeof(*m->buckets));
	for (uint32_t i = 1; i <= m->held.used; i++) {
		struct held *h = pool_at(&m->held, i);

		if (!h->until)
			continue; /* free */
		h->next = m->buckets[h->hash & m->bucket_mask];
		m->buckets[h->hash & m->bucket_mask] = i;
	}
}

struct held *memory_hold(struct memory *m, uint32_t hash, uint64_t now)
{
	struct held *h;
	uint32_t i = 0;

	/* A few are looked at with every new one: those past their time go. */
	for (int n = 0; n < 4 && m->held.used; n++) {
		if (++m->held_sweep > m->held.used)
			m->held_sweep = 1;
		h = pool_at(&m->held, m->held_sweep);
		if (h->until && h->until < now)
			memory_unhold(m, m->held_sweep);
	}
	if (m->held.live >= m->held.limit) {
		do {
			if (++m->held.hand > m->held.used)
				m->held.hand = 1;
			i = m->held.hand;
		} while (!((struct held *)pool_at(&m->held, i))->until);
		m->held_evicted++;
		memory_unhold(m, i);
	}
	if (m->held.live > m->bucket_mask)
		grow_buckets(m);
	i = pool_get(&m->held);
	h = pool_at(&m->held, i);
	h->hash = hash;
	h->next = m->buckets[hash & m->bucket_mask];
	m->buckets[hash & m->bucket_mask] = i;
	return h;
}
