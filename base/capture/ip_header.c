// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ip_header.c - checksums of headers that are changed in place (RFC 1071)
 *
 * Reading a header is inline in ip_header.h.
 */
#include <netinet/in.h>

#include "base/capture/ip_header.h"

static uint32_t sum_words(const uint8_t *p, size_t n, uint32_t sum)
{
	uint64_t wide = sum; /* jumbograms would overflow 32 bits */

	for (; n > 1; p += 2, n -= 2)
		wide += get_be16(p);
	if (n)
		wide += (uint32_t)p[0] << 8;
	return (uint32_t)(wide >> 32) + (uint32_t)(wide >> 16 & 0xffff) + (uint32_t)(wide & 0xffff);
}

static uint16_t folded(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void ipv4_checksum_set(uint8_t *ip)
{
	put_be16(ip + 10, 0);
	put_be16(ip + 10, folded(sum_words(ip, (ip[0] & 15) * 4u, 0)));
}

void transport_checksum_set(uint8_t proto, const uint8_t *addresses, size_t address_bytes,
			    uint8_t *l4, size_t len)
{
	uint8_t *at = l4 + (proto == IPPROTO_UDP ? 6 : 16);
	uint32_t sum = sum_words(addresses, address_bytes, proto + (uint32_t)len);
	uint16_t check;

	put_be16(at, 0);
	check = folded(sum_words(l4, len, sum));
	put_be16(at, proto == IPPROTO_UDP && !check ? 0xffff : check); /* 0: none was computed */
}
