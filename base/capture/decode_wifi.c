// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decode_wifi.c - 802.11 data frames, and what capture programs put before them
 *
 * Sources: IEEE 802.11-2020, 9.2.4 and 9.3.2 (header), 10.5 (fragments); radiotap.org (fields,
 * alignment, flags); the descriptions of PPI, Prism and AVS that libpcap's link types name.
 *
 * Some cards pad the header of 802.11 to a multiple of four bytes; radiotap says so in a flag. A
 * frame may come in up to 16 parts. The parts of one frame come one after the other, because each
 * is acknowledged before the next is sent: a part that is not the next one of its frame is passed
 * over, and so are repeats. The store keeps the parts of WIFI_FRAMES frames; a new frame takes the
 * place of the oldest.
 *
 * Limits: encrypted frames are counted. Aggregates (A-MSDU) are not split. The parts of a frame cut
 * by the snap length are joined as far as the first byte that is missing.
 */
#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/capture/decode_link.h"
#include "base/capture/decode_wifi.h"

#define WIFI_FRAMES    32
#define WIFI_MAX       (16U * 2346) /* bytes of a frame in parts */
#define WIFI_TIMEOUT   (10 * 1000000000ULL)
#define RADIOTAP_TSFT  1U
#define RADIOTAP_FLAGS 2U
#define RADIOTAP_EXT   0x80000000U
#define FLAG_FCS       0x10
#define FLAG_DATAPAD   0x20

/**
 * struct wifi_frame - a frame of which parts came
 * @key:	Receiver, transmitter, traffic class, sequence number
 * @next:	Number of the part that comes next; 0 = the place is free
 * @buf:	Its bytes so far (owned): @cap of them are here, @len were on the air
 * @ts_ns:	Time of the last part
 */
struct wifi_frame {
	uint8_t key[15];
	unsigned next;
	uint8_t *buf;
	uint32_t cap, len;
	uint64_t ts_ns;
};

/* @done: the frame given out last (owned): its packet points into it. */
struct wifi_parts {
	struct wifi_frame at[WIFI_FRAMES];
	uint8_t *done;
};

void wifi_parts_free(struct wifi_parts *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < WIFI_FRAMES; i++)
		free(w->at[i].buf);
	free(w->done);
	free(w);
}

static uint64_t age(const struct wifi_frame *f, uint64_t now)
{
	return now > f->ts_ns ? now - f->ts_ns : 0;
}

/* The place of the frame with @key; of a new one (@first) a free one or the oldest. */
static struct wifi_frame *place(struct wifi_parts *w, const uint8_t key[15], bool first)
{
	struct wifi_frame *best = NULL;

	for (struct wifi_frame *f = w->at; f < w->at + WIFI_FRAMES; f++) {
		if (f->next && !memcmp(f->key, key, sizeof(f->key)))
			return f;
		if (!best || (best->next && (!f->next || f->ts_ns < best->ts_ns)))
			best = f;
	}
	if (!first)
		return NULL;
	best->next = 0;
	return best;
}

static void append(struct wifi_frame *f, const struct span *s)
{
	if (f->cap == f->len && s->cap) { /* nothing is missing before it */
		f->buf = xrealloc(f->buf, f->cap + s->cap);
		memcpy(f->buf + f->cap, s->p, s->cap);
		f->cap += s->cap;
	}
	f->len += s->len;
}

/* Part number @part of a frame. 1: the frame is whole, in *@s; 0: not yet. */
static int join(struct decoder *d, const uint8_t key[15], unsigned part, bool more, struct span *s)
{
	struct wifi_frame *f;

	if (!d->wifi)
		d->wifi = xcalloc(1, sizeof(*d->wifi));
	f = place(d->wifi, key, !part);
	if (!f || (f->next && part && (part != f->next || age(f, d->ts_ns) > WIFI_TIMEOUT)))
		return 0;
	if (!part) {
		if (f->next == 1 && age(f, d->ts_ns) <= WIFI_TIMEOUT)
			return 0; /* a repeat */
		memcpy(f->key, key, sizeof(f->key));
		f->cap = f->len = 0;
		f->next = 0;
	}
	if (s->len > WIFI_MAX || f->len > WIFI_MAX - s->len) {
		f->next = 0;
		return 0;
	}
	append(f, s);
	f->ts_ns = d->ts_ns;
	f->next++;
	if (more)
		return 0;
	free(d->wifi->done);
	d->wifi->done = f->buf;
	*s = (struct span){f->buf, f->cap, f->len};
	f->buf = NULL;
	f->next = 0;
	return 1;
}

/* The header of @need bytes is at @h, the body in @s. */
static enum decode_result decode_body(struct decoder *d, const uint8_t *h, uint8_t class,
				      struct span s, struct packet *out)
{
	unsigned part = h[22] & 15, parts = part + 1;
	bool more = h[1] & 4;
	enum decode_result r;
	uint8_t key[15];

	if (!part && !more)
		return decode_llc(d, s, out);
	memcpy(key, h + 4, 12); /* receiver, transmitter */
	key[12] = h[22] >> 4;
	key[13] = h[23];
	key[14] = class;
	if (!join(d, key, part, more, &s))
		return decode_unread(d, DECODE_FRAGMENT,
				     "parts of an 802.11 frame that is not whole", DECODE_NO_VALUE);
	r = decode_llc(d, s, out);
	if (r == DECODE_OK && !out->fragments)
		out->fragments = (uint16_t)parts;
	return r;
}

static enum decode_result decode_80211(struct decoder *d, struct span s, bool padded,
				       struct packet *out)
{
	uint32_t need = 24;
	uint8_t fc0, fc1, class = 0;
	const uint8_t *h = s.p;

	if (s.cap < 2)
		return span_short(&s, 2);
	fc0 = s.p[0];
	fc1 = s.p[1];
	if (fc0 & 3)
		return decode_unread(d, DECODE_UNKNOWN, "802.11 frames of version", fc0 & 3);
	if ((fc0 & 0x0c) != 0x08 || fc0 & 0x40)
		return decode_unread(d, DECODE_NOT_IP, "802.11 frames without data",
				     DECODE_NO_VALUE);
	if (fc1 & 0x40)
		return decode_unread(d, DECODE_ENCRYPTED, "encrypted 802.11 frames",
				     DECODE_NO_VALUE);
	if ((fc1 & 3) == 3)
		need += 6;
	if (fc0 & 0x80) {
		if (s.cap < need + 2)
			return span_short(&s, need + 2);
		if (s.p[need] & 0x80)
			return decode_unread(d, DECODE_UNKNOWN, "aggregates of 802.11 (A-MSDU)",
					     DECODE_NO_VALUE);
		class = s.p[need] & 15;
		need += fc1 & 0x80 ? 6 : 2;
	}
	if (padded)
		need = (need + 3) & ~3U;
	if (s.cap < need)
		return span_short(&s, need);
	return decode_body(d, h, class, span_skip(s, need), out);
}

/* The flags of a radiotap header of @len bytes, all captured; 0 without them. */
static uint8_t radiotap_flags(const uint8_t *p, uint32_t len)
{
	uint32_t present = get_le32(p + 4), more = present, at = 8;

	for (; more & RADIOTAP_EXT; at += 4) {
		if (len - at < 4)
			return 0;
		more = get_le32(p + at);
	}
	if (present & RADIOTAP_TSFT)
		at = ((at + 7) & ~7U) + 8;
	return present & RADIOTAP_FLAGS && at < len ? p[at] : 0;
}

/* Takes the radio header of @need bytes off; false when it is not all there. */
static bool skip(struct span *s, uint32_t need)
{
	if (s->cap < need)
		return false;
	*s = span_skip(*s, need);
	return true;
}

static enum decode_result decode_radiotap(struct decoder *d, struct span s, struct packet *out)
{
	uint32_t need;
	uint8_t flags;

	if (s.cap < 8)
		return span_short(&s, 8);
	need = get_le16(s.p + 2);
	if (need < 8)
		return DECODE_MALFORMED;
	if (s.cap < need)
		return span_short(&s, need);
	flags = radiotap_flags(s.p, need);
	s = span_skip(s, need);
	if (flags & FLAG_FCS && s.len >= 4) {
		s.len -= 4;
		s.cap = s.cap < s.len ? s.cap : s.len;
	}
	return decode_80211(d, s, flags & FLAG_DATAPAD, out);
}

/* PPI: a little-endian length at byte 2, the inner link type at byte 4. */
static enum decode_result decode_ppi(struct decoder *d, struct span s, struct packet *out)
{
	uint32_t need, inner;

	if (s.cap < 8)
		return span_short(&s, 8);
	need = get_le16(s.p + 2);
	inner = get_le32(s.p + 4);
	if (need < 8)
		return DECODE_MALFORMED;
	if (!skip(&s, need))
		return span_short(&s, need);
	if (inner == DLT_IEEE802_11)
		return decode_80211(d, s, false, out);
	return inner == DLT_EN10MB ? decode_ethernet(d, s, out)
				   : decode_unread(d, DECODE_UNKNOWN, "PPI with link type", inner);
}

/* Prism: 144 bytes, with the length at byte 4 in the byte order of the capturing host; AVS, which
 * came under the same link type too: a magic number, then the length, both big-endian. */
static enum decode_result decode_prism(struct decoder *d, struct span s, struct packet *out)
{
	uint32_t need;

	if (s.cap < 8)
		return span_short(&s, 8);
	if ((get_be32(s.p) & 0xfffff000) == 0x80211000)
		need = get_be32(s.p + 4);
	else
		need = get_le32(s.p + 4) <= 0xffff ? get_le32(s.p + 4) : get_be32(s.p + 4);
	if (need < 8)
		return DECODE_MALFORMED;
	if (!skip(&s, need))
		return span_short(&s, need);
	return decode_80211(d, s, false, out);
}

enum decode_result decode_wifi(struct decoder *d, int dlt, struct span s, struct packet *out)
{
	switch (dlt) {
	case DLT_IEEE802_11_RADIO:
		return decode_radiotap(d, s, out);
	case DLT_PPI:
		return decode_ppi(d, s, out);
	case DLT_PRISM_HEADER:
	case DLT_IEEE802_11_RADIO_AVS:
		return decode_prism(d, s, out);
	default:
		return decode_80211(d, s, false, out);
	}
}
