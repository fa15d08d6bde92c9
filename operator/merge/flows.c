// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flows.c - the flows that sensors saw, and those to the same remote end
 *
 * A NAT changes the client's side of a flow and leaves the other: flows that may be one have the remote
 * end in common, so they are kept in a list for each. When a flow goes, the outer ones that lead to it
 * are in that list too, and are parted from it.
 */
#include <stdlib.h>

#include "base/err.h"
#include "base/keyed_hash.h"

/* Addresses come from traffic, so nobody may aim at one bucket of a table. */
static uint64_t flows_key[2];
#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned)hash_keyed(flows_key, key, len))
#include <uthash.h>
#include <utlist.h>

#include "operator/merge/flows.h"

struct remote_key {
	uint8_t proto;
	struct endpoint_key end;
};

struct remote {
	struct remote_key key;
	struct merge_flow *flows;
	UT_hash_handle hh;
};

struct slot {
	struct merge_flow flow; /* first: a flow is its slot */
	struct flow_key key;
	UT_hash_handle hh;
};

struct merge_flows {
	size_t most;
	struct slot *table;
	struct remote *remotes;
	struct merge_flow *recent;
};

struct merge_flows *merge_flows_new(size_t most)
{
	static const uint64_t fallback[2] = {0xf105, 0xc0ffee};
	struct merge_flows *all = xcalloc(1, sizeof(*all));

	if (!flows_key[0])
		hash_key_new(flows_key, fallback);
	all->most = most;
	return all;
}

static struct slot *slot_of(struct merge_flow *f)
{
	return (struct slot *)f;
}

static void drop(struct merge_flows *all, struct merge_flow *f)
{
	struct remote *r = f->remote;
	struct slot *slot = slot_of(f);

	DL_DELETE2(r->flows, f, near_prev, near_next);
	for (struct merge_flow *g = f->has_outer ? r->flows : NULL; g; g = g->near_next)
		if (g->inner == f)
			g->inner = f->inner;
	if (!r->flows) {
		HASH_DEL(all->remotes, r);
		free(r);
	}
	DL_DELETE2(all->recent, f, recent_prev, recent_next);
	HASH_DEL(all->table, slot);
	free(slot);
}

void merge_flows_free(struct merge_flows *all)
{
	if (!all)
		return;
	while (all->recent)
		drop(all, all->recent);
	free(all);
}

static struct remote *remote_of(struct merge_flows *all, const struct tuple *t)
{
	struct remote_key key = {t->proto, endpoint_key(&t->dst)};
	struct remote *r;

	HASH_FIND(hh, all->remotes, &key, sizeof(key), r);
	if (r)
		return r;
	r = xcalloc(1, sizeof(*r));
	r->key = key;
	HASH_ADD(hh, all->remotes, key, sizeof(r->key), r);
	return r;
}

static struct slot *add(struct merge_flows *all, const struct tuple *t, const struct flow_key *key)
{
	struct slot *slot;

	if (HASH_COUNT(all->table) >= all->most)
		drop(all, all->recent->recent_prev); /* the head's prev is the last */
	slot = xcalloc(1, sizeof(*slot));
	slot->key = *key;
	slot->flow.t = *t;
	slot->flow.rank = UINT32_MAX;
	slot->flow.remote = remote_of(all, t);
	HASH_ADD(hh, all->table, key, sizeof(slot->key), slot);
	DL_PREPEND2(slot->flow.remote->flows, &slot->flow, near_prev, near_next);
	DL_PREPEND2(all->recent, &slot->flow, recent_prev, recent_next);
	return slot;
}

struct merge_flow *merge_flows_get(struct merge_flows *all, const struct tuple *t)
{
	struct flow_key key = flow_key_directed(t);
	struct merge_flow *f;
	struct slot *slot;

	HASH_FIND(hh, all->table, &key, sizeof(key), slot);
	if (!slot)
		return &add(all, t, &key)->flow;
	f = &slot->flow;
	DL_DELETE2(f->remote->flows, f, near_prev, near_next);
	DL_PREPEND2(f->remote->flows, f, near_prev, near_next);
	DL_DELETE2(all->recent, f, recent_prev, recent_next);
	DL_PREPEND2(all->recent, f, recent_prev, recent_next);
	return f;
}

struct merge_flow *merge_flow_near(const struct merge_flow *f)
{
	return f->remote->flows;
}

struct merge_flow *merge_flow_root(struct merge_flow *f)
{
	while (f->inner)
		f = f->inner;
	return f;
}
