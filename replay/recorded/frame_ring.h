/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_RECORDED_FRAME_RING_H
#define REPLAY_RECORDED_FRAME_RING_H

#include <stdbool.h>
#include <stdint.h>

struct frame_ring;

/* A ring for frames out of the interface with this index in this network namespace. NULL where the kernel refuses it,
 * which says errno; frames go out by a socket then. */
struct frame_ring *frame_ring_open(unsigned iface);
/* Whether a frame of so many bytes has room in it. */
bool frame_ring_takes(const struct frame_ring *r, uint32_t len);
/* Puts a frame (copied) that frame_ring_takes(). At most FRAME_RING_MOST before frame_ring_send(). */
void frame_ring_put(struct frame_ring *r, const uint8_t *data, uint32_t len);
/* Gives the kernel what was put. Adds to @lost how many of these it dropped. 0, or -1 with errno. */
int frame_ring_send(struct frame_ring *r, unsigned *lost);
void frame_ring_close(struct frame_ring *r);

#define FRAME_RING_MOST 64

#endif
