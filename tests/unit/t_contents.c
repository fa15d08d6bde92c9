// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is read and still gives nothing: causes at the end of a capture, times and lengths that are
 * strange, link types of other systems, more files than descriptors.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/capture/capture.h"
#include "base/capture/packet.h"
#include "tests/unit/unit.h"

struct image {
	uint8_t b[16384];
	size_t n;
};

static void put(struct image *m, uint32_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		m->b[m->n++] = (uint8_t)(v >> 8 * i);
}

static void header(struct image *m, uint32_t snap, uint32_t link)
{
	m->n = 0;
	put(m, 0xa1b2c3d4, 4);
	put(m, 2, 2);
	put(m, 4, 2);
	put(m, 0, 4);
	put(m, 0, 4);
	put(m, snap, 4);
	put(m, link, 4);
}

/* UDP without payload in Ethernet, or with another @type. */
static void frame(struct image *m, uint16_t type)
{
	static const uint8_t bytes[42] = {[12] = 8, 0,	0x45,	   0,	0,  28, 0, 0, 0,  0,
					  64,	    17, 0,	   0,	10, 0,	0, 1, 10, 0,
					  0,	    2,	1000 >> 8, 232, 1,  1,	0, 8, 0,  0};

	memcpy(m->b + m->n, bytes, sizeof(bytes));
	m->b[m->n + 12] = (uint8_t)(type >> 8);
	m->b[m->n + 13] = (uint8_t)type;
	m->n += sizeof(bytes);
}

#define FRAME 42

static void record(struct image *m, uint32_t s, uint32_t fraction, uint32_t wire, uint16_t type)
{
	put(m, s, 4);
	put(m, fraction, 4);
	put(m, FRAME, 4);
	put(m, wire, 4);
	frame(m, type);
}

static char path[] = "/tmp/skypelab-t-contents-XXXXXX";

static const char *save(const struct image *m)
{
	int fd;

	strcpy(path + strlen(path) - 6, "XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, m->b, m->n), (ssize_t)m->n);
	close(fd);
	return path;
}

struct got {
	int n;
	uint64_t ts[64];
	uint32_t len[64];
	char said[4096];
};

static void read_all(struct capture *c, struct got *g)
{
	struct packet p;
	struct err e;
	int rc;

	memset(g, 0, sizeof(*g));
	ck_assert_ptr_nonnull(c);
	while ((rc = capture_next(c, &p, &e)) != 0) {
		ck_assert_int_ne(rc, -2);
		if (rc == 1) {
			g->ts[g->n % 64] = p.ts_ns;
			g->len[g->n++ % 64] = p.ip_len;
		} else {
			strncat(g->said, e.msg, sizeof(g->said) - strlen(g->said) - 1);
		}
	}
	capture_close(c);
}

static void read_image(const struct image *m, struct got *g)
{
	const char *p = save(m);

	read_all(capture_open_files(&p, 1, NULL, NULL), g);
	unlink(p);
}

START_TEST(a_capture_that_gives_nothing_says_why)
{
	struct image m;
	struct got g;

	header(&m, 65535, 1);
	for (int i = 0; i < 3; i++)
		record(&m, 1, 0, FRAME, 0x88b5);
	record(&m, 1, 0, FRAME, 0x0806);
	read_image(&m, &g);
	ck_assert_int_eq(g.n, 0);
	ck_assert_msg(strstr(g.said, ": none of its 4 frames gave a packet: 3 EtherType 0x88b5, 1 "
				     "EtherType 0x0806") != NULL,
		      "%s", g.said);
	/* one packet: a matter for a warning */
	record(&m, 1, 0, FRAME, 0x0800);
	read_image(&m, &g);
	ck_assert_int_eq(g.n, 1);
	ck_assert_str_eq(g.said, "");
	/* nothing but what is known to hold no IP */
	header(&m, 65535, 1);
	record(&m, 1, 0, FRAME, 0x0806);
	read_image(&m, &g);
	ck_assert_str_eq(g.said, "");
	/* nothing at all */
	header(&m, 65535, 1);
	read_image(&m, &g);
	ck_assert_str_eq(g.said, "");
}
END_TEST

START_TEST(lengths_that_are_strange)
{
	static const struct {
		uint32_t wire;
		bool bad;
	} wires[] = {{0x7fffffff, true}, {0xffffffff, true}, {2000000, true},
		     {0, false},	 {FRAME - 1, false}, {500000, false}};
	struct image m;
	struct got g;

	for (size_t i = 0; i < ARRAY_LEN(wires); i++) {
		header(&m, 20, 1); /* a snap length that the frames do not keep */
		record(&m, 1, 0, wires[i].wire, 0x0800);
		record(&m, 2, 0, FRAME, 0x0800);
		read_image(&m, &g);
		ck_assert_int_eq(g.n, 2);
		ck_assert_uint_eq(g.len[0], 28);
		ck_assert_msg(!!strstr(g.said, "impossible length on the wire: 1, the first is "
					       "frame 1 with") == wires[i].bad,
			      "%u: %s", wires[i].wire, g.said);
	}
}
END_TEST

/* Before version 2.3 the two lengths of a record stood the other way round; libpcap reads such files. */
START_TEST(lengths_that_are_strange_in_an_old_file)
{
	struct image m;
	struct got g;

	header(&m, 65535, 1);
	m.b[6] = 0; /* version 2.0 */
	record(&m, 1, 0, FRAME, 0x0800);
	m.b[m.n - FRAME - 8] = 0xff;
	m.b[m.n - FRAME - 5] = 0x7f;
	read_image(&m, &g);
	ck_assert_int_eq(g.n, 1);
	ck_assert_ptr_nonnull(strstr(g.said,
				     "impossible length on the wire: 1, the first is frame 1 "
				     "with 2130706687 bytes"));
}
END_TEST

START_TEST(fractions_that_are_nanoseconds)
{
	struct image m;
	struct got g;

	header(&m, 65535, 1);
	record(&m, 100, 5000000, FRAME, 0x0800); /* as microseconds: after the next */
	record(&m, 100, 100000000, FRAME, 0x0800);
	record(&m, 100, 999999999, FRAME, 0x0800);
	read_image(&m, &g);
	ck_assert_int_eq(g.n, 3);
	ck_assert_uint_eq(g.ts[0], 100005000000ULL);
	ck_assert_uint_eq(g.ts[1], 100100000000ULL);
	ck_assert_uint_eq(g.ts[2], 100999999999ULL);
	/* a sum that was not carried over */
	header(&m, 65535, 1);
	record(&m, 100, 1200000, FRAME, 0x0800);
	read_image(&m, &g);
	ck_assert_uint_eq(g.ts[0], 101200000000ULL);
}
END_TEST

static void block(struct image *m, uint32_t type, const uint32_t *words, int n, bool with_frame)
{
	uint32_t total = 12 + 4 * (uint32_t)n + (with_frame ? FRAME + 2 : 0);

	put(m, type, 4);
	put(m, total, 4);
	for (int i = 0; i < n; i++)
		put(m, words[i], 4);
	if (with_frame) {
		frame(m, 0x0800);
		put(m, 0, 2);
	}
	put(m, total, 4);
}

#define BLOCK(m, type, with_frame, ...)                                                            \
	block(m, type, (const uint32_t[]){__VA_ARGS__}, sizeof((uint32_t[]){__VA_ARGS__}) / 4,     \
	      with_frame)

/* One packet a second from @from_s on, by the offset of the interface. */
static void ng_image(struct image *m, int64_t from_s)
{
	m->n = 0;
	BLOCK(m, 0x0a0d0d0a, false, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff);
	BLOCK(m, 1, false, 1, 65535, 8 << 16 | 14, (uint32_t)from_s, (uint32_t)(from_s >> 32), 0);
	for (uint32_t i = 0; i < 3; i++)
		BLOCK(m, 6, true, 0, 0, i * 1000000, FRAME, FRAME);
}

START_TEST(times_before_1970_and_after_2262)
{
	static const struct {
		int64_t from_s;
		int n;
	} times[] = {{-86400, 3},     {-1, 3},	       {-9000000000, 3}, {9000000000, 3},
		     {9223372034, 3}, {9223372035, 2}, {-9223372037, 2}, {9999999999, 0},
		     {INT64_MAX, 0},  {INT64_MIN, 0}};
	struct image m;
	struct got g;

	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		int64_t first = times[i].from_s + (times[i].from_s < -9223372036);

		ng_image(&m, times[i].from_s);
		read_image(&m, &g);
		ck_assert_msg(g.n == times[i].n, "%ld: %d", times[i].from_s, g.n);
		for (int k = 0; k < g.n; k++)
			ck_assert_int_eq((int64_t)g.ts[k], (first + k) * 1000000000);
		ck_assert_msg(!!strstr(g.said, "before 1678 or after 2261") == (g.n < 3), "%ld: %s",
			      times[i].from_s, g.said);
	}
}
END_TEST

START_TEST(raw_ip_under_its_old_numbers)
{
	static const uint32_t links[] = {12, 14, 101};
	struct image m, f = {.n = 0};
	struct got g;

	frame(&f, 0x0800);
	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		header(&m, 65535, links[i]);
		put(&m, 1, 4);
		put(&m, 0, 4);
		put(&m, 28, 4);
		put(&m, 28, 4);
		memcpy(m.b + m.n, f.b + 14, 28);
		m.n += 28;
		read_image(&m, &g);
		ck_assert_int_eq(g.n, 1);
		ck_assert_str_eq(g.said, "");
	}
}
END_TEST

START_TEST(more_files_than_descriptors)
{
	enum { FILES = 60, EACH = 300 };
	struct rlimit was, few;
	char name[FILES][48], dir[] = "/tmp/skypelab-t-many-XXXXXX";
	const char *paths[FILES];
	struct image m;
	struct got g;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (int i = 0; i < FILES; i++) {
		FILE *f;

		snprintf(name[i], sizeof(name[i]), "%s/%d.pcap", dir, i);
		paths[i] = name[i];
		f = fopen(name[i], "wb");
		ck_assert_ptr_nonnull(f);
		for (int k = 0; k < EACH;
		     k++) { /* more than a small window holds, two seconds apart */
			if (k)
				m.n = 0;
			else
				header(&m, 65535, 1);
			record(&m, (uint32_t)(1000 + 2 * k), (uint32_t)i, FRAME, 0x0800);
			fwrite(m.b, 1, m.n, f);
			for (int pad = 0; pad < 3; pad++) {
				m.n = 0;
				record(&m, (uint32_t)(1000 + 2 * k), (uint32_t)i, FRAME, 0x0806);
				fwrite(m.b, 1, m.n, f);
			}
		}
		fclose(f);
	}
	getrlimit(RLIMIT_NOFILE, &was);
	few = was;
	few.rlim_cur = 40; /* may be raised */
	setrlimit(RLIMIT_NOFILE, &few);
	read_all(capture_open_files(paths, FILES, NULL, NULL), &g);
	ck_assert_str_eq(g.said, "");
	ck_assert_int_eq(g.n, FILES * EACH);
	few.rlim_cur = few.rlim_max = 40; /* for good: the process of this test */
	setrlimit(RLIMIT_NOFILE, &few);
	read_all(capture_open_files(paths, FILES, NULL, NULL), &g);
	ck_assert_str_eq(g.said, "");
	ck_assert_int_eq(g.n, FILES * EACH);
	/* one of them goes away in between */
	{
		struct capture *c = capture_open_files(paths, FILES, NULL, NULL);

		unlink(paths[7]);
		read_all(c, &g);
		ck_assert_msg(strstr(g.said, "7.pcap: cannot be read after frame") != NULL, "%s",
			      g.said);
	}
	for (int i = 0; i < FILES; i++)
		unlink(paths[i]);
	rmdir(dir);
}
END_TEST

UNIT(contents)
{
	unit_apart();
	unit_case(tc, a_capture_that_gives_nothing_says_why);
	unit_case(tc, lengths_that_are_strange);
	unit_case(tc, lengths_that_are_strange_in_an_old_file);
	unit_case(tc, fractions_that_are_nanoseconds);
	unit_case(tc, times_before_1970_and_after_2262);
	unit_case(tc, raw_ip_under_its_old_numbers);
	unit_case(tc, more_files_than_descriptors);
}
