/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_DECODE_PRIVATE_H
#define BASE_CAPTURE_DECODE_PRIVATE_H

/* The state that decode*.c share. */

#include "base/capture/decode.h"
#include "base/capture/defrag.h"

/* Levels of tunnels that are followed; a frame nested deeper counts as malformed. */
#define DECODE_DEPTH 12

/**
 * struct decoder - state of one input
 * @linktype:	DLT_... of the frames
 * @frag:	Fragment store (owned), NULL until the first fragment
 * @second:	If @has_second: the other reading of a datagram whose fragments overlapped
 * @ts_ns:	Time of the frame being decoded
 * @depth:	Headers passed in this frame that may hold one of their own kind again
 * @place:	Being filled by decode_locate(), else NULL; fragments are then not kept
 * @counts:	Frames per result
 * @wifi:	802.11 frames that came in parts (owned), NULL until the first part
 * @why:	Why the frame being decoded gives no packet; .what is NULL when nobody said
 * @causes:	The same for all frames, @ncauses of them; the last counts all further ones
 */
struct decoder {
	int linktype;
	struct defrag *frag;
	struct packet second;
	bool has_second;
	uint64_t ts_ns;
	unsigned depth;
	struct decode_place *place;
	uint64_t counts[DECODE_RESULTS];
	struct wifi_parts *wifi;
	struct decode_cause why;
	struct decode_cause causes[DECODE_CAUSES + 1];
	size_t ncauses;
};

/* For `return decode_unread(d, DECODE_UNKNOWN, "EtherType", type)`. */
static inline enum decode_result decode_unread(struct decoder *d, enum decode_result r,
					       const char *what, uint32_t value)
{
	d->why.what = what;
	d->why.value = value;
	return r;
}

#endif
