// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * labels.c - fuzzes label files
 *
 * The input is the file. It is refused with one line, or read; then it is written, and what was
 * written is read again: it has as many flows.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "results/score/labels.h"
#include "results/score/labels_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Asks of each row what scoring asks. */
static void ask(const struct labels *l)
{
	for (size_t i = 0; i < labels_count(l); i++) {
		const struct label *row = labels_at(l, i);
		struct ip client = labels_client(l, row);
		uint64_t ns = row->opened_ns ? row->opened_ns : row->closed_ns;

		if (!labels_find(l, &row->tuple) || client.family > 6)
			abort();
		labels_find_at(l, &row->tuple, ns);
		if (!labels_in_time(row, ns, ns))
			abort();
		labels_tuple_shared(l, &row->tuple);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("labels", MFD_CLOEXEC);
	char *path = xasprintf("/proc/self/fd/%d", fd);
	char *again = xasprintf("/tmp/skypelab-fuzz-labels-%d", getpid());
	struct err e = {0};
	struct labels *l, *m = NULL;

	if (write(fd, data, size) != (ssize_t)size)
		abort();
	l = labels_read(path, NULL, &e);
	if (!l && (!e.msg[0] || strchr(e.msg, '\n')))
		abort();
	if (l) {
		ask(l);
		if (labels_write(l, again, &e) < 0)
			abort();
		m = labels_read(again, NULL, &e);
		if (!m || labels_count(m) != labels_count(l))
			abort();
	}
	labels_free(l);
	labels_free(m);
	unlink(again);
	free(path);
	free(again);
	close(fd);
	return 0;
}
