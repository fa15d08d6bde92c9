// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * frame_pacing.c - when a recorded frame is due
 *
 * The plan is absolute: a frame's time follows from what came before it in the recording, not from
 * when that was really sent, so errors do not add up. Keeping frames in order where recorded time
 * runs backwards is the caller's part.
 */
#include "replay/recorded/frame_pacing.h"

uint64_t frame_due_ns(const struct frame_pacing *p, uint64_t recorded_ns, uint64_t frames,
		      double bits)
{
	switch (p->pace) {
	case PACE_RECORDED:
		return (uint64_t)((double)recorded_ns / p->factor);
	case PACE_PACKETS:
		return (uint64_t)((double)frames * 1e9 / p->rate);
	case PACE_BITS:
		return (uint64_t)(bits * 1e9 / p->rate);
	case PACE_TOP:
		break;
	}
	return 0;
}
