// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames on their way from a capture to an interface: lengths that no frame has, link types that become
 * Ethernet, packets that are cut to the MTU and whose pieces add up to what they were.
 */
#include <netinet/in.h>
#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/capture/decode.h"
#include "base/capture/ip_header.h"
#include "replay/recorded/frame_cut.h"
#include "replay/recorded/frame_edit.h"
#include "replay/recorded/frame_read.h"
#include "tests/unit/unit.h"

static struct frame frame, piece;
static uint32_t built; /* bytes of payload */

static void setup(void)
{
	frame = (struct frame){.data = xmalloc(FRAME_MAX)};
	piece = (struct frame){.data = xmalloc(FRAME_MAX)};
}

static void teardown(void)
{
	free(frame.data);
	free(piece.data);
}

/* A capture of one record, and a reader of it. */
static struct frame_reader *reader_of(uint32_t link, const uint8_t *p, uint32_t n, uint32_t len,
				      char **path, int *fd)
{
	const uint32_t head[10] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, link, 1, 0, n, len};
	static const char *paths[1];
	struct frame_reader *r;
	struct err e;

	*fd = memfd_create("t_frames", 0);
	ck_assert_int_eq(write(*fd, head, sizeof(head)), sizeof(head));
	ck_assert_int_eq(write(*fd, p, n), (ssize_t)n);
	*path = xasprintf("/proc/self/fd/%d", *fd);
	paths[0] = *path;
	r = frame_reader_open(paths, 1, &e);
	ck_assert_msg(r != NULL, "%s", e.msg);
	return r;
}

static const uint8_t udp[31] = {0x45, 0, 0, 31, 0, 0, 0, 0, 64, 17, 0, 0, 10,  0,   0,	1,
				10,   0, 0, 2,	3, 0, 0, 9, 0,	11, 0, 0, 'a', 'b', 'c'};

/* The frame of a record, 1; 0: it cannot be built, and is counted. */
static int frame_of(uint32_t link, const uint8_t *p, uint32_t n, uint32_t len)
{
	char *path;
	int fd;
	struct frame_reader *r = reader_of(link, p, n, len, &path, &fd);
	struct err e;
	int got = frame_reader_next(r, &frame, &e);

	if (!got)
		ck_assert_uint_eq(frame_reader_stats(r)->not_frames, 1);
	frame_reader_close(r);
	close(fd);
	free(path);
	return got;
}

START_TEST(no_length_is_believed)
{
	static const uint32_t wire[] = {0,	    31,		65536,	    262144 + 51, 0x7fffffff,
					0x80000000, 0xfffffff0, 0xfffffff2, 0xffffffff};
	static const uint32_t links[] = {1, 101, 113, 276, 0, 108, 228};
	uint8_t p[64] = {0};

	for (size_t l = 0; l < ARRAY_LEN(links); l++)
		for (size_t i = 0; i < ARRAY_LEN(wire); i++)
			for (uint32_t n = 0; n <= sizeof(p); n += n < 35 ? 5 : 9) {
				memcpy(p + (n > 31 ? n - 31 : 0), udp, n > 31 ? 31 : n);
				if (frame_of(links[l], p, n, wire[i]))
					ck_assert_uint_le(frame.len, FRAME_MAX);
			}
}
END_TEST

START_TEST(link_types_become_ethernet)
{
	static const struct {
		uint32_t link, head;
		uint8_t b[28];
	} links[] = {
		{101, 0, {0}},
		{0, 4, {2}},
		{113, 16, {[14] = 8}},
		{276, 20, {8}},
		{9, 4, {0xff, 3, 0, 0x21}},
		{51, 8, {0x11, 0, 0, 1, 0, 33, 0, 0x21}},
		{105, 24 + 8, {[0] = 8, [24] = 0xaa, 0xaa, 3}}, /* 802.11; the type is set below */
	};

	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		uint8_t p[128] = {0};

		memcpy(p, links[i].b, sizeof(links[i].b));
		if (links[i].link == 105)
			p[30] = 8;
		memcpy(p + links[i].head, udp, sizeof(udp));
		ck_assert_int_eq(frame_of(links[i].link, p, links[i].head + 31, links[i].head + 31),
				 1);
		ck_assert_msg(frame.len == 45 && frame.data[12] == 8 && !frame.data[13] &&
				      !memcmp(frame.data + 14, udp, 31),
			      "link type %u", links[i].link);
	}
	/* ARP of a cooked capture keeps its type; of raw IP without an IP packet nothing can be made */
	ck_assert_int_eq(frame_of(113, (const uint8_t[44]){[14] = 8, [15] = 6}, 44, 44), 1);
	ck_assert_uint_eq(get_be16(frame.data + 12), 0x0806);
	ck_assert_int_eq(frame_of(101, (const uint8_t[44]){0}, 44, 44), 0);
	/* cut off: filled up; what follows the IP packet is left out */
	ck_assert_int_eq(frame_of(101, udp, 29, 31), 1);
	ck_assert(frame.short_one && frame.len == 45 && frame.data[43] == 0);
	ck_assert_int_eq(frame_of(101,
				  (const uint8_t *)"\x45\0\0\x14\0\0\0\0\x40\x11\0\0\1\2\3\4"
						   "\5\6\7\x08padding",
				  27, 27),
			 1);
	ck_assert_uint_eq(frame.len, 34);
}
END_TEST

/* A frame with @n bytes of payload behind an IP header of version @v, extension headers, and a TCP or
 * UDP header. */
static void build(int v, uint8_t proto, const uint8_t *ext, uint32_t ext_n, uint8_t first,
		  bool stated, uint32_t n)
{
	uint32_t ip = v == 4 ? 20 : 40, l4 = ip + ext_n, head = proto == IPPROTO_TCP ? 32 : 8;
	uint8_t *p = frame.data + 14;

	built = n;
	memset(frame.data, 0, 14 + l4 + head);
	frame.len = 14 + l4 + head + n;
	put_be16(frame.data + 12, v == 4 ? 0x0800 : 0x86dd);
	p[0] = v == 4 ? 0x45 : 0x60;
	p[v == 4 ? 9 : 6] = ext_n ? first : proto;
	memset(p + (v == 4 ? 12 : 8), 0x20, v == 4 ? 8 : 32);
	if (stated)
		put_be16(p + (v == 4 ? 2 : 4),
			 (uint16_t)(v == 4 ? frame.len - 14 : frame.len - 54));
	if (ext_n)
		memcpy(p + ip, ext, ext_n);
	put_be16(p + l4, 1000);
	put_be16(p + l4 + 2, 2000);
	if (proto == IPPROTO_TCP) {
		put_be32(p + l4 + 4, 0xffffff00);
		p[l4 + 12] = 8 << 4;
		p[l4 + 13] = 0x80 | 0x10 | 0x08 | 0x01; /* CWR ACK PSH FIN */
		memset(p + l4 + 20, 1, 12);
	} else {
		put_be16(p + l4 + 4, (uint16_t)(8 + n));
	}
	for (uint32_t i = 0; i < n; i++)
		p[l4 + head + i] = (uint8_t)(i * 7 + (i >> 8));
}

/* Cuts the frame and decodes the pieces: their payloads in a row. */
static uint32_t pieces(enum frame_cut want, unsigned mtu, uint32_t *payload_n)
{
	struct decoder *d = decoder_new(DLT_EN10MB, NULL);
	static uint8_t seen[FRAME_MAX];
	enum frame_cut how = frame_cut(&frame, mtu);
	uint32_t n = 0;

	*payload_n = 0;
	ck_assert_int_eq(how, want);
	for (; frame_piece(&frame, how, mtu, n, &piece); n++) {
		struct packet k;
		enum decode_result r = decode_frame(d, 1, piece.data, piece.len, piece.len, &k);

		if (mtu)
			ck_assert_uint_le(piece.len, mtu + 14);
		if (r == DECODE_FRAGMENT)
			continue;
		ck_assert_int_eq(r, DECODE_OK);
		ck_assert_uint_eq(k.caplen, k.len);
		if (want == CUT_SEGMENTS) {
			ck_assert_uint_eq(k.seq, 0xffffff00 + *payload_n);
			ck_assert_uint_eq(k.tcp_flags & 0x80, n ? 0 : 0x80);
			ck_assert_uint_eq(k.tcp_flags & 0x09,
					  *payload_n + k.len == built ? 0x09 : 0);
		}
		memcpy(seen + *payload_n, k.payload, k.len);
		*payload_n += k.len;
	}
	for (uint32_t i = 0; i < *payload_n; i++)
		ck_assert_uint_eq(seen[i], (uint8_t)(i * 7 + (i >> 8)));
	decoder_free(d);
	return n;
}

START_TEST(long_packets_are_cut)
{
	static const uint8_t jumbo[8] = {IPPROTO_TCP, 0, 0xc2, 4, 0, 1, 0, 0};
	static const uint8_t options[8] = {IPPROTO_UDP, 0, 1, 4};
	uint32_t n;

	for (int v = 4; v <= 6; v += 2) {
		unsigned head = v == 4 ? 52 : 72;

		build(v, IPPROTO_TCP, NULL, 0, 0, true, 1500 - head);
		ck_assert_uint_eq(pieces(CUT_NOT, 1500, &n), 1);
		build(v, IPPROTO_TCP, NULL, 0, 0, true, 1501 - head);
		ck_assert_uint_eq(pieces(CUT_SEGMENTS, 1500, &n), 2);
		ck_assert_uint_eq(n, 1501 - head);
		build(v, IPPROTO_TCP, NULL, 0, 0, false, 60000); /* before the card segments */
		ck_assert_uint_eq(pieces(CUT_SEGMENTS, 1500, &n),
				  (60000 + 1500 - head - 1) / (1500 - head));
		ck_assert_uint_eq(n, 60000);
		ck_assert_uint_eq(pieces(CUT_NOT, 0, &n), 1);
		build(v, IPPROTO_TCP, NULL, 0, 0, false, 150000); /* big TCP */
		pieces(CUT_SEGMENTS, 1500, &n);
		ck_assert_uint_eq(n, 150000);
		build(v, IPPROTO_UDP, NULL, 0, 0, true, 4000);
		ck_assert_uint_eq(pieces(CUT_FRAGMENTS, 1500, &n), 3);
		ck_assert_uint_eq(n, 4000);
		build(v, IPPROTO_UDP, NULL, 0, 0, false, 70000);
		ck_assert_uint_eq(pieces(CUT_CANNOT, 1500, &n), 0);
	}
	build(6, IPPROTO_TCP, jumbo, 8, IPPROTO_HOPOPTS, false, 100000);
	pieces(CUT_SEGMENTS, 1500, &n);
	ck_assert_uint_eq(n, 100000);
	ck_assert_uint_eq(piece.data[14 + 6], IPPROTO_TCP);
	build(6, IPPROTO_UDP, options, 8, IPPROTO_HOPOPTS, true, 3000);
	ck_assert_uint_eq(pieces(CUT_FRAGMENTS, 1500, &n), 3);
	ck_assert_uint_eq(n, 3000);
	ck_assert_uint_eq(piece.data[14 + 6], IPPROTO_HOPOPTS); /* in every fragment */
}
END_TEST

START_TEST(fragments_of_fragments_add_up)
{
	uint32_t n, first;
	struct decoder *d = decoder_new(DLT_EN10MB, NULL);
	struct packet k;

	for (int v = 4; v <= 6; v += 2) {
		struct frame half = {.data = xmalloc(FRAME_MAX)};
		unsigned whole = 0;

		build(v, IPPROTO_UDP, NULL, 0, 0, true, 4000);
		for (unsigned i = 0; frame_piece(&frame, CUT_FRAGMENTS, 2000, i, &half); i++)
			for (unsigned j = 0;
			     frame_piece(&half, frame_cut(&half, 900), 900, j, &piece); j++) {
				ck_assert_uint_le(piece.len, 914);
				if (decode_frame(d, 1, piece.data, piece.len, piece.len, &k) !=
				    DECODE_OK)
					continue;
				whole++;
				ck_assert_uint_eq(k.len, 4000);
				for (n = 0, first = 0; n < 4000; n++)
					first += k.payload[n] != (uint8_t)(n * 7 + (n >> 8));
				ck_assert_uint_eq(first, 0);
			}
		ck_assert_uint_eq(whole, 1);
		free(half.data);
	}
	decoder_free(d);
}
END_TEST

/* The sum of an IP header, or of a segment with its addresses, is 0 when its checksum is right. */
START_TEST(a_length_left_to_the_card_is_written)
{
	static const struct frame_rules none;
	struct frame_editor *ed = frame_editor_new(&none);
	uint8_t sum[2];

	for (int v = 4; v <= 6; v += 2) {
		unsigned ip = v == 4 ? 20 : 40;

		build(v, IPPROTO_TCP, NULL, 0, 0, false, 100);
		frame_edit(ed, &frame);
		ck_assert_uint_eq(get_be16(frame.data + 14 + (v == 4 ? 2 : 4)), v == 4 ? 152 : 132);
		memcpy(sum, frame.data + 14 + ip + 16, 2);
		transport_checksum_set(IPPROTO_TCP, frame.data + 14 + (v == 4 ? 12 : 8),
				       v == 4 ? 8 : 32, frame.data + 14 + ip, 132);
		ck_assert_mem_eq(sum, frame.data + 14 + ip + 16, 2);
	}
	frame_editor_free(ed);
}
END_TEST

UNIT(frames)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	unit_case(tc, no_length_is_believed);
	unit_case(tc, link_types_become_ethernet);
	unit_case(tc, long_packets_are_cut);
	unit_case(tc, fragments_of_fragments_add_up);
	unit_case(tc, a_length_left_to_the_card_is_written);
}
