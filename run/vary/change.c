// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * change.c - one change of Skype's messages, in steps from nothing on
 *
 * Unlike a copy that varies what the protocol leaves free, this changes what it fixes, as a new version
 * of the program could: how far may it go before a signature misses it? Addresses, ports and
 * everything that is not Skype stay.
 *
 * - padding: so many random bytes behind each datagram, and behind each message over TCP that is one
 *   segment, with the numbers of the connection
 * - mask: the first so many bytes of each datagram, and of each direction of a connection, are noise
 * - ids: of the ids that open datagrams this share is drawn anew; a datagram that repeats or answers
 *   one has the same new id
 * - stretch: every pause is so many times as long
 *
 * Limits: messages over TCP behind the first ten, connections without their beginning, fragments of IP
 * and frames that were not captured whole get no padding. A later message of a connection is not
 * masked.
 */
#include <netinet/in.h>

#include "base/bytes.h"
#include "base/rng.h"
#include "run/vary/change.h"
#include "run/vary/streams.h"

static bool is_datagram(const struct copied_frame *f)
{
	return f->parsed && flow_is_skype(f->flow) && f->view.tuple.proto == IPPROTO_UDP &&
	       f->view.payload_len && !f->view.fragment;
}

static bool pad(struct copied_frame *f, int by, struct rng *rng)
{
	uint8_t *added = f->view.whole ? copied_resize(f, by) : NULL;

	if (added)
		rng_fill(rng, added, (size_t)by);
	return added;
}

static bool mask(struct copied_frame *f, size_t n, struct rng *rng)
{
	rng_fill(rng, f->data + f->view.payload, n < f->view.payload_len ? n : f->view.payload_len);
	return true;
}

static void draw_id(uint8_t *p, const struct vary_change *c)
{
	uint64_t x = rng_mix(rng_mix(c->seed) + get_be16(p));

	if ((double)(x >> 40) < c->amount * (double)(1 << 24))
		put_be16(p, (uint16_t)x);
}

static bool ids(struct copied_frame *f, const struct vary_change *c)
{
	uint8_t *p = f->data + f->view.payload;
	size_t n = f->view.payload_len;

	if (n < 3)
		return false;
	draw_id(p, c);
	if ((p[2] & 0x8f) == 0x0f && n >= 5) /* a fragment names the request */
		draw_id(p + 3, c);
	return true;
}

static void stretch(struct copied_capture *r, double by)
{
	uint64_t from = r->n ? r->frames[0].was_ns : 0;

	for (size_t i = 0; i < r->n; i++)
		if (r->frames[i].was_ns < from)
			from = r->frames[i].was_ns;
	for (size_t i = 0; i < r->n; i++)
		r->frames[i].ts_ns = from + (uint64_t)((double)(r->frames[i].was_ns - from) * by);
}

static bool change_datagram(struct copied_frame *f, const struct vary_change *c, struct rng *rng)
{
	switch (c->what) {
	case VARY_PAD:
		return pad(f, (int)c->amount, rng);
	case VARY_MASK:
		return mask(f, (size_t)c->amount, rng);
	case VARY_IDS:
		return ids(f, c);
	default:
		return false;
	}
}

uint64_t change_capture(struct copied_capture *r, const struct vary_change *c)
{
	uint64_t changed = 0;
	struct rng rng;

	rng_init(&rng, c->seed, "change");
	if (c->what == VARY_STRETCH) {
		stretch(r, c->amount);
		return c->amount > 1 || c->amount < 1 ? r->n : 0;
	}
	if (c->amount <= 0)
		return 0;
	for (size_t i = 0; i < r->n; i++)
		if (is_datagram(&r->frames[i]))
			changed += change_datagram(&r->frames[i], c, &rng);
	if (c->what == VARY_PAD || c->what == VARY_MASK)
		changed += change_connections(r, c->what == VARY_PAD ? (int)c->amount : 0,
					      c->what == VARY_MASK ? (size_t)c->amount : 0, &rng);
	return changed;
}
