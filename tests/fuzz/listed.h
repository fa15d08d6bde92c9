/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_FUZZ_LISTED_H
#define TESTS_FUZZ_LISTED_H

#include <netinet/in.h>
#include <stddef.h>

#include "base/capture/packet.h"

/* An input that is a list of packets: 6 bytes of head (flow and direction, flags, sequence number, length,
 * bytes kept, time), then payload from the input. */

/* Fills @p from the packet at *@at and moves on: all but its ends and its time, which the harness makes
 * of the head. NULL at the end. */
static inline const uint8_t *listed_next(const uint8_t *data, size_t size, size_t *at,
					 struct packet *p)
{
	const uint8_t *h;
	size_t left;

	if (*at + 6 > size)
		return NULL;
	h = data + *at;
	left = size - *at - 6;
	p->proto = h[0] & 16 ? IPPROTO_UDP : IPPROTO_TCP;
	p->tcp_flags = h[1];
	p->seq = h[0] & 32 ? (uint32_t)(int8_t)h[2] : h[2];
	p->len = h[3];
	p->caplen = h[4] < p->len ? h[4] : p->len;
	if (p->caplen > left)
		p->caplen = (uint32_t)left;
	p->payload = h + 6;
	p->number++;
	*at += 6 + p->caplen;
	return h;
}

#endif
