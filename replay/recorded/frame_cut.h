/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_RECORDED_FRAME_CUT_H
#define REPLAY_RECORDED_FRAME_CUT_H

#include <stdbool.h>
#include <stdint.h>

#include "replay/recorded/frame.h"

/* What is done with a frame because of the MTU. */
enum frame_cut {
	CUT_NOT,       /* it fits, or it is not IP and the kernel decides */
	CUT_SEGMENTS,  /* TCP: into segments, as a network card does */
	CUT_FRAGMENTS, /* IP fragments */
	CUT_CANNOT,    /* too long, and nothing above helps: it cannot be sent */
	CUT_KINDS,
};

enum frame_cut frame_cut(const struct frame *f, unsigned mtu);
/* Fills @out (with room of its own) with piece @i, from 0, of a frame that is cut @how; false = there
 * is no such piece. Of a frame that is not cut, piece 0 is the frame. */
bool frame_piece(const struct frame *f, enum frame_cut how, unsigned mtu, unsigned i,
		 struct frame *out);

/* Frames that were cut or could not be, for a report. */
struct frame_cuts {
	uint64_t frames[CUT_KINDS];
};
/* "3 frames longer than the MTU of 1500 were cut into TCP segments" and the like, as a warning; none
 * where nothing was cut. */
void frame_cuts_say(const struct frame_cuts *c, unsigned mtu, const char *capture);

#endif
