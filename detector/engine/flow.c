// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flow.c - the flow table: open addressing over 64-byte flows
 *
 * A slot is 8 bytes, 32 of hash and 32 of index, so a look-up touches one cache line of slots and
 * one of the flow. Removal shifts slots back; there are no tombstones. The hash is keyed with the
 * kernel's randomness, so a sender cannot aim at one bucket; reports do not depend on it.
 *
 *   state of a flow  enters it                      leaves it
 *   live             flows_get(): the first packet  idle for udp_idle or tcp_idle, or evicted:
 *                                                   gone
 *   held             a match waits for something    as live, but idle for HELD_IDLE_NS at
 *                    (FLOW2_HELD)                   least
 *   closed           RST or both FINs               idle for a minute, evicted, or a new SYN:
 *                    (FLOW2_CLOSED), or one of      gone
 *                    them in doubt (DOUBT_END)
 *   gone             flows_remove(); its state is   the place is taken by another flow
 *                    given up, @gen goes up
 *
 * With every new flow a few others are looked at for being idle. At the limit a clock hand goes
 * round: of the next 16 flows the one idle longest is evicted, and counted; flows at whose end
 * something is to be reported (FLOW2_WATCHED) go last.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "base/space.h"
#include "detector/engine/engine.h"
#include "detector/engine/flow.h"
#include "detector/engine/slots.h"
#include "base/keyed_hash.h"

#define STRAGGLERS ((uint32_t)(60000000000ULL >> CLOCK_BITS)) /* a closed connection is kept */

void flows_init(struct flow_table *t, const struct detector_limits *l)
{
	memset(t, 0, sizeof(*t));
	pool_init(&t->flows, sizeof(struct flow), l->flows);
	pool_init(&t->v6, sizeof(struct v6pair), l->flows);
	t->mask = 4095;
	t->slots = space_get((t->mask + 1) * sizeof(*t->slots));
	t->udp_idle = (uint32_t)(l->udp_idle_ns >> CLOCK_BITS);
	t->tcp_idle = (uint32_t)(l->tcp_idle_ns >> CLOCK_BITS);
	t->least_idle = t->udp_idle < t->tcp_idle ? t->udp_idle : t->tcp_idle;
	if (t->least_idle > STRAGGLERS)
		t->least_idle = STRAGGLERS;
	t->sweep = 1;
	hash_key_new(t->key, (const uint64_t[]){0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f});
}

void flows_free(struct flow_table *t)
{
	pool_free(&t->flows);
	pool_free(&t->v6);
	space_free(t->slots, (t->mask + 1) * sizeof(*t->slots));
}

size_t flows_bytes(const struct flow_table *t)
{
	return pool_bytes(&t->flows) + pool_bytes(&t->v6) + (t->mask + 1) * sizeof(*t->slots);
}

/* The same for both directions. */
static inline uint32_t hash4(const uint64_t key[2], uint32_t a, uint32_t b, uint32_t ports_a,
			     uint32_t ports_b, uint8_t proto)
{
	uint64_t x = (uint64_t)a << 16 | ports_a, y = (uint64_t)b << 16 | ports_b;
	uint64_t lo = x < y ? x : y, hi = x < y ? y : x;

	return (uint32_t)(hash_mix(lo ^ key[0], hash_mix(hi ^ key[1], key[0] + proto)) >> 16);
}

/* One end of an IPv6 flow: address and port go in before the secret is mixed in for the last time. */
static inline uint64_t hash6_end(const uint64_t key[2], const uint8_t ip[16], uint16_t port)
{
	uint64_t v[2];

	memcpy(v, ip, 16);
	return hash_mix(hash_mix(v[0] ^ key[0], key[1]) ^ v[1],
			key[0] ^ ((uint64_t)port << 40 | port));
}

/* The same for both directions. */
static uint32_t hash6(const uint64_t key[2], const uint8_t a[16], uint16_t port_a,
		      const uint8_t b[16], uint16_t port_b, uint8_t proto)
{
	uint64_t x = hash6_end(key, a, port_a), y = hash6_end(key, b, port_b);
	uint64_t lo = x < y ? x : y, hi = x < y ? y : x;

	return (uint32_t)(hash_mix(lo ^ key[0], hash_mix(hi ^ key[1], key[0] + proto)) >> 16);
}

static uint32_t flow_hash(const struct flow_table *t, const struct flow *f)
{
	if (f->flags & FLOW_V6) {
		const struct v6pair *v = pool_at(&t->v6, f->ip[0]);

		return hash6(t->key, v->b[0], f->port[0], v->b[1], f->port[1], f->proto);
	}
	return hash4(t->key, f->ip[0], f->ip[1], f->port[0], f->port[1], f->proto);
}

static void grow(struct flow_table *t)
{
	size_t mask = t->mask * 2 + 1;
	uint64_t *slots = space_get((mask + 1) * sizeof(*slots));

	slots_copy(slots, mask, t->slots, t->mask);
	space_free(t->slots, (t->mask + 1) * sizeof(*t->slots));
	t->slots = slots;
	t->mask = mask;
}

void flows_remove(struct flow_table *t, uint32_t i)
{
	struct flow *f = flow_at(t, i);
	size_t k;
	uint8_t gen = (uint8_t)(f->gen + 1);

	if (f->state || (f->flags2 & FLOW2_WATCHED))
		t->gone(t->arg, i);
	k = flow_hash(t, f) & t->mask;
	while ((uint32_t)t->slots[k] != i)
		k = (k + 1) & t->mask;
	slots_erase(t->slots, t->mask, k);
	if (f->flags & FLOW_V6)
		pool_put(&t->v6, f->ip[0]);
	pool_put(&t->flows, i);
	f->gen = gen; /* survives, so that a late reference can be recognised */
	t->count--;
}

/* How long a flow may be idle on which nothing waits, in steps of flow_clock(). */
static inline uint32_t own_limit(const struct flow_table *t, const struct flow *f)
{
	if ((f->flags2 & FLOW2_CLOSED) ||
	    ((f->flags2 & FLOW2_DOUBT) == DOUBT_END && !f->spoilt_end))
		return t->udp_idle < STRAGGLERS ? t->udp_idle : STRAGGLERS;
	return f->proto == IPPROTO_UDP ? t->udp_idle : t->tcp_idle;
}

/* How long a flow may be idle. */
static inline uint32_t idle_limit(const struct flow_table *t, const struct flow *f)
{
	uint32_t usual = f->proto == IPPROTO_UDP ? t->udp_idle : t->tcp_idle;

	if ((f->flags2 & FLOW2_HELD) && usual < HELD_IDLE_NS >> CLOCK_BITS)
		return HELD_IDLE_NS >> CLOCK_BITS;
	return own_limit(t, f);
}

static inline bool idle(const struct flow_table *t, const struct flow *f, uint32_t now)
{
	if (now <= f->last || now - f->last <= t->least_idle)
		return false;
	return now - f->last > idle_limit(t, f);
}

void flows_expire(struct flow_table *t, uint32_t i)
{
	t->expired++;
	flows_remove(t, i);
}

uint64_t flows_last(const struct flow_table *t, uint32_t i)
{
	return t->base_ns + ((uint64_t)flow_at(t, i)->last << CLOCK_BITS);
}

uint64_t flows_idle_until(const struct flow_table *t, uint32_t i)
{
	return flows_last(t, i) + ((idle_limit(t, flow_at(t, i)) + 1ULL) << CLOCK_BITS);
}

/* Looks at the next @n flows and removes idle ones. */
static void sweep(struct flow_table *t, uint32_t now, int n)
{
	for (; n > 0 && t->flows.used; n--) {
		struct flow *f;

		if (t->sweep > t->flows.used)
			t->sweep = 1;
		f = flow_at(t, t->sweep);
		if ((f->flags2 & FLOW2_LIVE) && idle(t, f, now)) {
			flows_expire(t, t->sweep);
		}
		t->sweep++;
	}
	if (t->sweep < t->flows.used) { /* where the next new flow will look */
		__builtin_prefetch(flow_at(t, t->sweep));
		__builtin_prefetch(flow_at(t, t->sweep + 1));
	}
}

/* Whether to evict @a rather than @b: nothing is to be reported at its end, or it is idle longer. */
static bool gives_way(const struct flow *a, const struct flow *b)
{
	int watched = !!(a->flags2 & FLOW2_WATCHED) - !!(b->flags2 & FLOW2_WATCHED);

	return watched ? watched < 0 : a->last < b->last;
}

static void evict(struct flow_table *t)
{
	uint32_t best = 0;

	for (int n = 0; n < 16; n++) {
		struct flow *f;

		if (++t->flows.hand > t->flows.used)
			t->flows.hand = 1;
		f = flow_at(t, t->flows.hand);
		if ((f->flags2 & FLOW2_LIVE) && (!best || gives_way(f, flow_at(t, best))))
			best = t->flows.hand;
	}
	if (!best) /* cannot be: the pool is full */
		return;
	t->evicted++;
	flows_remove(t, best);
}

/* Whether the sender of a flow's first packet is the side that answers. */
static bool from_responder(const struct packet *p)
{
	if (p->proto != IPPROTO_TCP)
		return false;
	if (p->tcp_flags & TH_SYN)
		return p->tcp_flags & TH_ACK;
	return p->src.port < 1024 && p->dst.port >= 1024;
}

static uint32_t make(struct flow_table *t, const struct packet *p, uint32_t hash, uint32_t now)
{
	bool swap = from_responder(p);
	struct flow *f;
	uint32_t i;
	uint8_t gen;

	sweep(t, now, 2);
	if (t->flows.live >= t->flows.limit)
		evict(t);
	if (t->count * 4 >= t->mask * 3)
		grow(t);
	i = t->flows.free;
	gen = i ? flow_at(t, i)->gen : 0;
	i = pool_get(&t->flows);
	f = flow_at(t, i);
	f->gen = gen;
	f->flags2 = FLOW2_LIVE;
	f->proto = p->proto;
	f->port[swap] = p->src.port;
	f->port[!swap] = p->dst.port;
	f->first_ns = engine_time(p->ts_ns);
	if (p->src.ip.family == 4) {
		memcpy(&f->ip[swap], p->src.ip.b, 4);
		memcpy(&f->ip[!swap], p->dst.ip.b, 4);
	} else {
		struct v6pair *v;

		f->flags |= FLOW_V6;
		f->ip[0] = pool_get(&t->v6);
		v = pool_at(&t->v6, f->ip[0]);
		memcpy(v->b[swap], p->src.ip.b, 16);
		memcpy(v->b[!swap], p->dst.ip.b, 16);
	}
	slots_put(t->slots, t->mask, (uint64_t)hash << 32 | i);
	t->created++;
	if (++t->count > t->peak)
		t->peak = t->count;
	return i;
}

/* 0 or 1 = the direction, -1 = another flow. */
static inline int same4(const struct flow *f, uint32_t src, uint32_t dst, const struct packet *p)
{
	if (f->proto != p->proto || (f->flags & FLOW_V6))
		return -1;
	if (f->ip[0] == src && f->ip[1] == dst && f->port[0] == p->src.port &&
	    f->port[1] == p->dst.port)
		return 0;
	return f->ip[0] == dst && f->ip[1] == src && f->port[0] == p->dst.port &&
			       f->port[1] == p->src.port
		       ? 1
		       : -1;
}

static int same6(const struct flow_table *t, const struct flow *f, const struct packet *p)
{
	const struct v6pair *v;

	if (f->proto != p->proto || !(f->flags & FLOW_V6))
		return -1;
	v = pool_at(&t->v6, f->ip[0]);
	if (f->port[0] == p->src.port && f->port[1] == p->dst.port &&
	    !memcmp(v->b[0], p->src.ip.b, 16) && !memcmp(v->b[1], p->dst.ip.b, 16))
		return 0;
	return f->port[0] == p->dst.port && f->port[1] == p->src.port &&
			       !memcmp(v->b[0], p->dst.ip.b, 16) &&
			       !memcmp(v->b[1], p->src.ip.b, 16)
		       ? 1
		       : -1;
}

uint32_t flows_hash_ends(const uint64_t key[2], uint8_t proto, const struct endpoint *src,
			 const struct endpoint *dst)
{
	uint32_t a, b;

	if (src->ip.family != 4)
		return hash6(key, src->ip.b, src->port, dst->ip.b, dst->port, proto);
	memcpy(&a, src->ip.b, 4);
	memcpy(&b, dst->ip.b, 4);
	return hash4(key, a, b, src->port, dst->port, proto);
}

uint32_t flows_hash(const struct flow_table *t, const struct packet *p)
{
	return flows_hash_ends(t->key, p->proto, &p->src, &p->dst);
}

/* Moves the clock's begin on, so that 32 bits go on being enough: every 4.5 years. Flows from before
 * it count as from its begin, long ago. */
static void rebase(struct flow_table *t, uint64_t ns)
{
	uint64_t shift = flow_clock(t, ns) - (1U << 30);

	for (uint32_t i = 1; i <= t->flows.used; i++) {
		struct flow *f = flow_at(t, i);

		if (f->flags2 & FLOW2_LIVE)
			f->last = f->last > shift ? f->last - (uint32_t)shift : 0;
	}
	t->base_ns += shift << CLOCK_BITS;
}

uint32_t flows_get(struct flow_table *t, const struct packet *p, uint32_t hash, int *dir,
		   bool *fresh)
{
	bool v4 = p->src.ip.family == 4;
	uint32_t src = 0, dst = 0, now;
	uint64_t ts_ns = engine_time(p->ts_ns);
	size_t k;

	if (!t->base_ns)
		t->base_ns = ts_ns > NS_SLACK ? ts_ns - NS_SLACK : 1;
	if (__builtin_expect(flow_clock(t, ts_ns) >> 31, 0))
		rebase(t, ts_ns);
	now = (uint32_t)flow_clock(t, ts_ns);
	memcpy(&src, p->src.ip.b, 4);
	memcpy(&dst, p->dst.ip.b, 4);
	for (k = hash & t->mask; t->slots[k]; k = (k + 1) & t->mask) {
		struct flow *f;
		int side;

		if (t->slots[k] >> 32 != hash)
			continue;
		f = flow_at(t, (uint32_t)t->slots[k]);
		side = v4 ? same4(f, src, dst, p) : same6(t, f, p);
		if (side < 0)
			continue;
		if (idle(t, f, now)) { /* the same addresses again, much later */
			flows_expire(t, (uint32_t)t->slots[k]);
			break;
		}
		t->held_on += (f->flags2 & FLOW2_HELD) && now > f->last &&
			      now - f->last > own_limit(t, f);
		*dir = side;
		*fresh = false;
		if (now > f->last)
			f->last = now;
		return (uint32_t)t->slots[k];
	}
	*dir = from_responder(p);
	*fresh = true;
	k = make(t, p, hash, now);
	flow_at(t, (uint32_t)k)->last = now;
	return (uint32_t)k;
}

void flow_endpoint(const struct flow_table *t, const struct flow *f, int side, struct endpoint *out)
{
	memset(out, 0, sizeof(*out));
	out->port = f->port[side];
	if (f->flags & FLOW_V6) {
		const struct v6pair *v = pool_at(&t->v6, f->ip[0]);

		out->ip.family = 6;
		memcpy(out->ip.b, v->b[side], 16);
	} else {
		out->ip.family = 4;
		memcpy(out->ip.b, &f->ip[side], 4);
	}
}
