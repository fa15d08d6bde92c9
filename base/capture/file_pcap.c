// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * file_pcap.c - a reader for capture files, several times as fast as libpcap's
 *
 * Frames are handed out where they lie in a window of the file (window.c), without a copy. Both
 * byte orders and both units of time (micro- and nanoseconds) are read; versions before 2.4 go to
 * libpcap. A test compares our frames with libpcap's, byte by byte.
 *
 * Rules taken over from libpcap:
 *   - a time stamp's fraction is signed, and may be more than a second;
 *   - a frame larger than FRAME_MAX makes the rest of the file unreadable, because the next header
 *     cannot be found.
 *
 * Otherwise than libpcap, all bytes of a frame larger than the file's snap length are used, and
 * fractions of NANOSECONDS_FROM microseconds or more mean that the file is in nanoseconds, whatever
 * its header says: programs that wrote so are known, and fractions of a little more than a second,
 * from sums that were not carried over, are known as well. The first window of the file is looked
 * through for such a fraction, so that it decides for the frames before it too.
 */
#include "base/capture/file_pcap.h"

#define NANOSECONDS_FROM 10000000 /* as microseconds: ten seconds */

/* A fraction of a second or more, or below 0: whatever it may mean. */
static void odd_fraction(struct file_source *f, int32_t fraction)
{
	if (f->frac_ns == 1000 && fraction >= NANOSECONDS_FROM) {
		f->frac_ns = 1;
		f->second = 1000000000;
		source_note(&f->s, ODD_NANOSECONDS, fraction);
	}
	if (fraction < 0 || fraction >= (int32_t)f->second)
		source_note(&f->s, ODD_FRACTION, fraction);
}

/* Decides the unit from the frames in the window. */
static void find_unit(struct file_source *f)
{
	const uint8_t *p = f->w.pos;
	uint64_t frame = 0;

	while (f->frac_ns == 1000 && (size_t)(f->w.end - p) >= 16) {
		uint32_t caplen = file_u32(f, p + 8);
		int32_t fraction = (int32_t)file_u32(f, p + 4);

		if (caplen > FRAME_MAX || caplen > (size_t)(f->w.end - p) - 16)
			break;
		if (fraction >= NANOSECONDS_FROM) {
			odd_fraction(f, fraction);
			f->s.odd[ODD_NANOSECONDS].first = frame + 1;
		}
		p += 16 + caplen;
		frame++;
	}
}

/* What follows is compiled twice, for files of either byte order: @swap is a constant. */
#define EITHER static inline __attribute__((always_inline))

EITHER uint32_t u32(const uint8_t *p, bool swap)
{
	uint32_t v;

	__builtin_memcpy(&v, p, 4);
	return swap ? __builtin_bswap32(v) : v;
}

EITHER uint64_t pcap_time(const struct file_source *f, const uint8_t *p, bool swap)
{
	return u32(p, swap) * 1000000000ULL +
	       (uint64_t)((int64_t)(int32_t)u32(p + 4, swap) * f->frac_ns);
}

EITHER void scan_records(const struct source *s, struct source_scan *scan, const uint8_t *limit,
			 bool swap)
{
	const struct file_source *f = (const struct file_source *)s;
	const uint8_t *p = scan->at;
	uint64_t ts = scan->ts_ns;

	scan->why = SCAN_MORE;
	while (p < limit && f->w.end - p >= 16) {
		uint32_t caplen = u32(p + 8, swap);
		uint64_t next = pcap_time(f, p, swap);

		if (caplen > FRAME_MAX || u32(p + 4, swap) >= f->second) {
			scan->why = SCAN_UNKNOWN; /* bad, or it may change the unit of time */
			break;
		}
		if (caplen > (size_t)(f->w.end - p) - 16)
			break;
		if ((int64_t)next < (int64_t)ts) {
			scan->why = SCAN_BACK;
			break;
		}
		ts = next;
		p += 16 + caplen;
	}
	scan->at = p;
	scan->ts_ns = ts;
}

static void scan_native(const struct source *s, struct source_scan *scan, const uint8_t *limit)
{
	scan_records(s, scan, limit, false);
}

static void scan_swapped(const struct source *s, struct source_scan *scan, const uint8_t *limit)
{
	scan_records(s, scan, limit, true);
}

/* The frame at the window's place, whatever it is like. */
static __attribute__((noinline)) int next_any(struct file_source *f, struct source_frame *out,
					      struct err *e)
{
	const uint8_t *p;
	uint32_t caplen, fraction;

	if (!window_has(&f->w, 16))
		return file_end(f, 16, e);
	caplen = file_u32(f, f->w.pos + 8);
	if (caplen > FRAME_MAX) {
		f->s.ended = true;
		return err_set(e,
			       "%s: frame %llu at byte %llu says it holds %u bytes, more than the "
			       "%u a frame may; what follows cannot be read",
			       f->s.name, (unsigned long long)f->s.number + 1,
			       (unsigned long long)window_offset(&f->w), caplen, FRAME_MAX);
	}
	if (!window_has(&f->w, 16 + (size_t)caplen))
		return file_cut(f, 16 + (uint64_t)caplen, e);
	p = f->w.pos;
	fraction = file_u32(f, p + 4);
	if (fraction >= f->second)
		odd_fraction(f, (int32_t)fraction);
	if (caplen > f->snap)
		source_note(&f->s, ODD_SNAP, caplen);
	*out = (struct source_frame){.ts_ns = pcap_time(f, p, f->swap),
				     .data = p + 16,
				     .caplen = caplen,
				     .len = file_u32(f, p + 12)};
	source_check_length(&f->s, out);
	f->w.pos = p + 16 + caplen;
	return 1;
}

/* The same; a frame that lies in memory and has nothing strange is taken at once. */
EITHER int next_frame(struct source *s, struct source_frame *out, struct err *e, bool swap)
{
	struct file_source *f = (struct file_source *)s;
	const uint8_t *p = f->w.pos;
	size_t have = (size_t)(f->w.end - p);
	uint32_t caplen, len;

	if (__builtin_expect(have < 16, 0))
		return next_any(f, out, e);
	caplen = u32(p + 8, swap);
	len = u32(p + 12, swap);
	if (__builtin_expect(have - 16 < caplen || caplen > f->snap || len < caplen ||
				     len > WIRE_MAX || u32(p + 4, swap) >= f->second,
			     0))
		return next_any(f, out, e);
	out->ts_ns = pcap_time(f, p, swap);
	out->data = p + 16;
	out->caplen = caplen;
	out->len = len;
	out->link = 0;
	f->w.pos = p + 16 + caplen;
	__builtin_prefetch(p + 16 + caplen + 256);
	return 1;
}

static int next_native(struct source *s, struct source_frame *out, struct err *e)
{
	return next_frame(s, out, e, false);
}

static int next_swapped(struct source *s, struct source_frame *out, struct err *e)
{
	return next_frame(s, out, e, true);
}

static bool pcap_ready(const struct source *s)
{
	const struct file_source *f = (const struct file_source *)s;

	size_t have = (size_t)(f->w.end - f->w.pos);
	uint32_t caplen;

	if (have < 16)
		return false;
	caplen = file_u32(f, f->w.pos + 8);
	return caplen <= FRAME_MAX && caplen <= have - 16;
}

int file_pcap_open(struct file_source *f, uint32_t magic, struct err *e)
{
	uint32_t snap;
	int dlt;

	if (!window_has(&f->w, 24))
		return err_set(e, "%s: cut off in the file header (%llu of 24 bytes)", f->s.name,
			       (unsigned long long)f->w.offset);
	if (file_u16(f, f->w.pos + 4) != 2 || file_u16(f, f->w.pos + 6) != 4)
		return 1;
	f->frac_ns = magic == 0xa1b23c4d ? 1 : 1000;
	f->second = 1000000000 / f->frac_ns;
	snap = file_u32(f, f->w.pos + 16);
	/* 0, or more than INT_MAX, stands for "no limit" */
	f->snap = snap && snap <= FRAME_MAX ? snap : FRAME_MAX;
	/* the upper bits hold the length of a frame check sequence */
	dlt = linktype_dlt(file_u32(f, f->w.pos + 20) & 0x03ffffff);
	f->w.pos += 24;
	find_unit(f);
	f->s.next = f->swap ? next_swapped : next_native;
	f->s.ready = pcap_ready;
	f->s.scan = f->swap ? scan_swapped : scan_native;
	if (source_add_link(&f->s, dlt, e) < 0)
		return -1;
	return f->s.links[0].decoder ? 0 : source_unsupported(&f->s, dlt, e);
}
