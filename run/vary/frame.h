/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_VARY_FRAME_H
#define RUN_VARY_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* Where things are in an IP packet; offsets from its beginning. */
struct frame_view {
	size_t transport, payload, payload_len; /* payload bytes that are captured */
	size_t ip_len;				/* by the header, or of all where that says 0 */
	bool v6;
	bool stated;	/* the header says a length */
	bool has_ports; /* UDP or TCP, header captured, not a later fragment */
	bool fragment;	/* of a fragmented datagram */
	bool whole;	/* captured to the end of the IP packet */
	struct tuple tuple;
	uint32_t seq, ack;
	uint8_t tcp_flags;
};

/* @n bytes of an IP packet, of @len on the wire. False when it is not one that can be rewritten. */
bool frame_parse(const uint8_t *data, size_t n, size_t len, struct frame_view *out);
/* Sets addresses and ports, then the checksums. A UDP checksum of 0 stays; so does the transport
 * checksum of a packet that is a fragment or not captured whole. */
void frame_set(uint8_t *data, const struct frame_view *f, const struct endpoint *src,
	       const struct endpoint *dst);
/* Makes the packet @by bytes longer or shorter in its headers and in @f. False, and nothing is
 * changed, when no header could say so. */
bool frame_grow(uint8_t *data, struct frame_view *f, int by);

#endif
