/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_INTERNAL_H
#define BASE_CAPTURE_INTERNAL_H

/* Shared by capture*.c, and by the tests that hold our reader against libpcap's. */

#include <pcap/pcap.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/capture/packet.h"

/* The most a frame may hold, as libpcap has it (MAXIMUM_SNAPLEN). */
#define FRAME_MAX 262144U

/**
 * struct frame - one captured frame
 * @ts_ns:	Capture time, nanoseconds since the Unix epoch
 * @data:	Bytes; valid until the next frame of the same source is asked for
 * @caplen:	Bytes at @data
 * @len:	Bytes on the wire
 * @link:	Index into the source's links
 */
struct frame {
	uint64_t ts_ns;
	const uint8_t *data;
	uint32_t caplen, len;
	uint32_t link;
};

/**
 * struct link - one kind of frames in a source (pcapng may hold several)
 * @dlt:	Link type, DLT_...
 * @decoder:	Its decoder (owned); NULL = not supported, frames are counted and passed over
 * @filter:	Compiled filter, when @filtered
 */
struct link {
	int dlt;
	struct decoder *decoder;
	struct bpf_program filter;
	bool filtered;
};

/**
 * struct source - one input
 * @name:	For messages (owned)
 * @next:	1: @f is filled; 0: the end; -1: @e is set, the end if @ended; -2: nothing yet
 * @ready:	Whether @next would give a frame and leave the bytes of those before where they are;
 *		NULL = never
 * @renew:	When the next frame is not all in memory: goes on in @buf, of *@room bytes, and
 *gives away the memory in which the frames so far lie; NULL = cannot
 * @close:	Frees what the source's own part holds
 * @progress:	Part read, 0..1; negative when unknown
 * @filter:	Filter expression or NULL
 * @links:	(owned array) of @nlinks
 * @ended:	Nothing more will come
 * @number:	Frames read
 * @last_ns:	Time stamp of the frame before
 * @pending:	A frame that waits to be merged
 */
struct source {
	char *name;
	int (*next)(struct source *s, struct frame *f, struct err *e);
	bool (*ready)(const struct source *s);
	void (*renew)(struct source *s, uint8_t **buf, size_t *room);
	void (*close)(struct source *s);
	double (*progress)(const struct source *s);
	const char *filter;
	struct link *links;
	uint32_t nlinks;
	bool ended;
	uint16_t index;
	uint64_t number;
	uint64_t last_ns;
	struct frame pending;
};

/* Adds a link to a source. Its index; -1 with @e set when the filter does not fit the link type;
 * an unsupported link type is not an error here (decoder NULL). */
long source_link(struct source *s, int dlt, struct err *e);
/* DLT_... of the link type number in a file's header; they differ for a few old ones. */
int linktype_dlt(uint32_t linktype);
/* "link type 189 (USB_LINUX) is none ..." into @e; returns -1. */
int source_bad_link(const struct source *s, int dlt, struct err *e);

/* pcap and pcapng through the reader of our own; "-" is standard input. @stop may be NULL. */
struct source *source_file(const char *path, const char *filter, const atomic_bool *stop,
			   struct err *e);
/* Anything libpcap opens. */
struct source *source_libpcap(const char *path, const char *filter, struct err *e);
struct source *source_live(const char *iface, const char *filter, int snaplen, struct err *e);
int source_live_fd(const struct source *s);
void source_live_stats(const struct source *s, struct capture_stats *out);
void source_free(struct source *s);

/**
 * struct window - the part of a file that is in memory
 * @pos, @end:	Bytes that are there and not yet taken
 * @fd:		Where more comes from
 * @buf:	(owned) of @room bytes
 * @offset:	File offset of @end
 * @size:	File size; 0 when it is not a regular file
 * @stop:	When it turns true, the window ends where it is
 */
struct window {
	const uint8_t *pos, *end;
	int fd;
	uint8_t *buf;
	size_t room;
	uint64_t offset, size;
	const atomic_bool *stop;
};

/* Slow path of window_need(). */
bool window_fill(struct window *w, size_t n);

/* A source's @renew, by its window. */
void file_renew(struct source *s, uint8_t **buf, size_t *room);

/* True when @n bytes are at w->pos; false when the file ends before. */
static inline bool window_need(struct window *w, size_t n)
{
	return (size_t)(w->end - w->pos) >= n || window_fill(w, n);
}

static inline bool window_stopped(const struct window *w)
{
	return w->stop && *w->stop;
}

static inline uint64_t window_offset(const struct window *w)
{
	return w->offset - (uint64_t)(w->end - w->pos);
}

/**
 * struct file_source - a capture file
 * @s:		What every source has; first
 * @w:		Its bytes
 * @swap:	The file's byte order is not this machine's
 * @frac_ns:	Nanoseconds in a unit of the time stamps' fraction (classic pcap)
 * @snap:	Snap length of the file (classic pcap)
 * @ifs:	Interfaces of the current section (pcapng, owned array of @nifs)
 */
struct file_source {
	struct source s;
	struct window w;
	bool swap;
	uint32_t frac_ns;
	uint32_t snap;
	struct ng_interface *ifs;
	uint32_t nifs;
};

static inline uint32_t file_u32(const struct file_source *f, const uint8_t *p)
{
	uint32_t v;

	__builtin_memcpy(&v, p, 4);
	return f->swap ? __builtin_bswap32(v) : v;
}

static inline uint16_t file_u16(const struct file_source *f, const uint8_t *p)
{
	uint16_t v;

	__builtin_memcpy(&v, p, 2);
	return f->swap ? __builtin_bswap16(v) : v;
}

/* "cut off in frame N ..." into @e, the source ends; returns -1, or 0 when it was stopped. */
int file_cut(struct file_source *f, uint64_t need, struct err *e);
/* capture_ng.c: @f stands at a section header block. 0, or -1 with @e set. */
int ng_open(struct file_source *f, struct err *e);

#endif
