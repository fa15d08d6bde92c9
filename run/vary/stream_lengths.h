/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_VARY_STREAM_LENGTHS_H
#define RUN_VARY_STREAM_LENGTHS_H

#include "base/rng.h"
#include "run/vary/payload.h"
#include "run/vary/copied.h"

#define STREAM_EDITS 8
#define EDIT_BYTES   1024

/* A message that becomes longer or shorter. */
struct stream_edit {
	size_t end; /* offset of its end in the recording */
	int by;	    /* bytes added there, or taken away before it */
	uint8_t bytes[EDIT_BYTES];
};

/* One direction of a connection. */
struct stream_side {
	struct vary_stream *stream; /* (owned) */
	uint32_t isn;		    /* sequence number of its first byte */
	bool seen;
	struct stream_edit edits[STREAM_EDITS];
	int edits_n;
};

/* Decides the edits of both directions, 0 = the Skype client's; bytes have been rewritten. */
void stream_lengths(const struct copied_capture *r, const struct copied_flow *flow,
		    struct stream_side side[2], struct rng *rng);

/* Decides to make every message, of the first ones that are one segment, @by bytes longer. */
void stream_pad(const struct copied_capture *r, const struct copied_flow *flow,
		struct stream_side side[2], int by, struct rng *rng);

#endif
