// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any packets through the engine with every bundled signature, in very little memory. Twice: one by
 * one, and looked at ahead and taken together, as the reading thread has it; both must say the
 * same.
 *
 * The input is a list of packets: a byte of kind (protocol, direction, TCP flags), a byte that
 * chooses one of few addresses and ports so that flows meet again, a byte of time (its lowest bit:
 * IPv6), a byte that moves the sequence number, a byte of length, then the payload.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "detector/detector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PACKETS 4096

/* What a detector said, as a sum in order. */
struct said {
	uint64_t events, sum;
};

static void add(struct said *s, uint64_t v)
{
	s->sum = (s->sum ^ v) * 0x100000001b3;
}

static void check_event(void *arg, const struct detection_event *ev)
{
	struct said *s = arg;

	s->events++;
	add(s, ev->number);
	add(s, (uint64_t)ev->kind << 32 | ev->rule_line);
	add(s, (uintptr_t)ev->signature);
	add(s, (uint64_t)ev->flow.src.port << 16 | ev->flow.dst.port);
	add(s, ev->evidence_count);
	for (const char *v = ev->client_version; *v; v++)
		add(s, (uint8_t)*v);
	if (ev->evidence_count > EVIDENCE_MAX || !ev->signature || !ev->rule)
		abort();
	for (size_t i = 0; i < ev->evidence_count; i++)
		for (unsigned k = 0; k < ev->evidence[i].range_count; k++)
			if (ev->evidence[i].ranges[k].offset + ev->evidence[i].ranges[k].length >
			    ev->evidence[i].size)
				abort();
}

static const struct signature_set *signatures(void)
{
	static struct signature_set *set;
	const char *all = "all";
	struct err e;

	if (!set && !(set = signatures_load(&all, 1, &e))) {
		log_error("%s", e.msg);
		abort();
	}
	return set;
}

static struct endpoint end(bool v6, uint32_t ip, uint16_t port)
{
	struct endpoint e = {ip4(ip), port};

	if (v6)
		e.ip = (struct ip){.family = 6, .b = {0x20, 1, [15] = (uint8_t)ip}};
	return e;
}

/* Packets of the input; how many. */
static size_t read_packets(const uint8_t *data, size_t size, struct packet *out)
{
	static const uint16_t ports[8] = {80, 443, 33033, 5000, 12350, 1026, 40000, 53};
	uint64_t now = 1000000000000ULL;
	uint32_t seq[2] = {4294967000U, 100};
	size_t n = 0;

	for (; size >= 5 && n < PACKETS; n++) {
		uint8_t kind = data[0], who = data[1];
		struct endpoint a = end(data[2] & 1, 0x0a000001 + (who & 1), ports[who >> 1 & 7]);
		struct endpoint b =
			end(data[2] & 1, 0xc0000201 + (who >> 4 & 1), ports[who >> 5 & 7]);
		int side = kind & 1;
		size_t len = data[4];
		struct packet *p = &out[n];

		now += (uint64_t)data[2] * data[2] * 20000000ULL;
		if (kind & 0x80)
			len *= 8;
		if (len > size - 5)
			len = size - 5;
		*p = (struct packet){.ts_ns = now,
				     .number = n + 1,
				     .src = side ? b : a,
				     .dst = side ? a : b,
				     .proto = kind & 2 ? IPPROTO_TCP : IPPROTO_UDP,
				     .tcp_flags = (uint8_t)(kind >> 2 & 0x1f),
				     .seq = seq[side] + (uint32_t)(int8_t)data[3],
				     .ack = seq[!side],
				     .payload = data + 5,
				     .len = (uint32_t)len + (kind & 0x40 ? 3 : 0),
				     .caplen = (uint32_t)len,
				     .ip_len = (uint32_t)len + 28};
		seq[side] = p->seq + p->len + (p->tcp_flags & 2 ? 1 : 0);
		data += 5 + len;
		size -= 5 + len;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct packet p[PACKETS];
	static struct prefilter found[PACKETS];
	struct detector_limits l = {.flows = 24, .matches = 12, .streams = 3, .remembered = 12};
	struct said said[2] = {0};
	size_t n = read_packets(data, size, p);

	for (int ahead = 0; ahead < 2; ahead++) {
		struct detector *d = detector_new(signatures(), &l, check_event, &said[ahead]);

		if (size && data[0] & 1)
			detector_explain(d);
		if (ahead)
			detector_prefilter(d, p, n, found);
		for (size_t i = 0; i < n && !ahead; i++)
			detector_packet(d, &p[i]);
		if (ahead)
			detector_prefiltered(d, p, found, n);
		detector_finish(d);
		detector_free(d);
	}
	if (said[0].events != said[1].events || said[0].sum != said[1].sum)
		abort();
	return 0;
}
