// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compressed captures: each format is read as what is in it, also as several streams in a row; one that
 * is cut off or damaged at any place is named, and what came before is used.
 */
#include <lz4frame.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/capture/capture.h"
#include "base/capture/unpack.h"
#include "tests/unit/unit.h"

#define FRAMES 12000
#define ROOM   (1U << 20)

static uint8_t plain[ROOM], packed[ROOM];
static size_t plain_n;
static bool damaged; /* what comes out may be anything */

/* A capture of UDP datagrams to port @i & 0x7fff, whose bytes hardly repeat. */
static void make_plain(void)
{
	static const uint32_t head[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 101};
	uint32_t noise = 1;

	memcpy(plain, head, sizeof(head));
	plain_n = sizeof(head);
	for (uint32_t i = 0; i < FRAMES; i++) {
		uint32_t record[4] = {i / 1000, i % 1000, 36, 36};
		uint8_t p[36] = {0x45,
				 0,
				 0,
				 36,
				 0,
				 0,
				 0,
				 0,
				 64,
				 17,
				 0,
				 0,
				 10,
				 0,
				 0,
				 1,
				 10,
				 0,
				 0,
				 2,
				 3,
				 0,
				 (uint8_t)(i >> 8 & 0x7f),
				 (uint8_t)i,
				 0,
				 16};

		for (int k = 28; k < 36; k++)
			p[k] = (uint8_t)((noise = noise * 1664525 + 1013904223) >> 24);
		memcpy(plain + plain_n, record, 16);
		memcpy(plain + plain_n + 16, p, 36);
		plain_n += 52;
	}
}

static size_t pack_gzip(const uint8_t *p, size_t n, uint8_t *out, size_t room)
{
	z_stream z = {0};

	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (uint8_t *)(uintptr_t)p;
	z.avail_in = (uInt)n;
	z.next_out = out;
	z.avail_out = (uInt)room;
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

static size_t pack_zstd(const uint8_t *p, size_t n, uint8_t *out, size_t room)
{
	ZSTD_CCtx *z = ZSTD_createCCtx();
	size_t got;

	ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1); /* as the program zstd does */
	got = ZSTD_compress2(z, out, room, p, n);
	ZSTD_freeCCtx(z);
	ck_assert(!ZSTD_isError(got));
	return got;
}

static size_t pack_xz(const uint8_t *p, size_t n, uint8_t *out, size_t room)
{
	size_t got = 0;

	ck_assert_int_eq(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, p, n, out, &got, room),
			 LZMA_OK);
	return got;
}

static size_t pack_lz4(const uint8_t *p, size_t n, uint8_t *out, size_t room)
{
	LZ4F_preferences_t checked = {
		.frameInfo = {.contentChecksumFlag = LZ4F_contentChecksumEnabled}};
	size_t got = LZ4F_compressFrame(out, room, p, n, &checked);

	ck_assert(!LZ4F_isError(got));
	return got;
}

static const struct {
	const char *name;
	size_t (*pack)(const uint8_t *p, size_t n, uint8_t *out, size_t room);
} packers[] = {{"gzip", pack_gzip}, {"zstd", pack_zstd}, {"xz", pack_xz}, {"lz4", pack_lz4}};

/* Packets of a capture in memory, each checked; what was wrong with it, or "". */
static uint32_t read_all(const uint8_t *p, size_t n, char said[512])
{
	int fd = memfd_create("t_unpack", MFD_CLOEXEC);
	char *path = xasprintf("/proc/self/fd/%d", fd);
	const char *paths[] = {path};
	struct capture *c;
	struct packet k;
	struct err e = {0};
	uint32_t got = 0;
	int rc;

	said[0] = '\0';
	ck_assert_int_eq(write(fd, p, n), (ssize_t)n);
	c = capture_open_files(paths, 1, NULL, &e);
	if (!c)
		snprintf(said, 512, "%.511s", e.msg);
	while (c && (rc = capture_next(c, &k, &e)) != 0) {
		if (rc < 0) {
			snprintf(said, 512, "%.511s", e.msg);
			continue;
		}
		ck_assert(damaged || k.dst.port == (got & 0x7fff));
		ck_assert(damaged || k.number == got + 1);
		got++;
	}
	capture_close(c);
	free(path);
	close(fd);
	return got;
}

START_TEST(compressed_captures_are_read)
{
	size_t n, cut = 24 + 52 * 1000 + 20; /* in the middle of a record */
	char said[512];

	make_plain();
	n = packers[_i].pack(plain, plain_n, packed, ROOM);
	ck_assert_str_eq(unpack_format(packed, n), packers[_i].name);
	ck_assert_uint_eq(read_all(packed, n, said), FRAMES);
	ck_assert_str_eq(said, "");
	/* two streams in a row */
	n = packers[_i].pack(plain, cut, packed, ROOM);
	n += packers[_i].pack(plain + cut, plain_n - cut, packed + n, ROOM - n);
	ck_assert_uint_eq(read_all(packed, n, said), FRAMES);
	ck_assert_str_eq(said, "");
	/* in a whole stream, a capture that is cut off */
	n = packers[_i].pack(plain, cut, packed, ROOM);
	ck_assert_uint_eq(read_all(packed, n, said), 1000);
	ck_assert_msg(strstr(said, "cut off in frame 1001") != NULL, "%s", said);
}
END_TEST

START_TEST(a_stream_cut_off_is_named_and_used)
{
	char said[512], words[64];
	size_t n;

	make_plain();
	n = packers[_i].pack(plain, plain_n, packed, ROOM);
	snprintf(words, sizeof(words), "its %s stream is cut off", packers[_i].name);
	for (size_t part = 1; part < 8; part++) {
		uint32_t got = read_all(packed, n * part / 8, said);

		ck_assert_msg(strstr(said, words) != NULL, "%zu/8: %s", part, said);
		if (part > 3) /* blocks of up to 4 MiB are all or nothing */
			ck_assert_msg(got > 0 || _i >= 1, "%zu/8: nothing was used", part);
		ck_assert_uint_lt(got, FRAMES);
	}
	read_all(packed, n - 1, said); /* only the end of the stream is missing */
	ck_assert_msg(strstr(said, words) != NULL, "%s", said);
}
END_TEST

START_TEST(a_damaged_stream_is_named)
{
	char said[512];
	size_t n;

	make_plain();
	n = packers[_i].pack(plain, plain_n, packed, ROOM);
	memset(packed + n / 2, 0xff, 64);
	damaged = true;
	read_all(packed, n, said);
	damaged = false;
	ck_assert_str_ne(said, "");
	/* behind a stream, something else */
	n = packers[_i].pack(plain, plain_n, packed, ROOM);
	memcpy(packed + n, "something else", 14);
	ck_assert_uint_eq(read_all(packed, n + 14, said), FRAMES);
	ck_assert_msg(strstr(said, "stream is damaged") != NULL, "%s", said);
	/* compressed twice */
	n = packers[_i].pack(plain, 1000, packed, ROOM / 2);
	n = packers[_i].pack(packed, n, packed + ROOM / 2, ROOM / 2);
	ck_assert_uint_eq(read_all(packed + ROOM / 2, n, said), 0);
	ck_assert_msg(strstr(said, "compressed twice") != NULL, "%s", said);
}
END_TEST

UNIT(unpack)
{
	unit_loop(tc, compressed_captures_are_read, 0, ARRAY_LEN(packers));
	unit_loop(tc, a_stream_cut_off_is_named_and_used, 0, ARRAY_LEN(packers));
	unit_loop(tc, a_damaged_stream_is_named, 0, ARRAY_LEN(packers));
}
