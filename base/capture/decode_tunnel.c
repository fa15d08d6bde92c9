// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decode_tunnel.c - tunnels over UDP: VXLAN, VXLAN-GPE, GENEVE, GTP-U, L2TP, MPLS, TZSP
 *
 * A mirror port of a cloud, a mobile core or an access network hands out captures in which each
 * packet lies in such a tunnel. The port only says where to look: Skype uses any port, so a payload
 * counts as a tunnel's only when its header has every fixed bit as it must be and an IP packet of
 * fitting length is inside. Otherwise the caller keeps the outer packet.
 *
 * Sources: RFC 7348 (VXLAN; the group policy bit is of draft-smith-vxlan-group-policy),
 * draft-ietf-nvo3-vxlan-gpe, RFC 8926 (GENEVE), 3GPP TS 29.281 (GTP-U), RFC 2661 (L2TP), RFC 7510
 * (MPLS), Wireshark's description of TZSP.
 */
#include "base/bytes.h"
#include "base/capture/decode_ip.h"
#include "base/capture/decode_link.h"
#include "base/capture/decode_tunnel.h"

#define VXLAN_GROUP 0x80
#define VXLAN_VNI   0x08
#define VXLAN_NEXT  0x04 /* GPE: the next protocol is named */

static enum decode_result decode_vxlan(struct decoder *d, struct span s, struct packet *out)
{
	uint8_t flags, next;

	if (s.cap < 8)
		return span_short(&s, 8);
	flags = s.p[0];
	next = s.p[3];
	if (s.p[7])
		return DECODE_MALFORMED;
	if (flags == VXLAN_VNI || flags == VXLAN_NEXT || flags == (VXLAN_VNI | VXLAN_NEXT)) {
		if (s.p[1] || s.p[2] || (next && !(flags & VXLAN_NEXT)))
			return DECODE_MALFORMED;
	} else if (flags != (VXLAN_GROUP | VXLAN_VNI)) {
		return DECODE_MALFORMED;
	}
	s = span_skip(s, 8);
	if (!(flags & VXLAN_NEXT))
		return decode_ethernet(d, s, out);
	return decode_next_protocol(d, next, s, out);
}

static enum decode_result decode_geneve(struct decoder *d, struct span s, struct packet *out)
{
	uint32_t need;
	uint16_t type;

	if (s.cap < 8)
		return span_short(&s, 8);
	/* version 0, reserved bits clear */
	if (s.p[0] & 0xc0 || s.p[1] & 0x3f || s.p[7])
		return DECODE_MALFORMED;
	need = 8 + (s.p[0] & 0x3fU) * 4;
	type = get_be16(s.p + 2);
	if (s.cap < need)
		return span_short(&s, need);
	return decode_ethertype(d, type, span_skip(s, need), out);
}

static enum decode_result decode_gtp_u(struct decoder *d, struct span s, struct packet *out)
{
	uint32_t need = 8, n;
	uint8_t flags, next = 0;

	if (s.cap < 8)
		return span_short(&s, 8);
	flags = s.p[0];
	/* version 1, GTP; a user's packet; the length counts what follows the first eight bytes */
	if ((flags & 0xf8) != 0x30 || s.p[1] != 0xff || get_be16(s.p + 2) != s.len - 8)
		return DECODE_MALFORMED;
	if (flags & 7) {
		if (s.cap < 12)
			return span_short(&s, 12);
		next = flags & 4 ? s.p[11] : 0;
		need = 12;
	}
	while (next) {
		if (s.cap <= need)
			return span_short(&s, need + 1);
		n = s.p[need] * 4U;
		if (!n || n > s.len - need)
			return DECODE_MALFORMED;
		if (n > s.cap - need)
			return DECODE_TRUNCATED;
		next = s.p[need + n - 1];
		need += n;
	}
	return decode_ip(d, span_skip(s, need), out);
}

static enum decode_result decode_l2tp(struct decoder *d, struct span s, struct packet *out)
{
	uint32_t need = 6, length, at;
	uint16_t flags;

	if (s.cap < 2)
		return span_short(&s, 2);
	flags = get_be16(s.p);
	if ((flags & 0xb4ff) != 2) /* data, reserved bits clear, version 2 */
		return DECODE_MALFORMED;
	need += flags & 0x4000 ? 2 : 0;
	need += flags & 0x0800 ? 4 : 0;
	at = need;
	need += flags & 0x0200 ? 2 : 0;
	if (s.cap < need)
		return span_short(&s, need);
	if (flags & 0x0200)
		need += get_be16(s.p + at);
	length = flags & 0x4000 ? get_be16(s.p + 2) : s.len;
	if (length > s.len || length < need)
		return DECODE_MALFORMED;
	if (s.cap < need)
		return DECODE_TRUNCATED;
	return decode_ppp(d, span_skip(s, need), out);
}

static enum decode_result decode_tzsp(struct decoder *d, struct span s, struct packet *out)
{
	uint32_t at = 4;

	if (s.cap < 4)
		return span_short(&s, 4);
	/* version 1, a packet, Ethernet */
	if (s.p[0] != 1 || s.p[1] > 1 || get_be16(s.p + 2) != 1)
		return DECODE_MALFORMED;
	for (;;) { /* tags: 0 pads, 1 ends, all others have a length */
		if (s.cap <= at)
			return span_short(&s, at + 1);
		if (s.p[at] == 1)
			return decode_ethernet(d, span_skip(s, at + 1), out);
		if (s.p[at] && s.cap < at + 2)
			return span_short(&s, at + 2);
		at += s.p[at] ? 2U + s.p[at + 1] : 1;
	}
}

enum decode_result decode_tunnel(struct decoder *d, uint16_t src, uint16_t dst, struct span s,
				 struct packet *out)
{
	switch (dst) {
	case TUNNEL_VXLAN:
	case TUNNEL_VXLAN_GPE:
	case TUNNEL_VXLAN_OLD:
		return decode_vxlan(d, s, out);
	case TUNNEL_GENEVE:
		return decode_geneve(d, s, out);
	case TUNNEL_GTP_U:
		return decode_gtp_u(d, s, out);
	case TUNNEL_MPLS:
		return decode_mpls(d, s, out);
	case TUNNEL_TZSP:
		return decode_tzsp(d, s, out);
	default:
		return dst == TUNNEL_L2TP || src == TUNNEL_L2TP ? decode_l2tp(d, s, out)
								: DECODE_MALFORMED;
	}
}
