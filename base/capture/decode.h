/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_DECODE_H
#define BASE_CAPTURE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/capture/packet.h"
#include "base/err.h"

/* Why a frame gave no packet. */
enum decode_result {
	DECODE_OK,	  /* @out is filled */
	DECODE_FRAGMENT,  /* kept; the datagram is not complete yet */
	DECODE_NOT_IP,	  /* known to hold no IP: ARP, LLC, beacons ... */
	DECODE_UNKNOWN,	  /* a protocol that is not known: IP may be inside */
	DECODE_ENCRYPTED, /* IP may be inside, but nobody can see it */
	DECODE_TRUNCATED, /* headers cut off by the snap length */
	DECODE_MALFORMED, /* impossible lengths */
	DECODE_RESULTS,
};

#define DECODE_CAUSES	12	   /* told apart; further ones are counted together */
#define DECODE_NO_VALUE UINT32_MAX /* of a cause that needs none */

/**
 * struct decode_cause - one reason for which frames gave no packet
 * @what:	Words: "EtherType", "headers cut off by the capture"
 * @value:	Number that belongs to @what, or DECODE_NO_VALUE
 * @result:	What the frames counted as. DECODE_OK: they gave the packet of a tunnel whose inside
 *		cannot be read
 * @frames:	How many
 */
struct decode_cause {
	const char *what;
	uint32_t value;
	enum decode_result result;
	uint64_t frames;
};

struct decoder; /* fragment store and counters; one per capture input */

/* @linktype is a DLT_... value. NULL with @e set when the link type is not supported. */
struct decoder *decoder_new(int linktype, struct err *e);
bool decoder_knows(int linktype);
void decoder_free(struct decoder *d);
enum decode_result decode_frame(struct decoder *d, uint64_t ts_ns, const uint8_t *frame,
				uint32_t caplen, uint32_t len, struct packet *out);

/**
 * struct decode_place - where the IP packets of a frame lie
 * @outer, @inner: First byte of the outermost and of the innermost; the same without a tunnel
 * @outer_cap, @inner_cap: Bytes captured from there to the end of what carries it, padding included
 * @outer_len, @inner_len: The same on the wire
 */
struct decode_place {
	const uint8_t *outer, *inner;
	uint32_t outer_cap, outer_len;
	uint32_t inner_cap, inner_len;
};

/* Finds the IP packets of a frame as decode_frame() does, and nothing else: no result is counted and
 * no fragment kept. False when there is none. */
bool decode_locate(struct decoder *d, const uint8_t *frame, uint32_t caplen, uint32_t len,
		   struct decode_place *out);
/**
 * struct defrag_counts - what became of fragments
 * @conflicts:	Fragments that gave bytes that came before other values
 * @evicted:	Datagrams given up for want of room
 * @timed_out:	Datagrams given up because the rest did not come in time
 */
struct defrag_counts {
	uint64_t conflicts, evicted, timed_out;
};

/* The other reading of the datagram that the last frame completed, when fragments of it overlapped
 * with different bytes; valid as long as the first. False: there is none. */
bool decoder_second(struct decoder *d, struct packet *out);
struct defrag_counts decoder_fragments(const struct decoder *d);
/* Frames per decode_result so far. */
const uint64_t *decoder_counts(const struct decoder *d);
/* The causes met so far, in the order in which they came: how many, at *@out. */
size_t decoder_causes(const struct decoder *d, const struct decode_cause **out);

#endif
