// SPDX-License-Identifier: GPL-2.0-or-later
/* A capture taken apart into messages: order, retransmission, turns, openers, addresses inside. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replay/recorded/endpoints.h"
#include "replay/recorded/recording.h"
#include "tests/unit/unit.h"

#define CLIENT 0x0a000002u
#define REMOTE 0x08010203u
#define PUBLIC 0x51020304u

static FILE *out;
static char path[] = "/tmp/skypelab-rec-XXXXXX";
static uint32_t clock_ms;

static void open_capture(void)
{
	const uint32_t head[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 101 /* raw IP */};

	strcpy(path + strlen(path) - 6, "XXXXXX");
	out = fdopen(mkstemp(path), "w");
	ck_assert_ptr_nonnull(out);
	fwrite(head, sizeof(head), 1, out);
	clock_ms = 0;
}

/* One packet, 10 ms after the last; TCP when @flags is not 0xffff. */
static void packet(uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport, unsigned flags,
		   uint32_t seq, const void *data, uint32_t len)
{
	bool tcp = flags != 0xffff;
	uint32_t n = 20 + (tcp ? 20 : 8) + len,
		 head[4] = {clock_ms / 1000, clock_ms % 1000 * 1000, n, n};
	uint8_t p[2048] = {0x45, 0, (uint8_t)(n >> 8), (uint8_t)n};
	uint32_t a = htonl(src), b = htonl(dst), s = htonl(seq);

	clock_ms += 10;
	p[8] = 64;
	p[9] = tcp ? 6 : 17;
	memcpy(p + 12, &a, 4);
	memcpy(p + 16, &b, 4);
	p[20] = (uint8_t)(sport >> 8);
	p[21] = (uint8_t)sport;
	p[22] = (uint8_t)(dport >> 8);
	p[23] = (uint8_t)dport;
	if (tcp) {
		memcpy(p + 24, &s, 4);
		p[32] = 5 << 4;
		p[33] = (uint8_t)flags;
	} else {
		p[24] = (uint8_t)((8 + len) >> 8);
		p[25] = (uint8_t)(8 + len);
	}
	memcpy(p + n - len, data, len);
	fwrite(head, sizeof(head), 1, out);
	fwrite(p, n, 1, out);
}

#define UP(flags, seq, text)   packet(CLIENT, 1000, REMOTE, 80, flags, seq, text, strlen(text))
#define DOWN(flags, seq, text) packet(REMOTE, 80, CLIENT, 1000, flags, seq, text, strlen(text))

static struct rec_flow *read_back(struct recording *r, struct recording_spec *spec)
{
	struct err e = {0};

	ck_assert_int_eq(fclose(out), 0);
	memset(r, 0, sizeof(*r));
	spec->capture = path;
	if (recording_read(r, spec, &e) < 0)
		ck_abort_msg("%s", e.msg);
	unlink(path);
	return r->flows;
}

static void message_is(const struct rec_flow *f, uint32_t i, bool from_opener, const char *text)
{
	ck_assert_uint_lt(i, f->message_count);
	ck_assert_int_eq(f->messages[i].from_opener, from_opener);
	ck_assert_uint_eq(f->messages[i].len, strlen(text));
	ck_assert_mem_eq(f->data + f->messages[i].at, text, strlen(text));
}

START_TEST(tcp_is_put_in_order)
{
	struct recording_spec spec = {0};
	struct recording r;
	struct rec_flow *f;

	open_capture();
	UP(TH_SYN, 100, "");
	DOWN(TH_SYN | TH_ACK, 500, "");
	UP(TH_ACK, 101, "GET ");
	UP(TH_ACK | TH_PUSH, 105, "page");
	UP(TH_ACK | TH_PUSH, 105, "page");  /* again */
	DOWN(TH_ACK | TH_PUSH, 503, "CD");  /* early */
	DOWN(TH_ACK | TH_PUSH, 501, "ABC"); /* overlaps what is held */
	UP(TH_ACK | TH_PUSH, 109, "two");
	UP(TH_ACK | TH_PUSH, 112, "three"); /* a message of its own: PSH before it */
	DOWN(TH_ACK | TH_FIN, 505, "");
	UP(TH_ACK | TH_FIN, 117, "");
	f = read_back(&r, &spec);
	ck_assert_uint_eq(ip4_host(&r.client), CLIENT);
	ck_assert_uint_eq(HASH_COUNT(f), 1);
	ck_assert(!f->inbound);
	ck_assert_int_eq(f->close, CLOSE_ACCEPTOR);
	ck_assert_uint_eq(f->message_count, 5);
	message_is(f, 0, true, "GET page");
	message_is(f, 1, false, "ABC");
	message_is(f, 2, false, "D");
	message_is(f, 3, true, "two");
	message_is(f, 4, true, "three");
	recording_free(&r);
}
END_TEST

/* RFC 7413: data begins behind the number of the SYN itself, and is sent again when only the SYN was
 * accepted. */
START_TEST(data_in_a_syn_is_played)
{
	struct recording_spec spec = {0};
	struct recording r;
	struct rec_flow *f;

	open_capture();
	UP(TH_SYN, 100, "GET ");
	UP(TH_SYN, 100, "GET ");
	DOWN(TH_SYN | TH_ACK, 500, "AB");
	UP(TH_ACK | TH_PUSH, 101, "GET page");
	DOWN(TH_ACK | TH_PUSH, 503, "C");
	f = read_back(&r, &spec);
	ck_assert_uint_eq(f->message_count, 4);
	message_is(f, 0, true, "GET ");
	message_is(f, 1, false, "AB");
	message_is(f, 2, true, "page");
	message_is(f, 3, false, "C");
	ck_assert_uint_eq(f->bytes, 11);
	recording_free(&r);
}
END_TEST

START_TEST(sequence_numbers_wrap_and_captures_have_holes)
{
	struct recording_spec spec = {0};
	struct recording r;
	struct rec_flow *f;

	open_capture();
	UP(TH_SYN, 0xfffffffd, "");
	UP(TH_ACK | TH_PUSH, 0xfffffffe, "wrap");
	UP(TH_ACK | TH_PUSH, 2, "ped");
	UP(TH_ACK | TH_PUSH, 100, "after a hole");
	f = read_back(&r, &spec);
	ck_assert_uint_eq(f->message_count, 3);
	message_is(f, 0, true, "wrap");
	message_is(f, 1, true, "ped");
	message_is(f, 2, true, "after a hole");
	recording_free(&r);
}
END_TEST

/* A hole before a whole download, which then comes in any order, costs no more than the download. */
START_TEST(a_hole_before_many_segments_takes_no_time)
{
	enum { SEGMENTS = 120000 };
	struct recording_spec spec = {0};
	struct recording r;
	struct rec_flow *f;

	for (int order = 0; order < 2; order++) {
		open_capture();
		UP(TH_SYN, 1, "");
		DOWN(TH_SYN | TH_ACK, 100, "");
		UP(TH_ACK | TH_PUSH, 2, "GET");
		for (uint32_t i = 1; i < SEGMENTS; i++) /* 48271 is odd: every place once */
			DOWN(TH_ACK, 101 + 10 * (order ? 1 + i * 48271 % 65536 : i), "0123456789");
		f = read_back(&r, &spec);
		ck_assert_uint_eq(HASH_COUNT(f), 1);
		ck_assert_uint_ge(f->data_len, order ? 10000 : 10 * (SEGMENTS - 1));
		recording_free(&r);
	}
}
END_TEST

/* What comes when too many segments had waited for it is left out, and said; the next hole still waits. */
START_TEST(what_comes_too_late_is_counted)
{
	enum { WAIT = 4096, AT = 101 };
	struct recording_spec spec = {0};
	struct recording r;
	struct rec_flow *f;

	for (int more = 0; more < 2; more++) {
		uint32_t n = WAIT + (uint32_t)more;

		open_capture();
		UP(TH_SYN, 1, "");
		DOWN(TH_SYN | TH_ACK, AT - 1, "");
		DOWN(TH_ACK, AT, "ab");
		for (uint32_t i = 0; i < n; i++) /* behind "cde"; one more hole in their middle */
			DOWN(TH_ACK, AT + 5 + i + (i >= 2000), "x");
		if (more)
			DOWN(TH_ACK, AT + 3, "d");
		DOWN(TH_ACK, AT + 2, "cde");
		DOWN(TH_ACK, AT + 2, "cde"); /* again */
		DOWN(TH_ACK, AT + 5 + 2000, "y");
		f = read_back(&r, &spec);
		ck_assert_uint_eq(f->data_len, 2 + (more ? 0 : 3) + n + 1);
		ck_assert_uint_eq(f->data[f->data_len - n - 1 + 2000], 'y');
		ck_assert_uint_eq(r.late, more ? 3 : 0);
		ck_assert(more ==
			  (strstr(r.damage, ": 3 bytes came after more than 4096") != NULL));
		recording_free(&r);
	}
}
END_TEST

START_TEST(a_flow_the_remote_opened_is_inbound)
{
	struct recording_spec spec = {.client = ip4(CLIENT)};
	struct recording r;
	struct rec_flow *f;

	open_capture();
	packet(REMOTE, 4000, CLIENT, 35990, TH_SYN, 9, "", 0);
	packet(REMOTE, 4000, CLIENT, 35990, TH_ACK | TH_PUSH, 10, "hello", 5);
	packet(CLIENT, 35990, REMOTE, 4000, TH_ACK | TH_PUSH, 70, "yes", 3);
	packet(CLIENT, 35990, REMOTE, 4000, TH_ACK | TH_FIN, 73, "", 0);
	packet(REMOTE, 5000, CLIENT, 35990, 0xffff, 0, "ping", 4);
	packet(CLIENT, 68, 0xefffffffu, 1900, 0xffff, 0, "multicast", 9);
	f = read_back(&r, &spec);
	ck_assert_uint_eq(HASH_COUNT(f), 3);
	ck_assert(f->inbound);
	ck_assert_int_eq(f->close, CLOSE_ACCEPTOR);
	message_is(f, 0, true, "hello");
	message_is(f, 1, false, "yes");
	f = f->hh.next;
	ck_assert(f->inbound && f->key.proto == IPPROTO_UDP && !f->unplayable);
	message_is(f, 0, true, "ping");
	f = f->hh.next;
	ck_assert(f->unplayable);
	recording_free(&r);
}
END_TEST

START_TEST(the_public_address_is_learnt_from_payloads)
{
	/* id, function 7, the receiver's address, challenge: what a super node tells its client. */
	uint8_t nack[11] = {
		1, 2, 0x77, PUBLIC >> 24, PUBLIC >> 16 & 255, PUBLIC >> 8 & 255, PUBLIC & 255, 9,
		9, 9, 9};
	uint8_t resend[23] = {1, 2, 0x23, 1, 9, 9, 9, 9};
	struct recording_spec spec = {.client = ip4(CLIENT)};
	struct recording r;

	open_capture();
	packet(CLIENT, 35990, REMOTE, 4000, 0xffff, 0, "0123456789abcdefgh", 18);
	packet(REMOTE, 4000, CLIENT, 35990, 0xffff, 0, nack, sizeof(nack));
	packet(CLIENT, 35990, REMOTE, 4000, 0xffff, 0, resend, sizeof(resend));
	read_back(&r, &spec);
	ck_assert_uint_eq(ip4_host(&r.public_ip), PUBLIC);
	ck_assert_int_eq(payload_address(nack, sizeof(nack)), 3);
	ck_assert_int_eq(payload_address(resend, sizeof(resend)), 8);
	nack[2] = 0x87; /* bit 7 is never set */
	ck_assert_int_eq(payload_address(nack, sizeof(nack)), -1);
	ck_assert_int_eq(payload_address(nack, 10), -1);
	recording_free(&r);
}
END_TEST

/* One IPv6 UDP datagram, with the link type's raw IP. */
static void packet6(uint8_t last_src, uint8_t last_dst)
{
	uint8_t p[40 + 8 + 4] = {0x60, 0, 0, 0, 0, 12, 17, 64};
	uint32_t head[4] = {clock_ms / 1000, clock_ms % 1000 * 1000, sizeof(p), sizeof(p)};

	clock_ms += 10;
	p[8] = p[24] = 0xfd;
	p[23] = last_src;
	p[39] = last_dst;
	p[40] = p[42] = 0x20; /* ports 8192 and 8193, by the lesser address */
	p[41] = last_src < last_dst ? 0 : 1;
	p[43] = last_src < last_dst ? 1 : 0;
	p[45] = 12;
	fwrite(head, sizeof(head), 1, out);
	fwrite(p, sizeof(p), 1, out);
}

START_TEST(what_cannot_be_played_says_why)
{
	struct recording_spec spec = {.client = ip4(CLIENT)};
	struct recording r;
	struct rec_flow *f;

	open_capture();
	packet(CLIENT, 68, REMOTE, 53, 0xffff, 0, "plays", 5);
	packet6(1, 2);
	packet6(2, 1); /* the same flow */
	packet(CLIENT + 1, 7, CLIENT + 2, 7, 0xffff, 0, "others", 6);
	packet(CLIENT, 68, 0xffffffffu, 67, 0xffff, 0, "all", 3);
	f = read_back(&r, &spec);
	ck_assert_uint_eq(HASH_COUNT(f), 4);
	ck_assert_ptr_null(f->unplayable);
	f = f->hh.next;
	ck_assert_str_eq(f->unplayable, "ipv6");
	ck_assert_uint_eq(f->bytes, 8);
	f = f->hh.next;
	ck_assert_str_eq(f->unplayable, "other-host");
	f = f->hh.next;
	ck_assert_str_eq(f->unplayable, "multicast-or-broadcast");
	recording_free(&r);
}
END_TEST

/* Without the SYN the dynamic port is the opener's; without that hint, who was seen first. */
START_TEST(who_opened_a_flow_recorded_from_its_middle)
{
	struct recording_spec spec = {.client = ip4(CLIENT)};
	struct recording r;
	struct rec_flow *f;

	open_capture();
	packet(REMOTE, 12350, CLIENT, 61284, TH_ACK | TH_PUSH, 9, "news", 4);
	packet(CLIENT, 35990, REMOTE, 50000, TH_ACK | TH_PUSH, 9, "news", 4);
	packet(REMOTE, 4000, CLIENT, 3000, TH_ACK | TH_PUSH, 9, "news", 4);
	packet(REMOTE, 80, CLIENT, 50001, TH_SYN, 9, "", 0);
	packet(CLIENT, 50001, REMOTE, 80, TH_RST | TH_ACK, 0, "", 0);
	packet(CLIENT, 50002, REMOTE, 80, TH_SYN, 9, "", 0);
	packet(CLIENT, 50002, REMOTE, 80, TH_RST, 10, "", 0); /* gave up */
	f = read_back(&r, &spec);
	ck_assert(!f->inbound);
	message_is(f, 0, false, "news");
	f = f->hh.next;
	ck_assert(f->inbound);
	message_is(f, 0, false, "news");
	f = f->hh.next;
	ck_assert(f->inbound);
	f = f->hh.next;
	ck_assert(f->inbound && f->refused); /* a SYN says it, whatever the ports */
	f = f->hh.next;
	ck_assert(!f->inbound && !f->refused && !f->accepted);
	recording_free(&r);
}
END_TEST

UNIT(recording)
{
	unit_case(tc, what_cannot_be_played_says_why);
	unit_case(tc, who_opened_a_flow_recorded_from_its_middle);
	unit_case(tc, tcp_is_put_in_order);
	unit_case(tc, data_in_a_syn_is_played);
	unit_case(tc, sequence_numbers_wrap_and_captures_have_holes);
	unit_case(tc, a_hole_before_many_segments_takes_no_time);
	unit_case(tc, what_comes_too_late_is_counted);
	unit_case(tc, a_flow_the_remote_opened_is_inbound);
	unit_case(tc, the_public_address_is_learnt_from_payloads);
}
