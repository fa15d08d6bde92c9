// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * frame.c - finding and setting the IPv4 and transport headers of a frame in place
 *
 * base/capture/packet.h reads packets; here they are changed, which needs offsets, not copies. Only what
 * copies need: IPv4 over the common link types, no tunnels.
 */
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <string.h>

#include "base/bytes.h"
#include "run/vary/frame.h"

bool frame_linktype_known(int linktype)
{
	return linktype == DLT_EN10MB || linktype == DLT_RAW || linktype == DLT_LINUX_SLL ||
	       linktype == DLT_LINUX_SLL2 || linktype == DLT_NULL || linktype == DLT_LOOP;
}

/* Offset of the IP header, or 0 with @n = 0 when there is none. */
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
	size_t header;

	memset(f, 0, sizeof(*f));
	if (!ip_offset(linktype, d, n, &f->ip) || n < f->ip + 20 || d[f->ip] >> 4 != 4)
		return false;
	header = (size_t)(d[f->ip] & 15) * 4;
	f->ip_len = get_be16(d + f->ip + 2);
	f->transport = f->ip + header;
	if (header < 20 || f->ip_len < header || n < f->transport)
		return false;
	f->whole = n >= f->ip + f->ip_len;
	f->fragment = (get_be16(d + f->ip + 6) & 0x3fff) != 0;
	f->tuple.proto = d[f->ip + 9];
	f->tuple.src.ip = ip4(get_be32(d + f->ip + 12));
	f->tuple.dst.ip = ip4(get_be32(d + f->ip + 16));
	if (!(get_be16(d + f->ip + 6) & 0x1fff))
		parse_transport(d, n, f);
	return true;
}

static uint32_t sum16(const uint8_t *p, size_t n, uint32_t sum)
{
	for (; n > 1; p += 2, n -= 2)
		sum += get_be16(p);
	if (n)
		sum += (uint32_t)p[0] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

void frame_set(uint8_t *d, const struct frame_view *f, uint32_t src, uint32_t dst, uint16_t sport,
	       uint16_t dport)
{
	uint8_t *ip = d + f->ip, *t = d + f->transport, *check;
	size_t header = f->transport - f->ip, len = f->ip_len - header;
	bool udp = f->tuple.proto == IPPROTO_UDP;
	uint16_t sum;

	put_be32(ip + 12, src);
	put_be32(ip + 16, dst);
	put_be16(ip + 10, 0);
	put_be16(ip + 10, (uint16_t)~sum16(ip, header, 0));
	if (!f->has_ports)
		return;
	put_be16(t, sport);
	put_be16(t + 2, dport);
	check = t + (udp ? 6 : 16);
	if (f->fragment || !f->whole || (udp && !get_be16(check)))
		return;
	put_be16(check, 0);
	sum = (uint16_t)~sum16(t, len, sum16(ip + 12, 8, f->tuple.proto + (uint32_t)len));
	put_be16(check, udp && !sum ? 0xffff : sum);
}
