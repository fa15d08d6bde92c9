// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames whose order in the file is not that of their times: within the window they come out in order,
 * whatever the way they are read in; beyond it they keep their order and are counted.
 */
#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/capture/capture.h"
#include "base/capture/readahead.h"
#include "base/rng.h"
#include "tests/unit/unit.h"

#define FRAMES 20000
#define MS     1000000ULL
#define S      1000000000ULL
#define PLACE  24 /* of the frame's number in its payload */

/* What a test writes: the times of frames, in the order of the file. */
static uint64_t times[FRAMES];
static uint32_t frames, frame_len;
static bool ng;

static void put(FILE *f, const void *p, size_t n)
{
	ck_assert_uint_eq(fwrite(p, 1, n, f), n);
}

static void put_frame(FILE *f, uint32_t i)
{
	uint8_t p[2048] = {0x45,
			   0,
			   (uint8_t)(frame_len >> 8),
			   (uint8_t)frame_len,
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
			   4,
			   0,
			   5,
			   0};
	uint64_t t = times[i];
	uint32_t pcap[4] = {(uint32_t)(t / S), (uint32_t)(t % S), frame_len, frame_len};
	uint32_t epb[7] = {6,		32 + (frame_len + 3) / 4 * 4,
			   i / 7 % 2,	(uint32_t)(t >> 32),
			   (uint32_t)t, frame_len,
			   frame_len};

	p[24] = (uint8_t)((frame_len - 20) >> 8);
	p[25] = (uint8_t)(frame_len - 20);
	memcpy(p + 28, &i, 4);
	put(f, ng ? (void *)epb : (void *)pcap, ng ? sizeof(epb) : sizeof(pcap));
	put(f, p, ng ? (frame_len + 3) / 4 * 4 : frame_len);
	if (ng)
		put(f, epb + 1, 4);
	/* what a scan does not know: a section of its own in the middle */
	if (ng && i == frames / 2) {
		static const uint32_t section[] = {0x0a0d0d0a, 28,	   0x1a2b3c4d, 1,
						   0xffffffff, 0xffffffff, 28};
		static const uint32_t iface[] = {1, 32, 101, 0, 1 << 16 | 9, 9, 0, 32};

		put(f, section, sizeof(section));
		put(f, iface, sizeof(iface));
		put(f, iface, sizeof(iface));
	}
}

static char *write_frames(void)
{
	static const uint32_t head[6] = {0xa1b23c4d, 2 | 4 << 16, 0, 0, 65535, 101};
	static const uint32_t section[] = {0x0a0d0d0a, 28,	   0x1a2b3c4d, 1,
					   0xffffffff, 0xffffffff, 28};
	static const uint32_t iface[] = {1, 32, 101, 0, 1 << 16 | 9, 9, 0, 32}; /* ns */
	char *path = xstrdup("/tmp/t_order.XXXXXX");
	FILE *f = fdopen(mkstemp(path), "w");

	if (ng) {
		put(f, section, sizeof(section));
		put(f, iface, sizeof(iface));
		put(f, iface, sizeof(iface));
	} else {
		put(f, head, sizeof(head));
	}
	for (uint32_t i = 0; i < frames; i++)
		put_frame(f, i);
	fclose(f);
	return path;
}

struct seen {
	uint32_t n, wrong; /* frames; of them, those earlier than the one before */
	uint64_t last;
	bool had[FRAMES];
	struct capture_stats st;
};

static void see(struct seen *s, const struct packet *p)
{
	uint32_t i;

	memcpy(&i, p->payload, 4);
	ck_assert_uint_lt(i, frames);
	ck_assert(!s->had[i]);
	s->had[i] = true;
	ck_assert_uint_eq(p->number, i + 1);
	ck_assert_uint_eq(p->ts_ns, times[i]);
	s->wrong += s->n && p->ts_ns < s->last;
	s->last = p->ts_ns;
	s->n++;
}

/* One by one, in batches, ahead in a thread, or one by one until a thread takes over. */
static void read_back(int how, uint64_t window, struct seen *s)
{
	char *path = write_frames();
	const char *paths[] = {path};
	struct err e;
	struct capture *c = capture_open_files(paths, 1, NULL, &e);
	struct readahead *r = NULL;
	struct packet batch[64];
	const struct packet *p = batch;
	const void *extra;
	int got;

	memset(s, 0, sizeof(*s));
	capture_set_window(c, window);
	if (how == 2)
		r = readahead_new(c, 0, NULL, NULL, &e);
	while (how == 3 && s->n < frames / 2) {
		ck_assert_int_eq(capture_next(c, batch, &e), 1);
		see(s, batch);
	}
	if (how == 3)
		r = readahead_new(c, 0, NULL, NULL, &e);
	while ((got = r	    ? readahead_next(r, &p, &extra, &e)
		      : how ? capture_batch(c, batch, 64, &e)
			    : capture_next(c, batch, &e)) != 0) {
		ck_assert_int_gt(got, 0);
		for (int i = 0; i < got; i++)
			see(s, &p[i]);
	}
	readahead_free(r);
	capture_stats(c, &s->st);
	capture_close(c);
	ck_assert_uint_eq(s->n, frames);
	ck_assert_uint_eq(s->wrong, s->st.backwards);
	unlink(path);
	free(path);
}

/* @n frames of @len bytes, one every @step ns. */
static void in_order(uint32_t n, uint32_t len, uint64_t step)
{
	frames = n;
	frame_len = len;
	for (uint32_t i = 0; i < n; i++)
		times[i] = 100 * S + i * step;
}

static struct seen seen;

START_TEST(a_capture_in_order_stays_as_it_is)
{
	ng = _i >= 3;
	for (uint64_t step = 100; step <= 100 * MS; step *= 100) {
		in_order(10000, 100, step);
		read_back(_i % 3, S, &seen);
		ck_assert_uint_eq(seen.st.backwards, 0);
		ck_assert_uint_eq(seen.st.sorted, 0);
	}
}
END_TEST

START_TEST(what_is_late_is_put_in_order)
{
	struct rng rng;

	ng = _i >= 3;
	rng_init(&rng, 7, "order");
	/* each by up to a window; a capture of few bytes a second */
	in_order(FRAMES, 100, 2 * MS);
	for (uint32_t i = 0; i < frames; i++)
		times[i] -= rng_range(&rng, 0, 999) * MS;
	read_back(_i % 3, S, &seen);
	ck_assert_uint_eq(seen.st.backwards, 0);
	ck_assert_uint_gt(seen.st.sorted, 1000);
	/* now and then one, in a fast capture, no further than is looked ahead at first */
	in_order(FRAMES, 100, 100);
	for (uint32_t i = 999; i < frames; i += 1000)
		times[i] -= 100 * 300;
	read_back(_i % 3, S, &seen);
	ck_assert_uint_eq(seen.st.backwards, 0);
	/* two directions, each in blocks of 300 ms; in the middle of the file only */
	in_order(FRAMES, 100, MS);
	for (uint32_t i = 6000; i < 6000 + 300 * 20; i++)
		times[i] = 100 * S + 6000 * MS + (i - 6000) / 600 * 600 * MS +
			   (i - 6000) % 300 * 2 * MS + (i - 6000) / 300 % 2 * MS;
	read_back(_i % 3, S, &seen);
	ck_assert_uint_eq(seen.st.backwards, 0);
	ck_assert_uint_gt(seen.st.sorted, 2000);
}
END_TEST

START_TEST(what_is_later_than_the_window_is_counted)
{
	ng = _i >= 3;
	in_order(2000, 100, 10 * MS);
	for (uint32_t i = 1000; i < 2000; i++)
		times[i] -= 12 * S; /* two files, joined */
	read_back(_i % 3, S, &seen);
	ck_assert_uint_eq(seen.st.backwards, 1);
	ck_assert_uint_eq(seen.st.backwards_ns, 12 * S - 10 * MS);
	ck_assert_uint_eq(seen.st.backwards_number, 1001);
	/* no window: the order of the file */
	in_order(2000, 100, 10 * MS);
	for (uint32_t i = 10; i < 2000; i += 10)
		times[i] -= 15 * MS;
	read_back(_i % 3, 0, &seen);
	ck_assert_uint_eq(seen.st.backwards, 199);
	ck_assert_uint_eq(seen.st.sorted, 0);
	/* far in the future, once */
	in_order(2000, 100, 10 * MS);
	times[500] += 1000000 * S;
	read_back(_i % 3, S, &seen);
	ck_assert_uint_eq(seen.st.backwards, 1);
}
END_TEST

/* More than is looked ahead at first: what comes too late is counted, and the next is not too late. */
START_TEST(a_fast_capture_is_looked_further_into)
{
	ng = _i >= 3;
	in_order(FRAMES, 1000, 1000); /* 20 MB in 20 ms */
	for (uint32_t i = 1500; i < frames; i += 1500)
		times[i] -= 1000 * 1000 - 1;
	read_back(_i % 3, S, &seen);
	ck_assert_uint_ge(seen.st.backwards, 1);
	ck_assert_uint_le(seen.st.backwards, 2);
	ck_assert_uint_gt(seen.st.sorted, 5);
}
END_TEST

/* The window was a ring until then, and its memory cannot be given away. */
START_TEST(a_thread_can_take_over)
{
	ng = _i;
	in_order(FRAMES, 1000, 1000);
	read_back(3, S, &seen);
	ck_assert_uint_eq(seen.st.backwards, 0);
}
END_TEST

UNIT(order)
{
	unit_loop(tc, a_thread_can_take_over, 0, 2);
	unit_loop(tc, a_capture_in_order_stays_as_it_is, 0, 6);
	unit_loop(tc, what_is_late_is_put_in_order, 0, 6);
	unit_loop(tc, what_is_later_than_the_window_is_counted, 0, 6);
	unit_loop(tc, a_fast_capture_is_looked_further_into, 0, 6);
}
