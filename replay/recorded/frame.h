/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_RECORDED_FRAME_H
#define REPLAY_RECORDED_FRAME_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Replay by frame: recorded frames are sent as they are out of one or two interfaces, with their
 * recorded timing or another, and with addresses rewritten where asked. A frame is read
 * (frame_read.h), edited (frame_edit.h) by rules (frame_rules.h), cut where it is too long
 * (frame_cut.h), and sent (frame_send.h) at a pace (frame_pacing.h).
 */

#define FRAME_MAX (262144 + 64) /* the most a capture holds of one, and a header before it */

struct frame {
	uint64_t ts_ns; /* capture time, ns since the Unix epoch */
	uint32_t len;	/* bytes in @data */
	bool short_one; /* the capture held less than the wire; zeros were appended */
	bool to_client; /* direction, set by frame_edit() */
	uint8_t *data;	/* an Ethernet frame without FCS; room for FRAME_MAX */
};

#endif
