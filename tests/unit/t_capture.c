// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Capture files: our reader gives what libpcap gives, frame by frame and byte by byte, on every
 * capture under SKYPELAB_CORPORA and on files made here; merging; reading ahead in a thread; what
 * is said of broken files.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/capture/capture.h"
#include "base/capture/community_id.h"
#include "base/capture/decode.h"
#include "base/capture/file_open.h"
#include "base/capture/libpcap.h"
#include "base/capture/packet.h"
#include "base/capture/source.h"
#include "base/capture/readahead.h"
#include "base/path.h"
#include "tests/unit/unit.h"

static char dir[] = "/tmp/skypelab-t-capture-XXXXXX";

/* A file being made: @be writes the other byte order than little-endian. */
struct image {
	uint8_t b[1 << 19];
	size_t n;
	bool be;
};

static void put32(struct image *m, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		m->b[m->n++] = (uint8_t)(v >> (m->be ? 24 - 8 * i : 8 * i));
}

static void put16(struct image *m, uint16_t v)
{
	for (int i = 0; i < 2; i++)
		m->b[m->n++] = (uint8_t)(v >> (m->be ? 8 - 8 * i : 8 * i));
}

static void put_bytes(struct image *m, size_t n)
{
	for (size_t i = 0; i < n; i++)
		m->b[m->n++] = (uint8_t)(i * 7 + n);
}

static void put_header(struct image *m, uint32_t magic, uint32_t snap, uint32_t link)
{
	m->n = 0;
	put32(m, magic);
	put16(m, 2);
	put16(m, 4);
	put32(m, 0);
	put32(m, 0);
	put32(m, snap);
	put32(m, link);
}

static void put_record(struct image *m, uint32_t s, uint32_t frac, uint32_t caplen, uint32_t len)
{
	put32(m, s);
	put32(m, frac);
	put32(m, caplen);
	put32(m, len);
	put_bytes(m, caplen);
}

/* A UDP packet in Ethernet from 10.0.0.1:1000 to 10.0.0.2:@port. */
static void put_udp(struct image *m, uint32_t s, uint16_t port)
{
	static const uint8_t frame[42] = {[12] = 8, 0,	0x45,	   0,	       0,  28, 0, 0, 0,	 0,
					  64,	    17, 0,	   0,	       10, 0,  0, 1, 10, 0,
					  0,	    2,	1000 >> 8, 1000 & 255, 0,  0,  0, 8, 0,	 0};

	put32(m, s);
	put32(m, 0);
	put32(m, sizeof(frame));
	put32(m, sizeof(frame));
	memcpy(m->b + m->n, frame, sizeof(frame));
	m->b[m->n + 36] = (uint8_t)(port >> 8);
	m->b[m->n + 37] = (uint8_t)port;
	m->n += sizeof(frame);
}

static void put_block(struct image *m, uint32_t type, const uint32_t *words, size_t n, size_t data)
{
	uint32_t total = 12 + (uint32_t)(4 * n) + ((uint32_t)data + 3) / 4 * 4;

	put32(m, type);
	put32(m, total);
	for (size_t i = 0; i < n; i++)
		put32(m, words[i]);
	put_bytes(m, (data + 3) / 4 * 4);
	put32(m, total);
}

#define BLOCK(m, type, data, ...)                                                                  \
	put_block(m, type, (const uint32_t[]){__VA_ARGS__}, sizeof((uint32_t[]){__VA_ARGS__}) / 4, \
		  data)

static const char *save(const struct image *m, const char *name)
{
	static char path[8][128];
	static int i;
	char *p = path[i++ % 8];
	FILE *f;

	snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	f = fopen(p, "wb");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(m->b, 1, m->n, f), m->n);
	fclose(f);
	return p;
}

static void setup(void)
{
	strcpy(dir, "/tmp/skypelab-t-capture-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static int unlink_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void teardown(void)
{
	nftw(dir, unlink_one, 8, FTW_DEPTH | FTW_PHYS);
}

static uint64_t compared_files, compared_frames, beyond_libpcap;

/* Both readers over one file: same frames, same end. */
static void compare(const char *path)
{
	struct err ea = {0}, eb = {0};
	struct source *a = source_file(path, NULL, false, NULL, &ea),
		      *b = source_libpcap(path, NULL, &eb);
	struct source_frame fa, fb;
	uint64_t n = 0;
	int ra = 0, rb = 0;

	if (!a || !b) {
		/* what libpcap opens, we open */
		ck_assert_msg(a || !b, "%s: %s", path, ea.msg);
		beyond_libpcap += a != NULL;
		source_free(a);
		source_free(b);
		return;
	}
	do {
		ra = a->next(a, &fa, &ea);
		rb = b->next(b, &fb, &eb);
		if (ra != 1 || rb != 1)
			break;
		n++;
		a->number++;
		/* what libpcap cuts to the snap length, and lengths that cannot be */
		if (a->odd[ODD_SNAP].frames && fb.caplen < fa.caplen)
			fa.caplen = fb.caplen;
		if (a->odd[ODD_WIRE_LENGTH].frames + a->odd[ODD_SHORT].frames)
			fa.len = fb.len;
		ck_assert_msg(fa.ts_ns == fb.ts_ns && fa.len == fb.len && fa.caplen == fb.caplen,
			      "%s: frame %lu: %lu %u %u, libpcap: %lu %u %u", path, n, fa.ts_ns,
			      fa.len, fa.caplen, fb.ts_ns, fb.len, fb.caplen);
		ck_assert_msg(!memcmp(fa.data, fb.data, fa.caplen), "%s: frame %lu: bytes differ",
			      path, n);
	} while (1);
	if (rb == -1 && strstr(eb.msg, "interface")) { /* several link types: libpcap refuses */
		beyond_libpcap++;
	} else {
		ck_assert_msg(ra == rb, "%s after %lu: %d %s, libpcap: %d %s", path, n, ra, ea.msg,
			      rb, eb.msg);
	}
	compared_files++;
	compared_frames += n;
	source_free(a);
	source_free(b);
}

static int compare_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	const char *dot = strrchr(path, '.');

	(void)st;
	(void)ftw;
	if (flag == FTW_F && dot &&
	    (!strcmp(dot, ".pcap") || !strcmp(dot, ".cap") || !strcmp(dot, ".pcapng")))
		compare(path);
	return 0;
}

/* In addition to the files made below, where there are any recordings. */
static bool have_recordings(void)
{
	const char *root = getenv("SKYPELAB_CORPORA");
	char *positives = root ? path_in(root, "positives") : NULL;
	bool have = positives && access(positives, R_OK) == 0;

	free(positives);
	return have;
}

START_TEST(recordings_equal_libpcap)
{
	compared_files = compared_frames = beyond_libpcap = 0;
	nftw(getenv("SKYPELAB_CORPORA"), compare_one, 16, FTW_PHYS);
	printf("%lu captures, %lu frames equal to libpcap's; %lu captures it refuses\n",
	       compared_files, compared_frames, beyond_libpcap);
	ck_assert_uint_gt(compared_files, 0);
}
END_TEST

START_TEST(made_files_equal_libpcap)
{
	static const uint32_t magic[] = {0xa1b2c3d4, 0xa1b23c4d};
	static const uint32_t snaps[] = {65535, 0, 100, 0xffffffff};
	struct image m;
	int files = 0;

	compared_files = 0;
	for (int be = 0; be < 2; be++)
		for (int k = 0; k < 2; k++)
			for (int s = 0; s < 4; s++) {
				m.be = be;
				put_header(&m, magic[k], snaps[s], s == 3 ? 101 : 1);
				put_record(&m, 1156534305, 999999, 60, 60);
				put_record(&m, 4000000000U, 5, 200, 1500);
				put_record(&m, 0, 0, 0, 0);
				put_record(&m, 7, k ? 1999999999 : 9999999, 20000, 20000);
				compare(save(&m, "whole"));
				m.n -= 3;
				compare(save(&m, "cut in data"));
				m.n -= 20000 + 5;
				compare(save(&m, "cut in record header"));
				put_header(&m, magic[k], snaps[s], 1);
				compare(save(&m, "no frames"));
				put_record(&m, 1, 1, 300, 300);
				put_record(&m, 1, 1, 0, 0);
				m.b[m.n - 5] = m.b[m.n - 8] = 0x7f; /* an impossible length */
				compare(save(&m, "impossible"));
				files += 5;
			}
	ck_assert_uint_eq(compared_files, files);
}
END_TEST

static void put_section(struct image *m)
{
	BLOCK(m, 0x0a0d0d0a, 0, 0x1a2b3c4d, m->be ? 1 << 16 : 1, 0xffffffff, 0xffffffff);
}

START_TEST(made_pcapng_equals_libpcap)
{
	struct image m;

	compared_files = 0;
	for (int be = 0; be < 2; be++)
		for (uint32_t res = 0; res < 12; res++) {
			uint32_t link = be ? 1 << 16 : 1; /* link type, reserved: 16 bits each */
			uint32_t option = be ? 9 << 16 | 1 : 1 << 16 | 9;
			uint32_t value = be ? (res | (res > 9 ? 0x80 : 0)) << 24
					    : res | (res > 9 ? 0x80 : 0);

			/* seconds that fit in 32 bits, as libpcap's caller keeps them */
			uint32_t high = res < 6 ? 0 : res > 9 ? 0x0b : 0x00054a7b;

			m.be = be;
			m.n = 0;
			put_section(&m);
			BLOCK(&m, 1, 0, link, 65535, option, value, 0);
			BLOCK(&m, 6, 61, 0, high, 0x12345678, 61, 99);
			BLOCK(&m, 5, 40, 0, 0); /* statistics: passed over */
			BLOCK(&m, 6, 1, 0, 0, 0xffffffff, 1, 1);
			BLOCK(&m, 2, 30, 0, high, 1, 30, 30); /* obsolete */
			put_section(&m);
			BLOCK(&m, 1, 0, link, 65535);
			BLOCK(&m, 6, 8, 0, 0x00054a7c, 0, 8, 8);
			compare(save(&m, "whole.pcapng"));
			m.n -= 6;
			compare(save(&m, "cut.pcapng"));
		}
	ck_assert_uint_eq(compared_files, 48);
}
END_TEST

/* Reads all; counts packets, puts the destination ports in order into @ports. */
static int drain(struct capture *c, uint16_t *ports, char *said, size_t room)
{
	struct packet p;
	struct err e;
	int n = 0, rc;

	said[0] = '\0';
	while ((rc = capture_next(c, &p, &e)) != 0) {
		if (rc == 1) {
			ports[n++] = p.dst.port;
		} else {
			strncat(said, e.msg, room - strlen(said) - 2);
			strcat(said, "\n");
		}
	}
	return n;
}

START_TEST(several_files_merge_in_time)
{
	struct image m = {.be = false};
	const char *paths[4];
	struct capture_stats st;
	struct capture *c;
	uint16_t ports[16];
	char said[2048];
	struct err e;

	put_header(&m, 0xa1b2c3d4, 65535, 1);
	put_udp(&m, 10, 1);
	put_udp(&m, 30, 3);
	put_udp(&m, 50, 5);
	paths[0] = save(&m, "a");
	put_header(&m, 0xa1b2c3d4, 65535, 1);
	put_udp(&m, 20, 2);
	put_udp(&m, 40, 4);
	put_udp(&m, 60, 6);
	m.n -= 1; /* cut: 6 is lost, and said */
	paths[1] = save(&m, "b");
	paths[2] = "/nonexistent/c";
	put_header(&m, 0xa1b2c3d4, 65535, 1);
	paths[3] = save(&m, "d");
	c = capture_open_files(paths, 4, NULL, &e);
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(drain(c, ports, said, sizeof(said)), 5);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(ports[i], i + 1);
	ck_assert_msg(strstr(said, "/b: cut off in frame 3"), "%s", said);
	ck_assert_msg(strstr(said, "/nonexistent/c: No such file"), "%s", said);
	capture_stats(c, &st);
	ck_assert_uint_eq(st.frames, 5);
	ck_assert_uint_eq(st.backwards, 0);
	ck_assert_uint_eq(st.first_ns, 10000000000ULL);
	ck_assert_uint_eq(st.last_ns, 50000000000ULL);
	ck_assert(capture_progress(c) == 1);
	capture_close(c);
	c = capture_open_files(paths, 2, "udp port 4 or dst port 5", &e);
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(drain(c, ports, said, sizeof(said)), 2);
	capture_stats(c, &st);
	ck_assert_uint_eq(st.filtered, 3);
	capture_close(c);
}
END_TEST

/* FNV-1a over what a packet says. */
static uint64_t packet_sum(uint64_t h, const struct packet *p)
{
	const uint64_t words[] = {p->ts_ns,  p->number,	   p->src.port, p->dst.port, p->len,
				  p->caplen, p->fragments, p->proto,	p->seq,	     p->ip_len};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		h = (h ^ words[i]) * 0x100000001b3;
	for (uint32_t i = 0; i < p->caplen; i++)
		h = (h ^ p->payload[i]) * 0x100000001b3;
	for (int i = 1; p->head && i <= p->head + p->ip_head; i++)
		h = (h ^ p->payload[-i]) * 0x100000001b3;
	return h;
}

/* Datagrams in two fragments between whole ones, over several windows of the reader. */
static int put_many(struct image *m)
{
	int n = 0;

	put_header(m, 0xa1b2c3d4, 65535, 1);
	while (m->n + 200 < sizeof(m->b)) {
		put_udp(m, (uint32_t)n, (uint16_t)n);
		if (n++ % 5 == 0) {
			size_t at = m->n;

			put_udp(m, (uint32_t)n, (uint16_t)n);
			put_udp(m, (uint32_t)n, (uint16_t)n);
			m->b[at + 16 + 20] = 0x20;   /* more fragments */
			m->b[at + 58 + 16 + 21] = 1; /* at byte 8 */
			m->b[at + 16 + 19] = m->b[at + 58 + 16 + 19] = (uint8_t)n;
			m->b[at + 16 + 39] = 16; /* UDP length of both */
		}
	}
	return n;
}

/* A UDP packet of an interface, the @n-th. */
static void put_ng_udp(struct image *m, uint32_t iface, uint32_t n)
{
	static const uint8_t udp[28] = {0x45, 0, 0,  28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0,
					0,    1, 10, 0,	 0, 2, 3, 0, 0,	 9,  0, 8, 0,  0};

	BLOCK(m, 6, 28, iface, 0, n, 28, 28);
	memcpy(m->b + m->n - 4 - 28, udp, 28);
	m->b[m->n - 4 - 28 + 23] = (uint8_t)n;
}

/* The same as pcapng, with blocks between that are not packets. */
static int put_many_ng(struct image *m)
{
	int n = 0;

	m->n = 0;
	put_section(m);
	BLOCK(m, 1, 0, 101, 65535);
	while (m->n + 200 < sizeof(m->b)) {
		put_ng_udp(m, 0, (uint32_t)n++);
		if (n % 7 == 0)
			BLOCK(m, 5, 0, 0, 0, 0); /* statistics */
	}
	return n;
}

/* Blocks that are no packets between all packets: a new section each, or a new interface. */
static int put_between_ng(struct image *m, bool sections)
{
	int n = 0;

	for (m->n = 0; m->n + 200 < sizeof(m->b); n++) {
		if (sections || !n)
			put_section(m);
		BLOCK(m, 1, 0, 101, 65535);
		put_ng_udp(m, sections ? 0 : (uint32_t)n, (uint32_t)n);
	}
	return n;
}

START_TEST(batches_are_the_same_packets)
{
	static struct image m;
	struct packet p[16];
	struct capture *c;
	const char *path;
	uint64_t one = 7, many = 7;
	int n = 0, got, batches = 0, whole = 0;
	struct err e;

	n = _i ? put_many_ng(&m) : put_many(&m);
	path = save(&m, "many");
	c = capture_open_files(&path, 1, NULL, &e);
	ck_assert_ptr_nonnull(c);
	while ((got = capture_next(c, p, &e)) == 1) {
		one = packet_sum(one, p);
		whole += p->fragments == 2;
	}
	ck_assert_int_eq(got, 0);
	ck_assert_int_gt(_i ? n : whole, 100);
	capture_close(c);
	c = capture_open_files(&path, 1, NULL, &e);
	while ((got = capture_batch(c, p, 16, &e)) > 0) {
		for (int i = 0; i < got; i++)
			many = packet_sum(many, &p[i]);
		batches++;
	}
	ck_assert_int_eq(got, 0);
	capture_close(c);
	ck_assert_uint_eq(one, many);
	ck_assert_int_lt(batches, n); /* some held more than one */
}
END_TEST

static void sum_ahead(void *arg, const struct packet *p, size_t n, void *extra)
{
	uint64_t *sums = extra;

	for (size_t i = 0; i < n; i++)
		sums[i] = packet_sum(*(uint64_t *)arg, &p[i]);
}

/* Reads a file ahead in a thread: packets and their sum, what was said, how it ended. */
static int read_ahead(const char *path, uint64_t *sum, char *said, size_t room, int stop_after)
{
	uint64_t seed = 7, frames;
	const struct packet *p;
	struct readahead *r;
	const void *extra;
	struct capture *c;
	int got, n = 0;
	struct err e;

	c = capture_open_files(&path, 1, NULL, &e);
	ck_assert_ptr_nonnull(c);
	ck_assert(capture_keeps(c));
	r = readahead_new(c, sizeof(uint64_t), sum_ahead, &seed, &e);
	ck_assert_ptr_nonnull(r);
	*sum = 7;
	*said = '\0';
	while ((got = readahead_next(r, &p, &extra, &e)) != 0) {
		for (int i = 0; i < got; i++) {
			ck_assert_uint_eq(((const uint64_t *)extra)[i], packet_sum(seed, &p[i]));
			*sum = packet_sum(*sum, &p[i]);
		}
		if (got > 0 && (n += got) > stop_after)
			break;
		if (got == -1)
			snprintf(said + strlen(said), room - strlen(said), "%s\n", e.msg);
	}
	if (!got)
		ck_assert_int_eq(readahead_next(r, &p, &extra, &e), 0); /* it stays the end */
	ck_assert(readahead_progress(r, &frames) <= 1);
	readahead_free(r);
	capture_close(c);
	return n;
}

START_TEST(read_ahead_the_packets_are_the_same)
{
	static struct image m;
	uint64_t one = 7, ahead;
	struct packet p;
	struct capture *c;
	const char *path;
	char said[512];
	int n = 0;
	struct err e;

	_i ? put_many_ng(&m) : put_many(&m);
	path = save(&m, "ahead");
	c = capture_open_files(&path, 1, NULL, &e);
	while (capture_next(c, &p, &e) == 1) {
		one = packet_sum(one, &p);
		n++;
	}
	capture_close(c);
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(read_ahead(path, &ahead, said, sizeof(said), INT32_MAX), n);
		ck_assert_uint_eq(ahead, one);
		ck_assert_str_eq(said, "");
	}
	read_ahead(path, &ahead, said, sizeof(said), 100); /* the user may leave early */
	m.n -= 5;
	n = read_ahead(save(&m, "ahead-cut"), &ahead, said, sizeof(said), INT32_MAX);
	ck_assert_int_gt(n, 1000);
	ck_assert_msg(strstr(said, "/ahead-cut: cut off in frame "), "%s", said);
	m.n = 0;
	_i ? put_section(&m) : put_header(&m, 0xa1b2c3d4, 65535, 1);
	ck_assert_int_eq(read_ahead(save(&m, "none"), &ahead, said, sizeof(said), INT32_MAX), 0);
}
END_TEST

/* A block that is no packet ends no block of the reader: what follows in memory would be copied each
 * time, which made a file of 200,000 sections take half a minute. */
START_TEST(read_ahead_blocks_between_packets_cost_no_copy)
{
	static struct image m;
	int n = put_between_ng(&m, _i), got, calls = 0;
	const char *path = save(&m, "between");
	struct err e;
	struct capture *c = capture_open_files(&path, 1, NULL, &e);
	uint64_t seed = 7, frames;
	const struct packet *p;
	struct readahead *r;
	const void *extra;

	ck_assert_ptr_nonnull(c);
	r = readahead_new(c, sizeof(uint64_t), sum_ahead, &seed, &e);
	for (; (got = readahead_next(r, &p, &extra, &e)) > 0; calls++)
		;
	ck_assert_int_eq(got, 0);
	readahead_progress(r, &frames);
	ck_assert_int_eq((int)frames, n);
	ck_assert_int_gt(n, 4000);
	ck_assert_int_le(calls, 20);
	readahead_free(r);
	capture_close(c);
}
END_TEST

/* A file may describe any number of interfaces, but of few link types: each is looked for. */
START_TEST(pcapng_with_too_many_link_types)
{
	static struct image m;
	struct capture *c;
	const char *path;
	uint16_t ports[4];
	char said[1 << 16];
	struct err e;

	m.n = 0;
	put_section(&m);
	for (uint32_t i = 0; i < 4000; i++)
		BLOCK(&m, 1, 0, 1000 + i, 65535);
	path = save(&m, "types.pcapng");
	c = capture_open_files(&path, 1, NULL, &e);
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(drain(c, ports, said, sizeof(said)), 0);
	ck_assert_msg(strstr(said, "/types.pcapng: more than 256 link types"), "%s", said);
	ck_assert_ptr_null(strstr(said, "link type 1256 "));
	capture_close(c);
}
END_TEST

/* A UDP packet as put_udp(), with 8 bytes of payload: a whole one, or the IP fragment @part (1, 2)
 * of one that is. */
static void put_part(struct image *m, uint32_t n, int part)
{
	size_t at = m->n;
	uint8_t *ip = m->b + at + 16 + 14;

	put_udp(m, n, (uint16_t)n);
	m->b[at + 8] = m->b[at + 12] = 50;
	memset(m->b + m->n, (int)(n * 7), 8);
	m->n += 8;
	ip[3] = 36;
	ip[4] = (uint8_t)(n >> 8);
	ip[5] = (uint8_t)n;
	ip[25] = part ? 32 : 16;
	ip[6] = part == 1 ? 0x20 : 0;
	ip[7] = part == 2 ? 2 : 0;
}

/* The headers of a packet that came in fragments of a tunnel's packet stay before its payload. */
START_TEST(read_ahead_the_headers_come_with_the_payload)
{
	static struct image m;
	uint64_t one = 7, ahead;
	struct capture *c;
	const char *path;
	struct packet p;
	char said[512];
	int n = 0;
	struct err e;

	m.n = 0;
	put_header(&m, 0xa1b2c3d4, 65535, 1);
	for (uint32_t i = 0; i < 200; i++) {
		uint8_t inner[36] = {0x45, [3] = 36, [8] = 64, 17, [12] = 10, [19] = 9, [25] = 16};

		inner[20] = (uint8_t)(i + 1);
		for (uint32_t at = 0; at < 36; at += 24) {
			uint32_t len = at ? 12 : 24;
			uint8_t *rec = m.b + m.n, *ip = rec + 16 + 14;

			put_udp(&m, i, 0);
			rec[8] = rec[12] = (uint8_t)(14 + 20 + len);
			ip[3] = (uint8_t)(20 + len);
			ip[5] = (uint8_t)i;
			ip[6] = at ? 0 : 0x20;
			ip[7] = (uint8_t)(at / 8);
			ip[9] = IPPROTO_IPIP;
			memcpy(ip + 20, inner + at, len);
			m.n = (size_t)(ip + 20 + len - m.b);
		}
	}
	path = save(&m, "tunnel");
	c = capture_open_files(&path, 1, NULL, &e);
	for (; capture_next(c, &p, &e) == 1; n++) {
		ck_assert_int_eq(p.ip_head, 20);
		ck_assert_int_eq(p.head, 8);
		ck_assert_uint_eq(p.payload[-28], 0x45);
		one = packet_sum(one, &p);
	}
	capture_close(c);
	ck_assert_int_eq(n, 200);
	ck_assert_int_eq(read_ahead(path, &ahead, said, sizeof(said), INT32_MAX), n);
	ck_assert_uint_eq(ahead, one);
}
END_TEST

/* What was read stays as it was while it is in use, also where the next bytes of the file that must
 * be read are of frames that give no packet. */
START_TEST(read_ahead_the_memory_is_left_alone)
{
	static struct image m;
	struct err e;

	for (int shift = 0; shift < 12; shift++) {
		uint64_t one = 7, ahead;
		struct capture *c;
		const char *path;
		struct packet p;
		char said[512];
		int n = 0;

		put_header(&m, 0xa1b2c3d4, 65535, 1);
		for (int i = 0; i < shift; i++)
			put_part(&m, 0, 0);
		for (uint32_t i = 0; m.n + 400 < sizeof(m.b); i++) {
			put_part(&m, i, 0);
			for (uint32_t k = 0; k < 4; k++)
				put_part(&m, 2 * i + k / 2, 1 + k % 2);
		}
		path = save(&m, "memory");
		c = capture_open_files(&path, 1, NULL, &e);
		for (; capture_next(c, &p, &e) == 1; n++)
			one = packet_sum(one, &p);
		capture_close(c);
		ck_assert_int_gt(n, 4000);
		ck_assert_int_eq(read_ahead(path, &ahead, said, sizeof(said), INT32_MAX), n);
		ck_assert_msg(ahead == one, "%d frames ahead: other packets", shift);
	}
}
END_TEST

START_TEST(time_going_back_is_counted)
{
	struct image m = {.be = false};
	struct capture_stats st;
	struct capture *c;
	const char *path;
	uint16_t ports[4];
	char said[256];
	struct err e;

	put_header(&m, 0xa1b2c3d4, 65535, 1);
	put_udp(&m, 10, 1);
	put_udp(&m, 7, 2);
	put_udp(&m, 11, 3);
	path = save(&m, "back");
	c = capture_open_files(&path, 1, NULL, &e);
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(drain(c, ports, said, sizeof(said)), 3);
	ck_assert_int_eq(ports[1], 2);
	capture_stats(c, &st);
	ck_assert_uint_eq(st.backwards, 1);
	ck_assert_uint_eq(st.backwards_ns, 3000000000ULL);
	ck_assert_uint_eq(st.backwards_number, 2);
	capture_close(c);
}
END_TEST

static void refused(const char *path, const char *filter, const char *words)
{
	struct err e = {0};
	struct capture *c = capture_open_files(&path, 1, filter, &e);

	ck_assert_msg(!c, "%s was opened", path);
	ck_assert_msg(strstr(e.msg, words) && !strchr(e.msg, '\n'), "%s: «%s» lacks «%s»", path,
		      e.msg, words);
	ck_assert_int_eq(e.code, EXIT_USAGE);
}

START_TEST(broken_files_are_named)
{
	struct image m = {.be = false};

	refused("/nonexistent", NULL, "/nonexistent: No such file");
	refused("/", NULL, "folder");
	m.n = 0;
	refused(save(&m, "zero"), NULL, "empty file");
	put_header(&m, 0xa1b2c3d4, 65535, 1);
	m.n = 10;
	refused(save(&m, "short"), NULL, "cut off in the file header");
	put_header(&m, 0x74786574, 65535, 1);
	refused(save(&m, "text"), NULL, "not a capture");
	put_header(&m, 0x00088b1f, 65535, 1);
	refused(save(&m, "gz"), NULL, "gzip stream is damaged");
	put_header(&m, 0xa1b2c3d4, 65535, 189);
	refused(save(&m, "usb"), NULL, "link type 189 (USB_LINUX)");
	put_header(&m, 0xa1b2c3d4, 65535, 1);
	refused(save(&m, "whole"), "udp prt 5", "filter 'udp prt 5': ");
}
END_TEST

START_TEST(pcapng_with_several_link_types)
{
	struct image m = {.be = false};
	struct capture *c;
	const char *path;
	uint16_t ports[4];
	char said[512];
	struct err e;
	struct capture_stats st;
	static const uint8_t udp[28] = {0x45, 0, 0,  28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0,
					0,    1, 10, 0,	 0, 2, 3, 0, 0,	 9,  0, 8, 0,  0};

	m.n = 0;
	put_section(&m);
	BLOCK(&m, 1, 0, 1, 65535);   /* Ethernet */
	BLOCK(&m, 1, 0, 101, 65535); /* raw IP */
	BLOCK(&m, 1, 0, 189, 65535); /* USB */
	BLOCK(&m, 6, 28, 1, 0, 5, 28, 28);
	memcpy(m.b + m.n - 4 - 28, udp, 28);
	BLOCK(&m, 6, 28, 2, 0, 6, 28, 28);
	BLOCK(&m, 6, 28, 1, 0, 7, 28, 28);
	memcpy(m.b + m.n - 4 - 28, udp, 28);
	path = save(&m, "mixed.pcapng");
	c = capture_open_files(&path, 1, NULL, &e);
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(drain(c, ports, said, sizeof(said)), 2);
	ck_assert_int_eq(ports[0], 9);
	ck_assert_msg(strstr(said, "link type 189 (USB_LINUX)"), "%s", said);
	capture_stats(c, &st);
	ck_assert_uint_eq(st.frames, 3);
	ck_assert_uint_eq(st.decoded[DECODE_NOT_IP], 1);
	capture_close(c);
}
END_TEST

START_TEST(community_ids_of_the_specification)
{
	/* https://github.com/corelight/community-id-spec, baseline */
	static const struct {
		uint8_t proto;
		const char *src, *dst, *id;
	} known[] = {
		{6, "128.232.110.120:34855", "66.35.250.204:80", "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{6, "66.35.250.204:80", "128.232.110.120:34855", "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{17, "192.168.1.52:54585", "8.8.8.8:53", "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
		{6, "[2001:470:e5bf:dead:4957:2174:e82c:4887]:63943", "[2607:f8b0:400c:c03::1a]:25",
		 "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		struct tuple t = {.proto = known[i].proto};
		char id[COMMUNITY_ID_LEN];

		ck_assert_int_eq(endpoint_parse(known[i].src, &t.src), 0);
		ck_assert_int_eq(endpoint_parse(known[i].dst, &t.dst), 0);
		community_id(&t, id);
		ck_assert_str_eq(id, known[i].id);
	}
}
END_TEST

UNIT(capture)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	if (have_recordings())
		unit_case(tc, recordings_equal_libpcap);
	unit_case(tc, made_files_equal_libpcap);
	unit_case(tc, made_pcapng_equals_libpcap);
	unit_case(tc, several_files_merge_in_time);
	unit_loop(tc, batches_are_the_same_packets, 0, 2);
	unit_loop(tc, read_ahead_the_packets_are_the_same, 0, 2);
	unit_loop(tc, read_ahead_blocks_between_packets_cost_no_copy, 0, 2);
	unit_case(tc, pcapng_with_too_many_link_types);
	unit_case(tc, read_ahead_the_headers_come_with_the_payload);
	unit_case(tc, read_ahead_the_memory_is_left_alone);
	unit_case(tc, time_going_back_is_counted);
	unit_case(tc, broken_files_are_named);
	unit_case(tc, pcapng_with_several_link_types);
	unit_case(tc, community_ids_of_the_specification);
}
