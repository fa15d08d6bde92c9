// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vary.c - fuzzes metamorphic copies of captures
 *
 * The input is a capture. All its flows are labelled as Skype's, and a copy is made of it, whose number
 * and kind the input's length chooses. The copy must be a capture that can be read to its end.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/capture/capture.h"
#include "run/vary/vary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every flow of the capture, and what can be read of it. */
static struct labels *label_all(const char *path)
{
	struct labels *l = labels_new(LABEL_SKYPE);
	struct err e;
	struct capture *c = capture_open_files(&path, 1, NULL, &e);
	struct packet p;
	int rc;

	while (c && (rc = capture_next(c, &p, &e)) != 0) {
		struct label r = {.application = LABEL_SKYPE, .tuple = {p.proto, p.src, p.dst}};

		if (rc == 1 && !labels_find(l, &r.tuple) && labels_count(l) < 100)
			labels_add(l, &r);
	}
	capture_close(c);
	return l;
}

static void read_copy(const char *path, bool made)
{
	struct err e;
	struct capture *c = capture_open_files(&path, 1, NULL, &e);
	struct capture_frame f;
	int rc;

	if (!c && made)
		abort();
	while (c && (rc = capture_next_frame(c, &f, &e)) != 0)
		if (rc < 0)
			abort();
	capture_close(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);
	char *from = xasprintf("/proc/self/fd/%d", in), *to = xasprintf("/proc/self/fd/%d", out);
	struct labels *labels;
	struct vary *v;
	struct err e;

	if (write(in, data, size) != (ssize_t)size)
		abort();
	labels = label_all(from);
	v = vary_new(labels, 1, (unsigned)size % 3);
	if (size % 5 > 2)
		vary_alone(v, size % 5 == 3);
	if (vary_capture(v, from, out, &e) == 0)
		read_copy(to, true);
	vary_free(v);
	labels_free(labels);
	free(from);
	free(to);
	close(in);
	close(out);
	return 0;
}
