// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * checksum.c - verifies the checksums of a decoded packet
 *
 * The bytes before the payload are the headers, as the decoder found them (packet.head,
 * packet.ip_head); the pseudo-header is made from the packet. Sums are of 64-bit words in the
 * machine's order: one's complement sums do not depend on either (RFC 1071), since 2^16, 2^32 and
 * 2^64 are 1 modulo 65535.
 */
#include <netinet/in.h>
#include <string.h>

#include "base/bytes.h"
#include "base/capture/checksum.h"

static inline uint64_t word(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

static inline uint64_t word64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return v;
}

/* One's complement sum: the carry is added at the end. */
struct running {
	uint64_t s, carries;
};

static inline void add(struct running *r, uint64_t v)
{
	r->s += v;
	r->carries += r->s < v;
}

static inline uint64_t total(struct running r)
{
	uint64_t s = r.s + r.carries;

	return s + (s < r.carries);
}

/* A sum of @n bytes is added to @s. */
static inline uint64_t sum(const uint8_t *p, size_t n, uint64_t s)
{
	struct running r = {.s = s};
	uint64_t last = 0;

	for (; n >= 32; p += 32, n -= 32) {
		add(&r, word64(p));
		add(&r, word64(p + 8));
		add(&r, word64(p + 16));
		add(&r, word64(p + 24));
	}
	for (; n >= 8; p += 8, n -= 8)
		add(&r, word64(p));
	if (n & 4) {
		add(&r, word(p));
		p += 4;
	}
	if (n & 2) {
		memcpy(&last, p, 2);
		add(&r, last);
		p += 2;
	}
	if (n & 1) {
		last = 0;
		memcpy(&last, p, 1);
		add(&r, last);
	}
	return total(r);
}

static uint16_t folded(uint64_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)s;
}

/* Whether the sum is that of right data: all ones when it is folded to 16 bits. */
static inline bool right(uint64_t s)
{
	return s && !(s % 65535);
}

/* Whether the field holds what a kernel puts there for its card: the sum of the pseudo-header,
 * without the length where the card segments. @addresses: the sum of the addresses. */
static bool partial(const struct packet *p, const uint8_t *l4, uint64_t addresses, uint32_t len)
{
	uint8_t tail[8], field[4] = {0};
	uint64_t s, v;

	memcpy(field, l4 + (p->proto == IPPROTO_UDP ? 6 : 16), 2);
	v = folded(sum(field, 2, 0));
	put_be32(tail, len);
	put_be32(tail + 4, p->proto);
	s = sum(tail + 4, 4, addresses);
	return v == folded(s) || v == folded(sum(tail, 4, s));
}

static inline bool header_right(const uint8_t *ip, uint32_t head)
{
	return right(head == 20 ? sum(ip, 20, 0) : sum(ip, head, 0)); /* 20 is compiled by itself */
}

enum checksum_result checksum_verify(const struct packet *p)
{
	size_t bytes = p->src.ip.family == 6 ? 16 : 4;
	uint32_t len = p->head + p->len;
	const uint8_t *l4;
	uint64_t s;

	if (!p->head || p->caplen < p->len)
		return CHECKSUM_UNKNOWN;
	l4 = p->payload - p->head;
	if (p->ip_head && !header_right(l4 - p->ip_head, p->ip_head))
		return CHECKSUM_BAD;
	if (p->proto == IPPROTO_UDP && !get_be16(l4 + 6))
		return CHECKSUM_UNKNOWN;
	s = (uint64_t)htonl(len) + htonl(p->proto);
	s += bytes == 4 ? word(p->src.ip.b) + word(p->dst.ip.b)
			: sum(p->dst.ip.b, bytes, sum(p->src.ip.b, bytes, 0));
	if (right(sum(l4, len, s)))
		return CHECKSUM_GOOD;
	s = sum(p->dst.ip.b, bytes, sum(p->src.ip.b, bytes, 0));
	return partial(p, l4, s, len) ? CHECKSUM_PARTIAL : CHECKSUM_BAD;
}
