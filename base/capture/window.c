// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * window.c - the part of a capture file that is in memory
 *
 * The window is filled with read(2) and not by mapping: it stays in the processor's cache, memory
 * does not grow with the file, and a file that another program cuts short while it is read gives an
 * error message, not SIGBUS. Walking over the records of a file in the page cache took half as long
 * this way as with mmap(2), populated or not.
 *
 * There may be more files than descriptors: a parked window opens its file for each read. It must
 * still be the same file then.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* As read(2), of a file that is opened for this read. */
static ssize_t read_parked(const struct window *w, uint8_t *p, size_t n)
{
	int fd = open(w->path, O_RDONLY | O_CLOEXEC), error;
	struct stat st;
	ssize_t got = -1;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && (st.st_dev != w->dev || st.st_ino != w->ino))
		errno = ESTALE;
	else
		got = pread(fd, p, n, (off_t)w->taken);
	error = errno;
	close(fd);
	errno = error;
	return got;
}

/* Bytes of the file, compressed or not; 0 at its end. An unpack_read_fn. */
static size_t window_read(void *window, uint8_t *p, size_t n)
{
	struct window *w = window;
	ssize_t got;

	do {
		if (!wait_readable(w))
			return 0;
		got = w->path ? read_parked(w, p, n) : read(w->fd, p, n);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		w->error = errno;
	if (got <= 0)
		return 0;
	w->taken += (uint64_t)got;
	return (size_t)got;
}

void window_park(struct window *w, const char *path)
{
	struct stat st;

	if (fstat(w->fd, &st) < 0)
		return;
	w->dev = st.st_dev;
	w->ino = st.st_ino;
	w->path = path;
	close(w->fd);
	w->fd = -1;
}

void window_unpack(struct window *w)
{
	w->unpack = unpack_new(w->pos, (size_t)(w->end - w->pos));
	w->pos = w->end = w->buf;
	w->offset = 0;
}

double window_progress(const struct window *w)
{
	uint64_t at = w->unpack ? unpack_used(w->unpack) : window_offset(w);

	return w->size ? (double)at / (double)w->size : -1;
}

bool window_quiet(const struct window *w, int ms)
{
	struct pollfd p = {.fd = w->fd, .events = POLLIN};

	return !w->size && poll(&p, 1, ms) == 0;
}

uint8_t *window_move(struct window *w, uint8_t *buf, size_t room)
{
	const uint8_t *from = w->hold ? w->hold : w->pos;
	size_t kept = window_kept(w), taken = (size_t)(w->pos - from);
	uint8_t *old = w->buf;

	memmove(buf, from, kept);
	w->buf = buf;
	w->room = room;
	w->hold = w->hold ? buf : NULL;
	w->pos = buf + taken;
	w->end = buf + kept;
	return old;
}

/* For @n bytes at @pos, and so much more that what is kept is not moved again for every frame. */
static void make_room(struct window *w, size_t n)
{
	size_t kept = window_kept(w), need = (size_t)(w->pos - (w->hold ? w->hold : w->pos)) + n;
	size_t behind = w->room - (size_t)(w->end - w->buf);

	if (behind >= w->room / 4 && n <= w->room - (size_t)(w->pos - w->buf))
		return;
	if (need > w->room || kept > w->room / 2)
		free(window_move(w, xmalloc(2 * need + w->room), 2 * need + w->room));
	else
		window_move(w, w->buf, w->room);
}

bool window_fill(struct window *w, size_t n)
{
	make_room(w, n);
	while ((size_t)(w->end - w->pos) < n && !window_stopped(w)) {
		size_t have = (size_t)(w->end - w->buf), room = w->room - have;
		size_t got = w->unpack ? unpack_read(w->unpack, window_read, w, w->buf + have, room)
				       : window_read(w, w->buf + have, room);

		if (!got)
			break;
		w->end += got;
		w->offset += got;
	}
	return (size_t)(w->end - w->pos) >= n;
}
