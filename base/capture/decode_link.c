// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decode_link.c - from a captured frame to the IP packet in it: link layers, tags and tunnels
 *
 * A frame is a span: bytes that may be read, and the length they had on the wire. Each
 * decoder checks the captured length before it takes its header off the front of the span, so
 * nothing outside the capture is read, whatever the lengths in the headers say. Tags and tunnels
 * (VLAN, QinQ, MPLS, PPPoE, GRE, IP in IP) are followed to the innermost packet, DECODE_DEPTH
 * levels deep, because the hosts of interest are inside. Tunnels over UDP are not followed, because
 * signatures describe the outer UDP flow.
 *
 * Link types: Ethernet, raw IP, BSD null and loop, Linux cooked v1 and v2, PPP in its several
 * captures, PPPoE, Cisco HDLC, NFLOG, and unencrypted 802.11 data frames (plain, radiotap, PPI).
 *
 * Limits: frame and IP checksums are not verified (captures taken on a sending host hold packets
 * before the network card has filled them in). 802.11 aggregates (A-MSDU) are not split.
 */
#include <pcap/dlt.h>

#include "base/bytes.h"
#include "base/capture/decode_ip.h"
#include "base/capture/decode_link.h"

#define ETHERTYPE_TEB	  0x6558 /* transparent Ethernet bridging, RFC 1701 */
#define ETHERTYPE_PPP	  0x880b
#define ETHERTYPE_ERSPAN2 0x88be
#define ETHERTYPE_ERSPAN3 0x22eb
#define ETHERTYPE_LOWEST  0x0600 /* below: an 802.3 length */

static enum decode_result decode_ethertype(struct decoder *d, uint16_t type, struct span s,
					   struct packet *out);

static enum decode_result decode_llc(struct decoder *d, struct span s, struct packet *out)
{
	/* SNAP with an Ethernet type: OUI 00-00-00 (RFC 1042) or 00-00-f8 (802.1H). */
	if (s.cap < 8)
		return s.len < 8 ? DECODE_NOT_IP : DECODE_TRUNCATED;
	if (++d->depth > DECODE_DEPTH)
		return DECODE_MALFORMED;
	if (s.p[0] == 0xaa && s.p[1] == 0xaa && s.p[2] == 3 && !s.p[3] && !s.p[4] &&
	    (!s.p[5] || s.p[5] == 0xf8))
		return decode_ethertype(d, get_be16(s.p + 6), span_skip(s, 8), out);
	if (s.p[0] == 0x06 && s.p[1] == 0x06 && s.p[2] == 3) /* LLC straight over IP */
		return decode_ip(d, span_skip(s, 3), out);
	return DECODE_NOT_IP;
}

/* From the PPP protocol field on, with or without address and control (RFC 1661, 1662). */
static enum decode_result decode_ppp(struct decoder *d, struct span s, struct packet *out)
{
	uint16_t proto;

	if (s.cap >= 2 && s.p[0] == 0xff && s.p[1] == 3)
		s = span_skip(s, 2);
	if (s.cap < 2)
		return span_short(&s, 2);
	if (s.p[0] & 1) { /* protocol field compression: one byte */
		proto = s.p[0];
		s = span_skip(s, 1);
	} else {
		proto = get_be16(s.p);
		s = span_skip(s, 2);
	}
	switch (proto) {
	case 0x0021:
	case 0x0057:
		return decode_ip(d, s, out);
	case 0x0281:
	case 0x0283:
		return decode_mpls(d, s, out);
	default:
		return DECODE_NOT_IP;
	}
}

/* RFC 2516, a session's data: version and type, code, session, length. */
static enum decode_result decode_pppoe(struct decoder *d, struct span s, struct packet *out)
{
	if (s.cap < 6)
		return span_short(&s, 6);
	if (s.p[0] != 0x11)
		return DECODE_MALFORMED;
	if (s.p[1] != 0)
		return DECODE_NOT_IP;
	return decode_ppp(d, span_skip(s, 6), out);
}

/* RFC 3032 label stack; under it IP, or a pseudowire with Ethernet (RFC 4385 control word). */
enum decode_result decode_mpls(struct decoder *d, struct span s, struct packet *out)
{
	bool bottom;

	do {
		if (s.cap < 4)
			return span_short(&s, 4);
		bottom = s.p[2] & 1;
		s = span_skip(s, 4);
	} while (!bottom);
	if (!s.cap)
		return span_short(&s, 1);
	switch (s.p[0] >> 4) {
	case 4:
	case 6:
		return decode_ip(d, s, out);
	case 0:
		if (s.cap < 4)
			return span_short(&s, 4);
		return decode_ethernet(d, span_skip(s, 4), out);
	default:
		return decode_ethernet(d, s, out);
	}
}

/* RFC 2784 and 2890 (version 0), RFC 2637 PPTP (version 1), ERSPAN II and III. */
enum decode_result decode_gre(struct decoder *d, struct span s, struct packet *out)
{
	uint16_t flags, proto;
	uint32_t need = 4;

	if (s.cap < 4)
		return span_short(&s, 4);
	flags = get_be16(s.p);
	proto = get_be16(s.p + 2);
	if ((flags & 7) > 1 || flags & 0x4000) /* unknown version; source routing (deprecated) */
		return DECODE_NOT_IP;
	need += flags & 0x8000 ? 4 : 0;
	need += flags & 0x2000 ? 4 : 0;
	need += flags & 0x1000 ? 4 : 0;
	need += (flags & 7) == 1 && flags & 0x0080 ? 4 : 0;
	if (s.cap < need)
		return span_short(&s, need);
	s = span_skip(s, need);
	if (proto == ETHERTYPE_PPP)
		return s.len ? decode_ppp(d, s, out) : DECODE_NOT_IP;
	if (proto == ETHERTYPE_ERSPAN2 || proto == ETHERTYPE_ERSPAN3) {
		need = proto == ETHERTYPE_ERSPAN3 ? 12 : flags & 0x1000 ? 8 : 0;
		if (s.cap < need)
			return span_short(&s, need);
		if (need == 12 && s.p[11] & 1) /* platform-specific sub-header */
			need += 8;
		if (s.cap < need)
			return span_short(&s, need);
		return decode_ethernet(d, span_skip(s, need), out);
	}
	return decode_ethertype(d, proto, s, out);
}

static enum decode_result decode_ethertype(struct decoder *d, uint16_t type, struct span s,
					   struct packet *out)
{
	for (;;) {
		switch (type) {
		case 0x0800:
		case 0x86dd:
			return decode_ip(d, s, out);
		case 0x8100: /* 802.1Q */
		case 0x88a8: /* 802.1ad */
		case 0x9100: /* QinQ before it had a number */
		case 0x9200:
			if (s.cap < 4)
				return span_short(&s, 4);
			type = get_be16(s.p + 2);
			s = span_skip(s, 4);
			continue;
		case 0x8847:
		case 0x8848:
			return decode_mpls(d, s, out);
		case 0x8864:
			return decode_pppoe(d, s, out);
		case ETHERTYPE_TEB:
			return decode_ethernet(d, s, out);
		default:
			return type < ETHERTYPE_LOWEST ? decode_llc(d, s, out) : DECODE_NOT_IP;
		}
	}
}

enum decode_result decode_ethernet(struct decoder *d, struct span s, struct packet *out)
{
	if (s.cap < 14)
		return span_short(&s, 14);
	if (++d->depth > DECODE_DEPTH)
		return DECODE_MALFORMED;
	return decode_ethertype(d, get_be16(s.p + 12), span_skip(s, 14), out);
}

/* An address family in the byte order of the capturing host (null) or of the network (loop). */
static enum decode_result decode_null(struct decoder *d, struct span s, struct packet *out)
{
	uint32_t family;

	if (s.cap < 4)
		return span_short(&s, 4);
	family = get_be32(s.p);
	if (family & 0xffff0000)
		family = __builtin_bswap32(family);
	switch (family) {
	case 2:	 /* AF_INET everywhere */
	case 10: /* AF_INET6: Linux, NetBSD and OpenBSD, FreeBSD, macOS */
	case 24:
	case 28:
	case 30:
		return decode_ip(d, span_skip(s, 4), out);
	default:
		return DECODE_NOT_IP;
	}
}

/* PPP with HDLC framing, or Cisco HDLC where the address byte says so (RFC 1547, 4.3.1). */
static enum decode_result decode_hdlc(struct decoder *d, struct span s, struct packet *out)
{
	if (s.cap < 4)
		return span_short(&s, 4);
	if (s.p[0] == 0x0f || s.p[0] == 0x8f)
		return decode_ethertype(d, get_be16(s.p + 2), span_skip(s, 4), out);
	return decode_ppp(d, s, out);
}

/* Data frames without encryption, IEEE 802.11-2020 9.3.2. */
static enum decode_result decode_80211(struct decoder *d, struct span s, struct packet *out)
{
	uint32_t need = 24;
	uint8_t fc0, fc1;

	if (s.cap < 2)
		return span_short(&s, 2);
	fc0 = s.p[0];
	fc1 = s.p[1];
	/* not version 0, not data, no data in it, or encrypted */
	if (fc0 & 3 || (fc0 & 0x0c) != 0x08 || fc0 & 0x40 || fc1 & 0x40)
		return DECODE_NOT_IP;
	if ((fc1 & 3) == 3)
		need += 6;
	if (fc0 & 0x80) {
		if (s.cap < need + 2)
			return span_short(&s, need + 2);
		if (s.p[need] & 0x80) /* A-MSDU */
			return DECODE_NOT_IP;
		need += fc1 & 0x80 ? 6 : 2;
	}
	if (s.cap < need)
		return span_short(&s, need);
	return decode_llc(d, span_skip(s, need), out);
}

/* Radiotap and PPI: a little-endian length at byte 2; PPI has the inner link type at byte 4. */
static enum decode_result decode_radio(struct decoder *d, struct span s, struct packet *out)
{
	uint32_t need, inner;

	if (s.cap < 8)
		return span_short(&s, 8);
	need = s.p[2] | (uint32_t)s.p[3] << 8;
	if (need < 8)
		return DECODE_MALFORMED;
	if (s.cap < need)
		return span_short(&s, need);
	inner = d->linktype == DLT_PPI ? __builtin_bswap32(get_be32(s.p + 4)) : DLT_IEEE802_11;
	s = span_skip(s, need);
	if (inner == DLT_IEEE802_11)
		return decode_80211(d, s, out);
	return inner == DLT_EN10MB ? decode_ethernet(d, s, out) : DECODE_NOT_IP;
}

/* Netfilter log: family, version, resource; then attributes in the byte order of the host that
 * captured, of which number 9 is the packet. */
static enum decode_result decode_nflog(struct decoder *d, struct span s, struct packet *out)
{
	if (s.cap < 4)
		return span_short(&s, 4);
	s = span_skip(s, 4);
	while (s.cap >= 4) {
		uint32_t len = s.p[0] | (uint32_t)s.p[1] << 8, type = s.p[2];

		if (!s.p[2]) { /* a big-endian host: the type's high byte comes first */
			len = get_be16(s.p);
			type = s.p[3];
		}
		if (len < 4)
			return DECODE_MALFORMED;
		if (type == 9)
			return decode_ip(d, span_skip(s, 4), out);
		len = (len + 3) & ~3U;
		if (len > s.cap)
			return span_short(&s, len);
		s = span_skip(s, len);
	}
	return s.len > s.cap ? DECODE_TRUNCATED : DECODE_NOT_IP;
}

enum decode_result decode_link(struct decoder *d, struct span s, struct packet *out)
{
	switch (d->linktype) {
	case DLT_EN10MB:
		return decode_ethernet(d, s, out);
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		return decode_ip(d, s, out);
	case DLT_NULL:
	case DLT_LOOP:
		return decode_null(d, s, out);
	case DLT_LINUX_SLL:
		if (s.cap < 16)
			return span_short(&s, 16);
		return decode_ethertype(d, get_be16(s.p + 14), span_skip(s, 16), out);
	case DLT_LINUX_SLL2:
		if (s.cap < 20)
			return span_short(&s, 20);
		return decode_ethertype(d, get_be16(s.p), span_skip(s, 20), out);
	case DLT_PPP:
	case DLT_PPP_SERIAL:
	case DLT_C_HDLC:
		return decode_hdlc(d, s, out);
	case DLT_PPP_PPPD: /* a direction in place of the address byte */
		if (s.cap < 4)
			return span_short(&s, 4);
		return decode_ppp(d, s.p[1] == 3 ? span_skip(s, 2) : s, out);
	case DLT_PPP_ETHER:
		return decode_pppoe(d, s, out);
	case DLT_IEEE802_11:
		return decode_80211(d, s, out);
	case DLT_IEEE802_11_RADIO:
	case DLT_PPI:
		return decode_radio(d, s, out);
	case DLT_NFLOG:
		return decode_nflog(d, s, out);
	default:
		return DECODE_NOT_IP;
	}
}

bool decode_link_known(int linktype)
{
	static const int known[] = {
		DLT_EN10MB, DLT_RAW,	   DLT_IPV4,	   DLT_IPV6,	   DLT_NULL,
		DLT_LOOP,   DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_PPP,	   DLT_PPP_SERIAL,
		DLT_C_HDLC, DLT_PPP_PPPD,  DLT_PPP_ETHER,  DLT_IEEE802_11, DLT_IEEE802_11_RADIO,
		DLT_PPI,    DLT_NFLOG,
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i] == linktype)
			return true;
	return false;
}
