// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exports.c - fuzzes files of flow records
 *
 * The input is the file: nfdump's JSON or CSV, IPFIX, or a capture of export datagrams. It is refused with one line, or
 * its records are sorted, and none of them is of other protocols or has no packet.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "run/detect/netflow.h"
#include "run/detect/record_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is a datagram of v9 is one of IPFIX once it is written again. */
static void convert(const uint8_t *data, size_t size)
{
	uint8_t *message = xmalloc(DATAGRAM_MAX);
	int64_t started;

	if (netflow_version(data, size) == 9) {
		size_t n = netflow9_to_ipfix(data, size, message, &started);

		if (n > 16 && netflow_version(message, n) != 10)
			abort();
	}
	free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("records", MFD_CLOEXEC);
	char *path = xasprintf("/proc/self/fd/%d", fd);
	struct record_list l = {0};
	struct err e = {0};

	log_level = 0;
	if (write(fd, data, size) != (ssize_t)size)
		abort();
	convert(data, size);
	if (record_file_read(path, 0, &l, &e) < 0 && (!e.msg[0] || strchr(e.msg, '\n')))
		abort();
	record_list_sort(&l);
	for (size_t i = 0; i < l.n; i++)
		if (!l.records[i].packets || (l.records[i].flow.proto != IPPROTO_UDP &&
					      l.records[i].flow.proto != IPPROTO_TCP))
			abort();
	record_list_free(&l);
	free(path);
	close(fd);
	return 0;
}
