/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_UNPACK_H
#define BASE_CAPTURE_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A compressed file, decompressed as it is read. */
struct unpack;

#define UNPACK_MAGIC 6 /* first bytes that tell the format */

/**
 * unpack_read_fn - gives more of the compressed file
 *
 * Up to @n bytes into @p; how many, 0 at the end.
 */
typedef size_t unpack_read_fn(void *arg, uint8_t *p, size_t n);

/* "gzip" and so on, of a format that unpack_new() takes; NULL = the bytes (@n of them) are none. */
const char *unpack_format(const uint8_t *p, size_t n);
/* @p: what was read of the file, @n bytes that begin as unpack_format() knows. Never NULL. */
struct unpack *unpack_new(const uint8_t *p, size_t n);
/* Decompressed bytes into @out, @room at most; 0 at the end, which unpack_broken() explains. */
size_t unpack_read(struct unpack *u, unpack_read_fn *fn, void *arg, uint8_t *out, size_t room);
/* Why the end came early, "its gzip stream is cut off at byte 512"; NULL = the stream is whole, so
 * far. */
const char *unpack_broken(const struct unpack *u);
/* Bytes of the compressed file that were used. */
uint64_t unpack_used(const struct unpack *u);
void unpack_free(struct unpack *u);

#endif
