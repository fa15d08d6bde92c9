// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * frame_cut.c - frames that are longer than the MTU
 *
 * A capture taken on a host whose network card segments holds TCP segments of up to 64 KiB (with "big
 * TCP" more), which never were on a wire. They are cut into segments as the card does it: headers are
 * repeated, sequence numbers and IP identifications count up, FIN and PSH are on the last, SYN and CWR
 * on the first. Everything else becomes IP fragments: IPv4 even where its header forbids it, IPv6 as
 * its source would do it (RFC 8200, 4.5). Checksums are computed anew for every piece.
 *
 * Limits: a datagram above 65535 bytes (a jumbogram) has no fragments and cannot be sent. Tunnels are
 * fragmented on the outside.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>

#include "base/bytes.h"
#include "base/capture/ip_header.h"
#include "base/err.h"
#include "base/hash.h"
#include "replay/recorded/frame_cut.h"
#include "replay/recorded/frame_parts.h"

#define FIN 0x01
#define SYN 0x02
#define PSH 0x08
#define CWR 0x80

#define JUMBO_OPTION 0xc2 /* RFC 2675, alone in a hop-by-hop header of 8 bytes */

/* A hop-by-hop header that holds nothing but a jumbogram's length, which no segment needs. */
static bool has_jumbo_header(const struct frame_parts *p)
{
	return !p->v4 && p->ip_len >= 48 && p->ip[6] == IPPROTO_HOPOPTS && !p->ip[41] &&
	       p->ip[42] == JUMBO_OPTION;
}

/* Bytes of the headers of each segment. */
static uint32_t segment_head(const struct frame_parts *p)
{
	return (uint32_t)(p->l4 - p->ip) - (has_jumbo_header(p) ? 8 : 0) + frame_tcp_head(p);
}

/* Bytes of each fragment's headers. */
static uint32_t fragment_head(const struct frame_parts *p)
{
	return p->v4 ? (p->ip[0] & 15) * 4u : p->fragment + 8;
}

/* Bytes in front of what is distributed over the fragments. */
static uint32_t fragment_skip(const struct frame_parts *p)
{
	return p->v4 ? (p->ip[0] & 15) * 4u : p->fragment + (p->whole ? 0 : 8);
}

enum frame_cut frame_cut(const struct frame *f, unsigned mtu)
{
	struct frame_parts p;

	if (!mtu || !frame_parts(f, &p) || p.ip_len <= mtu)
		return CUT_NOT;
	if (frame_tcp_head(&p) && segment_head(&p) + 8 <= mtu)
		return CUT_SEGMENTS;
	if (p.ip_len - (p.v4 ? 0 : 40) > 65535 || fragment_head(&p) + 8 > mtu)
		return CUT_CANNOT;
	return CUT_FRAGMENTS;
}

/* Copies the first @n bytes of the packet behind the link header. Returns the packet's copy. */
static uint8_t *begin(const struct frame *f, const struct frame_parts *p, uint32_t n,
		      struct frame *out)
{
	uint32_t link = (uint32_t)(p->ip - f->data);

	memcpy(out->data, f->data, link + n);
	out->len = link + n;
	return out->data + link;
}

static void append(struct frame *out, const uint8_t *p, uint32_t n)
{
	memcpy(out->data + out->len, p, n);
	out->len += n;
}

static bool segment(const struct frame *f, const struct frame_parts *p, unsigned mtu, unsigned i,
		    struct frame *out)
{
	uint32_t head = segment_head(p), tcp_head = frame_tcp_head(p), room = mtu - head, n;
	uint32_t all = p->l4_len - tcp_head;
	uint64_t from = (uint64_t)i * room;
	bool jumbo = has_jumbo_header(p);
	uint8_t *ip, *tcp, flags;

	if (from >= all)
		return false;
	n = all - (uint32_t)from < room ? all - (uint32_t)from : room;
	ip = begin(f, p, jumbo ? 40 : head - tcp_head, out);
	if (jumbo)
		append(out, p->ip + 48, head - tcp_head - 40);
	append(out, p->l4, tcp_head);
	append(out, p->l4 + tcp_head + from, n);
	tcp = ip + head - tcp_head;
	flags = tcp[13];
	put_be32(tcp + 4, get_be32(tcp + 4) + (uint32_t)from + (i && (flags & SYN) ? 1 : 0));
	if (i)
		flags &= (uint8_t) ~(SYN | CWR);
	if (from + n < all)
		flags &= (uint8_t) ~(FIN | PSH);
	tcp[13] = flags;
	if (p->v4) {
		put_be16(ip + 2, (uint16_t)(head + n));
		put_be16(ip + 4, (uint16_t)(get_be16(ip + 4) + i));
		ipv4_checksum_set(ip);
	} else {
		put_be16(ip + 4, (uint16_t)(head - 40 + n));
		if (jumbo)
			ip[6] = p->ip[40];
	}
	transport_checksum_set(IPPROTO_TCP, ip + (p->v4 ? 12 : 8), p->v4 ? 8 : 32, tcp,
			       tcp_head + n);
	return true;
}

/* The header of an IPv6 fragment. @from: of the bytes that are distributed. */
static void fragment_v6(const struct frame_parts *p, uint32_t from, bool last, struct frame *out,
			uint8_t *ip)
{
	uint8_t head[8] = {0};
	uint16_t off = 0;

	if (p->whole) {
		uint32_t room = p->ip_len - p->fragment;

		head[0] = p->ip[p->link];
		put_be32(head + 4, (uint32_t)fnv1a(p->ip + p->fragment, room < 64 ? room : 64));
		ip[p->link] = IPPROTO_FRAGMENT;
	} else {
		memcpy(head, p->ip + p->fragment, 8);
		off = get_be16(head + 2);
	}
	put_be16(head + 2, (uint16_t)((off & 0xfff8) + from) | (last ? off & 1 : 1));
	append(out, head, 8);
}

static bool fragment(const struct frame *f, const struct frame_parts *p, unsigned mtu, unsigned i,
		     struct frame *out)
{
	uint32_t head = fragment_head(p), skip = fragment_skip(p), all = p->ip_len - skip, n, from;
	uint32_t room = (mtu - head) & ~7u;
	uint8_t *ip;
	uint16_t off;

	if (i > all / room || i * room >= all)
		return false;
	from = i * room;
	n = all - from < room ? all - from : room;
	ip = begin(f, p, p->v4 ? head : p->fragment, out);
	if (!p->v4) {
		fragment_v6(p, from, from + n == all, out, ip);
		append(out, p->ip + skip + from, n);
		put_be16(ip + 4, (uint16_t)(head - 40 + n));
		return true;
	}
	append(out, p->ip + skip + from, n);
	off = get_be16(p->ip + 6);
	put_be16(ip + 2, (uint16_t)(head + n));
	put_be16(ip + 6, (uint16_t)(((off & 0x1fff) + from / 8) |
				    (off & 0x2000 || from + n < all ? 0x2000 : 0)));
	ipv4_checksum_set(ip);
	return true;
}

bool frame_piece(const struct frame *f, enum frame_cut how, unsigned mtu, unsigned i,
		 struct frame *out)
{
	struct frame_parts p;

	out->ts_ns = f->ts_ns;
	out->to_client = f->to_client;
	out->short_one = f->short_one;
	if (how == CUT_NOT) {
		if (i)
			return false;
		memcpy(out->data, f->data, f->len);
		out->len = f->len;
		return true;
	}
	if (how == CUT_CANNOT || !frame_parts(f, &p))
		return false;
	return how == CUT_SEGMENTS ? segment(f, &p, mtu, i, out) : fragment(f, &p, mtu, i, out);
}

void frame_cuts_say(const struct frame_cuts *c, unsigned mtu, const char *capture)
{
	static const char *const done[CUT_KINDS] = {
		[CUT_SEGMENTS] = "were cut into TCP segments",
		[CUT_FRAGMENTS] = "were cut into IP fragments",
		[CUT_CANNOT] = "were not sent: neither TCP nor short enough for IP fragments",
	};

	for (int k = CUT_SEGMENTS; k < CUT_KINDS; k++)
		if (c->frames[k])
			log_warn("%s: %" PRIu64 " frames longer than the MTU of %u %s", capture,
				 c->frames[k], mtu, done[k]);
}
