// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * capture.c - fuzzes the readers of pcap and pcapng files
 *
 * The input is the file. It is read to its end as `skypelab detect` would, with a filter when its
 * length is odd.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint32_t sink;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	const char *path = xasprintf("/proc/self/fd/%d", fd);
	struct capture *c;
	struct packet p;
	struct err e;
	int rc;

	if (write(fd, data, size) != (ssize_t)size)
		abort();
	c = capture_open_files(&path, 1, size & 1 ? "udp or tcp[tcpflags] & tcp-syn != 0" : NULL,
			       &e);
	while (c && (rc = capture_next(c, &p, &e)) != 0) {
		if (rc == -2 || (rc == -1 && !e.msg[0]))
			abort();
		if (rc != 1)
			continue;
		for (uint32_t i = 0; i < p.caplen; i++)
			sink += p.payload[i];
	}
	capture_close(c);
	free((char *)path);
	close(fd);
	return 0;
}
