// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lengths.c - messages over UDP whose length Skype leaves free
 *
 * Fixed: the probe of 18 bytes and all that is shorter, answers below 50 bytes, acknowledgements,
 * refusals and fragments, requests of a fixed form (21, 22, 27 bytes in 2006). A request sent again
 * is as long as before; its checksum tells it, since clients of 2014 give it the next id. A resend
 * (function 3) is 5 bytes longer than what it repeats.
 *
 * Free, each within what was seen or what the sources say:
 * - first probes of clients that pad them: 22 to 37 bytes (7.x as recorded; 2.0: "varies")
 * - searches, whose text the user types: 28 to 50 bytes
 * - a refused probe's answer: 51 or 53 bytes (section 5.1 of NGNI-SKYPE-06b)
 * - lists of nodes of 600 to 700 bytes: 653 to 693; of 60 to 99 bytes: in entries of 7 bytes
 * - everything longer, such as a published profile: 6 % more or less
 *
 * A client that pads shows requests of lengths that clients of 2006 do not have.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "run/vary/lengths.h"

/* How much a request of this checksum grew; requests of either end count for themselves. */
struct grown_key {
	const struct copied_flow *flow;
	uint32_t from_client, checksum;
};

struct grown {
	struct grown_key key;
	int by;
	UT_hash_handle hh;
};

static bool is_padded_length(size_t n)
{
	return n >= 22 && n <= 37;
}

static size_t entries_of_7(struct rng *rng, size_t n)
{
	return n + 7 * rng_range(rng, 0, 3) - 7 * (n >= 67 ? 1 : 0);
}

/* What a request or an answer of @n bytes may become; @n itself when the length is fixed. @later: a
 * client that pads its probes. */
static size_t new_length(struct rng *rng, size_t n, bool request, bool later)
{
	uint32_t band = (uint32_t)(n * 6 / 100);

	if (n == 51 || n == 53)
		return rng_range(rng, 0, 1) ? 51 : 53;
	if (n < 22 || (!request && n < 50))
		return n;
	if (later && is_padded_length(n))
		return rng_range(rng, 22, 37);
	if (n < 28)
		return n;
	if (n <= 50)
		return rng_range(rng, 28, 50);
	if (n < 60)
		return rng_range(rng, 54, 66);
	if (n < 100)
		return request ? rng_range(rng, (uint32_t)n - band, (uint32_t)n + band)
			       : entries_of_7(rng, n);
	if (n >= 653 && n <= 693)
		return rng_range(rng, 653, 693);
	return rng_range(rng, (uint32_t)n - band, (uint32_t)n + band);
}

static const uint8_t *message(const struct copied_frame *f)
{
	return f->view.payload_len >= 3 && !f->view.fragment ? f->data + f->view.payload : NULL;
}

/* Whether it opens an exchange: nothing came from the other end just before it. */
static bool is_request(const struct copied_capture *r, const struct copied_flow *flow, size_t at)
{
	const struct copied_frame *f = &r->frames[flow->frames[at]], *before;

	if (!at)
		return true;
	before = &r->frames[flow->frames[at - 1]];
	return before->from_client == f->from_client || f->was_ns - before->was_ns > 5000000000ULL;
}

/* Lengths that only clients show which pad their probes: 2 of them or more. */
static bool pads_probes(const struct copied_capture *r)
{
	uint64_t seen = 0;

	for (const struct copied_flow *flow = r->flows; flow; flow = flow->hh.next) {
		const struct copied_frame *f = &r->frames[flow->frames[0]];
		const uint8_t *p = message(f);
		size_t n = f->view.payload_len;

		if (flow_is_skype(flow) && flow->key.proto == IPPROTO_UDP && p && p[2] == 2 &&
		    is_padded_length(n) && n != 22 && n != 27 && n != 30 && n != 31)
			seen |= 1ULL << n;
	}
	return seen & (seen - 1);
}

static struct grown *grown_of(struct grown **map, const struct copied_frame *f, bool from_client)
{
	const uint8_t *p = f->data + f->view.payload;
	size_t at = p[2] == 0x02 ? 7 : 12, n = f->view.payload_len;
	struct grown_key key;
	struct grown *g;

	memset(&key, 0, sizeof(key));
	key.flow = f->flow;
	key.from_client = from_client;
	key.checksum = n >= at + 4 ? get_be32(p + at) : get_be16(p);
	HASH_FIND(hh, *map, &key, sizeof(key), g);
	if (g)
		return g;
	g = xcalloc(1, sizeof(*g));
	g->key = key;
	g->by = INT32_MAX; /* not decided */
	HASH_ADD(hh, *map, key, sizeof(g->key), g);
	return g;
}

static void resize(struct copied_frame *f, int by, struct rng *rng)
{
	uint8_t *added = by ? copied_resize(f, by) : NULL;

	if (added && by > 0)
		rng_fill(rng, added, (size_t)by);
}

static void vary_flow(struct copied_capture *r, const struct copied_flow *flow, bool later,
		      struct grown **map, struct rng *rng)
{
	for (size_t i = 0; i < flow->n; i++) {
		struct copied_frame *f = &r->frames[flow->frames[i]];
		const uint8_t *p = message(f);
		size_t n = f->view.payload_len;
		struct grown *g;

		if (!p || !f->view.whole || (p[2] != 0x02 && (p[2] & 0x8f) != 0x03))
			continue;
		g = grown_of(map, f, f->from_client);
		if (g->by == INT32_MAX)
			g->by = p[2] == 0x02
					? (int)new_length(rng, n, is_request(r, flow, i), later) -
						  (int)n
					: 0;
		resize(f, g->by, rng);
	}
}

void vary_lengths(struct copied_capture *r, struct rng *rng)
{
	bool later = pads_probes(r);
	struct grown *map = NULL, *g, *next;

	for (struct copied_flow *flow = r->flows; flow; flow = flow->hh.next)
		if (flow_is_skype(flow) && flow->key.proto == IPPROTO_UDP)
			vary_flow(r, flow, later, &map, rng);
	HASH_ITER (hh, map, g, next) {
		HASH_DEL(map, g);
		free(g);
	}
}
