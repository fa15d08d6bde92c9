/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_WINDOW_H
#define BASE_CAPTURE_WINDOW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/capture/unpack.h"

#define WINDOW_ROOM  (256U << 10) /* bytes, to begin with */
#define WINDOW_SMALL (32U << 10)  /* where there are many */

/**
 * struct window - the part of a file that is in memory
 * @pos, @end:	Bytes that are there and not yet taken
 * @hold:	Bytes from here on stay, wherever they are moved; NULL = those from @pos on
 * @fd:		Where more comes from; -1: the file at @path is opened for each read, at @taken
 * @path:	A file that was closed because there are many (borrowed); NULL = it stays open
 * @taken:	Bytes of the file that were read, compressed or not
 * @dev, @ino:	Which file @path was
 * @error:	errno of a read that failed; the window ends there
 * @unpack:	Decompresses it (owned), or NULL
 * @buf:	(owned) of @room bytes; or @ring
 * @ring:	(owned) Memory of @room bytes that follows itself: what lies behind its end is its begin
 * @given:	(owned) A ring that was given up, of @given_room bytes: frames may lie there
 * @renewed:	Memory is given away, so there is no ring
 * @offer:	(borrowed) Memory of *@offer_room bytes, or NULL in it: what stays goes on there the
 *		next time it would be moved, and the memory so far is left here; NULL = none
 * @offset:	File offset of @end; of a compressed file, as if it were not
 * @size:	File size; 0 when it is not a regular file
 * @stop:	When it turns true, the window ends where it is
 */
struct window {
	const uint8_t *pos, *end, *hold;
	int fd;
	const char *path;
	uint64_t taken, dev, ino;
	int error;
	struct unpack *unpack;
	uint8_t *buf, *ring, *given;
	size_t room, given_room;
	bool renewed;
	uint8_t **offer;
	size_t *offer_room;
	uint64_t offset, size;
	const atomic_bool *stop;
};

/* Slow path of window_has(). */
bool window_fill(struct window *w, size_t n);

/* Whether a pipe has nothing to give for so long. */
bool window_quiet(const struct window *w, int ms);
/* Bytes that stay when more is read. */
static inline size_t window_kept(const struct window *w)
{
	return (size_t)(w->end - (w->hold ? w->hold : w->pos));
}

/* Frees the memory. */
void window_free(struct window *w);

/* Takes what is in the window, and what follows, for compressed (unpack_format() knows it). */
void window_unpack(struct window *w);
/* Closes the file at @path, a regular one, until more of it is needed. */
void window_park(struct window *w, const char *path);
/* The part of the file read, 0..1; negative when unknown. */
double window_progress(const struct window *w);

/* True when @n bytes are at w->pos; false when the file ends before. */
static inline bool window_has(struct window *w, size_t n)
{
	return (size_t)(w->end - w->pos) >= n || window_fill(w, n);
}

static inline bool window_stopped(const struct window *w)
{
	return w->stop && *w->stop;
}

static inline uint64_t window_offset(const struct window *w)
{
	return w->offset - (uint64_t)(w->end - w->pos);
}

#endif
