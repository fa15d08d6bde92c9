/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_REASSEMBLY_H
#define DETECTOR_REASSEMBLY_H

#include "detector/engine/engine_private.h"

#define BURST_BYTES   2048 /* first bytes of a message burst that are kept */
#define BURST_BOUNDS  16   /* ends of segments that are kept */
#define EARLY_RECORDS 8	   /* segments kept that came before their turn */
#define EARLY_BYTES   2048 /* bytes of these */

/* A segment that came before the one in front of it: @avail of its bytes lie at early + @at. */
struct early_segment {
	struct packet_ref packet;
	uint32_t seq, len, avail, at;
	uint8_t dir;
};

/**
 * struct reassembly - what a TCP flow that a rule is interested in is sending now
 * @other:	Another struct reassembly of the flow: the burst as it is when a segment counts that
 *		gave bytes of it other values; 0 = there was none
 * @next:	Of such a second reading: the sequence number behind it
 * @dir:	Direction of the message burst
 * @open:	A message burst is under way
 * @fresh:	And was not yet offered to any rule
 * @len:	Bytes of the burst
 * @avail:	Bytes of it at the front of @buf, without a hole
 * @bounds:	Ends of segments, as offsets in the burst; the last = @len
 * @last:	The burst's last packet
 * @early:	First @early_n segments that wait for a hole to be filled
 * @early_used:	Bytes used of @early_buf
 */
struct reassembly {
	uint32_t flow;
	uint32_t other, next;
	uint8_t dir;
	bool open;
	bool fresh;
	uint32_t len;
	uint32_t avail;
	uint8_t bounds_n;
	uint32_t bounds[BURST_BOUNDS];
	struct packet_ref last;
	uint32_t early_used;
	uint8_t early_n;
	struct early_segment early[EARLY_RECORDS];
	uint8_t buf[BURST_BYTES], early_buf[EARLY_BYTES];
};

/* The bytes of a segment that were seen before: if they differ, the burst has a second reading from
 * here on. */
void reassembly_again(struct detector *d, uint32_t flow, struct reassembly *s, int dir,
		      const struct packet *p);
/* One segment with payload of a flow under reassembly: calls burst_ends() and burst_grows(). */
void reassembly_segment(struct detector *d, uint32_t flow, struct reassembly *s, int dir,
			const struct packet *p);

#endif
