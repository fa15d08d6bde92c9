// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * window.c - the part of a capture file that is in memory
 *
 * The window is filled with read(2) and not by mapping: it stays in the processor's cache, memory
 * does not grow with the file, and a file that another program cuts short while it is read gives an
 * error message, not SIGBUS. Walking over the records of a file in the page cache took half as long
 * this way as with mmap(2), populated or not.
 *
 * While order.c looks ahead, a good part of a window stays when more is read. So that this is not
 * moved, the window becomes a ring: memory mapped twice in a row, in which one reads on behind the
 * end. Where the memory is given away (window.offer), or no ring can be had, it is moved.
 *
 * There may be more files than descriptors: a parked window opens its file for each read. It must
 * still be the same file then.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
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

/* The file @fd at @at, where memory is reserved. */
static bool map_half(uint8_t *at, size_t room, int fd)
{
	const void *got = mmap(at, room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);

	/* cppcheck-suppress memleak ; it belongs to what is reserved */
	return got == at;
}

/* Memory of @room bytes, a whole number of pages, mapped twice in a row; NULL = cannot be had. */
static uint8_t *ring_new(size_t room)
{
	uint8_t *p;
	struct rlimit most;
	int fd, bad;

	/* a file in memory must not be larger than a file may be: that is a signal */
	if (getrlimit(RLIMIT_FSIZE, &most) < 0 || most.rlim_cur < room)
		return NULL;
	fd = memfd_create("window", MFD_CLOEXEC);
	if (fd < 0)
		return NULL;
	/* cppcheck-suppress invalidFunctionArg */
	p = mmap(NULL, 2 * room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) {
		close(fd);
		return NULL;
	}
	bad = ftruncate(fd, (off_t)room) < 0 || !map_half(p, room, fd) ||
	      !map_half(p + room, room, fd);
	close(fd);
	if (!bad)
		return p;
	munmap(p, 2 * room);
	return NULL;
}

/* What stays goes on at @buf; what lay before is not freed. */
static void move_to(struct window *w, uint8_t *buf, size_t room)
{
	const uint8_t *from = w->hold ? w->hold : w->pos;
	size_t kept = window_kept(w), taken = (size_t)(w->pos - from);

	memmove(buf, from, kept);
	w->buf = buf;
	w->room = room;
	w->hold = w->hold ? buf : NULL;
	w->pos = buf + taken;
	w->end = buf + kept;
}

/* Goes on in @buf (malloc), of @room bytes, which is large enough for what stays. Returns the old
 * memory, or some as good where the old is kept until window_free(): frames given out stay valid. */
static uint8_t *exchange(struct window *w, uint8_t *buf, size_t room)
{
	uint8_t *old = w->buf;

	if (w->ring) { /* at most once, since it is not made again */
		w->given = w->ring;
		w->given_room = w->room;
		w->ring = NULL;
		old = xmalloc(w->room);
	}
	w->renewed = true;
	move_to(w, buf, room);
	return old;
}

void window_free(struct window *w)
{
	if (w->given)
		munmap(w->given, 2 * w->given_room);
	if (w->ring)
		munmap(w->ring, 2 * w->room);
	else
		free(w->buf);
}

/* A ring in place of the memory so far, once. */
static bool make_ring(struct window *w)
{
	uint8_t *old = w->buf;

	w->renewed = true;
	w->ring = ring_new(w->room);
	if (!w->ring)
		return false;
	move_to(w, w->ring, w->room);
	free(old);
	return true;
}

/* In a ring, what stays begins in its first half of the two. */
static void turn(struct window *w)
{
	if ((w->hold ? w->hold : w->pos) < w->ring + w->room)
		return;
	w->hold = w->hold ? w->hold - w->room : NULL;
	w->pos -= w->room;
	w->end -= w->room;
}

/* Bytes that can be read to @end. */
static size_t space(const struct window *w)
{
	return w->ring ? w->room - window_kept(w) : w->room - (size_t)(w->end - w->buf);
}

/* Goes on in the memory offered, with room for @need bytes. */
static void take_offer(struct window *w, size_t need)
{
	size_t room = *w->offer_room, old_room = w->room;

	if (!*w->offer || room < 2 * need) {
		room = 2 * need + WINDOW_ROOM;
		free(*w->offer);
		*w->offer = xmalloc(room);
	}
	*w->offer = exchange(w, *w->offer, room);
	*w->offer_room = old_room;
	w->offer = NULL;
}

/* For @n bytes at @pos, and so much more that what is kept is not moved again for every frame. */
static void make_room(struct window *w, size_t n)
{
	size_t kept = window_kept(w), need = (size_t)(w->pos - (w->hold ? w->hold : w->pos)) + n;

	if (!w->ring && space(w) >= w->room / 4 && n <= w->room - (size_t)(w->pos - w->buf))
		return;
	if (w->offer)
		take_offer(w, need);
	else if (need > w->room || kept > w->room / 2)
		free(exchange(w, xmalloc(2 * need + w->room), 2 * need + w->room));
	else if (w->ring)
		turn(w);
	else if (w->renewed || w->room < WINDOW_ROOM || kept < w->room / 8 || !make_ring(w))
		move_to(w, w->buf, w->room);
}

bool window_fill(struct window *w, size_t n)
{
	make_room(w, n);
	while ((size_t)(w->end - w->pos) < n && !window_stopped(w)) {
		uint8_t *at = w->buf + (w->end - w->buf);
		size_t room = space(w);
		size_t got = w->unpack ? unpack_read(w->unpack, window_read, w, at, room)
				       : window_read(w, at, room);

		if (!got)
			break;
		w->end += got;
		w->offset += got;
	}
	return (size_t)(w->end - w->pos) >= n;
}
