// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mappings.c - what NATs made of inside endpoints
 *
 *   state    enters it                          leaves it
 *   none     not learned; unused for a lifetime a flow shows it: known
 *   known    one inside endpoint                a flow shows another one within the lifetime: shared
 *   shared   two inside endpoints at once       unused for a lifetime: none
 *
 * With endpoint-independent mapping (RFC 4787) one flow shows the outside port of all flows from
 * its inside port. A NAT that overloads ports gives one outside port to two inside endpoints at
 * once, for different remote ends: then the port tells nothing (shared), and each flow has to be
 * shown by itself. The table is bounded; the mapping used least recently goes.
 */
#include <stdlib.h>

#include "base/err.h"
#include "base/keyed_hash.h"
#include "base/moment.h"

/* Ports and addresses come from traffic, so nobody may aim at one bucket of a table. */
static uint64_t mappings_key[2];
#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned)hash_keyed(mappings_key, key, len))
#include <uthash.h>
#include <utlist.h>

#include "operator/merge/mappings.h"

struct outside_key {
	uint8_t proto;
	struct endpoint_key end;
};

/* An address behind which inside endpoints are: how many mappings name it. */
struct outside_ip {
	struct ip ip;
	size_t mappings;
	UT_hash_handle hh;
};

struct mapping {
	struct outside_key key;
	struct endpoint inside;
	struct outside_ip *at;
	uint64_t used_ns;
	bool shared;
	struct mapping *prev, *next; /* used last first */
	UT_hash_handle hh;
};

struct mappings {
	size_t most;
	uint64_t lifetime_ns;
	struct mapping *table, *recent;
	struct outside_ip *ips;
};

struct mappings *mappings_new(size_t most, uint64_t lifetime_ns)
{
	static const uint64_t fallback[2] = {0x9a7, 0xdecade};
	struct mappings *m = xcalloc(1, sizeof(*m));

	if (!mappings_key[0])
		hash_key_new(mappings_key, fallback);
	m->most = most;
	m->lifetime_ns = lifetime_ns;
	return m;
}

static void drop(struct mappings *m, struct mapping *x)
{
	HASH_DEL(m->table, x);
	DL_DELETE(m->recent, x);
	if (!--x->at->mappings) {
		HASH_DEL(m->ips, x->at);
		free(x->at);
	}
	free(x);
}

void mappings_free(struct mappings *m)
{
	if (!m)
		return;
	while (m->recent)
		drop(m, m->recent);
	free(m);
}

static struct outside_key key_of(uint8_t proto, const struct endpoint *outside)
{
	return (struct outside_key){proto, endpoint_key(outside)};
}

static struct mapping *find(const struct mappings *m, uint8_t proto, const struct endpoint *outside)
{
	struct outside_key key = key_of(proto, outside);
	struct mapping *x;

	HASH_FIND(hh, m->table, &key, sizeof(key), x);
	return x;
}

static struct outside_ip *ip_of(struct mappings *m, const struct ip *ip)
{
	struct outside_ip *at;

	HASH_FIND(hh, m->ips, ip, sizeof(*ip), at);
	if (at)
		return at;
	at = xcalloc(1, sizeof(*at));
	at->ip = *ip;
	HASH_ADD(hh, m->ips, ip, sizeof(at->ip), at);
	return at;
}

static void add(struct mappings *m, uint8_t proto, const struct endpoint *inside,
		const struct endpoint *outside, uint64_t now_ns)
{
	struct mapping *x = xcalloc(1, sizeof(*x));

	if (HASH_COUNT(m->table) >= m->most)
		drop(m, m->recent->prev); /* the head's prev is the last */
	x->key = key_of(proto, outside);
	x->inside = *inside;
	x->used_ns = now_ns;
	x->at = ip_of(m, &outside->ip);
	x->at->mappings++;
	HASH_ADD(hh, m->table, key, sizeof(x->key), x);
	DL_PREPEND(m->recent, x);
}

static bool expired(const struct mappings *m, const struct mapping *x, uint64_t now_ns)
{
	return moment_before(x->used_ns + m->lifetime_ns, now_ns);
}

static void used(struct mappings *m, struct mapping *x, uint64_t now_ns)
{
	if (moment_before(x->used_ns, now_ns))
		x->used_ns = now_ns;
	DL_DELETE(m->recent, x);
	DL_PREPEND(m->recent, x);
}

void mappings_learn(struct mappings *m, uint8_t proto, const struct endpoint *inside,
		    const struct endpoint *outside, uint64_t now_ns)
{
	struct mapping *x = find(m, proto, outside);

	if (!x) {
		add(m, proto, inside, outside, now_ns);
		return;
	}
	if (expired(m, x, now_ns)) {
		x->inside = *inside;
		x->shared = false;
	} else if (!endpoint_eq(&x->inside, inside)) {
		x->shared = true;
	}
	used(m, x, now_ns);
}

bool mappings_find(struct mappings *m, uint8_t proto, const struct endpoint *outside,
		   uint64_t now_ns, bool use, struct endpoint *inside)
{
	struct mapping *x = find(m, proto, outside);

	if (!x || x->shared || expired(m, x, now_ns))
		return false;
	*inside = x->inside;
	if (use)
		used(m, x, now_ns);
	return true;
}

bool mappings_outside(const struct mappings *m, const struct ip *ip)
{
	const struct outside_ip *at;

	HASH_FIND(hh, m->ips, ip, sizeof(*ip), at);
	return at != NULL;
}

size_t mappings_count(const struct mappings *m)
{
	return HASH_COUNT(m->table);
}
