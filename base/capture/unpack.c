// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * unpack.c - gzip, zstd, xz and lz4, decompressed as they are read
 *
 * The first bytes tell the format, whatever the file is called. Several streams in a row, as
 * `cat a.gz b.gz` makes them, are read as one. Before a fault is reported, everything that was
 * decompressed before it is handed out.
 *
 * A small file may become very large. Nothing is kept of it but a buffer of input and what the format
 * needs to look back: 128 MiB at most for zstd, MEMORY_MAX for xz; a stream that needs more is refused.
 *
 * Limits: lz4's old format (`lz4 -l`), and files that are compressed twice.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/capture/packers.h"
#include "base/capture/unpack.h"
#include "base/err.h"

#define INPUT	   (64U << 10)
#define MEMORY_MAX (256ULL << 20)

/**
 * struct unpack - one stream
 * @pos, @end:	Input that is there, in @in
 * @used:	Bytes of the file before @pos
 * @eof:	The file has no more
 * @between:	A stream has ended and none has begun since: the end may come here
 * @why:	What is wrong, or ""
 */
struct unpack {
	const struct format *format;
	uint8_t *in;
	size_t pos, end;
	uint64_t used;
	bool eof, between;
	char why[160];
	z_stream gzip;
	ZSTD_DStream *zstd;
	lzma_stream xz;
	LZ4F_dctx *lz4;
};

/**
 * struct format - a decompressor
 * @open:	0, or -1: no memory
 * @run:	From the input to @out; how much. Sets @between and, at a fault, @why.
 */
struct format {
	const char *name;
	uint8_t magic[UNPACK_MAGIC];
	size_t magic_n;
	int (*open)(struct unpack *u);
	size_t (*run)(struct unpack *u, uint8_t *out, size_t room);
	void (*close)(struct unpack *u);
};

static void fault(struct unpack *u, const char *what)
{
	snprintf(u->why, sizeof(u->why), "its %s stream is damaged near byte %" PRIu64 " (%s)",
		 u->format->name, u->used, what ? what : "no reason given");
}

static void take(struct unpack *u, size_t n)
{
	u->pos += n;
	u->used += n;
}

/* ---- gzip ---- */

static int gzip_open(struct unpack *u)
{
	return inflateInit2(&u->gzip, 15 + 16) == Z_OK ? 0 : -1;
}

/* Behind a stream: another, zeros that fill a tape's block, or nothing. */
static void gzip_again(struct unpack *u)
{
	while (u->pos < u->end && !u->in[u->pos])
		take(u, 1);
	if (u->pos == u->end)
		return;
	u->between = false;
	inflateReset(&u->gzip);
}

static size_t gzip_run(struct unpack *u, uint8_t *out, size_t room)
{
	size_t had;
	int rc;

	if (u->between)
		gzip_again(u);
	if (u->between)
		return 0;
	had = u->end - u->pos;
	u->gzip.next_in = u->in + u->pos;
	u->gzip.avail_in = (uInt)had;
	u->gzip.next_out = out;
	u->gzip.avail_out = (uInt)room;
	rc = inflate(&u->gzip, Z_NO_FLUSH);
	take(u, had - u->gzip.avail_in);
	u->between = rc == Z_STREAM_END;
	if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
		fault(u, u->gzip.msg);
	return room - u->gzip.avail_out;
}

static void gzip_close(struct unpack *u)
{
	inflateEnd(&u->gzip);
}

/* ---- zstd ---- */

static int zstd_open(struct unpack *u)
{
	u->zstd = ZSTD_createDStream();
	return u->zstd ? 0 : -1;
}

static size_t zstd_run(struct unpack *u, uint8_t *out, size_t room)
{
	ZSTD_inBuffer in = {u->in + u->pos, u->end - u->pos, 0};
	ZSTD_outBuffer to = {out, room, 0};
	size_t rc;

	if (u->between && !in.size)
		return 0;
	rc = ZSTD_decompressStream(u->zstd, &to, &in);
	take(u, in.pos);
	u->between = rc == 0;
	if (ZSTD_isError(rc))
		fault(u, ZSTD_getErrorName(rc));
	return to.pos;
}

static void zstd_close(struct unpack *u)
{
	ZSTD_freeDStream(u->zstd);
}

/* ---- xz ---- */

static int xz_open(struct unpack *u)
{
	u->xz = (lzma_stream)LZMA_STREAM_INIT;
	return lzma_stream_decoder(&u->xz, MEMORY_MAX, LZMA_CONCATENATED) == LZMA_OK ? 0 : -1;
}

static const char *xz_text(lzma_ret rc)
{
	switch (rc) {
	case LZMA_MEMLIMIT_ERROR:
		return "it needs more than 256 MiB of memory";
	case LZMA_OPTIONS_ERROR:
		return "unknown options";
	case LZMA_FORMAT_ERROR:
		return "what follows is not xz";
	default:
		return "wrong data";
	}
}

static size_t xz_run(struct unpack *u, uint8_t *out, size_t room)
{
	size_t had = u->end - u->pos;
	lzma_ret rc;

	if (u->between)
		return 0;
	u->xz.next_in = u->in + u->pos;
	u->xz.avail_in = had;
	u->xz.next_out = out;
	u->xz.avail_out = room;
	rc = lzma_code(&u->xz, u->eof ? LZMA_FINISH : LZMA_RUN);
	take(u, had - u->xz.avail_in);
	u->between = rc == LZMA_STREAM_END;
	if (rc != LZMA_OK && rc != LZMA_STREAM_END && rc != LZMA_BUF_ERROR)
		fault(u, xz_text(rc));
	return room - u->xz.avail_out;
}

static void xz_close(struct unpack *u)
{
	lzma_end(&u->xz);
}

/* ---- lz4 ---- */

static int lz4_open(struct unpack *u)
{
	return LZ4F_isError(LZ4F_createDecompressionContext(&u->lz4, LZ4F_VERSION)) ? -1 : 0;
}

static size_t lz4_run(struct unpack *u, uint8_t *out, size_t room)
{
	size_t had = u->end - u->pos, rc;

	if (u->between && !had)
		return 0;
	rc = LZ4F_decompress(u->lz4, out, &room, u->in + u->pos, &had, NULL);
	if (LZ4F_isError(rc)) {
		fault(u, LZ4F_getErrorName(rc));
		return 0;
	}
	take(u, had);
	u->between = rc == 0;
	return room;
}

static void lz4_close(struct unpack *u)
{
	LZ4F_freeDecompressionContext(u->lz4);
}

static const struct format formats[] = {
	{"gzip", {0x1f, 0x8b}, 2, gzip_open, gzip_run, gzip_close},
	{"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4, zstd_open, zstd_run, zstd_close},
	{"xz", {0xfd, '7', 'z', 'X', 'Z', 0}, 6, xz_open, xz_run, xz_close},
	{"lz4", {0x04, 0x22, 0x4d, 0x18}, 4, lz4_open, lz4_run, lz4_close},
};

static const struct format *format_of(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (n >= formats[i].magic_n && !memcmp(p, formats[i].magic, formats[i].magic_n))
			return &formats[i];
	return NULL;
}

const char *unpack_format(const uint8_t *p, size_t n)
{
	const struct format *f = format_of(p, n);

	return f ? f->name : NULL;
}

struct unpack *unpack_new(const uint8_t *p, size_t n)
{
	struct unpack *u = xcalloc(1, sizeof(*u));

	u->format = format_of(p, n);
	u->in = xmalloc(n > INPUT ? n : INPUT);
	memcpy(u->in, p, n);
	u->end = n;
	if (u->format->open(u) < 0)
		snprintf(u->why, sizeof(u->why), "no memory to decompress %s", u->format->name);
	return u;
}

size_t unpack_read(struct unpack *u, unpack_read_fn *fn, void *arg, uint8_t *out, size_t room)
{
	while (!u->why[0]) {
		size_t made;

		if (u->pos == u->end && !u->eof) {
			u->pos = 0;
			u->end = fn(arg, u->in, INPUT);
			u->eof = !u->end;
		}
		made = u->format->run(u, out, room);
		if (made)
			return made;
		if (u->why[0] || u->pos < u->end || !u->eof)
			continue;
		if (!u->between)
			snprintf(u->why, sizeof(u->why),
				 "its %s stream is cut off at byte %" PRIu64, u->format->name,
				 u->used);
		return 0;
	}
	return 0;
}

const char *unpack_broken(const struct unpack *u)
{
	return u && u->why[0] ? u->why : NULL;
}

uint64_t unpack_used(const struct unpack *u)
{
	return u->used;
}

void unpack_free(struct unpack *u)
{
	if (!u)
		return;
	u->format->close(u);
	free(u->in);
	free(u);
}
