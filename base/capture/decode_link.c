// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decode_link.c - from a captured frame to the IP packet in it: Ethernet, PPP, tags and tunnels
 *
 * A frame is a span: bytes that may be read, and the length they had on the wire. Each
 * decoder checks the captured length before it takes its header off the front of the span, so
 * nothing outside the capture is read, whatever the lengths in the headers say. Tags and tunnels
 * (VLAN, QinQ, E-tag, VN-tag, HSR, Cisco metadata, MACsec without encryption, 802.1ah, FabricPath,
 * TRILL, NSH, MPLS, PPPoE, GRE with what it carries) are followed to the innermost packet,
 * DECODE_DEPTH levels deep, because the hosts of interest are inside. Tunnels over UDP are in
 * decode_tunnel.c, 802.11 is in decode_wifi.c, what other link types begin with in decode_dlt.c.
 *
 * Who returns NOT_IP, UNKNOWN or ENCRYPTED says why by decode_unread(), for the counts per cause.
 *
 * Limit: frame and IP checksums are not verified (captures taken on a sending host hold packets
 * before the network card has filled them in).
 */
#include "base/bytes.h"
#include "base/capture/decode_ip.h"
#include "base/capture/decode_link.h"

#define ETHERTYPE_TEB	  0x6558 /* transparent Ethernet bridging, RFC 1701 */
#define ETHERTYPE_PPP	  0x880b
#define ETHERTYPE_ERSPAN2 0x88be
#define ETHERTYPE_ERSPAN3 0x22eb
#define ETHERTYPE_WCCP	  0x883e
#define ETHERTYPE_CMD	  0x8909 /* Cisco metadata */
#define ETHERTYPE_LOWEST  0x0600 /* below: an 802.3 length */

/* Service access points of LLC that never hold IP: spanning tree, IPX, NetBIOS, IS-IS ... */
static bool llc_without_ip(uint8_t sap)
{
	switch (sap) {
	case 0x00:
	case 0x42:
	case 0xaa:
	case 0xe0:
	case 0xf0:
	case 0xf4:
	case 0xf8:
	case 0xfc:
	case 0xfe:
	case 0xff:
		return true;
	default:
		return false;
	}
}

enum decode_result decode_llc(struct decoder *d, struct span s, struct packet *out)
{
	/* SNAP with an Ethernet type: OUI 00-00-00 (RFC 1042) or 00-00-f8 (802.1H). */
	if (s.cap < 8)
		return s.len < 8 ? decode_unread(d, DECODE_NOT_IP, "LLC", DECODE_NO_VALUE)
				 : DECODE_TRUNCATED;
	if (++d->depth > DECODE_DEPTH)
		return DECODE_MALFORMED;
	if (s.p[0] == 0xaa && s.p[1] == 0xaa && s.p[2] == 3 && !s.p[3] && !s.p[4] &&
	    (!s.p[5] || s.p[5] == 0xf8))
		return decode_ethertype(d, get_be16(s.p + 6), span_skip(s, 8), out);
	if (s.p[0] == 0x06 && s.p[1] == 0x06 && s.p[2] == 3) /* LLC straight over IP */
		return decode_ip(d, span_skip(s, 3), out);
	if (llc_without_ip(s.p[0]))
		return decode_unread(d, DECODE_NOT_IP, "LLC", DECODE_NO_VALUE);
	return decode_unread(d, DECODE_UNKNOWN, "LLC with service access point", s.p[0]);
}

/* From the PPP protocol field on, with or without address and control (RFC 1661, 1662). */
enum decode_result decode_ppp(struct decoder *d, struct span s, struct packet *out)
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
	case 0x0053: /* RFC 1968 */
	case 0x00fd: /* compressed or encrypted, RFC 1962, 3078 */
		return decode_unread(d, DECODE_ENCRYPTED, "PPP that is encrypted or compressed",
				     proto);
	default: /* from 0x8000 on: control of the link, RFC 1661 */
		return decode_unread(d, proto >= 0x8000 ? DECODE_NOT_IP : DECODE_UNKNOWN,
				     "PPP protocol", proto);
	}
}

/* RFC 2516, a session's data: version and type, code, session, length. */
enum decode_result decode_pppoe(struct decoder *d, struct span s, struct packet *out)
{
	if (s.cap < 6)
		return span_short(&s, 6);
	if (s.p[0] != 0x11)
		return DECODE_MALFORMED;
	if (s.p[1] != 0)
		return decode_unread(d, DECODE_NOT_IP, "PPPoE discovery", DECODE_NO_VALUE);
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
	/* a pseudowire without control word may begin with an address of 4x or 6x */
	if (decode_looks_like_ip(s))
		return decode_ip(d, s, out);
	switch (s.p[0] >> 4) {
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
		return decode_unread(d, DECODE_UNKNOWN, "GRE with flags", flags);
	need += flags & 0x8000 ? 4 : 0;
	need += flags & 0x2000 ? 4 : 0;
	need += flags & 0x1000 ? 4 : 0;
	need += (flags & 7) == 1 && flags & 0x0080 ? 4 : 0;
	if (s.cap < need)
		return span_short(&s, need);
	s = span_skip(s, need);
	if (!s.len) /* an acknowledgement of PPTP, a keepalive */
		return decode_unread(d, DECODE_NOT_IP, "GRE without content", DECODE_NO_VALUE);
	if (proto == ETHERTYPE_PPP)
		return decode_ppp(d, s, out);
	if (proto == ETHERTYPE_WCCP) {
		/* version 1 has the packet there; version 2 four bytes of its own before */
		if (!decode_looks_like_ip(s)) {
			if (s.cap < 4)
				return span_short(&s, 4);
			s = span_skip(s, 4);
		}
		return decode_ip(d, s, out);
	}
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

/* RFC 8300: flags, TTL, length in words; type of metadata; next protocol; a path; metadata. */
static enum decode_result decode_nsh(struct decoder *d, struct span s, struct packet *out)
{
	uint32_t need;
	uint8_t next;

	if (s.cap < 8)
		return span_short(&s, 8);
	if (++d->depth > DECODE_DEPTH)
		return DECODE_MALFORMED;
	need = (get_be16(s.p) & 0x3f) * 4U;
	next = s.p[3];
	if (need < 8 || need > s.len)
		return DECODE_MALFORMED;
	if (need > s.cap)
		return DECODE_TRUNCATED;
	s = span_skip(s, need);
	if (!next || next > 5)
		return decode_unread(d, DECODE_UNKNOWN, "NSH with next protocol", next);
	return decode_next_protocol(d, next, s, out);
}

enum decode_result decode_next_protocol(struct decoder *d, uint8_t next, struct span s,
					struct packet *out)
{
	switch (next) {
	case 1:
	case 2:
		return decode_ip(d, s, out);
	case 3:
		return decode_ethernet(d, s, out);
	case 4:
		return decode_nsh(d, s, out);
	case 5:
		return decode_mpls(d, s, out);
	default:
		return DECODE_MALFORMED;
	}
}

/* IEEE 802.1AE-2018, 9.3: flags, short length, packet number, maybe a channel; a check value of 16
 * bytes at the end. With the flag C clear the content is as it was: its integrity alone is
 * protected. */
static enum decode_result decode_macsec(struct decoder *d, struct span s, struct packet *out)
{
	uint32_t need, len;
	uint8_t flags, short_len;

	if (s.cap < 6)
		return span_short(&s, 6);
	flags = s.p[0];
	short_len = s.p[1];
	if (flags & 0x80)
		return decode_unread(d, DECODE_UNKNOWN, "MACsec with flags", flags);
	if (flags & 0x0c)
		return decode_unread(d, DECODE_ENCRYPTED, "encrypted MACsec", DECODE_NO_VALUE);
	need = flags & 0x20 ? 14 : 6;
	if (s.len < need + 2 + 16)
		return DECODE_MALFORMED;
	if (s.cap < need + 2)
		return DECODE_TRUNCATED;
	s = span_skip(s, need);
	len = short_len && short_len < 48U && short_len + 16U <= s.len ? short_len : s.len - 16;
	if (len < 2)
		return DECODE_MALFORMED;
	s.len = len;
	s.cap = s.cap < len ? s.cap : len;
	return decode_ethertype(d, get_be16(s.p), span_skip(s, 2), out);
}

/* A header of @need bytes, and behind it a frame of Ethernet. */
static enum decode_result decode_inner_ethernet(struct decoder *d, struct span s, uint32_t need,
						struct packet *out)
{
	return s.cap < need ? span_short(&s, need) : decode_ethernet(d, span_skip(s, need), out);
}

/* RFC 6325: version, flags, length of options in words, hops; two bridges. */
static enum decode_result decode_trill(struct decoder *d, struct span s, struct packet *out)
{
	if (s.cap < 6)
		return span_short(&s, 6);
	return decode_inner_ethernet(d, s, 6 + (get_be16(s.p) >> 6 & 31) * 4U, out);
}

/* Bytes of a tag with the type behind it; 0 when @type is no tag. */
static uint32_t tag_bytes(uint16_t type, const struct span *s)
{
	switch (type) {
	case 0x8100: /* 802.1Q */
	case 0x88a8: /* 802.1ad */
	case 0x9100: /* QinQ before it had a number */
	case 0x9200:
	case 0x9300:
		return 4;
	case 0x8926: /* VN-tag */
	case 0x892f: /* HSR, IEC 62439-3 */
		return 6;
	case 0x893f: /* E-tag, 802.1BR */
		return 8;
	case ETHERTYPE_CMD: /* version, number of options, options of four bytes */
		return 4 + 4U * (s->cap > 1 && s->p[1] ? s->p[1] : 1);
	default:
		return 0;
	}
}

/* Types that are known and hold no IP. */
static bool without_ip(uint16_t type)
{
	switch (type) {
	case 0x0806: /* ARP */
	case 0x8035: /* RARP */
	case 0x0842: /* wake on LAN */
	case 0x6002: /* DEC maintenance */
	case 0x8137: /* IPX */
	case 0x809b: /* AppleTalk */
	case 0x80f3:
	case 0x8808: /* pause */
	case 0x8809: /* LACP */
	case 0x8863: /* PPPoE discovery */
	case 0x887b: /* HomePlug */
	case 0x888e: /* EAPOL */
	case 0x8899: /* Realtek loop detection */
	case 0x88cc: /* LLDP */
	case 0x88e1: /* HomePlug AV */
	case 0x88f5: /* MVRP */
	case 0x88f6:
	case 0x88f7: /* PTP */
	case 0x88fb: /* PRP supervision */
	case 0x8902: /* CFM */
	case 0x8912: /* HomePlug */
	case 0x893a: /* 1905.1 */
	case 0x9000: /* loopback test */
		return true;
	default:
		return false;
	}
}

enum decode_result decode_ethertype(struct decoder *d, uint16_t type, struct span s,
				    struct packet *out)
{
	for (uint32_t n = tag_bytes(type, &s); n; n = tag_bytes(type, &s)) {
		if (s.cap < n)
			return span_short(&s, n);
		type = get_be16(s.p + n - 2);
		s = span_skip(s, n);
	}
	switch (type) {
	case 0x0800:
	case 0x86dd:
		return decode_ip(d, s, out);
	case 0x8847:
	case 0x8848:
		return decode_mpls(d, s, out);
	case 0x8864:
		return decode_pppoe(d, s, out);
	case ETHERTYPE_TEB:
		return decode_ethernet(d, s, out);
	case 0x88e5:
		return decode_macsec(d, s, out);
	case 0x88e7: /* 802.1ah: a tag of four bytes, then the customer's frame */
		return decode_inner_ethernet(d, s, 4, out);
	case 0x8903: /* FabricPath */
		return decode_inner_ethernet(d, s, 2, out);
	case 0x22f3:
		return decode_trill(d, s, out);
	case 0x894f:
		return decode_nsh(d, s, out);
	default:
		if (type < ETHERTYPE_LOWEST)
			return decode_llc(d, s, out);
		return decode_unread(d, without_ip(type) ? DECODE_NOT_IP : DECODE_UNKNOWN,
				     "EtherType", type);
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
