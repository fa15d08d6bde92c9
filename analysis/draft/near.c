// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * near.c - flows that share an endpoint with a flow that a rule has found
 *
 * A UDP rule that needs nothing known names its client's address and port, and the server to which that
 * address speaks. What the same port sends is then told with less, and names servers too; TCP to a
 * named server is told with less. Negatives are marked alike.
 */
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "analysis/draft/near.h"
#include "base/err.h"

struct named_key {
	uint32_t capture;
	struct endpoint_key client; /* port 0: any of the address */
	struct endpoint_key server; /* zeros: any */
	uint8_t pad[2];
};

struct named {
	struct named_key key;
	uint64_t first_ns;
	UT_hash_handle hh;
};

static struct named_key key_of(const struct draft_flow *f, const struct endpoint *client,
			       const struct endpoint *server)
{
	struct endpoint host = {.ip = client->ip, .port = server ? 0 : client->port};
	struct named_key k;

	memset(&k, 0, sizeof(k));
	k.capture = f->capture;
	k.client = endpoint_key(&host);
	if (server)
		k.server = endpoint_key(server);
	return k;
}

static void name(struct named **all, const struct named_key *k, uint64_t ns)
{
	struct named *n;

	HASH_FIND(hh, *all, k, sizeof(*k), n);
	if (!n) {
		n = xcalloc(1, sizeof(*n));
		n->key = *k;
		n->first_ns = ns;
		HASH_ADD(hh, *all, key, sizeof(n->key), n);
	}
	n->first_ns = ns < n->first_ns ? ns : n->first_ns;
}

static bool is_named(struct named *all, const struct named_key *k, uint64_t until_ns)
{
	struct named *n;

	HASH_FIND(hh, all, k, sizeof(*k), n);
	return n && n->first_ns <= until_ns;
}

static void name_of_flow(struct named **all, const struct draft_rule *r, struct draft_flow *f)
{
	const struct endpoint *client = f->by_local ? &f->tuple.src : &f->tuple.dst;
	const struct endpoint *server = f->by_local ? &f->tuple.dst : &f->tuple.src;
	struct named_key k;

	if (!rule_matches(r, f, -1))
		return;
	k = key_of(f, client, NULL);
	name(all, &k, f->first_ns);
	k = key_of(f, client, server);
	name(all, &k, f->first_ns);
}

static void mark(struct named *all, struct draft_flow *f)
{
	struct named_key opener = key_of(f, &f->tuple.src, NULL),
			 other = key_of(f, &f->tuple.dst, NULL),
			 pair = key_of(f, &f->tuple.src, &f->tuple.dst);
	uint64_t until = f->first_ns + DRAFT_HOLD_NS;

	f->near_client[0] = !draft_proto(f) && is_named(all, &opener, until);
	f->near_client[1] = !draft_proto(f) && is_named(all, &other, until);
	f->near_server = draft_proto(f) && is_named(all, &pair, until);
}

/* Whether flows of the rule name something: at once, or @later, when clients are known. */
static bool names(const struct draft_rule *r, bool later)
{
	return !r->tcp && rule_has(r, DRAFT_NEAR_CLIENT) == later;
}

void near_mark(const struct draft_rule *rules, size_t n, struct draft_list *const *lists,
	       size_t lists_n)
{
	struct named *all = NULL, *one, *next;

	for (int later = 0; later < 2; later++) {
		for (size_t l = 0; l < lists_n; l++)
			for (size_t i = 0; i < lists[l]->n; i++)
				for (size_t k = 0; k < n; k++)
					if (names(&rules[k], later))
						name_of_flow(&all, &rules[k], lists[l]->flows[i]);
		for (size_t l = 0; l < lists_n; l++)
			for (size_t i = 0; i < lists[l]->n; i++)
				mark(all, lists[l]->flows[i]);
	}
	HASH_ITER (hh, all, one, next) {
		HASH_DEL(all, one);
		free(one);
	}
}
