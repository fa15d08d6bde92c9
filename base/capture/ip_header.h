/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_IP_HEADER_H
#define BASE_CAPTURE_IP_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"

/**
 * struct ipv4_header - the fields of an IPv4 header that somebody asks for
 * @head:	Bytes of the header, options included (at least 20)
 * @total:	Bytes of the packet as the header states them: maybe less than @head; 0 before the
 *		network card has segmented
 * @offset:	Byte offset of a fragment in its datagram
 * @more:	More fragments follow
 */
struct ipv4_header {
	uint32_t head, total, offset;
	bool more;
	uint8_t proto;
	struct ip src, dst;
};

/* False when @cap bytes hold no IPv4 header: fewer than 20, another version, a length below 20.
 * The options may lie beyond @cap. Inline: it runs once per packet. */
static inline bool ipv4_header_read(const uint8_t *p, size_t cap, struct ipv4_header *h)
{
	uint16_t fragment;

	if (cap < 20 || p[0] >> 4 != 4 || (p[0] & 15) < 5)
		return false;
	fragment = get_be16(p + 6);
	h->head = (uint32_t)(p[0] & 15) * 4;
	h->total = get_be16(p + 2);
	h->offset = (uint32_t)(fragment & 0x1fff) * 8;
	h->more = fragment & 0x2000;
	h->proto = p[9];
	h->src = (struct ip){.family = 4};
	h->dst = (struct ip){.family = 4};
	memcpy(h->src.b, p + 12, 4);
	memcpy(h->dst.b, p + 16, 4);
	return true;
}

/* Computes the checksum of the IPv4 header at @ip, options included, and stores it there. */
void ipv4_checksum_set(uint8_t *ip);
/* The same for the UDP or TCP packet of @len bytes at @l4. @addresses: source and destination as
 * they stand in the IP header, @address_bytes in all (8 or 32). */
void transport_checksum_set(uint8_t proto, const uint8_t *addresses, size_t address_bytes,
			    uint8_t *l4, size_t len);

#endif
