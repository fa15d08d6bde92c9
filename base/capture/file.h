/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_FILE_H
#define BASE_CAPTURE_FILE_H

#include "base/capture/source.h"
#include "base/capture/window.h"

/* What the readers of file formats share. */

/**
 * struct file_source - a capture file
 * @s:		What every source has; first
 * @w:		Its bytes
 * @swap:	The file's byte order is not this machine's
 * @frac_ns:	Nanoseconds in a unit of the time stamps' fraction (classic pcap)
 * @second:	Units of the fraction in a second (classic pcap)
 * @snap:	Snap length of the file (classic pcap)
 * @ifs:	Interfaces of the current section (pcapng, owned array of @nifs)
 */
struct file_source {
	struct source s;
	struct window w;
	bool swap;
	uint32_t frac_ns, second;
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
/* The file ends with less than @need bytes left: 0 at a clean end, else -1 with @e set: it is cut off,
 * or so is the compressed stream. The source ends. */
int file_end(struct file_source *f, uint64_t need, struct err *e);

void file_close(struct source *s);
double file_progress(const struct source *s);

#endif
