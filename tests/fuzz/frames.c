// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * frames.c - fuzzes replay by frame up to the interface: reading, editing, cutting
 *
 * The input is a capture. Every frame becomes Ethernet, is rewritten by maps and a seed, and is cut to an
 * MTU that the input's length chooses; each piece must fit and stay within its buffer.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "replay/recorded/frame_cut.h"
#include "replay/recorded/frame_edit.h"
#include "replay/recorded/frame_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint32_t sink;

/* A buffer that is exactly large enough, so that a byte too far is seen. */
static void cut(const struct frame *f, unsigned mtu)
{
	enum frame_cut how = frame_cut(f, mtu);
	struct frame exact = *f, piece = {.data = malloc(FRAME_MAX)};

	exact.data = malloc(f->len ? f->len : 1);
	memcpy(exact.data, f->data, f->len);
	for (unsigned i = 0; i < 100 && frame_piece(&exact, how, mtu, i, &piece); i++) {
		if (piece.len > FRAME_MAX || (how != CUT_NOT && !piece.len))
			abort();
		for (uint32_t k = 0; k < piece.len; k += 61)
			sink += piece.data[k];
	}
	free(exact.data);
	free(piece.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned mtus[] = {0, 68, 576, 1280, 1500, 9000};
	struct frame_rules rules = {.use_seed = true, .seed = size, .repair = size & 1};
	struct frame f = {.data = malloc(FRAME_MAX)};
	int fd = memfd_create("frames", MFD_CLOEXEC), rc;
	char *path = xasprintf("/proc/self/fd/%d", fd);
	const char *paths[] = {path};
	struct frame_editor *ed;
	struct frame_reader *r;
	struct err e;

	frame_rules_map(&rules, "10.0.0.0/8=11.0.0.0", &e);
	frame_rules_map(&rules, "2001::/16=2002::", &e);
	frame_rules_port(&rules, "80=8080", &e);
	ed = frame_editor_new(&rules);
	if (write(fd, data, size) != (ssize_t)size)
		abort();
	r = frame_reader_open(paths, 1, &e);
	while (r && (rc = frame_reader_next(r, &f, &e)) != 0) {
		if (rc < 0)
			continue;
		if (f.len > FRAME_MAX)
			abort();
		frame_untag(&f);
		frame_edit(ed, &f);
		cut(&f, mtus[size % 6]);
	}
	frame_reader_close(r);
	frame_editor_free(ed);
	free(path);
	free(f.data);
	close(fd);
	return 0;
}
