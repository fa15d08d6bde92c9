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

#include "base/capture/capture.h"
#include "base/capture/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t sum(const struct packet *p, int n)
{
	uint32_t v = 0;

	for (int k = 0; k < n; k++) /* what fragments are put together in, others use */
		for (uint32_t i = 0; !p[k].fragments && i < p[k].caplen; i++)
			v = v * 31 + p[k].payload[i];
	return v;
}

/* Packets given out stay as they are when the capture goes on in other memory. */
static void keep(struct capture *c, const struct packet *p, int n, uint8_t **buf, size_t *room)
{
	uint32_t before = sum(p, n);

	if (!capture_keeps(c) || capture_ready(c))
		return;
	capture_keep(c, buf, room);
	if (sum(p, n) != before)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	const char *path = xasprintf("/proc/self/fd/%d", fd);
	uint8_t *buf = NULL;
	size_t room = 64;
	struct capture *c;
	struct packet p[16];
	struct err e;
	int rc;

	if (write(fd, data, size) != (ssize_t)size)
		abort();
	c = capture_open_files(&path, 1, size & 1 ? "udp or tcp[tcpflags] & tcp-syn != 0" : NULL,
			       &e);
	while (c && (rc = capture_batch(c, p, size & 2 ? 16 : 1, &e)) != 0) {
		if (rc == -2 || (rc == -1 && !e.msg[0]))
			abort();
		if (rc > 0)
			keep(c, p, rc, &buf, &room);
	}
	capture_close(c);
	free(buf);
	free((char *)path);
	close(fd);
	return 0;
}
