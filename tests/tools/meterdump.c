// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * meterdump.c - the flow records that the detector makes of a capture
 *
 *	meterdump CAPTURE ACTIVE INACTIVE direction|flow	times in seconds
 *
 * A line a record, in no order: protocol, source, its port, destination, its port, first and last packet (ms
 * since 1970), packets, bytes, flags as a number.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/capture/capture.h"
#include "detector/engine/flow.h"
#include "detector/engine/meter.h"

static void print(void *arg, const struct flow_record *r)
{
	char src[IP_TEXT_LEN], dst[IP_TEXT_LEN];

	(void)arg;
	printf("%u\t%s\t%u\t%s\t%u\t%llu\t%llu\t%llu\t%llu\t%u\n", r->flow.proto,
	       ip_text(&r->flow.src.ip, src), r->flow.src.port, ip_text(&r->flow.dst.ip, dst),
	       r->flow.dst.port, (unsigned long long)r->first_ns / 1000000,
	       (unsigned long long)r->last_ns / 1000000, (unsigned long long)r->packets,
	       (unsigned long long)r->bytes, r->flags);
}

int main(int argc, char **argv)
{
	const uint64_t key[2] = {3, 5};
	struct record_times times;
	struct capture *c;
	struct err e = {0};
	struct meter *m;
	uint64_t now = 0;
	struct packet p;
	int rc;

	if (argc != 5)
		return 2;
	times = (struct record_times){(uint64_t)(strtod(argv[2], NULL) * 1e9),
				      (uint64_t)(strtod(argv[3], NULL) * 1e9),
				      !strcmp(argv[4], "flow")};
	c = capture_open_files((const char *const *)&argv[1], 1, NULL, &e);
	if (!c) {
		fprintf(stderr, "meterdump: %s\n", e.msg);
		return 1;
	}
	m = meter_new(&times, 1 << 20, key, print, NULL);
	while (capture_next_readable(c, &p, &rc, &e)) {
		if ((p.proto != IPPROTO_TCP && p.proto != IPPROTO_UDP) || !p.src.ip.family)
			continue;
		if (p.ts_ns > now)
			now = p.ts_ns;
		meter_packet(m, &p, flows_hash_ends(key, p.proto, &p.src, &p.dst), now);
	}
	meter_finish(m);
	meter_free(m);
	capture_close(c);
	return 0;
}
