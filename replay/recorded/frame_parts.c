// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * frame_parts.c - the headers of an Ethernet frame that carries IP, behind VLAN tags too
 *
 * A host whose network card segments shows an IP length of 0 in captures of its own; the packet then
 * ends with the frame. So does an IPv6 jumbogram (RFC 2675).
 */
#include <netinet/in.h>
#include <string.h>

#include "base/bytes.h"
#include "base/capture/ip_header.h"
#include "replay/recorded/frame_parts.h"

uint32_t frame_network_at(const struct frame *f, unsigned *type)
{
	uint32_t at = 12;

	while (at + 2 <= f->len) {
		*type = get_be16(f->data + at);
		if (*type != 0x8100 && *type != 0x88a8 && *type != 0x9100)
			return at + 2;
		at += 4;
	}
	return 0;
}

/* Follows extension headers to the transport header or to a fragment header. */
static void follow_v6(struct frame_parts *p)
{
	uint32_t at = 40, names = 6;
	uint8_t next = p->ip[6];

	p->fragment = at;
	p->link = names;
	while (next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS ||
	       next == IPPROTO_FRAGMENT) {
		if (p->ip_len - at < 8)
			return;
		if (next == IPPROTO_FRAGMENT) {
			p->whole = false;
			p->fragment = at;
			p->link = names;
			return;
		}
		names = at;
		if (p->ip_len - at < 8 + 8u * p->ip[at + 1])
			return;
		at += 8 + 8u * p->ip[at + 1];
		if (next != IPPROTO_DSTOPTS) { /* every router reads it: it is in every fragment */
			p->fragment = at;
			p->link = names;
		}
		next = p->ip[names];
	}
	p->l4 = p->ip + at;
	p->l4_len = p->ip_len - at;
	p->proto = next;
}

static bool find_v6(struct frame_parts *p, uint32_t rest)
{
	uint32_t stated = get_be16(p->ip + 4);

	p->unstated = !stated;
	p->ip_len = stated ? 40 + stated : rest;
	if (p->ip_len > rest)
		return false;
	follow_v6(p);
	return true;
}

bool frame_parts(const struct frame *f, struct frame_parts *p)
{
	unsigned type;
	uint32_t at = frame_network_at(f, &type), rest;
	struct ipv4_header h;

	memset(p, 0, sizeof(*p));
	p->whole = true;
	if (!at || at >= f->len)
		return false;
	rest = f->len - at;
	p->ip = f->data + at;
	if (type == 0x86dd && rest >= 40 && p->ip[0] >> 4 == 6)
		return find_v6(p, rest);
	if (type != 0x0800 || !ipv4_header_read(p->ip, rest, &h))
		return false;
	p->v4 = true;
	p->unstated = !h.total;
	p->ip_len = h.total ? h.total : rest;
	if (p->ip_len < h.head || p->ip_len > rest)
		return false;
	p->whole = !h.more && !h.offset;
	if (h.offset)
		return true;
	p->l4 = p->ip + h.head;
	p->l4_len = p->ip_len - h.head;
	p->proto = h.proto;
	return true;
}

uint32_t frame_tcp_head(const struct frame_parts *p)
{
	uint32_t head;

	if (!p->whole || p->proto != IPPROTO_TCP || p->l4_len < 20)
		return 0;
	head = (uint32_t)(p->l4[12] >> 4) * 4;
	return head >= 20 && head <= p->l4_len ? head : 0;
}
