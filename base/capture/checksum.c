// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * checksum.c - verifies the checksums of a decoded packet
 *
 * The bytes before the payload are the headers, as the decoder found them (packet.head,
 * packet.ip_head); the pseudo-header is made from the packet. Sums are of 32-bit words in the
 * machine's order: one's complement sums do not depend on it (RFC 1071).
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

static uint64_t sum(const uint8_t *p, size_t n, uint64_t s)
{
	uint8_t last[4] = {0};
	uint64_t more = 0;

	for (; n >= 16; p += 16, n -= 16) {
		s += word(p) + word(p + 4);
		more += word(p + 8) + word(p + 12);
	}
	for (; n >= 4; p += 4, n -= 4)
		s += word(p);
	memcpy(last, p, n);
	return s + more + word(last);
}

static uint16_t folded(uint64_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)s;
}

/* Whether the sum is that of right data: all ones. */
static bool right(uint64_t s)
{
	return folded(s) == 0xffff;
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

enum checksum_result checksum_verify(const struct packet *p)
{
	size_t bytes = p->src.ip.family == 6 ? 16 : 4;
	uint32_t len = p->head + p->len;
	const uint8_t *l4;
	uint64_t s;

	if (!p->head || p->caplen < p->len)
		return CHECKSUM_UNKNOWN;
	l4 = p->payload - p->head;
	if (p->ip_head && !right(sum(l4 - p->ip_head, p->ip_head, 0)))
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
