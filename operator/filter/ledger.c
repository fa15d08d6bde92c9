// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ledger.c - which blocks are in force, and why
 *
 * Model. One hash table by what is blocked, and a list for each kind in the order in which entries
 * were made or prolonged. All entries of a kind have one lifetime, so that is also the order in
 * which they end. The hash has a secret key: who is blocked is chosen by whoever sends packets.
 *
 * Limits. Entries are as big as their line, about 600 bytes; the policy's sizes bound their number.
 */
#include <stdlib.h>
#include <string.h>

#include "base/keyed_hash.h"
#include "operator/filter/ledger.h"

struct list {
	struct ledger_entry *first, *last;
	size_t n;
	uint32_t size;
};

struct ledger {
	struct list list[FILTER_WHATS];
	struct ledger_entry **buckets; /* (owned) a power of 2 */
	size_t n_buckets, n;
	uint64_t key[2];
};

struct ledger *ledger_new(const uint32_t size[FILTER_WHATS])
{
	static const uint64_t fallback[2] = {0x5deece66dULL, 0x2545f4914f6cdd1dULL};
	struct ledger *l = xcalloc(1, sizeof(*l));

	for (unsigned what = 0; what < FILTER_WHATS; what++)
		l->list[what].size = size[what];
	l->n_buckets = 256;
	l->buckets = xcalloc(l->n_buckets, sizeof(struct ledger_entry *));
	hash_key_new(l->key, fallback);
	return l;
}

void ledger_free(struct ledger *l)
{
	if (!l)
		return;
	for (unsigned what = 0; what < FILTER_WHATS; what++)
		while (l->list[what].first)
			ledger_remove(l, l->list[what].first);
	free(l->buckets);
	free(l);
}

/* What makes two blocks the same one, without padding. */
struct key {
	uint8_t what, proto;
	struct endpoint_key a, b;
};

static struct key key_of(const struct filter_block *b)
{
	struct key k;

	memset(&k, 0, sizeof(k));
	k.what = (uint8_t)b->what;
	if (b->what == FILTER_FLOW) {
		struct flow_key f = flow_key(&b->flow);

		k.proto = f.proto;
		k.a = f.a;
		k.b = f.b;
		return k;
	}
	k.proto = b->proto;
	k.a = endpoint_key(&b->who);
	return k;
}

static uint64_t hash_of(const struct ledger *l, const struct filter_block *b)
{
	struct key k = key_of(b);

	return hash_keyed(l->key, &k, sizeof(k));
}

static bool same(const struct filter_block *a, const struct filter_block *b)
{
	struct key ka = key_of(a), kb = key_of(b);

	return !memcmp(&ka, &kb, sizeof(ka));
}

struct ledger_entry *ledger_find(const struct ledger *l, const struct filter_block *b)
{
	uint64_t hash = hash_of(l, b);
	struct ledger_entry *en = l->buckets[hash & (l->n_buckets - 1)];

	while (en && (en->hash != hash || !same(&en->block, b)))
		en = en->chain;
	return en;
}

bool ledger_full(const struct ledger *l, enum filter_what what)
{
	return l->list[what].n >= l->list[what].size;
}

static void grow(struct ledger *l)
{
	size_t n = 2 * l->n_buckets;
	struct ledger_entry **buckets = xcalloc(n, sizeof(struct ledger_entry *));

	for (size_t i = 0; i < l->n_buckets; i++)
		while (l->buckets[i]) {
			struct ledger_entry *en = l->buckets[i];

			l->buckets[i] = en->chain;
			en->chain = buckets[en->hash & (n - 1)];
			buckets[en->hash & (n - 1)] = en;
		}
	free(l->buckets);
	l->buckets = buckets;
	l->n_buckets = n;
}

static void link_last(struct list *list, struct ledger_entry *en)
{
	en->prev = list->last;
	en->next = NULL;
	if (list->last)
		list->last->next = en;
	else
		list->first = en;
	list->last = en;
	list->n++;
}

static void unlink_entry(struct list *list, struct ledger_entry *en)
{
	if (en->prev)
		en->prev->next = en->next;
	else
		list->first = en->next;
	if (en->next)
		en->next->prev = en->prev;
	else
		list->last = en->prev;
	list->n--;
}

struct ledger_entry *ledger_add(struct ledger *l, const struct filter_block *b)
{
	struct ledger_entry *en = xcalloc(1, sizeof(*en)), **at;

	if (l->n++ >= l->n_buckets)
		grow(l);
	en->block = *b;
	en->hash = hash_of(l, b);
	at = &l->buckets[en->hash & (l->n_buckets - 1)];
	en->chain = *at;
	*at = en;
	link_last(&l->list[b->what], en);
	return en;
}

void ledger_remove(struct ledger *l, struct ledger_entry *en)
{
	struct ledger_entry **at = &l->buckets[en->hash & (l->n_buckets - 1)];

	while (*at != en)
		at = &(*at)->chain;
	*at = en->chain;
	unlink_entry(&l->list[en->block.what], en);
	l->n--;
	free(en);
}

void ledger_to_end(struct ledger *l, struct ledger_entry *en)
{
	struct list *list = &l->list[en->block.what];

	unlink_entry(list, en);
	link_last(list, en);
}

struct ledger_entry *ledger_first(const struct ledger *l, enum filter_what what)
{
	return l->list[what].first;
}

size_t ledger_count(const struct ledger *l, enum filter_what what)
{
	return l->list[what].n;
}
