// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_overlay.c - the emulated messages, byte by byte, against what the paper and the captures say
 *
 * The expected values are from Ehlert and Petgang 2006 (sections 5 to 7, figure 7) and from the
 * capture SkypeIRC.cap, not from the emulator.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "replay/skype/dns_message.h"
#include "replay/skype/login_message.h"
#include "replay/skype/message.h"
#include "replay/skype/overlay.h"
#include "replay/skype/script.h"
#include "replay/skype/version.h"
#include "tests/unit/unit.h"

static struct version *load(const char *name)
{
	char path[64];
	struct err e;
	struct version *v;

	snprintf(path, sizeof(path), "scenarios/versions/%s.yaml", name);
	v = version_load(path, &e);
	ck_assert_msg(v != NULL, "%s", e.msg);
	return v;
}

/* The paper's rule: high nibbles of bytes 5-6 equal those of bytes 15-16 (counted from 1). */
static bool nibbles_14(const uint8_t *p, size_t n)
{
	return n >= 16 && (p[4] ^ p[14]) < 16 && (p[5] ^ p[15]) < 16;
}

/* Bytes 6-14 against 16-24, as far as the message goes. */
static bool nibbles_20(const uint8_t *p, size_t n)
{
	for (size_t i = 5; i < 14 && i + 10 < n; i++)
		if ((p[i] ^ p[i + 10]) >= 16)
			return false;
	return n > 15;
}

/* --- figure 7 ----------------------------------------------------------------------------- */

static const uint8_t fig7_14_a[] = {0x81, 0x07, 0x18, 0xc4, 0xa7, 0x09, 0xdd, 0xca,
				    0x77, 0x36, 0xc7, 0x5c, 0xde, 0x4a, 0xa4, 0x08};
static const uint8_t fig7_20_a[] = {0x21, 0x35, 0x99, 0x94, 0xc8, 0x50, 0xba, 0x22, 0x36,
				    0x3f, 0x44, 0xf6, 0xf8, 0x91, 0xca, 0x51, 0xb9, 0x22};
static const uint8_t fig7_20_b[] = {0x86, 0x64, 0x5d, 0xdc, 0xd9, 0x32, 0x7f, 0xce,
				    0xa2, 0xae, 0xe7, 0xd9, 0xf2, 0xde, 0xd6, 0x30,
				    0x7e, 0xcf, 0xa3, 0xae, 0xe6, 0xd8, 0xf1, 0xdd};
static const uint8_t fig7_20_c[] = {0x29, 0xca, 0x6b, 0x20, 0xe3, 0x5b, 0xd9, 0x0a, 0x41, 0x12,
				    0x41, 0x4b, 0xf2, 0x6b, 0xfa, 0x59, 0xd8, 0x0b, 0x40, 0x12,
				    0x40, 0x4a, 0xf3, 0x69, 0xbf, 0x5f, 0xb5, 0x8c, 0xf6};

START_TEST(figure_7_has_the_nibble_property)
{
	ck_assert(nibbles_14(fig7_14_a, sizeof(fig7_14_a)));
	ck_assert(nibbles_20(fig7_20_a, sizeof(fig7_20_a)));
	ck_assert(nibbles_20(fig7_20_b, sizeof(fig7_20_b)));
	ck_assert(nibbles_20(fig7_20_c, sizeof(fig7_20_c)));
	/* and the property is no accident of the rule: one changed nibble is seen */
	uint8_t broken[sizeof(fig7_20_b)];

	memcpy(broken, fig7_20_b, sizeof(broken));
	broken[17] ^= 0x10;
	ck_assert(!nibbles_20(broken, sizeof(broken)));
}
END_TEST

/* --- R1 on port 80 ------------------------------------------------------------------------ */

#define R1_COUNT 10000

static size_t make_r1(const struct version *v, uint8_t *out, struct rng *r)
{
	struct arcfour_ctx tx;

	return key_block(out, v->tcp.r1_80, dist_draw(&v->tcp.pad, r), v->tcp.tail_80, &tx, r);
}

START_TEST(r1_of_14_is_16_bytes_with_equal_nibbles)
{
	struct version *v = load("1.4");
	uint8_t out[256];
	struct rng r;

	rng_init(&r, 1, "r1");
	for (int i = 0; i < R1_COUNT; i++) {
		ck_assert_uint_eq(make_r1(v, out, &r), 16);
		ck_assert(nibbles_14(out, 16));
	}
	version_free(v);
}
END_TEST

START_TEST(r1_of_20_varies_with_equal_nibbles_one_later)
{
	struct version *v = load("2.0");
	bool sizes[256] = {false};
	unsigned distinct = 0;
	uint8_t out[256];
	struct rng r;

	rng_init(&r, 2, "r1");
	for (int i = 0; i < R1_COUNT; i++) {
		size_t n = make_r1(v, out, &r);

		ck_assert_uint_ge(n, 18);
		ck_assert(nibbles_20(out, n));
		distinct += !sizes[n];
		sizes[n] = true;
	}
	ck_assert_uint_gt(distinct, 20);
	version_free(v);
}
END_TEST

START_TEST(r1_of_25_has_equal_nibbles_by_chance_only)
{
	struct version *v = load("2.5");
	unsigned hits = 0, longer = 0;
	uint8_t out[256];
	struct rng r;

	rng_init(&r, 3, "r1");
	for (int i = 0; i < R1_COUNT; i++) {
		size_t n = make_r1(v, out, &r);

		if (n < 20)
			continue;
		longer++;
		hits += nibbles_20(out, n);
	}
	ck_assert_uint_gt(longer, R1_COUNT / 2);
	/* byte 16 is a constant and so always equal; four more by chance are 1 in 65536 */
	ck_assert_uint_lt(hits, 10);
	version_free(v);
}
END_TEST

START_TEST(key_block_is_read_back_with_the_stream_where_the_sender_is)
{
	static const enum pad_form forms[] = {PAD_NONE, PAD_RANDOM, PAD_ONES};
	struct rng r;

	rng_init(&r, 4, "block");
	for (int i = 0; i < 3000; i++) {
		struct arcfour_ctx tx, rx;
		uint8_t out[512], clear[64], back[64];
		bool tail = rng_range(&r, 0, 1);
		enum pad_form form = forms[i % 3];
		size_t pad = rng_range(&r, 1, 60);
		size_t n = key_block(out, form, pad, tail, &tx, &r);
		const uint8_t *body;
		size_t body_len, size;
		unsigned command;
		uint16_t id;

		ck_assert_uint_eq(n, 14 + (form != PAD_NONE ? 1 + pad : 0) + (tail ? 2 : 0));
		size = record_make(clear, 25, REC_CONNECT, 0x1605, NULL, 0, &r);
		memcpy(out + n, clear, size);
		stream_apply(&tx, out + n, size);
		/* the message after the block comes in the same read: it is not eaten */
		ck_assert_uint_eq(key_block_parse(out, n + size, &rx), n);
		memcpy(back, out + n, size);
		stream_apply(&rx, back, size);
		ck_assert_mem_eq(back, clear, size);
		ck_assert_uint_eq(record_parse(back, size, &command, &id, &body, &body_len), 25);
		ck_assert_uint_eq(command, REC_CONNECT);
		ck_assert_uint_eq(id, 0x1605);
	}
}
END_TEST

START_TEST(records_have_exactly_the_size_that_was_asked_for)
{
	uint8_t out[1500];
	struct rng r;

	rng_init(&r, 5, "records");
	for (size_t size = 4; size <= 1400; size++) {
		const uint8_t *body;
		size_t body_len;
		unsigned command;
		uint16_t id;

		ck_assert_uint_eq(record_make(out, size, 7, 9, NULL, 0, &r), size);
		ck_assert_uint_eq(record_parse(out, size, &command, &id, &body, &body_len), size);
		ck_assert_uint_eq(record_make(out, record_size(size), 7, 9, NULL, 0, &r),
				  record_size(size));
		record_parse(out, record_size(size), &command, &id, &body, &body_len);
		ck_assert_uint_eq(body_len, size);
		record_make(out, size, 7, 9, NULL, 0, &r);
		ck_assert_uint_eq(record_parse(out, size - 1, &command, &id, &body, &body_len), 0);
	}
}
END_TEST

/* --- datagrams ---------------------------------------------------------------------------- */

START_TEST(a_probe_is_refused_until_the_sender_knows_its_address)
{
	struct ip none = {0}, client = ip4(0x5680f573), sn = ip4(0xa57cfdf1);
	uint8_t u1[64], u2[16], u3[64];
	struct plain p;
	struct skype_datagram d;
	struct rng r;
	size_t n;

	rng_init(&r, 6, "probe");
	plain_make(&p, CMD_PROBE, 0x15f1, 18, NULL, 0, &r);
	/* command 27 inside, as decrypted from the capture: 04 da 01 reqid 42 15 */
	ck_assert_mem_eq(p.b, ((uint8_t[]){0x04, 0xda, 0x01, 0x15, 0xf1, 0x42, 0x15}), 7);
	n = datagram_payload(u1, 0x15f2, &none, &sn, &p, &r);
	ck_assert_uint_eq(n, 18);
	ck_assert_uint_eq(u1[2], 0x02);
	ck_assert(datagram_parse(u1, n, &client, &sn, &d));
	ck_assert(!d.ok); /* the SN sees the NAT's address, the client used 0.0.0.0 */

	n = datagram_nack(u2, FN_NACK, d.id, &client, 0x24499eb8, &r);
	ck_assert_uint_eq(n, 11);
	ck_assert_mem_eq(u2, u1, 2);
	ck_assert_uint_eq(u2[2] & 0x8f, 7);
	ck_assert_mem_eq(u2 + 3, client.b, 4);

	n = datagram_resend(u3, 0x15f2, 0x24499eb8, &sn, &p, &r);
	ck_assert_uint_eq(n, 23);
	ck_assert_uint_eq(u3[2] & 0x8f, 3);
	ck_assert_uint_eq(u3[3], 1);
	ck_assert_mem_eq(u3 + 4, u2 + 7, 4);  /* second tuple: the challenge */
	ck_assert_mem_eq(u3 + 8, sn.b, 4);    /* the SN's address */
	ck_assert_mem_eq(u3 + 12, u1 + 7, 4); /* first tuple: the check sum */
	ck_assert(datagram_parse(u3, n, &client, &sn, &d));
	ck_assert(d.ok);

	n = datagram_payload(u1, 0x15f4, &client, &sn, &p, &r);
	ck_assert(datagram_parse(u1, n, &client, &sn, &d));
	ck_assert(d.ok); /* the partial probe: decrypts at once */
}
END_TEST

START_TEST(a_retransmission_keeps_id_and_check_sum_and_changes_the_rest)
{
	struct ip a = ip4(0x5680f573), b = ip4(0xd4951f31);
	uint8_t one[64], two[64];
	struct plain p;
	struct rng r;

	rng_init(&r, 7, "again");
	plain_make(&p, CMD_SEARCH, 1, 30, NULL, 0, &r);
	ck_assert_uint_eq(datagram_payload(one, 0x1627, &a, &b, &p, &r), 30);
	ck_assert_uint_eq(datagram_payload(two, 0x1627, &a, &b, &p, &r), 30);
	ck_assert_mem_eq(one, two, 3);
	ck_assert_mem_ne(one + 3, two + 3, 4);
	ck_assert_mem_eq(one + 7, two + 7, 4);
	ck_assert_mem_ne(one + 11, two + 11, 19);
}
END_TEST

START_TEST(function_bytes_have_a_random_high_nibble_except_function_2)
{
	unsigned seen[16] = {0};
	struct ip a = ip4(1), b = ip4(2);
	uint8_t out[64];
	struct plain p;
	struct rng r;

	rng_init(&r, 8, "function");
	plain_make(&p, CMD_PROBE, 1, 18, NULL, 0, &r);
	for (int i = 0; i < 2000; i++) {
		datagram_payload(out, (uint16_t)i, &a, &b, &p, &r);
		ck_assert_uint_eq(out[2], 0x02);
		datagram_nack(out, FN_NACK, (uint16_t)i, &a, 1, &r);
		ck_assert_uint_eq(out[2] & 0x8f, 0x07);
		seen[out[2] >> 4]++;
		datagram_media(out, (uint16_t)i, 60, &r);
		ck_assert_uint_eq(out[2] & 0x8f, 0x0d);
	}
	for (int i = 0; i < 8; i++)
		ck_assert_uint_gt(seen[i], 150);
}
END_TEST

START_TEST(a_covered_datagram_keeps_its_id_and_no_function)
{
	struct ip a = ip4(1), b = ip4(2);
	uint8_t out[64], was[64];
	struct plain p;
	struct rng r;

	rng_init(&r, 11, "mask");
	plain_make(&p, CMD_PROBE, 1, 18, NULL, 0, &r);
	for (int i = 0; i < 2000; i++) {
		size_t n = datagram_payload(out, (uint16_t)(i * 31), &a, &b, &p, &r);

		memcpy(was, out, n);
		datagram_mask(out, n, MASK_FUNCTION);
		ck_assert_mem_eq(out, was, 2);
		ck_assert_uint_ne(out[2] & 0x0f, 0x02);
		ck_assert_mem_eq(out + 3, was + 3, n - 3);
		datagram_mask(out, n, MASK_FUNCTION);
		ck_assert_mem_eq(out, was, n);
		datagram_mask(out, n, MASK_ALL);
		ck_assert_mem_ne(out + 3, was + 3, n - 3);
		datagram_mask(out, n, MASK_ALL);
		ck_assert_mem_eq(out, was, n);
		datagram_mask(out, n, MASK_NONE);
		ck_assert_mem_eq(out, was, n);
	}
	datagram_mask(out, 2, MASK_ALL); /* too short for a function */
	ck_assert_mem_eq(out, was, 2);
}
END_TEST

START_TEST(no_node_reads_noise)
{
	struct ip a = ip4(1), b = ip4(2);
	struct skype_datagram d;
	uint8_t out[64];
	struct rng r;

	rng_init(&r, 12, "noise");
	for (size_t n = 3; n < 64; n++) {
		ck_assert_uint_eq(datagram_noise(out, n, &r), n);
		ck_assert(!datagram_parse(out, n, &a, &b, &d));
	}
}
END_TEST

START_TEST(ids_stay_in_the_range_of_the_version)
{
	struct version *v = load("1.4");
	uint16_t id = version_id_after(v, 65534, 5);

	ck_assert_uint_eq(id, 3); /* no range: around the end */
	ck_assert_uint_eq(version_id_after(NULL, 7, 2), 9);
	ck_assert_int_eq(dist_parse("12288-12543", &v->udp.ids), 0);
	for (int i = 0; i < 1000; i++) {
		uint16_t next = version_id_after(v, id, 2);

		ck_assert_uint_eq(next >> 8, 0x30);
		ck_assert(!i || next == id + 2 || next == id + 2 - 256);
		id = next;
	}
	ck_assert_uint_eq(version_id_after(v, 65535, 60) >> 8, 0x30);
	version_free(v);
}
END_TEST

START_TEST(a_fragment_names_its_request_and_the_last_one_is_marked)
{
	uint8_t out[DATAGRAM_MAX];
	struct rng r;

	rng_init(&r, 9, "fragment");
	ck_assert_uint_eq(datagram_fragment(out, 0xaa30, 0x1674, 3, false, 1355, &r), 1355);
	ck_assert_mem_eq(out + 3, ((uint8_t[]){0x16, 0x74, 0x03, 0x02}), 4);
	datagram_fragment(out, 0xaa30, 0x1674, 8, true, 768, &r);
	ck_assert_uint_eq(out[5], 0x88);
}
END_TEST

START_TEST(requests_of_every_size_are_read_back)
{
	struct ip a = ip4(3), b = ip4(4);
	struct rng r;

	rng_init(&r, 10, "sizes");
	for (size_t size = 18; size <= 1400; size++) {
		uint8_t out[DATAGRAM_MAX];
		const uint8_t *body;
		struct skype_datagram d;
		struct plain p;
		size_t n, body_len;
		unsigned command;
		uint16_t reqid;

		plain_make(&p, CMD_PEERS_REPLY, (uint16_t)size, size, "x", 1, &r);
		n = datagram_payload(out, 77, &a, &b, &p, &r);
		ck_assert_uint_eq(n, size);
		ck_assert(datagram_parse(out, n, &a, &b, &d) && d.ok);
		ck_assert(plain_parse(&d.plain, &command, &reqid, &body, &body_len));
		ck_assert_uint_eq(command, CMD_PEERS_REPLY);
		ck_assert_uint_eq(reqid, size);
		out[n - 1] ^= 1;
		ck_assert(datagram_parse(out, n, &a, &b, &d) && !d.ok);
	}
}
END_TEST

/* --- login -------------------------------------------------------------------------------- */

START_TEST(l3_has_its_fixed_bytes_and_the_second_record_at_207)
{
	static const uint8_t head[] = {0x16, 0x03, 0x01, 0x00, 0xcd, 0x41, 0x03, 0x00,
				       0x09, 0x80, 0x40, 0x04, 0x08, 0xc0, 0x01};
	static const uint8_t later[] = {0x00, 0x0c, 0x01, 0x17, 0x03, 0x01, 0x00};
	uint8_t out[1400];
	uint32_t key;
	struct rng r;

	rng_init(&r, 11, "l3");
	ck_assert_uint_eq(login_l3(out, "alice", false, 236, &key, &r), 451);
	ck_assert_mem_eq(out, head, sizeof(head));
	ck_assert_mem_eq(out + 207, later, sizeof(later));
	ck_assert_uint_eq(login_l1(out), 5);
	ck_assert_mem_eq(out, ((uint8_t[]){0x16, 0x03, 0x01, 0x00, 0x00}), 5);
	ck_assert(login_is_l2((const uint8_t[]){0x17, 0x03, 0x01, 0x00, 0x00}, 5));
}
END_TEST

/* --- versions ----------------------------------------------------------------------------- */

START_TEST(distributions_draw_what_they_say)
{
	struct dist d;
	struct rng r;
	unsigned low = 0;

	rng_init(&r, 12, "dist");
	ck_assert_int_eq(dist_parse("18:3 22:21 24-37:255", &d), 0);
	for (int i = 0; i < 10000; i++) {
		uint32_t x = dist_draw(&d, &r);

		ck_assert(x == 18 || x == 22 || (x >= 24 && x <= 37));
		low += x == 22;
	}
	ck_assert_uint_gt(low, 600); /* 21 of 279: 753 expected */
	ck_assert_uint_lt(low, 900);
	ck_assert_int_lt(dist_parse("", &d), 0);
	ck_assert_int_lt(dist_parse("5-3", &d), 0);
	ck_assert_int_lt(dist_parse("5:0", &d), 0);
	ck_assert_int_lt(dist_parse("x", &d), 0);
	ck_assert_int_lt(dist_parse("5:", &d), 0);
}
END_TEST

START_TEST(a_wrong_value_is_named_with_its_line)
{
	static const struct {
		const char *from, *to, *expect;
	} bad[] = {
		{"probe: \"18\"", "probe: \"eighteen\"", "not a distribution"},
		{"probe: \"18\"", "probe: \"7\"", "out of range"},
		{"source-ports: sequential", "source-ports: upward", "source-ports"},
		{"give-up: 7200", "give-up: 0",
		 "give-up: 0, expected a number from 1 to 86400 seconds"},
		{"name: \"1.4\"", "nmae: \"1.4\"", "nmae"},
		{"key-block: plain", "key-block: padded-ones", "pad"},
		{"patience: 5.0", "patience: 5.0\n  ids: \"1-255\"", "at least 256 ids"},
		{"patience: 5.0", "patience: 5.0\n  ids: \"1-900 2000-3000\"", "one range"},
		{"t3-refuse: 339", "t3-refuse: 587\n  t3: \"587\"", "t3"},
		{"patience: 5.0", "patience: 5.0\n  lead-count: 2", "without lead"},
		{"patience: 5.0", "patience: 5.0\n  mask: some", "mask"},
		{"linger: 30", "linger: 30\n  mask: 256", "from 0 to 255"},
	};
	char *text = read_file("scenarios/versions/1.4.yaml", NULL, NULL);

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char path[] = "/tmp/skypelab-version-XXXXXX";
		char *at = strstr(text, bad[i].from);
		int fd = mkstemp(path);
		struct err e = {0};
		FILE *f = fdopen(fd, "w");

		ck_assert_ptr_nonnull(at);
		fprintf(f, "%.*s%s%s", (int)(at - text), text, bad[i].to, at + strlen(bad[i].from));
		fclose(f);
		ck_assert_ptr_null(version_load(path, &e));
		ck_assert_msg(strstr(e.msg, path) && strstr(e.msg, bad[i].expect) &&
				      strchr(e.msg, ':'),
			      "%s", e.msg);
		unlink(path);
	}
	free(text);
}
END_TEST

START_TEST(user_actions_are_checked)
{
	static const char *const good[] = {"install",	       "login",		"login manual",
					   "logoff",	       "wait 5",	"call bob 10",
					   "conference b c 3", "pstn +49 4",	"presence away",
					   "answer no",	       "udp-port 4000", "node-leaves",
					   "sleep 5",	       "roam a-h2",	"super-node",
					   "super-node 0",     "super-node 32", "call bob 10 tcp"};
	static const char *const wrong[] = {"",
					    "dance",
					    "login maybe",
					    "wait",
					    "wait x",
					    "call bob",
					    "udp-port 80",
					    "quit now",
					    "sleep",
					    "roam",
					    "node-leaves now",
					    "super-node 33",
					    "super-node -1",
					    "super-node x",
					    "call bob 10 udp",
					    "call bob tcp",
					    "conference b c 3 tcp"};
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		ck_assert_msg(script_check(good[i], &e) == 0, "%s", good[i]);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		ck_assert_int_lt(script_check(wrong[i], &e), 0);
		ck_assert_ptr_nonnull(strstr(e.msg, "expected"));
	}
}
END_TEST

/* What accepts may be of any size but the refusal's: an emulation must be able to contradict the
 * paper's signature, which wants more than 57 bytes. */
START_TEST(an_acceptance_may_have_any_size)
{
	static const char *const versions[] = {"1.4", "2.0", "2.5"};

	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct version *v = load(versions[i]);
		unsigned small = 0, middle = 0, n = 10000;
		struct rng r;

		rng_init(&r, 1, "t3");
		for (unsigned k = 0; k < n; k++) {
			uint32_t size = dist_draw(&v->tcp.accept, &r);

			small += size < 58;
			middle += size >= 58 && size < 500;
		}
		ck_assert_uint_gt(small, n / 100);
		ck_assert_uint_gt(middle, n / 50);
		ck_assert_uint_lt(small + middle, n / 10);
		version_free(v);
	}
}
END_TEST

/* RFC 1035, 4.1: the query of SkypeIRC.cap at 75.01 s is 30 bytes, its answer 46. */
START_TEST(a_look_up_is_a_dns_message)
{
	struct ip ip = ip4(0xd4314883);
	uint8_t q[DNS_MAX], a[DNS_MAX];

	ck_assert_uint_eq(dns_query(q, 0x9bb6, "ui.skype.com"), 30);
	ck_assert_mem_eq(q, "\x9b\xb6\x01\0\0\1\0\0\0\0\0\0\2ui\5skype\3com\0\0\1\0\1", 30);
	ck_assert_uint_eq(dns_answer(a, q, 30, &ip), 46);
	ck_assert_uint_eq(a[2], 0x81);
	ck_assert_uint_eq(a[7], 1);
	ck_assert_mem_eq(a + 42, "\xd4\x31\x48\x83", 4);
	ck_assert_uint_eq(dns_answer(q, a, 46, &ip), 0); /* an answer is no query */
}
END_TEST

START_TEST(a_plan_has_every_role_and_no_address_twice)
{
	static struct overlay_server_spec s[3000], again[3000];
	unsigned roles[ROLES] = {0}, accept = 0;
	size_t n = overlay_plan(42, 2000, s, 3000);

	ck_assert_uint_eq(n, overlay_plan(42, 2000, again, 3000));
	ck_assert_mem_eq(s, again, n * sizeof(*s));
	for (size_t i = 0; i < n; i++) {
		roles[s[i].role]++;
		accept += s[i].role == ROLE_SN && s[i].mood == SN_ACCEPTS;
		ck_assert_uint_eq(ip4_host(&s[i].ip) >> 17, 0xc612 >> 1); /* 198.18.0.0/15 */
		for (size_t j = 0; j < i; j++)
			ck_assert(!ip_eq(&s[i].ip, &s[j].ip));
	}
	ck_assert_uint_eq(roles[ROLE_SN], 2000);
	ck_assert_uint_eq(roles[ROLE_BOOTSTRAP], 7);
	ck_assert_uint_ge(roles[ROLE_LS], 2);
	ck_assert_uint_eq(roles[ROLE_DNS], 1);
	ck_assert_uint_ge(accept, 1000);
}
END_TEST

UNIT(overlay)
{
	unit_case(tc, figure_7_has_the_nibble_property);
	unit_case(tc, r1_of_14_is_16_bytes_with_equal_nibbles);
	unit_case(tc, r1_of_20_varies_with_equal_nibbles_one_later);
	unit_case(tc, r1_of_25_has_equal_nibbles_by_chance_only);
	unit_case(tc, key_block_is_read_back_with_the_stream_where_the_sender_is);
	unit_case(tc, records_have_exactly_the_size_that_was_asked_for);
	unit_case(tc, a_probe_is_refused_until_the_sender_knows_its_address);
	unit_case(tc, a_retransmission_keeps_id_and_check_sum_and_changes_the_rest);
	unit_case(tc, function_bytes_have_a_random_high_nibble_except_function_2);
	unit_case(tc, a_covered_datagram_keeps_its_id_and_no_function);
	unit_case(tc, no_node_reads_noise);
	unit_case(tc, ids_stay_in_the_range_of_the_version);
	unit_case(tc, a_fragment_names_its_request_and_the_last_one_is_marked);
	unit_case(tc, requests_of_every_size_are_read_back);
	unit_case(tc, l3_has_its_fixed_bytes_and_the_second_record_at_207);
	unit_case(tc, distributions_draw_what_they_say);
	unit_case(tc, a_wrong_value_is_named_with_its_line);
	unit_case(tc, user_actions_are_checked);
	unit_case(tc, an_acceptance_may_have_any_size);
	unit_case(tc, a_look_up_is_a_dns_message);
	unit_case(tc, a_plan_has_every_role_and_no_address_twice);
}
