/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_RING_H
#define BASE_CAPTURE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/capture/decode.h"
#include "base/capture/packet.h"
#include "base/err.h"

#define RING_BATCH  64 /* packets that ring_batch() gives at most */
#define RING_PLACES 4  /* batches whose bytes a ring has room for */

/**
 * struct ring - what one reader reads of one interface
 *
 * Rings of one interface that were joined share its packets: each gets those of some flows, both
 * directions, in the order in which they came. After ring_begin() one thread at a time may use a ring.
 */
struct ring;

/**
 * struct ring_counts - what a ring has seen so far
 * @frames, @bytes: Frames that were read; their bytes on the wire
 * @decoded:	Frames per result
 * @received, @dropped: What the kernel counts: frames for this ring, dropped ones among them; and those
 *		that it had no room for
 * @ifdropped:	What the interface lost before the kernel saw it
 */
struct ring_counts {
	uint64_t frames, bytes;
	uint64_t decoded[DECODE_RESULTS];
	uint64_t received, dropped, ifdropped;
};

/* @snaplen 0 = what the interface carries, but at most RING_SNAPLEN bytes. @bytes: memory that the kernel
 * sets aside, 0 = 32 MiB. NULL with @e set. */
#define RING_SNAPLEN 9252
struct ring *ring_open(const char *iface, const char *filter, int snaplen, size_t bytes,
		       struct err *e);
/* Makes @n rings of one interface share its packets. 0, or -1 with @e set: the kernel refuses, and only
 * one of the rings may be read. */
int ring_join(struct ring *const *rings, size_t n, struct err *e);
/* When all are open and joined: only packets that come from now on are given out. */
void ring_begin(struct ring *r);
/* To be polled for POLLIN. */
int ring_fd(const struct ring *r);
/* Packets that have come, at most RING_BATCH: how many. They are valid until the next call with the same
 * @place, below RING_PLACES; a datagram of fragments, which is the last of its batch, until any next
 * call. *@more: others may wait. -1 with @e set: the interface is gone. Never waits. */
int ring_batch(struct ring *r, unsigned place, struct packet *out, bool *more, struct err *e);
void ring_counts(struct ring *r, struct ring_counts *out);
void ring_counts_add(struct ring_counts *sum, const struct ring_counts *one);
void ring_close(struct ring *r);

#endif
