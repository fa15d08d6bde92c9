// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * packets.c - prints what base/capture/packet.h makes of captures, one UDP or TCP packet per line: frame,
 * source address and port, destination address and port, protocol, payload length. For comparison
 * with another program's view of the same file (tests/e2e/decode.sh).
 */
#include <stdio.h>

#include "base/capture/capture.h"
#include "base/capture/packet.h"

int main(int argc, char **argv)
{
	struct capture *c;
	struct packet p;
	struct err e;
	int rc, status = 0;

	if (argc < 2)
		return 2;
	c = capture_open_files((const char *const *)argv + 1, (size_t)argc - 1, NULL, &e);
	if (!c) {
		fprintf(stderr, "%s\n", e.msg);
		return 2;
	}
	while ((rc = capture_next(c, &p, &e)) != 0) {
		char a[IP_TEXT_LEN], b[IP_TEXT_LEN];

		if (rc < 0) {
			fprintf(stderr, "%s\n", e.msg);
			status = 2;
			continue;
		}
		if (p.proto != 6 && p.proto != 17)
			continue;
		printf("%llu\t%s\t%u\t%s\t%u\t%u\t%u\n", (unsigned long long)p.number,
		       ip_text(&p.src.ip, a), p.src.port, ip_text(&p.dst.ip, b), p.dst.port,
		       p.proto, p.len);
	}
	capture_close(c);
	return status;
}
