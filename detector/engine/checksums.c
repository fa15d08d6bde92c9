// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * checksums.c - which packets with a bad checksum are passed over
 *
 * A receiver drops them, so whoever inserts one can show the detector what the receiver does not
 * see. But a machine that captures its own packets shows them before its card has put the checksum
 * in: for some protocols, often only with payload, never by hand-made packets. So ("auto") a bad
 * checksum is believed
 *
 *   - of a sender (address, protocol) that has shown no good one: not on this flow, nor on any
 *     flow that a rule was interested in, nor among the packets shown ahead;
 *   - when it is the sum of the pseudo-header, which a kernel leaves there for the card, and the
 *     sender's payload is so at least a third of the time;
 *   - of a sender of whose bad segments one was acknowledged, among the packets shown ahead, though
 *     no good one had the same bytes: its receiver had it, so the capture spoilt it.
 *
 * Any other bad packet is passed over and counted. Of SENDERS_MAX senders the oldest give way.
 *
 * Verifying costs more than all else that most packets cost, so only those are verified that can
 * change something: TCP's SYN, FIN and RST; the first UDP payloads of a flow, since rules count
 * them; payload on flows that a rule is interested in, and payload that may start a rule. A false
 * TCP segment on another flow can only take the place of a true one, and bytes that come again with
 * other values are read again (tcp.c).
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "base/capture/checksum.h"
#include "base/keyed_hash.h"
#include "base/space.h"
#include "detector/engine/engine_private.h"
#include "detector/engine/prefilter.h"

#define SENDERS_MAX 65536
#define SIDES	    1024    /* directions that are followed ahead; of two in one place the later */
#define ACKED_MAX   1048576 /* bytes that an acknowledgement may lie beyond a segment */

/* @next first, since the pool keeps its free list there. @good, @good_payload, @partial: verified
 * packets, of a flow the first good one only. @spoilt: the capture spoils its checksums. */
struct sender {
	uint32_t next;
	struct ip ip;
	uint8_t proto;
	uint32_t good, good_payload, partial;
	bool spoilt;
};

/* One direction of a connection. @top: end of what good segments and acknowledgements show as sent,
 * if @known; @bad: end of a bad segment beyond that, if @doubted. */
struct side {
	struct flow_key key;
	uint32_t top, bad;
	bool known, doubted;
};

void senders_init(struct senders *s)
{
	memset(s, 0, sizeof(*s));
	pool_init(&s->pool, sizeof(struct sender), SENDERS_MAX);
	s->mask = SENDERS_MAX - 1;
	s->buckets = space_get((s->mask + 1) * sizeof(*s->buckets));
	hash_key_new(s->key, (const uint64_t[]){0x2d358dccaa6c78a5, 0x8bb84b93962eacc9});
}

void senders_free(struct senders *s)
{
	free(s->sides);
	space_free(s->buckets, (s->mask + 1) * sizeof(*s->buckets));
	pool_free(&s->pool);
}

size_t senders_bytes(const struct senders *s)
{
	return pool_bytes(&s->pool) + s->pool.used * sizeof(uint32_t) +
	       (s->sides ? SIDES * sizeof(*s->sides) : 0);
}

static uint32_t *bucket(const struct senders *s, const struct ip *ip, uint8_t proto)
{
	uint64_t key[2] = {s->key[0] ^ (uint64_t)proto << 1, s->key[1]};

	return &s->buckets[hash_keyed(key, ip->b, sizeof(ip->b)) & s->mask];
}

/* Frees the oldest. */
static void make_room(struct senders *s)
{
	struct sender *old;
	uint32_t *at;

	s->pool.hand = s->pool.hand % SENDERS_MAX + 1;
	old = pool_at(&s->pool, s->pool.hand);
	at = bucket(s, &old->ip, old->proto);
	while (*at != s->pool.hand)
		at = &((struct sender *)pool_at(&s->pool, *at))->next;
	*at = old->next;
	pool_put(&s->pool, s->pool.hand);
}

/* Finds or makes. */
static struct sender *sender_at(struct senders *s, const struct ip *ip, uint8_t proto)
{
	uint32_t *first = bucket(s, ip, proto), i = *first;
	struct sender *e;

	for (; i; i = e->next) {
		e = pool_at(&s->pool, i);
		if (e->proto == proto && ip_eq(&e->ip, ip))
			return e;
	}
	if (s->pool.live == SENDERS_MAX)
		make_room(s);
	i = pool_get(&s->pool);
	e = pool_at(&s->pool, i);
	*e = (struct sender){.next = *first, .ip = *ip, .proto = proto};
	*first = i;
	return e;
}

static struct sender *sender_of(struct senders *s, const struct packet *p)
{
	return sender_at(s, &p->src.ip, p->proto);
}

void detector_checksums(struct detector *d, enum checksum_mode mode)
{
	d->checksums = mode;
}

static void note(struct senders *s, const struct packet *p, enum checksum_result r)
{
	struct sender *e;

	if (r != CHECKSUM_GOOD && r != CHECKSUM_PARTIAL)
		return;
	e = sender_of(s, p);
	e->good += r == CHECKSUM_GOOD;
	e->good_payload += r == CHECKSUM_GOOD && p->len;
	e->partial += r == CHECKSUM_PARTIAL;
}

/* Finds or makes, in place of another that may stand there. */
static struct side *side_of(struct senders *s, const struct endpoint *from,
			    const struct endpoint *to)
{
	struct flow_key k = flow_key_directed(&(struct tuple){IPPROTO_TCP, *from, *to});
	struct side *x;

	if (!s->sides)
		s->sides = xcalloc(SIDES, sizeof(*s->sides));
	x = &s->sides[hash_keyed(s->key, &k, sizeof(k)) % SIDES];
	if (memcmp(&x->key, &k, sizeof(k)) != 0)
		*x = (struct side){.key = k};
	return x;
}

/* The receiver says what it has: a bad segment too, if no good one had the same bytes before. */
static void acknowledged(struct senders *s, const struct packet *p)
{
	struct side *x = side_of(s, &p->dst, &p->src);
	uint32_t beyond = p->ack - x->bad;

	if (x->doubted && beyond < ACKED_MAX) {
		sender_at(s, &p->dst.ip, IPPROTO_TCP)->spoilt = true;
		x->doubted = false;
	}
	if (!x->known || (int32_t)(p->ack - x->top) > 0)
		x->top = p->ack;
	x->known = true;
}

static void follow(struct senders *s, const struct packet *p, enum checksum_result r)
{
	uint32_t n = p->len + !!(p->tcp_flags & TH_SYN) + !!(p->tcp_flags & TH_FIN);
	uint32_t end = p->seq + n;
	struct side *x = side_of(s, &p->src, &p->dst);
	bool new = !x->known || (int32_t)(end - x->top) > 0;

	if (r == CHECKSUM_UNKNOWN)
		return;
	if (r != CHECKSUM_GOOD) {
		if (n && new) {
			x->bad = end;
			x->doubted = true;
		}
		return;
	}
	if (n && new) {
		x->top = end;
		x->known = true;
		x->doubted = x->doubted && (int32_t)(x->bad - end) > 0;
	}
	if (p->tcp_flags & TH_ACK)
		acknowledged(s, p);
}

void detector_checksum_ahead(struct detector *d, const struct packet *p)
{
	enum checksum_result r;

	if (p->proto != IPPROTO_UDP && p->proto != IPPROTO_TCP)
		return;
	r = checksum_verify(p);
	note(&d->senders, p, r);
	if (p->proto == IPPROTO_TCP)
		follow(&d->senders, p, r);
}

/* Whether a bad checksum is the network card's work left undone. */
static bool believed(struct detector *d, const struct flow *f, int dir, const struct packet *p,
		     enum checksum_result r)
{
	const struct sender *e;

	if (d->checksums == CHECKSUMS_ALL)
		return false;
	note(&d->senders, p, r);
	e = sender_of(&d->senders, p);
	if (e->spoilt || (!e->good && !(f->good >> dir & 1)))
		return true;
	if (r != CHECKSUM_PARTIAL || e->partial * 2ULL < e->good_payload)
		return false;
	d->stats.checksums_by_share++;
	return true;
}

bool checksums_take(struct detector *d, struct flow *f, int dir, const struct packet *p)
{
	enum checksum_result r;

	if (d->checksums == CHECKSUMS_NONE || !p->head || d->verified == p)
		return true;
	r = d->pre->checked ? (enum checksum_result)d->pre->checksum : checksum_verify(p);
	if (r == CHECKSUM_GOOD && !(f->good >> dir & 1)) {
		if (f->state && d->checksums == CHECKSUMS_AUTO)
			note(&d->senders, p, r);
		f->good |= (1U << dir) & 3;
	}
	if (r == CHECKSUM_GOOD || r == CHECKSUM_UNKNOWN) {
		d->verified = p;
		return true;
	}
	if (believed(d, f, dir, p, r)) {
		d->verified = p;
		d->stats.checksums_believed++;
		return true;
	}
	d->stats.checksums_bad++;
	return false;
}
