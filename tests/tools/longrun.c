// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * longrun.c - a long live run in a short time: how much memory the detector holds, and what it lost
 *
 *	longrun PACKETS [DAYS [SIGNATURE]]
 *
 * PACKETS packets (say 1000000000) spread over DAYS (30): connections of six packets with addresses
 * of their own, one in three of which never closes, and datagrams that begin rules. Prints a line for
 * each tenth, and at the end what was evicted. Ends with 1 when memory has grown after the fifth, or a session was not ended.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detector/detector.h"
#include "detector/language/signature.h"

static const char rules[] =
	"signature: t\nrevision: 1\ndate: 2006-01-01\ntitle: t\nsource: t\nversions: []\nrules:\n"
	"  - rule: r\n    proto: tcp\n    steps:\n"
	"      - {message: m, from: client, nth: 1, size: 10}\n    then: {event: session-start}\n";

static uint64_t starts, ends;

static void on_event(void *arg, const struct detection_event *ev)
{
	(void)arg;
	starts += ev->kind == EVENT_SESSION_START;
	ends += ev->kind == EVENT_SESSION_END;
}

/* The @i-th packet: six make a connection and a datagram. */
static struct packet packet(uint64_t i, uint64_t ts_ns)
{
	static const uint8_t flags[6] = {TH_SYN,	   TH_SYN | TH_ACK, TH_ACK,
					 TH_ACK | TH_PUSH, TH_FIN | TH_ACK, 0};
	static const uint8_t text[20] = {0x11, 0x22, 2};
	uint32_t n = (uint32_t)(i / 6);
	unsigned k = (unsigned)(i % 6);
	struct packet p = {.ts_ns = ts_ns, .number = i + 1, .payload = text, .proto = IPPROTO_TCP};
	struct endpoint c = {ip4(0x0a000000U + n), 2000}, s = {ip4(0x80000000U ^ n * 7), 999};

	p.src = k == 1 ? s : c;
	p.dst = k == 1 ? c : s;
	p.tcp_flags = flags[k];
	p.seq = k == 0 ? 1 : k == 1 ? 100 : k == 4 ? 12 : 2;
	p.ack = k == 1 ? 2 : 101;
	if (k == 4 && n % 3 == 0)
		p.tcp_flags = TH_ACK;
	if (k == 5)
		p.proto = IPPROTO_UDP;
	p.len = p.caplen = k == 3 ? 10 : k == 5 ? 20 : 0;
	p.ip_len = p.len + 40;
	return p;
}

int main(int argc, char **argv)
{
	uint64_t packets = argc > 1 ? strtoull(argv[1], NULL, 10) : 0, memory = 0;
	double days = argc > 2 ? strtod(argv[2], NULL) : 30;
	struct signature_set *set = signature_set_new();
	const char *all[] = {argc > 3 ? argv[3] : NULL};
	struct detector_stats s = {0};
	struct detector *d;
	struct err e = {0};

	if (!packets) {
		fprintf(stderr, "usage: longrun PACKETS [DAYS [SIGNATURE]]\n");
		return 2;
	}
	if (all[0]) {
		signatures_free(set);
		set = signatures_load(all, 1, &e);
	} else if (!signature_add_text(set, "t.yaml", rules, sizeof(rules) - 1, &e)) {
		signature_set_compile(set);
	}
	if (!set || e.msg[0]) {
		fprintf(stderr, "longrun: %s\n", e.msg);
		return 2;
	}
	d = detector_new(set, NULL, on_event, NULL);
	for (uint64_t i = 0; i < packets; i++) {
		struct packet p =
			packet(i, 1000000000000000000ULL +
					  (uint64_t)((double)i * days * 86400e9 / (double)packets));

		detector_packet(d, &p);
		if ((i + 1) % (packets / 10 ? packets / 10 : 1))
			continue;
		detector_stats(d, &s);
		printf("%12llu packets %12llu bytes %10llu started %10llu ended %8llu under way\n",
		       (unsigned long long)i + 1, (unsigned long long)s.memory_bytes,
		       (unsigned long long)starts, (unsigned long long)ends,
		       (unsigned long long)s.endings_now);
		fflush(stdout);
		if (i < packets / 5 + packets / 10)
			memory = s.memory_bytes;
	}
	printf("evicted: %llu flows, %llu matches, %llu sessions, %llu remembered, %llu held\n",
	       (unsigned long long)s.flows_evicted, (unsigned long long)s.matches_evicted,
	       (unsigned long long)s.endings_evicted, (unsigned long long)s.remembered_evicted,
	       (unsigned long long)s.held_evicted);
	detector_free(d);
	signatures_free(set);
	return s.memory_bytes > memory || starts != ends + s.endings_now;
}
