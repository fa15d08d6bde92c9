// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * frame.c - IPv4 and transport headers of a frame, found and set in place
 *
 * base/capture decodes packets and forgets where their headers were; replay/recorded edits Ethernet
 * frames, into which its reader turns all others. A copy keeps its link type and every byte that it
 * does not rewrite, so it needs offsets into the frame as captured. Headers are read and checksums
 * made by base/capture/ip_header.h.
 *
 * Limits: IPv4 over the link types below, no tunnels.
 */
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <string.h>

#include "base/bytes.h"
#include "base/capture/ip_header.h"
#include "run/vary/frame.h"

bool frame_linktype_known(int linktype)
{
	return linktype == DLT_EN10MB || linktype == DLT_RAW || linktype == DLT_LINUX_SLL ||
	       linktype == DLT_LINUX_SLL2 || linktype == DLT_NULL || linktype == DLT_LOOP;
}

/* Offset of the IPv4 header into @out; false when the frame carries something else. */
static bool ip_offset(int linktype, const uint8_t *d, size_t n, size_t *out)
{
	size_t at = 12;

	switch (linktype) {
	case DLT_RAW:
		*out = 0;
		return true;
	case DLT_NULL:
	case DLT_LOOP:
		*out = 4;
		return true;
	case DLT_LINUX_SLL:
		*out = 16;
		return n >= 16 && get_be16(d + 14) == 0x0800;
	case DLT_LINUX_SLL2:
		*out = 20;
		return n >= 20 && get_be16(d) == 0x0800;
	}
	while (n >= at + 6 && (get_be16(d + at) == 0x8100 || get_be16(d + at) == 0x88a8))
		at += 4;
	*out = at + 2;
	return n >= at + 2 && get_be16(d + at) == 0x0800;
}

static void parse_transport(const uint8_t *d, size_t n, struct frame_view *f)
{
	size_t end = f->ip + f->ip_len, header = 8;
	const uint8_t *t = d + f->transport;

	end = end < n ? end : n;
	if (f->tuple.proto == IPPROTO_TCP) {
		if (f->transport + 20 > end)
			return;
		header = (size_t)(t[12] >> 4) * 4;
		f->seq = get_be32(t + 4);
		f->ack = get_be32(t + 8);
		f->tcp_flags = t[13];
	} else if (f->tuple.proto != IPPROTO_UDP || f->transport + 8 > end) {
		return;
	}
	f->tuple.src.port = get_be16(t);
	f->tuple.dst.port = get_be16(t + 2);
	f->has_ports = true;
	f->payload = f->transport + header;
	if (header >= 8 && f->payload < end)
		f->payload_len = end - f->payload;
}

bool frame_parse(int linktype, const uint8_t *d, size_t n, struct frame_view *f)
{
	struct ipv4_header h;

	memset(f, 0, sizeof(*f));
	if (!ip_offset(linktype, d, n, &f->ip) || n < f->ip ||
	    !ipv4_header_read(d + f->ip, n - f->ip, &h))
		return false;
	f->ip_len = h.total;
	f->transport = f->ip + h.head;
	if (h.total < h.head || n < f->transport)
		return false;
	f->whole = n >= f->ip + f->ip_len;
	f->fragment = h.more || h.offset;
	f->tuple.proto = h.proto;
	f->tuple.src.ip = h.src;
	f->tuple.dst.ip = h.dst;
	if (!h.offset)
		parse_transport(d, n, f);
	return true;
}

void frame_set(uint8_t *d, const struct frame_view *f, uint32_t src, uint32_t dst, uint16_t sport,
	       uint16_t dport)
{
	uint8_t *ip = d + f->ip, *t = d + f->transport;

	put_be32(ip + 12, src);
	put_be32(ip + 16, dst);
	ipv4_checksum_set(ip);
	if (!f->has_ports)
		return;
	put_be16(t, sport);
	put_be16(t + 2, dport);
	if (f->fragment || !f->whole || (f->tuple.proto == IPPROTO_UDP && !get_be16(t + 6)))
		return;
	transport_checksum_set(f->tuple.proto, ip + 12, 8, t, f->ip_len - (f->transport - f->ip));
}
