/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_RECORDED_FRAME_SEND_H
#define REPLAY_RECORDED_FRAME_SEND_H

#include "base/err.h"
#include "replay/recorded/frame.h"
#include "replay/recorded/frame_pacing.h"

struct frame_sender_stats {
	uint64_t sent, bytes, failed;
	uint64_t batches;
	double seconds;
	/* How late frames were sent, against the plan; microseconds. */
	double late_median_us, late_p99_us, late_max_us;
};

struct frame_sender;

/* Opens @iface (and @second for server-to-client frames, or NULL). EXIT_ENV when not allowed. */
struct frame_sender *frame_sender_open(const char *iface, const char *second,
				       const struct frame_pacing *pacing, struct err *e);
/* Plans a frame (copied), and sends those that are due before another can be taken. 0; 1 when the
 * pacing's end or its stop came before the frame was due: it is not sent; -1 with @e. */
int frame_send(struct frame_sender *s, const struct frame *f, struct err *e);
/* A new loop over the files begins: time stamps start again. */
void frame_sender_again(struct frame_sender *s);
/* Sends whatever is planned, each when it is due, or none any more when stopped. 0, or -1 with @e set. */
int frame_flush(struct frame_sender *s, struct err *e);
/* The smaller MTU of its interfaces. */
unsigned frame_sender_mtu(const struct frame_sender *s);
void frame_sender_stats(struct frame_sender *s, struct frame_sender_stats *out);
void frame_sender_close(struct frame_sender *s);

#endif
