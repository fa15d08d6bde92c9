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

/* As capture_batch(); the @n packets given out before, at @p, stay as they are meanwhile. */
static int next_batch(struct capture *c, struct packet *p, int n, int room_n, uint8_t **buf,
		      size_t *room, struct err *e)
{
	uint32_t before = sum(p, n);
	struct packet next[16];
	int rc;

	if (capture_keeps(c))
		capture_offer(c, buf, room);
	rc = capture_batch(c, next, room_n, e);
	if (capture_keeps(c) && sum(p, n) != before)
		abort();
	for (int i = 0; i < rc; i++)
		p[i] = next[i];
	return rc;
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
	int rc, n = 0;

	if (write(fd, data, size) != (ssize_t)size)
		abort();
	c = capture_open_files(&path, 1, size & 1 ? "udp or tcp[tcpflags] & tcp-syn != 0" : NULL,
			       &e);
	while (c && (rc = next_batch(c, p, n, size & 2 ? 16 : 1, &buf, &room, &e)) != 0) {
		if (rc == -2 || (rc == -1 && !e.msg[0]))
			abort();
		n = rc > 0 ? rc : 0;
	}
	capture_close(c);
	free(buf);
	free((char *)path);
	close(fd);
	return 0;
}
