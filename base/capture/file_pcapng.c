// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * file_pcapng.c - pcapng files, with interfaces of different link types and time resolutions
 *
 * Source of the format: draft-ietf-opsawg-pcapng. This reader uses section headers (each section
 * has its own byte order and interfaces), interface descriptions, and enhanced, simple and
 * (obsolete) packet blocks; it skips all others. libpcap refuses a file whose interfaces differ in
 * link type or snap length, which Wireshark writes whenever it captures on two of them; here each
 * interface has a decoder and a filter of its own.
 *
 * An interface of an unsupported link type is reported once; its frames are counted and skipped,
 * those of the others are read. Frames of simple packet blocks carry no time: they get that of the
 * frame before.
 */
#include <stdlib.h>
#include <string.h>

#include "base/capture/file_pcapng.h"

#define BLOCK_MAX (16U << 20) /* as libpcap has it */

enum pcapng_block {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2,
	BLOCK_SIMPLE = 3,
	BLOCK_ENHANCED = 6,
};

/**
 * struct ng_interface - an interface of the section
 * @link:	Index into the source's links
 * @snap:	Snap length
 * @mult, @div:	Nanoseconds = units * mult / div for decimal resolutions
 * @shift:	Resolution is 2^-shift seconds, when not 0
 * @offset_s:	Seconds to add to every time stamp
 */
struct ng_interface {
	uint32_t link;
	uint32_t snap;
	uint64_t mult, div;
	unsigned shift;
	int64_t offset_s;
};

static int ng_bad(struct file_source *f, struct err *e, const char *what, uint32_t value)
{
	f->s.ended = true;
	return err_set(e,
		       "%s: block at byte %llu (after frame %llu): %s %u; what follows cannot be "
		       "read",
		       f->s.name, (unsigned long long)window_offset(&f->w),
		       (unsigned long long)f->s.number, what, value);
}

/* Seconds in a year, about: for a message. */
#define YEAR_S 31556952

/* False: the time cannot be said in @out; it is noted. */
static __int128 ng_time(const struct ng_interface *i, uint64_t t)
{
	__int128 ns;

	if (i->shift) {
		uint64_t frac = t & ((1ULL << i->shift) - 1);

		ns = (__int128)(t >> i->shift) * 1000000000 +
		     (int64_t)(((unsigned __int128)frac * 1000000000U) >> i->shift);
	} else {
		ns = (__int128)t * i->mult / i->div;
	}
	return ns + (__int128)i->offset_s * 1000000000;
}

/* Whether a time can be said in @out, which is 64 bits of nanoseconds. */
static bool ng_in_range(__int128 ns, uint64_t *out)
{
	*out = (uint64_t)ns;
	return ns >= INT64_MIN && ns <= INT64_MAX;
}

static void ng_resolution(struct ng_interface *i, uint8_t v)
{
	i->mult = i->div = 1;
	i->shift = 0;
	if (v & 0x80) {
		i->shift = v & 0x7f;
		if (i->shift > 63)
			i->shift = 63;
		if (!i->shift)
			i->mult = 1000000000;
		return;
	}
	for (int n = v; n < 9; n++)
		i->mult *= 10;
	for (int n = v; n > 9 && i->div < 1000000000000000000ULL; n--)
		i->div *= 10;
}

/* @p: an interface description's body of @n bytes. */
static int ng_interface_add(struct file_source *f, const uint8_t *p, uint32_t n, struct err *e)
{
	struct ng_interface *i;
	int dlt = linktype_dlt(file_u16(f, p));
	uint32_t off = 8;
	long at = -1;

	f->ifs = xrealloc(f->ifs, (f->nifs + 1) * sizeof(*f->ifs));
	i = &f->ifs[f->nifs];
	memset(i, 0, sizeof(*i));
	i->snap = file_u32(f, p + 4);
	ng_resolution(i, 6);
	while (n - off >= 4) {
		uint16_t code = file_u16(f, p + off), len = file_u16(f, p + off + 2);

		off += 4;
		if (!code || len > n - off)
			break;
		if (code == 9 && len >= 1) {
			ng_resolution(i, p[off]);
		} else if (code == 14 && len >= 8) {
			uint32_t a = file_u32(f, p + off), b = file_u32(f, p + off + 4);

			i->offset_s = f->swap != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
					      ? (int64_t)((uint64_t)a << 32 | b)
					      : (int64_t)((uint64_t)b << 32 | a);
		}
		off += (len + 3U) & ~3U;
		if (off > n)
			break;
	}
	for (uint32_t k = 0; k < f->s.nlinks && at < 0; k++)
		if (f->s.links[k].dlt == dlt)
			at = k;
	if (at >= 0) {
		i->link = (uint32_t)at;
		f->nifs++;
		return 0;
	}
	at = source_add_link(&f->s, dlt, e);
	if (at < 0) {
		f->s.ended = true;
		return -1;
	}
	i->link = (uint32_t)at;
	f->nifs++;
	return f->s.links[at].decoder ? 0 : source_unsupported(&f->s, dlt, e);
}

/* The window stands at a section header of at least 12 bytes. */
static int ng_section(struct file_source *f, struct err *e)
{
	uint32_t order;

	memcpy(&order, f->w.pos + 8, 4);
	f->nifs = 0;
	if (order == 0x1a2b3c4d)
		f->swap = false;
	else if (order == 0x4d3c2b1a)
		f->swap = true;
	else
		return ng_bad(f, e, "section header with byte-order mark", order);
	return 0;
}

static int ng_section_version(struct file_source *f, const uint8_t *body, uint32_t n, struct err *e)
{
	if (n < 16)
		return ng_bad(f, e, "section header with a body of", n);
	if (file_u16(f, body + 4) != 1)
		return ng_bad(f, e, "pcapng major version", file_u16(f, body + 4));
	return 0;
}

/* A packet in a block's @body of @n bytes. 1; 2: it is left out; -1 with @e set. */
static int ng_packet(struct file_source *f, uint32_t type, const uint8_t *body, uint32_t n,
		     struct source_frame *out, struct err *e)
{
	uint32_t head = type == BLOCK_SIMPLE ? 4 : 20, iface = 0;
	const struct ng_interface *i;
	bool timed = true;

	if (n < head)
		return ng_bad(f, e, "packet block with a body of", n);
	if (type == BLOCK_ENHANCED)
		iface = file_u32(f, body);
	else if (type == BLOCK_PACKET)
		iface = file_u16(f, body);
	if (iface >= f->nifs)
		return ng_bad(f, e, "packet of an interface that was not described:", iface);
	i = &f->ifs[iface];
	if (type == BLOCK_SIMPLE) {
		out->ts_ns = f->s.last_ns;
		out->len = out->caplen = file_u32(f, body);
		if (i->snap && out->caplen > i->snap)
			out->caplen = i->snap;
		if (out->caplen > n - head)
			out->caplen = n - head;
	} else {
		__int128 ns =
			ng_time(i, (uint64_t)file_u32(f, body + 4) << 32 | file_u32(f, body + 8));

		timed = ng_in_range(ns, &out->ts_ns);
		if (!timed)
			source_note(&f->s, ODD_TIME, 1970 + (int64_t)(ns / 1000000000 / YEAR_S));
		out->caplen = file_u32(f, body + 12);
		out->len = file_u32(f, body + 16);
	}
	if (out->caplen > FRAME_MAX || out->caplen > n - head)
		return ng_bad(f, e, "packet with an impossible length of", out->caplen);
	out->data = body + head;
	out->link = i->link;
	source_check_length(&f->s, out);
	if (timed)
		return 1;
	f->s.number++; /* nobody else counts it */
	return 2;
}

/* Reads one block. 1: a frame; 2: something else; 0: the end; -1 with @e set. */
static int ng_block(struct file_source *f, struct source_frame *out, struct err *e)
{
	uint32_t type, total, n;
	const uint8_t *body;
	int rc = 2;

	if (!window_has(&f->w, 12))
		return file_end(f, 12, e);
	type = file_u32(f, f->w.pos);
	if (type == BLOCK_SECTION && ng_section(f, e) < 0)
		return -1;
	total = file_u32(f, f->w.pos + 4);
	if (total < 12 || total > BLOCK_MAX)
		return ng_bad(f, e, "an impossible length of", total);
	total = (total + 3) & ~3U;
	if (!window_has(&f->w, total))
		return file_cut(f, total, e);
	if (((file_u32(f, f->w.pos + total - 4) + 3) & ~3U) != total)
		return ng_bad(f, e, "the length at its end differs from that at its start:",
			      file_u32(f, f->w.pos + total - 4));
	body = f->w.pos + 8;
	n = total - 12;
	switch (type) {
	case BLOCK_SECTION:
		rc = ng_section_version(f, body, n, e) < 0 ? -1 : 2;
		break;
	case BLOCK_INTERFACE:
		if (n < 8)
			return ng_bad(f, e, "interface description with a body of", n);
		rc = ng_interface_add(f, body, n, e) < 0 ? -1 : 2;
		break;
	case BLOCK_PACKET:
	case BLOCK_SIMPLE:
	case BLOCK_ENHANCED:
		rc = ng_packet(f, type, body, n, out, e);
		break;
	}
	f->w.pos += total;
	return rc;
}

static int ng_next(struct source *s, struct source_frame *out, struct err *e)
{
	int rc;

	do
		rc = ng_block((struct file_source *)s, out, e);
	while (rc == 2);
	return rc;
}

/* Whether @have bytes at @p hold a whole packet block that ng_block() would accept, and its time. */
static bool ng_whole(const struct file_source *f, const uint8_t *p, size_t have, uint64_t *ts_ns)
{
	uint32_t total, caplen, iface;

	if (have < 32 || file_u32(f, p) != BLOCK_ENHANCED)
		return false;
	total = (file_u32(f, p + 4) + 3) & ~3U;
	caplen = file_u32(f, p + 20);
	iface = file_u32(f, p + 8);
	return total >= 32 && total <= have && total <= BLOCK_MAX &&
	       file_u32(f, p + total - 4) == file_u32(f, p + 4) && iface < f->nifs &&
	       caplen <= FRAME_MAX && caplen <= total - 32 &&
	       ng_in_range(ng_time(&f->ifs[iface],
				   (uint64_t)file_u32(f, p + 12) << 32 | file_u32(f, p + 16)),
			   ts_ns);
}

static bool ng_ready(const struct source *s)
{
	const struct file_source *f = (const struct file_source *)s;
	uint64_t ts;

	return ng_whole(f, f->w.pos, (size_t)(f->w.end - f->w.pos), &ts);
}

/* Enhanced packet blocks, one after another; of all others ng_next() knows what they mean. */
static void ng_scan(const struct source *s, struct source_scan *scan, const uint8_t *limit)
{
	const struct file_source *f = (const struct file_source *)s;

	scan->why = SCAN_MORE;
	while (scan->at < limit && f->w.end - scan->at >= 12) {
		size_t have = (size_t)(f->w.end - scan->at), total;
		uint64_t ts;

		total = (file_u32(f, scan->at + 4) + (size_t)3) & ~(size_t)3;
		if (file_u32(f, scan->at) == BLOCK_ENHANCED && total > have && total <= BLOCK_MAX)
			return;
		if (!ng_whole(f, scan->at, have, &ts)) {
			scan->why = SCAN_UNKNOWN;
			return;
		}
		if ((int64_t)ts < (int64_t)scan->ts_ns) {
			scan->why = SCAN_BACK;
			return;
		}
		scan->ts_ns = ts;
		scan->at += total;
	}
}

int file_pcapng_open(struct file_source *f, uint32_t magic, struct err *e)
{
	struct source_frame none;

	(void)magic;
	f->s.next = ng_next;
	f->s.ready = ng_ready;
	f->s.scan = ng_scan;
	/* the first block is the section header; the rest is read with the frames */
	return ng_block(f, &none, e) == 2 ? 0 : -1;
}
