// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * recording.c - fuzzes what takes a capture apart into the messages of its flows
 *
 * The input is a capture. Every message must lie within the bytes of its flow, and their sum be what the
 * flow says.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "replay/recorded/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct recording *r)
{
	for (const struct rec_flow *f = r->flows; f; f = f->hh.next) {
		size_t at = 0;

		for (uint32_t i = 0; i < f->message_count; i++) {
			const struct rec_message *m = &f->messages[i];

			if (m->at != at || m->len > f->data_len - at ||
			    (i && m->ts_ns < m[-1].ts_ns))
				abort();
			at += m->len;
		}
		if (f->message_count && at != f->data_len)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("recording", MFD_CLOEXEC);
	char *path = xasprintf("/proc/self/fd/%d", fd);
	struct recording_spec spec = {.capture = path, .no_payloads = size % 8 == 7};
	struct recording r = {0};
	struct err e = {0};

	if (write(fd, data, size) != (ssize_t)size)
		abort();
	if (recording_read(&r, &spec, &e) == 0)
		check(&r);
	else if (!e.msg[0])
		abort();
	recording_free(&r);
	free(path);
	close(fd);
	return 0;
}
