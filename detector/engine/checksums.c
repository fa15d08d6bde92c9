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
 *     sender's payload is so at least a third of the time.
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
#include <string.h>

#include "base/capture/checksum.h"
#include "base/keyed_hash.h"
#include "detector/engine/engine_private.h"

#define SENDERS_MAX 65536

/* @next first, since the pool keeps its free list there. @good, @good_payload, @partial: verified
 * packets, of a flow the first good one only. */
struct sender {
	uint32_t next;
	struct ip ip;
	uint8_t proto;
	uint32_t good, good_payload, partial;
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
	space_free(s->buckets, (s->mask + 1) * sizeof(*s->buckets));
	pool_free(&s->pool);
}

size_t senders_bytes(const struct senders *s)
{
	return pool_bytes(&s->pool) + s->pool.used * sizeof(uint32_t);
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
static struct sender *sender_of(struct senders *s, const struct packet *p)
{
	const struct ip *ip = &p->src.ip;
	uint32_t *first = bucket(s, ip, p->proto), i = *first;
	struct sender *e;

	for (; i; i = e->next) {
		e = pool_at(&s->pool, i);
		if (e->proto == p->proto && ip_eq(&e->ip, ip))
			return e;
	}
	if (s->pool.live == SENDERS_MAX)
		make_room(s);
	i = pool_get(&s->pool);
	e = pool_at(&s->pool, i);
	*e = (struct sender){.next = *first, .ip = *ip, .proto = p->proto};
	*first = i;
	return e;
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

void detector_checksum_ahead(struct detector *d, const struct packet *p)
{
	if (p->proto == IPPROTO_UDP || p->proto == IPPROTO_TCP)
		note(&d->senders, p, checksum_verify(p));
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
	return (!e->good && !(f->good >> dir & 1)) ||
	       (r == CHECKSUM_PARTIAL && e->partial * 2ULL >= e->good_payload);
}

bool checksums_take(struct detector *d, struct flow *f, int dir, const struct packet *p)
{
	enum checksum_result r;

	if (d->checksums == CHECKSUMS_NONE || !p->head || d->verified == p)
		return true;
	r = checksum_verify(p);
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
