/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_VARY_COPIED_H
#define RUN_VARY_COPIED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "base/err.h"
#include "results/score/labels.h"
#include "run/vary/frame.h"

/**
 * struct copied_frame - the IP packet of a frame of a recording, on its way into a copy
 * @was_ns:	Time in the recording
 * @ts_ns:	Time in the copy, once timing.c has run
 * @order:	Place of its frame in the recording, from 0
 * @again_ns:	0, or made by losses.c: sent again so long after the frame before it of its flow
 * @caplen, @len: Captured bytes, bytes on the wire
 * @data:	(owned)
 * @parsed:	@view is valid
 * @flow:	NULL when the frame has no ports
 * @from_client: Sent by the flow's client side
 * @id_shift, @ref_shift: Added to the request id that opens the message, and to the one that a
 *		fragment refers to, beyond what every id gets
 */
struct copied_frame {
	uint64_t was_ns, ts_ns, order, again_ns;
	uint32_t caplen, len;
	uint8_t *data;
	struct frame_view view;
	struct copied_flow *flow;
	bool parsed, from_client;
	uint16_t id_shift, ref_shift;
};

/* A UDP or TCP flow and its frames, in order. */
struct copied_flow {
	struct flow_key key;
	const struct label *label; /* NULL: none */
	struct endpoint client, server;
	uint32_t
		alone; /* number of the client that has only this node's flows; 0 = not asked for */
	size_t *frames; /* (owned) indexes */
	size_t n, cap;
	UT_hash_handle hh;
};

struct copied_capture {
	struct copied_frame *frames;
	size_t n, cap;
	struct copied_flow *flows;
};

/* Reads all of a capture that can be read. 0, or -1 with @e set: nothing could be. Free with
 * copied_free() in either case. */
int copied_read(struct copied_capture *r, const char *path, struct err *e);
void copied_free(struct copied_capture *r);
/* Sorts frames into flows, in order of recorded time. To be called again when frames were added. */
void copied_index(struct copied_capture *r, const struct labels *labels);
/* Adds a frame; what it holds is copied. Indexes stay, pointers to frames do not. */
struct copied_frame *copied_add(struct copied_capture *r, const struct copied_frame *like);
/* Appends @n bytes to the payload of a frame that is captured whole or, when @n is negative, takes
 * them away; lengths in the headers follow, checksums do not. NULL or the new bytes. */
uint8_t *copied_resize(struct copied_frame *f, int n);
/* Sorts by new time and writes a nanosecond pcap of raw IP. 0, or -1 with @e set. */
int copied_write(struct copied_capture *r, int fd, struct err *e);

/* A Skype flow of the labels. */
static inline bool flow_is_skype(const struct copied_flow *flow)
{
	return flow && flow->label && flow->label->kind == KIND_POSITIVE;
}

#endif
