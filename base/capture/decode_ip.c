// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decode_ip.c - IPv4 and IPv6 with extension headers, fragments, UDP and TCP
 *
 * Lengths come from the IP header, so that Ethernet's padding of short frames never becomes
 * payload. A sending host shows an IP length of 0 before its network card segments (TSO); the
 * frame's length is used then. A packet longer than its frame was cut off by the capture: its
 * payload keeps its length (len), and caplen says how much of it is there. Every receiver drops a
 * UDP length that reaches past the IP packet, so it is malformed here too.
 */
#include <netinet/in.h>

#include "base/bytes.h"
#include "base/capture/decode_ip.h"
#include "base/capture/decode_link.h"
#include "base/capture/decode_tunnel.h"
#include "base/capture/defrag.h"
#include "base/capture/ip_header.h"

#define PROTO_ETHERIP 97
#define PROTO_MPLS    137
#define PROTO_HIP     139
#define PROTO_SHIM6   140

/* What a tunnel over UDP carries; else the datagram itself. */
static enum decode_result decode_in_udp(struct decoder *d, struct packet *out)
{
	struct span s = {out->payload, out->caplen, out->len};
	struct packet outer = *out;
	enum decode_result r = decode_tunnel(d, out->src.port, out->dst.port, s, out);

	if (r == DECODE_OK || r == DECODE_FRAGMENT || r == DECODE_TRUNCATED)
		return r;
	*out = outer;
	d->why.what = NULL;
	return DECODE_OK;
}

static enum decode_result decode_udp(struct decoder *d, struct span s, struct packet *out)
{
	uint32_t len;

	if (s.cap < 8)
		return span_short(&s, 8);
	len = get_be16(s.p + 4);
	if (!len && s.len > 65535) /* RFC 2675 jumbogram */
		len = s.len;
	if (len < 8 || len > s.len)
		return DECODE_MALFORMED;
	out->src.port = get_be16(s.p);
	out->dst.port = get_be16(s.p + 2);
	out->head = 8;
	out->payload = s.p + 8;
	out->len = len - 8;
	out->caplen = s.cap < len ? s.cap - 8 : out->len;
	if (__builtin_expect(decode_tunnel_ports(out->src.port, out->dst.port), 0))
		return decode_in_udp(d, out);
	return DECODE_OK;
}

static enum decode_result decode_tcp(struct span s, struct packet *out)
{
	uint32_t off;

	if (s.cap < 20)
		return span_short(&s, 20);
	off = (uint32_t)(s.p[12] >> 4) * 4;
	if (off < 20 || off > s.len)
		return DECODE_MALFORMED;
	out->src.port = get_be16(s.p);
	out->dst.port = get_be16(s.p + 2);
	out->seq = get_be32(s.p + 4);
	out->ack = get_be32(s.p + 8);
	out->tcp_flags = s.p[13];
	out->head = off <= s.cap ? (uint8_t)off : 0;
	if (off > s.cap)
		off = s.cap; /* options cut off: the payload's length still holds */
	out->payload = s.p + off;
	out->len = s.len - (uint32_t)(s.p[12] >> 4) * 4;
	out->caplen = s.cap - off;
	return DECODE_OK;
}

static enum decode_result decode_transport(struct decoder *d, uint8_t proto, struct span s,
					   struct packet *out)
{
	struct packet outer;
	enum decode_result r;

	while (proto == IPPROTO_AH) { /* RFC 4302: authenticated, in clear */
		uint32_t n;

		if (s.cap < 8)
			return span_short(&s, 8);
		n = (s.p[1] + 2U) * 4;
		if (s.cap < n)
			return span_short(&s, n);
		proto = s.p[0];
		s = span_skip(s, n);
		out->ip_head = 0; /* no longer next to what follows */
	}
	out->proto = proto;
	out->head = 0;
	out->tcp_flags = 0;
	out->seq = out->ack = 0;
	if (proto == IPPROTO_UDP)
		return decode_udp(d, s, out);
	if (proto == IPPROTO_TCP)
		return decode_tcp(s, out);
	out->src.port = out->dst.port = 0;
	out->payload = s.p;
	out->len = s.len;
	out->caplen = s.cap;
	outer = *out;
	switch (proto) {
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		r = decode_ip(d, s, out);
		break;
	case IPPROTO_GRE:
		r = decode_gre(d, s, out);
		break;
	case PROTO_ETHERIP: /* RFC 3378 */
		r = s.cap < 2 ? span_short(&s, 2) : decode_ethernet(d, span_skip(s, 2), out);
		break;
	case PROTO_MPLS:
		r = decode_mpls(d, s, out);
		break;
	case IPPROTO_ESP:
		return decode_unread(d, DECODE_OK, "encrypted IP (ESP)", DECODE_NO_VALUE);
	case IPPROTO_COMP:
		return decode_unread(d, DECODE_OK, "compressed IP (IPComp)", DECODE_NO_VALUE);
	default:
		return DECODE_OK;
	}
	/* when the tunnel holds no IP, or nobody can see it, it is itself the packet */
	if (r == DECODE_NOT_IP)
		d->why.what = NULL;
	if (r == DECODE_NOT_IP || r == DECODE_UNKNOWN || r == DECODE_ENCRYPTED) {
		*out = outer;
		r = DECODE_OK;
	}
	return r;
}

static enum decode_result decode_fragment(struct decoder *d, const struct fragment *in,
					  struct packet *out)
{
	struct whole_datagram whole;

	if (d->place)
		return DECODE_FRAGMENT;
	if (!d->frag)
		d->frag = defrag_new();
	switch (defrag_add(d->frag, d->ts_ns, in, &whole)) {
	case DEFRAG_WAIT:
		return DECODE_FRAGMENT;
	case DEFRAG_BAD:
		return DECODE_MALFORMED;
	case DEFRAG_WHOLE:
		break;
	}
	out->fragments = whole.fragments;
	out->ip_head = 0;
	out->ip_len = whole.header + whole.body.len;
	if (whole.other.p) {
		unsigned depth = d->depth;

		d->second = *out;
		d->has_second =
			decode_transport(d, whole.proto, whole.other, &d->second) == DECODE_OK;
		d->depth = depth;
	}
	return decode_transport(d, whole.proto, whole.body, out);
}

/* A packet whose IP length is 0 stands before its card's work: its checksums say nothing. That of
 * a packet within it is untouched. */
static enum decode_result not_verified(enum decode_result r, uint32_t total, struct packet *out)
{
	if (r == DECODE_OK && out->ip_len == total)
		out->head = 0;
	return r;
}

static enum decode_result decode_ipv4(struct decoder *d, struct span s, struct packet *out)
{
	struct ipv4_header h;
	enum decode_result r;
	uint32_t total;

	if (s.cap < 20)
		return span_short(&s, 20);
	if (!ipv4_header_read(s.p, s.cap, &h))
		return DECODE_MALFORMED;
	total = h.total ? h.total : s.len;
	if (total < h.head)
		return DECODE_MALFORMED;
	if (s.cap < h.head)
		return DECODE_TRUNCATED;
	out->src.ip = h.src;
	out->dst.ip = h.dst;
	out->ip_head = (uint8_t)h.head;
	out->ip_len = total;
	s.len = total;
	if (s.cap > total)
		s.cap = total;
	if (__builtin_expect(h.more || h.offset, 0)) {
		struct fragment f = {
			.src = h.src,
			.dst = h.dst,
			.id = get_be16(s.p + 4),
			.proto = h.proto,
			.offset = h.offset,
			.more = h.more,
			.header = h.head,
			.body = span_skip(s, h.head),
		};

		return decode_fragment(d, &f, out);
	}
	r = decode_transport(d, h.proto, span_skip(s, h.head), out);
	return h.total ? r : not_verified(r, total, out);
}

/* A fragment header (RFC 8200, 4.5) at the front of @s, after @head bytes of other headers. */
static enum decode_result decode_ipv6_fragment(struct decoder *d, struct span s, uint32_t head,
					       struct packet *out)
{
	uint16_t off;

	if (s.cap < 8)
		return span_short(&s, 8);
	off = get_be16(s.p + 2);
	struct fragment f = {
		.src = out->src.ip,
		.dst = out->dst.ip,
		.id = get_be32(s.p + 4),
		.proto = s.p[0],
		.offset = off & 0xfff8,
		.more = off & 1,
		.header = head,
		.body = span_skip(s, 8),
	};
	return decode_fragment(d, &f, out);
}

static enum decode_result decode_ipv6(struct decoder *d, struct span s, struct packet *out)
{
	uint32_t total, head = 40, n;
	enum decode_result r;
	bool said;
	uint8_t next;

	if (s.cap < 40)
		return span_short(&s, 40);
	total = get_be16(s.p + 4);
	said = total;
	next = s.p[6];
	/* 0: a jumbogram (RFC 2675), or a host before segmentation by its card */
	total = total ? total + 40 : s.len;
	out->src.ip.family = out->dst.ip.family = 6;
	out->ip_head = 0;
	memcpy(out->src.ip.b, s.p + 8, 16);
	memcpy(out->dst.ip.b, s.p + 24, 16);
	out->ip_len = total;
	s.len = total;
	if (s.cap > total)
		s.cap = total;
	s = span_skip(s, 40);
	for (;;) {
		switch (next) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case IPPROTO_MH:
		case PROTO_HIP:
		case PROTO_SHIM6:
		case IPPROTO_AH:
			if (s.cap < 8)
				return span_short(&s, 8);
			n = next == IPPROTO_AH ? (s.p[1] + 2U) * 4 : (s.p[1] + 1U) * 8;
			if (n > s.len)
				return DECODE_MALFORMED;
			if (n > s.cap)
				return DECODE_TRUNCATED;
			next = s.p[0];
			head += n;
			s = span_skip(s, n);
			continue;
		case IPPROTO_FRAGMENT:
			return decode_ipv6_fragment(d, s, head, out);
		default:
			r = decode_transport(d, next, s, out);
			return said ? r : not_verified(r, total, out);
		}
	}
}

/* Notes a header that is whole, for decode_locate(). */
static void note_place(struct decode_place *at, const struct span *s)
{
	if (s->cap < (s->p[0] >> 4 == 4 ? 20 : 40))
		return;
	if (!at->outer) {
		at->outer = s->p;
		at->outer_cap = s->cap;
		at->outer_len = s->len;
	}
	at->inner = s->p;
	at->inner_cap = s->cap;
	at->inner_len = s->len;
}

enum decode_result decode_ip(struct decoder *d, struct span s, struct packet *out)
{
	if (!s.cap)
		return span_short(&s, 1);
	if (++d->depth > DECODE_DEPTH)
		return DECODE_MALFORMED;
	if (d->place && (s.p[0] >> 4 == 4 || s.p[0] >> 4 == 6))
		note_place(d->place, &s);
	switch (s.p[0] >> 4) {
	case 4:
		return decode_ipv4(d, s, out);
	case 6:
		return decode_ipv6(d, s, out);
	default:
		return DECODE_MALFORMED;
	}
}

bool decode_looks_like_ip(struct span s)
{
	uint32_t total;

	if (!s.cap)
		return false;
	if (s.p[0] >> 4 == 4) {
		total = s.cap >= 4 ? get_be16(s.p + 2) : 0;
		return (s.p[0] & 15) >= 5 && total <= s.len && (!total || total >= 20);
	}
	total = s.cap >= 6 ? get_be16(s.p + 4) : 0;
	return s.p[0] >> 4 == 6 && total + 40 <= s.len;
}
