// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ending.c - the table of what is to be reported when a flow ends
 *
 * An ending is found by its flow, by its client (sessions), and by when it is due (a heap): no
 * packet walks through all of them. When one is due, session.c looks whether the flow has been idle
 * since; if not, it is due later. So each is looked at about once in its idle time, whatever comes.
 *
 *   state    enters it                          leaves it
 *   waiting  ending_add()                       its flow is closed or forgotten, or it is due and
 *                                               the flow idle: reported and freed; at the limit
 *                                               the one that is due first: the same, and counted
 *
 * The table has a limit and does not belong to the flow's other state (flow_state.c), which an
 * attacker can have evicted with datagrams that begin rules.
 */
#include <string.h>

#include "base/keyed_hash.h"
#include "base/space.h"
#include "detector/engine/ending.h"

void endings_init(struct endings *t, size_t limit)
{
	memset(t, 0, sizeof(*t));
	pool_init(&t->pool, sizeof(struct ending), limit);
	t->mask = 63;
	while (t->mask < limit)
		t->mask = t->mask * 2 + 1;
	t->by_flow = space_get((t->mask + 1) * sizeof(*t->by_flow));
	t->by_client = space_get((t->mask + 1) * sizeof(*t->by_client));
	t->heap = space_get((limit + 1) * sizeof(*t->heap));
	hash_key_new(t->key, (const uint64_t[]){0xd6e8feb86659fd93, 0xa5a3564e27f8865b});
}

void endings_free(struct endings *t)
{
	space_free(t->by_flow, (t->mask + 1) * sizeof(*t->by_flow));
	space_free(t->by_client, (t->mask + 1) * sizeof(*t->by_client));
	space_free(t->heap, (t->pool.limit + 1) * sizeof(*t->heap));
	pool_free(&t->pool);
}

size_t endings_bytes(const struct endings *t)
{
	return pool_bytes(&t->pool) + t->pool.used * 3 * sizeof(uint32_t);
}

static uint32_t *flow_bucket(const struct endings *t, uint32_t flow)
{
	return &t->by_flow[hash_mix(flow ^ t->key[0], t->key[1]) & t->mask];
}

static uint32_t *client_bucket(const struct endings *t, uint16_t signature, const struct ip *client)
{
	uint64_t key[2] = {t->key[0] ^ (uint64_t)signature << 1, t->key[1]};

	return &t->by_client[hash_keyed(key, client->b, 16) & t->mask];
}

static void place(struct endings *t, size_t at, uint32_t i)
{
	t->heap[at] = i;
	ending_at(t, i)->at = (uint32_t)at;
}

static void heap_up(struct endings *t, size_t at, uint32_t i)
{
	for (; at > 1 && ending_at(t, i)->due < ending_at(t, t->heap[at / 2])->due; at /= 2)
		place(t, at, t->heap[at / 2]);
	place(t, at, i);
}

static void heap_down(struct endings *t, size_t n, size_t at, uint32_t i)
{
	for (size_t k; (k = 2 * at) <= n; at = k) {
		if (k < n && ending_at(t, t->heap[k + 1])->due < ending_at(t, t->heap[k])->due)
			k++;
		if (ending_at(t, i)->due <= ending_at(t, t->heap[k])->due)
			break;
		place(t, at, t->heap[k]);
	}
	place(t, at, i);
}

/* At the end of the bucket, so that a flow's endings keep their order. */
static void link_flow(struct endings *t, uint32_t i)
{
	uint32_t *at = flow_bucket(t, ending_at(t, i)->flow);

	while (*at)
		at = &ending_at(t, *at)->next;
	*at = i;
	ending_at(t, i)->next = 0;
}

static void unlink_flow(struct endings *t, uint32_t i)
{
	uint32_t *at = flow_bucket(t, ending_at(t, i)->flow);

	while (*at != i)
		at = &ending_at(t, *at)->next;
	*at = ending_at(t, i)->next;
}

static void link_client(struct endings *t, uint32_t i)
{
	struct ending *e = ending_at(t, i);
	uint32_t *first = client_bucket(t, e->signature, &e->client);

	e->next_client = *first;
	*first = i;
}

uint32_t ending_add(struct endings *t, const struct ending *what)
{
	uint32_t i = pool_get(&t->pool);
	struct ending *e = ending_at(t, i);

	*e = *what;
	link_flow(t, i);
	if (e->session)
		link_client(t, i);
	heap_up(t, t->pool.live, i);
	return i;
}

void ending_remove(struct endings *t, uint32_t i)
{
	struct ending *e = ending_at(t, i);
	uint32_t last = t->heap[t->pool.live];
	size_t at = e->at;

	unlink_flow(t, i);
	if (e->session) {
		uint32_t *k = client_bucket(t, e->signature, &e->client);

		while (*k != i)
			k = &ending_at(t, *k)->next_client;
		*k = e->next_client;
	}
	pool_put(&t->pool, i);
	if (last == i)
		return;
	heap_down(t, t->pool.live, at, last);
	heap_up(t, ending_at(t, last)->at, last);
}

void ending_move(struct endings *t, uint32_t i, uint32_t flow)
{
	unlink_flow(t, i);
	ending_at(t, i)->flow = flow;
	link_flow(t, i);
}

void ending_set_due(struct endings *t, uint32_t i, uint64_t due)
{
	struct ending *e = ending_at(t, i);

	e->due = due;
	heap_down(t, t->pool.live, e->at, i);
	heap_up(t, e->at, i);
}

void endings_renumber(struct endings *t, const uint16_t *signatures, const uint16_t *rules)
{
	if (t->pool.used)
		memset(t->by_client, 0, (t->mask + 1) * sizeof(*t->by_client));
	for (uint32_t i = 1; i <= t->pool.used; i++) {
		struct ending *e = ending_at(t, i);

		if (!e->at)
			continue;
		e->rule = rules[e->rule];
		e->signature = e->session ? signatures[e->signature] : 0;
		if (e->session)
			link_client(t, i);
	}
}

uint32_t ending_first(const struct endings *t)
{
	return t->pool.live ? t->heap[1] : 0;
}

uint32_t ending_of_client(const struct endings *t, uint16_t signature, const struct ip *client)
{
	uint32_t i = *client_bucket(t, signature, client);

	while (i && (ending_at(t, i)->signature != signature ||
		     !ip_eq(&ending_at(t, i)->client, client)))
		i = ending_at(t, i)->next_client;
	return i;
}

uint32_t ending_of_flow(const struct endings *t, uint32_t flow, uint32_t after)
{
	uint32_t i = after ? ending_at(t, after)->next : *flow_bucket(t, flow);

	while (i && ending_at(t, i)->flow != flow)
		i = ending_at(t, i)->next;
	return i;
}
