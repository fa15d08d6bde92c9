/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_VARY_FRAME_H
#define RUN_VARY_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* Where things are in an IPv4 frame; offsets from its beginning. */
struct frame_view {
	size_t ip, transport, payload, payload_len; /* payload bytes that are captured */
	size_t ip_len;				    /* by the header */
	bool has_ports; /* UDP or TCP, header captured, not a later fragment */
	bool fragment;	/* of a fragmented datagram */
	bool whole;	/* captured to the end of the IP packet */
	struct tuple tuple;
	uint32_t seq, ack;
	uint8_t tcp_flags;
};

/* Whether frames of this DLT_... link type can be parsed. */
bool frame_linktype_known(int linktype);
/* False when it is not an IPv4 packet that can be rewritten. */
bool frame_parse(int linktype, const uint8_t *data, size_t n, struct frame_view *out);
/* Sets addresses (host byte order) and ports, then the checksums. A UDP checksum of 0 stays; so
 * does the transport checksum of a packet that is a fragment or not captured whole. */
void frame_set(uint8_t *data, const struct frame_view *f, uint32_t src, uint32_t dst,
	       uint16_t sport, uint16_t dport);

#endif
