// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * readloop.c - reads and decodes captures with base/capture/packet.h and adds up what it sees: what the
 * detector's input costs without the detector (`make bench`).
 */
#include <stdio.h>

#include "base/capture/capture.h"
#include "base/capture/packet.h"

int main(int argc, char **argv)
{
	unsigned long long n = 0, bytes = 0;
	struct capture *c;
	struct packet p[16];
	struct err e;
	int rc;

	if (argc < 2) {
		fprintf(stderr, "usage: readloop FILE...\n");
		return 2;
	}
	c = capture_open_files((const char *const *)argv + 1, (size_t)argc - 1, NULL, &e);
	while (c && (rc = capture_batch(c, p, 16, &e)) > 0) {
		n += (unsigned)rc;
		for (int i = 0; i < rc; i++)
			bytes += p[i].len;
	}
	if (!c || rc) {
		fprintf(stderr, "%s\n", e.msg);
		return 2;
	}
	capture_close(c);
	printf("%llu packets, %llu payload bytes\n", n, bytes);
	return 0;
}
