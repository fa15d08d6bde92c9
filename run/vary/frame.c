// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * frame.c - the headers of an IP packet, found and set in place
 *
 * base/capture decodes packets and forgets where their headers were; replay/recorded edits Ethernet
 * frames. A copy keeps every byte that it does not rewrite, so it needs offsets into the packet as
 * captured. Headers are read and checksums made by base/capture/ip_header.h.
 *
 * Limits: no tunnels; copied.c takes the innermost packet out of them.
 */
#include <netinet/in.h>
#include <string.h>

#include "base/bytes.h"
#include "base/capture/ip_header.h"
#include "base/checked.h"
#include "run/vary/frame.h"

static void parse_transport(const uint8_t *d, size_t n, struct frame_view *f)
{
	size_t end = f->ip_len < n ? f->ip_len : n, header = 8;
	const uint8_t *t = d + f->transport;

	if (f->transport > end)
		return;
	if (f->tuple.proto == IPPROTO_TCP) {
		if (end - f->transport < 20)
			return;
		header = (size_t)(t[12] >> 4) * 4;
		f->seq = get_be32(t + 4);
		f->ack = get_be32(t + 8);
		f->tcp_flags = t[13];
	} else if (f->tuple.proto != IPPROTO_UDP || end - f->transport < 8) {
		return;
	}
	f->tuple.src.port = get_be16(t);
	f->tuple.dst.port = get_be16(t + 2);
	f->has_ports = true;
	f->payload = f->transport + header;
	if (header >= 8 && f->payload < end)
		f->payload_len = end - f->payload;
}

static bool parse_v4(const uint8_t *d, size_t n, size_t len, struct frame_view *f)
{
	struct ipv4_header h;

	if (!ipv4_header_read(d, n, &h))
		return false;
	f->stated = h.total != 0;
	f->ip_len = f->stated ? h.total : len;
	f->transport = h.head;
	if (f->ip_len < h.head || n < f->transport)
		return false;
	f->fragment = h.more || h.offset;
	f->tuple.proto = h.proto;
	f->tuple.src.ip = h.src;
	f->tuple.dst.ip = h.dst;
	if (!h.offset)
		parse_transport(d, n, f);
	return true;
}

/* Extension headers that a host may send; behind the header of a later fragment nothing is known. */
static bool follow_v6(const uint8_t *d, size_t n, struct frame_view *f)
{
	uint8_t next = d[6];
	size_t at = 40;

	while (next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS ||
	       next == IPPROTO_FRAGMENT) {
		size_t skip = next == IPPROTO_FRAGMENT ? 8 : 0;

		if (n - at < 8)
			return false;
		if (next == IPPROTO_FRAGMENT) {
			f->fragment = true;
			if (get_be16(d + at + 2) & 0xfff8)
				return false;
		} else {
			skip = 8 + 8 * (size_t)d[at + 1];
		}
		next = d[at];
		if (!checked_add(at, skip, n, &at))
			return false;
	}
	f->tuple.proto = next;
	f->transport = at;
	return true;
}

static bool parse_v6(const uint8_t *d, size_t n, size_t len, struct frame_view *f)
{
	size_t stated;

	if (n < 40)
		return false;
	stated = get_be16(d + 4);
	f->v6 = true;
	f->stated = stated != 0;
	f->ip_len = f->stated ? 40 + stated : len;
	f->tuple.src.ip.family = f->tuple.dst.ip.family = 6;
	memcpy(f->tuple.src.ip.b, d + 8, 16);
	memcpy(f->tuple.dst.ip.b, d + 24, 16);
	f->transport = 40;
	if (follow_v6(d, n, f))
		parse_transport(d, n, f);
	return true;
}

bool frame_parse(const uint8_t *d, size_t n, size_t len, struct frame_view *f)
{
	memset(f, 0, sizeof(*f));
	if (!n || !(d[0] >> 4 == 6 ? parse_v6 : parse_v4)(d, n, len, f))
		return false;
	f->whole = n >= f->ip_len;
	return true;
}

void frame_set(uint8_t *d, const struct frame_view *f, const struct endpoint *src,
	       const struct endpoint *dst)
{
	size_t bytes = f->v6 ? 16 : 4;
	uint8_t *addresses = d + (f->v6 ? 8 : 12), *t = d + f->transport;

	memcpy(addresses, src->ip.b, bytes);
	memcpy(addresses + bytes, dst->ip.b, bytes);
	if (!f->v6)
		ipv4_checksum_set(d);
	if (!f->has_ports)
		return;
	put_be16(t, src->port);
	put_be16(t + 2, dst->port);
	if (f->fragment || !f->whole || (f->tuple.proto == IPPROTO_UDP && !get_be16(t + 6)))
		return;
	transport_checksum_set(f->tuple.proto, addresses, 2 * bytes, t, f->ip_len - f->transport);
}

bool frame_grow(uint8_t *d, struct frame_view *f, int by)
{
	size_t n = f->ip_len, head = f->v6 ? 40 : 0;

	if (by < 0 ? !checked_sub(n, (size_t)-by, &n)
		   : !checked_add(n, (size_t)by, 65535 + head, &n))
		return false;
	if (f->stated)
		put_be16(d + (f->v6 ? 4 : 2), (uint16_t)(n - head));
	if (f->tuple.proto == IPPROTO_UDP)
		put_be16(d + f->transport + 4, (uint16_t)(n - f->transport));
	f->ip_len = n;
	f->payload_len = (size_t)((long)f->payload_len + by);
	return true;
}
