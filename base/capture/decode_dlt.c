// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decode_dlt.c - what each link type begins with, down to an EtherType, IP or PPP
 *
 * Sources: pcap-linktype(7), the page of link types at tcpdump.org, and the header files of the
 * systems that capture so. Link types: Ethernet, raw IP, BSD null and loop, Linux cooked v1 and v2,
 * PPP in its several captures, PPPoE, Cisco HDLC, MPLS, ATM with LLC, IP over FireWire, OpenBSD's
 * enc and pflog, macOS' pktap, NFLOG, and 802.11 (decode_wifi.c).
 */
#include <pcap/dlt.h>

#include "base/bytes.h"
#include "base/capture/decode_dlt.h"
#include "base/capture/decode_ip.h"
#include "base/capture/decode_link.h"
#include "base/capture/decode_wifi.h"

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
		return decode_unread(d, DECODE_UNKNOWN, "address family", family);
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
	return s.len > s.cap ? DECODE_TRUNCATED
			     : decode_unread(d, DECODE_NOT_IP, "netfilter log without a packet",
					     DECODE_NO_VALUE);
}

/* OpenBSD's packet filter log: its length, padded to four, in the first byte. */
static enum decode_result decode_pflog(struct decoder *d, struct span s, struct packet *out)
{
	uint32_t need;

	if (!s.cap)
		return span_short(&s, 1);
	need = (s.p[0] + 3U) & ~3U;
	if (need < 4)
		return DECODE_MALFORMED;
	return s.cap < need ? span_short(&s, need) : decode_ip(d, span_skip(s, need), out);
}

static enum decode_result decode_of(struct decoder *d, int dlt, struct span s, struct packet *out);

/* macOS: little-endian length, kind, link type of what follows; more. */
static enum decode_result decode_pktap(struct decoder *d, struct span s, struct packet *out)
{
	uint32_t need, dlt;

	if (s.cap < 12)
		return span_short(&s, 12);
	need = get_le32(s.p);
	dlt = get_le32(s.p + 8);
	if (need < 12 || need > s.len || dlt == DLT_PKTAP)
		return DECODE_MALFORMED;
	if (need > s.cap)
		return DECODE_TRUNCATED;
	if (dlt > INT32_MAX || !decode_link_known((int)dlt))
		return decode_unread(d, DECODE_UNKNOWN, "link type", dlt);
	return decode_of(d, (int)dlt, span_skip(s, need), out);
}

/* A header of @need bytes, its EtherType at @at. */
static enum decode_result decode_cooked(struct decoder *d, struct span s, uint32_t need,
					uint32_t at, struct packet *out)
{
	if (s.cap < need)
		return span_short(&s, need);
	return decode_ethertype(d, get_be16(s.p + at), span_skip(s, need), out);
}

static enum decode_result decode_of(struct decoder *d, int dlt, struct span s, struct packet *out)
{
	switch (dlt) {
	case DLT_EN10MB:
		return decode_ethernet(d, s, out);
	case DLT_RAW:
		/* OpenBSD's loop has the number that is raw IP here; no IP begins with 0 */
		if (s.cap && !s.p[0])
			return decode_null(d, s, out);
		return decode_ip(d, s, out);
	case DLT_IPV4:
	case DLT_IPV6:
		return decode_ip(d, s, out);
	case DLT_NULL:
	case DLT_LOOP:
		return decode_null(d, s, out);
	case DLT_LINUX_SLL:
		return decode_cooked(d, s, 16, 14, out);
	case DLT_LINUX_SLL2:
		return decode_cooked(d, s, 20, 0, out);
	case DLT_APPLE_IP_OVER_IEEE1394:
		return decode_cooked(d, s, 18, 16, out);
	case DLT_MPLS:
		return decode_mpls(d, s, out);
	case DLT_ATM_RFC1483:
		return decode_llc(d, s, out);
	case DLT_ENC: /* family, security parameters, flags */
		return s.cap < 12 ? span_short(&s, 12) : decode_ip(d, span_skip(s, 12), out);
	case DLT_PFLOG:
		return decode_pflog(d, s, out);
	case DLT_PKTAP:
		return decode_pktap(d, s, out);
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
	case DLT_IEEE802_11_RADIO:
	case DLT_IEEE802_11_RADIO_AVS:
	case DLT_PRISM_HEADER:
	case DLT_PPI:
		return decode_wifi(d, dlt, s, out);
	case DLT_NFLOG:
		return decode_nflog(d, s, out);
	default:
		return decode_unread(d, DECODE_UNKNOWN, "link type", (uint32_t)dlt);
	}
}

enum decode_result decode_link(struct decoder *d, struct span s, struct packet *out)
{
	return decode_of(d, d->linktype, s, out);
}

bool decode_link_known(int linktype)
{
	static const int known[] = {
		DLT_EN10MB,
		DLT_RAW,
		DLT_IPV4,
		DLT_IPV6,
		DLT_NULL,
		DLT_LOOP,
		DLT_LINUX_SLL,
		DLT_LINUX_SLL2,
		DLT_PPP,
		DLT_PPP_SERIAL,
		DLT_C_HDLC,
		DLT_PPP_PPPD,
		DLT_PPP_ETHER,
		DLT_IEEE802_11,
		DLT_IEEE802_11_RADIO,
		DLT_PPI,
		DLT_NFLOG,
		DLT_PRISM_HEADER,
		DLT_IEEE802_11_RADIO_AVS,
		DLT_APPLE_IP_OVER_IEEE1394,
		DLT_MPLS,
		DLT_ATM_RFC1483,
		DLT_ENC,
		DLT_PFLOG,
		DLT_PKTAP,
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i] == linktype)
			return true;
	return false;
}
