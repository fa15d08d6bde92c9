/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_RECORDED_FRAME_PARTS_H
#define REPLAY_RECORDED_FRAME_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "replay/recorded/frame.h"

/**
 * struct frame_parts - where the headers of a frame are
 * @ip, @l4:	Network and transport header; @l4 NULL: not the first fragment, or not all there
 * @ip_len:	Bytes of the packet, by its header; by the frame where the header says 0
 * @l4_len:	Bytes from @l4 to the packet's end
 * @proto:	0 without @l4
 * @v4:		Else IPv6
 * @whole:	Not a fragment
 * @unstated:	The header says 0: the network card was to segment it, or a jumbogram
 * @fragment:	Offset of IPv6's fragment header; without one, where it would stand
 * @link:	Offset of the byte that names the header at @fragment
 */
struct frame_parts {
	uint8_t *ip, *l4;
	uint32_t ip_len, l4_len;
	uint32_t fragment, link;
	uint8_t proto;
	bool v4, whole, unstated;
};

/* Offset of the network header behind VLAN tags, and its type; 0 = none. */
uint32_t frame_network_at(const struct frame *f, unsigned *type);
/* false: no IP packet, or one with impossible lengths. */
bool frame_parts(const struct frame *f, struct frame_parts *p);
/* Bytes of the TCP header of a segment that is not a fragment; 0: no such header is there. */
uint32_t frame_tcp_head(const struct frame_parts *p);

#endif
