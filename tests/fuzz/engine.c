// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any packets through the engine with every bundled signature, in very little memory.
 *
 * The input is a list of packets: a byte of kind (protocol, direction, TCP flags), a byte that
 * chooses one of few addresses and ports so that flows meet again, a byte of time, a byte that
 * moves the sequence number, a byte of length, then the payload. By the length of the whole, the
 * addresses are IPv4 or IPv6, and the packets are looked at as by the thread that reads ahead.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "detector/detector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_event(void *arg, const struct detection_event *ev)
{
	(void)arg;
	if (ev->evidence_count > EVIDENCE_MAX || !ev->signature || !ev->rule || !ev->client_version)
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t ports[8] = {80, 443, 33033, 5000, 12350, 1026, 40000, 53};
	struct detector_limits l = {.flows = 24, .matches = 12, .streams = 3, .remembered = 12};
	struct detector *d = detector_new(signatures(), &l, check_event, NULL);
	uint64_t now = 1000000000000ULL, n = 0;
	uint32_t seq[2] = {4294967000U, 100};
	bool six = size & 1, ahead = size & 2;

	if (size && data[0] & 1)
		detector_explain(d);
	while (size >= 5) {
		uint8_t kind = data[0], who = data[1];
		struct endpoint a = {ip4(0x0a000001 + (who & 1)), ports[(who >> 1) & 7]};
		struct endpoint b = {ip4(0xc0000201 + (who >> 4 & 1)), ports[(who >> 5) & 7]};
		int side = kind & 1;
		size_t len = data[4];
		struct detector_look look;
		struct packet p;

		if (six)
			a.ip.family = b.ip.family = 6;
		now += (uint64_t)data[2] * data[2] * 20000000ULL;
		if (kind & 0x80)
			len *= 8;
		if (len > size - 5)
			len = size - 5;
		p = (struct packet){.ts_ns = now,
				    .number = ++n,
				    .src = side ? b : a,
				    .dst = side ? a : b,
				    .proto = kind & 2 ? IPPROTO_TCP : IPPROTO_UDP,
				    .tcp_flags = (uint8_t)(kind >> 2 & 0x1f),
				    .seq = seq[side] + (uint32_t)(int8_t)data[3],
				    .payload = data + 5,
				    .len = (uint32_t)len + (kind & 0x40 ? 3 : 0),
				    .caplen = (uint32_t)len,
				    .ip_len = (uint32_t)len + 28};
		if (ahead) {
			detector_look(d, &p, 1, &look);
			detector_looked(d, &p, &look, 1);
		} else {
			detector_packet(d, &p);
		}
		seq[side] = p.seq + p.len + (p.tcp_flags & 2 ? 1 : 0);
		data += 5 + len;
		size -= 5 + len;
	}
	detector_finish(d);
	detector_free(d);
	return 0;
}
