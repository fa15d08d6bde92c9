/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_RECORDED_FRAME_PACING_H
#define REPLAY_RECORDED_FRAME_PACING_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* As recorded, so many packets or bits a second, or as fast as possible. */
enum frame_pace { PACE_RECORDED, PACE_PACKETS, PACE_BITS, PACE_TOP };

struct frame_pacing {
	enum frame_pace pace;
	double factor; /* PACE_RECORDED: 2 = twice as fast */
	double rate;   /* packets or bits per second */
	bool ahead;    /* nobody waits for the next frame: it may be taken long before it is due */
	bool bulk; /* PACE_TOP: many frames follow each other, and memory for them may be set apart */
	double seconds; /* nothing is sent later than this after the first; 0 = no end */
	const volatile sig_atomic_t *stop; /* set by a signal: send no more; or NULL */
};

/* When a frame is due, in ns after the first: @recorded_ns after it in the recording, behind
 * @frames frames with @bits bits in all. */
uint64_t frame_due_ns(const struct frame_pacing *p, uint64_t recorded_ns, uint64_t frames,
		      double bits);

#endif
