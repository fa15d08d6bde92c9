// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decode.c - one captured frame to the IP packet in it
 *
 * A decoder belongs to one input: it knows the link type, holds the fragments that wait for the
 * rest of their datagram (defrag.c) and counts results. A short cut takes the common packet; all
 * others go through decode_dlt.c and decode_link.c (link layers and tunnels) and decode_ip.c (IP and above).
 */
#include <netinet/in.h>
#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/capture/decode.h"
#include "base/capture/decode_dlt.h"
#include "base/capture/decode_tunnel.h"
#include "base/capture/decode_wifi.h"
#include "base/capture/defrag.h"

struct decoder *decoder_new(int linktype, struct err *e)
{
	struct decoder *d;

	if (!decode_link_known(linktype)) {
		err_set(e, "unsupported link type %d", linktype);
		return NULL;
	}
	d = xcalloc(1, sizeof(*d));
	d->linktype = linktype;
	return d;
}

void decoder_free(struct decoder *d)
{
	if (!d)
		return;
	defrag_free(d->frag);
	wifi_parts_free(d->wifi);
	free(d);
}

static const char *usual_cause(enum decode_result r)
{
	switch (r) {
	case DECODE_FRAGMENT:
		return "parts of a packet that is not whole";
	case DECODE_TRUNCATED:
		return "headers cut off by the capture";
	case DECODE_MALFORMED:
		return "impossible lengths";
	default:
		return "not IP";
	}
}

/* Counts why a frame gave no packet; its link layer may have said it in d->why. */
static void count_cause(struct decoder *d, enum decode_result r)
{
	struct decode_cause *c = d->causes, *end = d->causes + d->ncauses;
	bool said = d->why.what && r != DECODE_TRUNCATED && r != DECODE_MALFORMED;
	const char *what = said ? d->why.what : usual_cause(r);
	uint32_t value = said ? d->why.value : DECODE_NO_VALUE;

	while (c < end && (c->what != what || c->value != value || c->result != r))
		c++;
	if (c >= d->causes + DECODE_CAUSES) {
		what = "other causes";
		value = DECODE_NO_VALUE;
		r = DECODE_UNKNOWN;
		c = d->causes + DECODE_CAUSES;
	}
	*c = (struct decode_cause){what, value, r, c < end ? c->frames + 1 : 1};
	d->ncauses += c == end;
}

/* The short cut for most packets: Ethernet, IPv4 without options or fragments, UDP or TCP, all
 * headers captured. It gives what decode_link() would (a test compares the two) in a quarter of the
 * time. False: not such a packet, and @out is to be ignored. */
static inline bool decode_common(const uint8_t *f, uint32_t cap, uint32_t len, struct packet *out)
{
	const uint8_t *ip = f + 14, *l4 = f + 34;
	uint32_t total, head, rest;

	if (cap < 14 + 20 + 20 || get_be16(f + 12) != 0x0800 || ip[0] != 0x45 ||
	    (get_be16(ip + 6) & 0x3fff))
		return false;
	total = get_be16(ip + 2);
	if (total < 40 || total > len - 14)
		return false;
	rest = total - 20;
	cap = (cap - 14 < total ? cap - 14 : total) - 20;
	if (ip[9] == IPPROTO_UDP) {
		head = 8;
		if (get_be16(l4 + 4) != rest || decode_tunnel_ports(get_be16(l4), get_be16(l4 + 2)))
			return false;
		out->tcp_flags = 0;
		out->seq = out->ack = 0;
	} else if (ip[9] == IPPROTO_TCP) {
		head = (uint32_t)(l4[12] >> 4) * 4;
		if (head < 20 || head > cap)
			return false;
		out->tcp_flags = l4[13];
		out->seq = get_be32(l4 + 4);
		out->ack = get_be32(l4 + 8);
	} else {
		return false;
	}
	out->proto = ip[9];
	out->ip_len = total;
	out->src = (struct endpoint){.ip = {.family = 4}, .port = get_be16(l4)};
	out->dst = (struct endpoint){.ip = {.family = 4}, .port = get_be16(l4 + 2)};
	memcpy(out->src.ip.b, ip + 12, 4);
	memcpy(out->dst.ip.b, ip + 16, 4);
	out->head = (uint8_t)head;
	out->ip_head = 20;
	out->payload = l4 + head;
	out->len = rest - head;
	out->caplen = cap - head;
	return true;
}

/* Not inline, so that the short cut saves no registers. */
static __attribute__((noinline)) enum decode_result decode_any(struct decoder *d, struct span s,
							       uint64_t ts_ns, struct packet *out)
{
	enum decode_result r;

	d->ts_ns = ts_ns;
	d->depth = 0;
	d->why.what = NULL;
	r = decode_link(d, s, out);
	d->counts[r]++;
	if (r != DECODE_OK || d->why.what)
		count_cause(d, r);
	return r;
}

enum decode_result decode_frame(struct decoder *d, uint64_t ts_ns, const uint8_t *frame,
				uint32_t caplen, uint32_t len, struct packet *out)
{
	if (len < caplen)
		len = caplen;
	out->ts_ns = ts_ns;
	out->fragments = 0;
	if (__builtin_expect(d->linktype == DLT_EN10MB && decode_common(frame, caplen, len, out),
			     1)) {
		d->counts[DECODE_OK]++;
		return DECODE_OK;
	}
	return decode_any(d, (struct span){frame, caplen, len}, ts_ns, out);
}

bool decode_locate(struct decoder *d, const uint8_t *frame, uint32_t caplen, uint32_t len,
		   struct decode_place *out)
{
	struct packet none;

	memset(out, 0, sizeof(*out));
	if (len < caplen)
		len = caplen;
	d->depth = 0;
	d->place = out;
	(void)decode_link(d, (struct span){frame, caplen, len}, &none);
	d->place = NULL;
	return out->inner != NULL;
}

bool decoder_second(struct decoder *d, struct packet *out)
{
	if (!d->has_second)
		return false;
	*out = d->second;
	d->has_second = false;
	return true;
}

struct defrag_counts decoder_fragments(const struct decoder *d)
{
	return d->frag ? *defrag_counts(d->frag) : (struct defrag_counts){0};
}

bool decoder_knows(int linktype)
{
	return decode_link_known(linktype);
}

const uint64_t *decoder_counts(const struct decoder *d)
{
	return d->counts;
}

size_t decoder_causes(const struct decoder *d, const struct decode_cause **out)
{
	*out = d->causes;
	return d->ncauses;
}
