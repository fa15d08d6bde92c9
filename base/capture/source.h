/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_SOURCE_H
#define BASE_CAPTURE_SOURCE_H

#include "base/capture/pcap.h"
#include <stdbool.h>
#include <stdint.h>

#include "base/capture/decode.h"
#include "base/capture/window.h"
#include "base/err.h"

/* One input of a capture, whatever reads it. */

/* The most a frame may hold, as libpcap has it (MAXIMUM_SNAPLEN). */
#define FRAME_MAX 262144U

/**
 * struct source_frame - one captured frame
 * @ts_ns:	Capture time, nanoseconds since the Unix epoch; before it negative, as int64_t
 * @number:	Its place in the source, from 1; set by order.c
 * @data:	Bytes; valid until the next frame of the same source is asked for
 * @caplen:	Bytes at @data
 * @len:	Bytes on the wire
 * @link:	Index into the source's links
 */
struct source_frame {
	uint64_t ts_ns, number;
	const uint8_t *data;
	uint32_t caplen, len;
	uint32_t link;
};

/**
 * struct source_scan - how far a file was looked through for frames that are out of order
 * @at:		Where the next record begins
 * @ts_ns:	Time of the frame before it
 * @why:	What ended the scan: nothing but the limit or the end of memory; a frame older than @ts_ns;
 *		something that only source.next understands
 */
struct source_scan {
	const uint8_t *at;
	uint64_t ts_ns;
	enum { SCAN_MORE, SCAN_BACK, SCAN_UNKNOWN } why;
};

/**
 * struct source_link - one kind of frames in a source (pcapng may hold several)
 * @dlt:	Link type, DLT_...
 * @decoder:	Its decoder (owned); NULL = not supported, frames are counted and passed over
 * @filter:	Compiled filter, when @filtered
 */
struct source_link {
	int dlt;
	struct decoder *decoder;
	struct bpf_program filter;
	bool filtered;
};

/* What may be strange about frames; verdict.c says what becomes of each. */
enum source_odd {
	ODD_WIRE_LENGTH, /* longer on the wire than any frame is */
	ODD_SHORT,	 /* shorter on the wire than captured */
	ODD_TIME,	 /* outside of what 64 bits of nanoseconds can say */
	ODD_FRACTION,	 /* a fraction of a second or more */
	ODD_NANOSECONDS, /* where the file says microseconds */
	ODD_SNAP,	 /* longer than the file's snap length */
	ODD_KINDS,
};

/* @frames that were so; number of the @first, and what it said. */
struct source_oddity {
	uint64_t frames, first;
	int64_t value;
};

/**
 * struct source - one input
 * @name:	For messages (owned)
 * @next:	1: @f is filled; 0: the end; -1: @e is set, the end if @ended; -2: nothing yet
 * @ready:	Whether @next would give a frame and leave the earlier frames' bytes in place;
 *		NULL = never
 * @scan:	Goes on through the records in memory that begin before @limit; NULL = cannot
 * @close:	Frees what the source's own part holds
 * @progress:	Part read, 0..1; negative when unknown
 * @filter:	Filter expression or NULL
 * @links:	(owned array) of @nlinks
 * @ended:	Nothing more will come
 * @number:	Frames read
 * @last_ns:	Time stamp of the frame before, in the order of the file
 * @given, @given_ns: Whether a frame was given out, and the time stamp of the last
 * @sorted:	Frames that were given out before one that stands before them
 * @window:	The memory in which frames lie; NULL = they are gone with the next
 * @order:	(owned) What is held to put frames in order
 * @clear:	In @window: frames that begin before this place are in order, see order.c; or NULL
 * @pending:	A frame that waits to be merged
 * @odd:	By enum source_odd
 * @judged:	Steps of source_verdict() that are done
 */
struct source {
	char *name;
	int (*next)(struct source *s, struct source_frame *f, struct err *e);
	bool (*ready)(const struct source *s);
	void (*scan)(const struct source *s, struct source_scan *at, const uint8_t *limit);
	void (*close)(struct source *s);
	double (*progress)(const struct source *s);
	const char *filter;
	struct source_link *links;
	uint32_t nlinks;
	bool ended;
	uint16_t index;
	uint64_t number;
	uint64_t last_ns, given_ns, sorted;
	bool given;
	struct window *window;
	struct order *order;
	const uint8_t *clear;
	struct source_frame pending;
	struct source_oddity odd[ODD_KINDS];
	unsigned judged;
};

/* Counts that the frame being read, the one after @s->number, is so. */
void source_note(struct source *s, enum source_odd kind, int64_t value);

#define WIRE_MAX (1U << 20) /* bytes: twice what Linux puts together for one frame at most */

/* Mends and notes a length on the wire that cannot be. */
void source_odd_length(struct source *s, struct source_frame *out);

/* To be called by every reader for each frame. */
static inline void source_check_length(struct source *s, struct source_frame *out)
{
	if (__builtin_expect(out->len < out->caplen || out->len > WIRE_MAX, 0))
		source_odd_length(s, out);
}

/* Adds a link to a source. Its index; -1 with @e set when the filter does not fit the link type, or
 * there are too many; an unsupported link type is not an error here (decoder NULL). */
long source_add_link(struct source *s, int dlt, struct err *e);
/* DLT_... of the link type number in a file's header; they differ for a few old ones. */
int linktype_dlt(uint32_t linktype);
/* "unsupported link type 189 (USB_LINUX)" into @e; returns -1. */
int source_unsupported(const struct source *s, int dlt, struct err *e);

/* A wrong word is wrong for every link type. 0, or -1 with @e set when @filter fits none. */
int source_check_filter(const char *filter, struct err *e);
void source_free(struct source *s);

#endif
