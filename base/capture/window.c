// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * window.c - the part of a capture file that is in memory
 *
 * The window is filled with read(2) and not by mapping: it stays in the processor's cache, memory
 * does not grow with the file, and a file that another program cuts short while it is read gives an
 * error message, not SIGBUS. Walking over the records of a file in the page cache took half as long
 * this way as with mmap(2), populated or not.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/capture/window.h"
#include "base/err.h"

#define POLL_MS 100

/* Waits for a pipe to have something, so that a signal is noticed; false: stopped. */
static bool wait_readable(const struct window *w)
{
	struct pollfd p = {.fd = w->fd, .events = POLLIN};

	while (!w->size && !window_stopped(w))
		if (poll(&p, 1, POLL_MS) != 0 && p.revents)
			break;
	return !window_stopped(w);
}

bool window_fill(struct window *w, size_t n)
{
	size_t have = (size_t)(w->end - w->pos);

	if (n > w->room) {
		size_t off = (size_t)(w->pos - w->buf);

		w->room = n + WINDOW_ROOM;
		w->buf = xrealloc(w->buf, w->room);
		w->pos = w->buf + off;
	}
	if (have)
		memmove(w->buf, w->pos, have);
	w->pos = w->buf;
	while (have < n && wait_readable(w)) {
		ssize_t got = read(w->fd, w->buf + have, w->room - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		have += (size_t)got;
		w->offset += (uint64_t)got;
	}
	w->end = w->buf + have;
	return have >= n;
}
