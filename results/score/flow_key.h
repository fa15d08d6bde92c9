/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_FLOWKEY_H
#define RESULTS_FLOWKEY_H

#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "base/hash.h"

/* A tuple as bytes for a hash table, the same for both directions. No padding: zeroed first. */
struct flow_key {
	uint8_t proto;
	uint8_t a[19], b[19]; /* family, address, port; a <= b */
};

static inline struct flow_key flow_key(const struct tuple *t)
{
	struct flow_key k = {.proto = t->proto};

	k.a[0] = t->src.ip.family;
	memcpy(k.a + 1, t->src.ip.b, 16);
	put_be16(k.a + 17, t->src.port);
	k.b[0] = t->dst.ip.family;
	memcpy(k.b + 1, t->dst.ip.b, 16);
	put_be16(k.b + 17, t->dst.port);
	if (memcmp(k.a, k.b, sizeof(k.a)) > 0) {
		uint8_t swap[sizeof(k.a)];

		memcpy(swap, k.a, sizeof(swap));
		memcpy(k.a, k.b, sizeof(swap));
		memcpy(k.b, swap, sizeof(swap));
	}
	return k;
}

static inline uint64_t ip_key(const struct ip *ip)
{
	return fnv1a_more(1469598103934665603ULL ^ ip->family, ip->b, sizeof(ip->b));
}

#endif
