// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_field_map.c - tests of the analysis' fields: each kind of statement is found in made-up messages
 * that have it, and nothing is said of those that have not
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/field/chance.h"
#include "analysis/field/sums.h"
#include "tests/unit/made_messages.h"
#include "tests/unit/unit.h"

#define FLOWS 120

/* The traffic that is made: each flow has a client, a server and what it said last. */
static struct made t;

static void begin(uint64_t seed)
{
	made_begin(&t, seed, "fields");
}

static void open_flow(uint8_t proto, uint32_t client, uint16_t client_port, uint32_t server,
		      uint16_t server_port)
{
	memset(&t.flow, 0, sizeof(t.flow));
	t.flow.id = t.flows++;
	t.flow.tuple.proto = proto;
	t.flow.tuple.src = (struct endpoint){ip4(client), client_port};
	t.flow.tuple.dst = (struct endpoint){ip4(server), server_port};
}

/* A flow from one of three private clients to a server of its own. */
static uint32_t new_flow(void)
{
	uint32_t client = 0x0a000001 + (uint32_t)(t.flows % 3);

	open_flow(IPPROTO_UDP, client, (uint16_t)rng_range(&t.rng, 1024, 65000),
		  0x08080000 + (uint32_t)t.flows * 77, (uint16_t)rng_range(&t.rng, 1024, 65000));
	return client;
}

static void close_flow(void)
{
	field_analysis_end(t.a, &t.flow);
}

static void say(bool reply, const uint8_t *bytes, uint32_t n)
{
	made_say(&t, reply, bytes, n);
}

static void finish(void)
{
	made_finish(&t);
}

static void end(void)
{
	made_end(&t);
}

/* The first statement of @kind at @offset in a class whose name holds @class; NULL = none. */
static const struct statement *said(const char *class, enum statement_kind kind, uint32_t offset)
{
	char name[CLASS_TEXT_MAX];

	for (uint32_t i = 0; i < t.m->statements_n; i++) {
		const struct statement *s = &t.m->statements[i];

		if (s->kind == kind && s->offset == offset &&
		    strstr(class_text(&t.m->classes[s->class], name), class))
			return s;
	}
	return NULL;
}

static void has(const struct statement *s, uint32_t width, const char *text)
{
	char buf[STATEMENT_TEXT_MAX];

	ck_assert_ptr_nonnull(s);
	ck_assert_msg(strstr(statement_text(s, buf), text), "\"%s\" is not in \"%s\"", text, buf);
	ck_assert_uint_eq(s->width, width);
	ck_assert_uint_gt(s->example.number, 0);
	ck_assert_uint_gt(s->tried, 0);
	ck_assert_double_le(s->q, 0.01);
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static void fill(uint8_t *p, size_t n)
{
	rng_fill(&t.rng, p, n);
}

/* --- a protocol like that of a probe ---------------------------------------------------------- */

/* Request: id that counts by 2 per client, 02, 4 random, 4 that the third message repeats, 7 random.
 * Refusal: the id, x7 with three free bits, the client's public address, a challenge.
 * Again: the id, x3, 01, the challenge, the server's address, the 4 bytes, random. */
static void probes(void)
{
	uint32_t id[3] = {0x15e8, 0x9000, 0x4242};

	for (int i = 0; i < FLOWS; i++) {
		uint8_t u1[18], u2[11], u3[23];
		uint32_t client = new_flow(), c = client - 0x0a000001;

		fill(u1, sizeof(u1));
		fill(u2, sizeof(u2));
		fill(u3, sizeof(u3));
		put16(u1, id[c] += 2);
		u1[2] = 2;
		memcpy(u2, u1, 2);
		u2[2] = (u2[2] & 0x70) | 7;
		put32(u2 + 3, 0x56800073 + (c << 8));
		memcpy(u3, u1, 2);
		u3[2] = (u3[2] & 0x70) | 3;
		u3[3] = 1;
		memcpy(u3 + 4, u2 + 7, 4);
		put32(u3 + 8, ip4_host(&t.flow.tuple.dst.ip));
		memcpy(u3 + 12, u1 + 7, 4);
		say(false, u1, sizeof(u1));
		say(true, u2, sizeof(u2));
		say(false, u3, sizeof(u3));
		close_flow();
	}
}

START_TEST(a_probe_is_read)
{
	begin(1);
	probes();
	finish();
	has(said("> first", STATEMENT_COUNTER, 0), 2, "counter +2, 16 bit");
	has(said("> first", STATEMENT_CONSTANT, 2), 1, "constant 02");
	has(said("<", STATEMENT_ECHO, 0), 2,
	    "echo of bytes 0-1 of the last message of the other side");
	has(said("<", STATEMENT_MASKED, 2), 1, "masked: & 8f = 07");
	has(said("<", STATEMENT_ADDRESS, 3), 4, "public, of the receiver");
	has(said("> second", STATEMENT_MASKED, 2), 1, "masked: & 8f = 03");
	has(said("> second", STATEMENT_CONSTANT, 3), 1, "constant 01");
	has(said("> second", STATEMENT_ECHO, 4), 4,
	    "echo of bytes 7-10 of the last message of the other side");
	has(said("> second", STATEMENT_ADDRESS, 8), 4, "the receiver's");
	has(said("> second", STATEMENT_ECHO, 12), 4,
	    "echo of bytes 7-10 of the last message of this side");
	end();
}
END_TEST

START_TEST(what_comes_again_is_a_field_of_its_own)
{
	bool begins[18];

	begin(1);
	probes();
	finish();
	ck_assert_ptr_nonnull(said("> first", STATEMENT_RANDOM, 7));
	field_map_boundaries(t.m, said("> first", STATEMENT_RANDOM, 7)->class, begins, 18);
	ck_assert(begins[2] && begins[3] && begins[7] && begins[11]);
	ck_assert(!begins[1] && !begins[5] && !begins[12] && !begins[17]);
	end();
}
END_TEST

START_TEST(the_same_messages_give_the_same_map)
{
	char one[STATEMENT_TEXT_MAX], two[STATEMENT_TEXT_MAX];
	struct field_map *first;
	struct field_analysis *a;

	begin(1);
	probes();
	finish();
	first = t.m;
	a = t.a;
	begin(1);
	probes();
	finish();
	ck_assert_uint_eq(first->statements_n, t.m->statements_n);
	for (uint32_t i = 0; i < t.m->statements_n; i++) {
		ck_assert_str_eq(statement_key(&first->statements[i], one),
				 statement_key(&t.m->statements[i], two));
		ck_assert_uint_eq(first->statements[i].held, t.m->statements[i].held);
		ck_assert(first->statements[i].p == t.m->statements[i].p ||
			  t.m->statements[i].kind == STATEMENT_RANDOM);
	}
	end();
	field_map_free(first);
	field_analysis_free(a);
}
END_TEST

START_TEST(a_bounded_sample_finds_it_too)
{
	struct field_limits few = {.samples = 100};

	begin(1);
	field_analysis_free(t.a);
	t.a = field_analysis_new(&few);
	probes();
	finish();
	ck_assert_uint_eq(t.m->messages, 3 * FLOWS);
	ck_assert_uint_le(t.m->sampled, 100);
	ck_assert_ptr_nonnull(said("> first", STATEMENT_CONSTANT, 2));
	ck_assert_ptr_nonnull(said("> second", STATEMENT_ECHO, 12));
	end();
}
END_TEST

/* --- one kind each ---------------------------------------------------------------------------- */

START_TEST(lengths_times_ports_and_sums)
{
	begin(2);
	for (int i = 0; i < FLOWS; i++) {
		uint32_t n = rng_range(&t.rng, 30, 90);
		uint8_t b[90];

		new_flow();
		fill(b, n);
		put16(b, n - 2);
		put32(b + 4, (uint32_t)(t.now / SEC));
		put16(b + 10, t.flow.tuple.src.port);
		put32(b + 12, 0);
		for (uint32_t sum = 0;; sum++) { /* a byte that makes the sum of all right */
			b[n - 1] = (uint8_t)sum;
			if (sum_right(SUM_SUM8, b, 0, n, n - 1, 1, false))
				break;
			ck_assert_uint_lt(sum, 256);
		}
		say(false, b, n);
		close_flow();
	}
	finish();
	has(said("> any", STATEMENT_LENGTH, 0), 2, "length of what follows, 16 bit");
	has(said("> any", STATEMENT_TIME, 4), 4, "seconds since 1970");
	has(said("> any", STATEMENT_PORT, 10), 2, "the sender's");
	has(said("> any", STATEMENT_CHECKSUM, 1), 1, "sum of bytes over the message");
	ck_assert(said("> any", STATEMENT_CHECKSUM, 1)->from_end);
	end();
}
END_TEST

START_TEST(text_and_few_values)
{
	static const uint8_t kinds[] = {0x11, 0x22, 0x35};

	begin(3);
	for (int i = 0; i < FLOWS; i++) {
		uint8_t b[30];

		new_flow();
		fill(b, sizeof(b));
		b[4] = kinds[rng_range(&t.rng, 0, 2)];
		for (int k = 10; k < 25; k++)
			b[k] = (uint8_t)rng_range(&t.rng, 'a', 'z');
		say(false, b, sizeof(b));
		close_flow();
	}
	finish();
	has(said("> any", STATEMENT_VALUES, 4), 1, "one of ");
	ck_assert_uint_eq(said("> any", STATEMENT_VALUES, 4)->values_n, 3);
	has(said("> any", STATEMENT_TEXT, 10), 15, "text");
	end();
}
END_TEST

/* A stream of 10 bytes that begins anew, over small plain bytes. */
START_TEST(a_stream_that_begins_anew)
{
	begin(4);
	for (int i = 0; i < FLOWS; i++) {
		uint8_t b[24], key[10];

		new_flow();
		open_flow(IPPROTO_TCP, 0x0a000001, (uint16_t)(2000 + i), 0x08080808, 80);
		fill(b, 4);
		fill(key, sizeof(key));
		for (uint32_t k = 4; k < sizeof(b); k++)
			b[k] = key[(k - 4) % 10] ^ (uint8_t)rng_range(&t.rng, 0, 3);
		say(false, b, sizeof(b));
		close_flow();
	}
	finish();
	has(said("tcp > any", STATEMENT_RESTART, 4), 10, "begins anew after 10 bytes");
	ck_assert_uint_eq(said("tcp > any", STATEMENT_RESTART, 4)->mask, 0xfc);
	end();
}
END_TEST

START_TEST(a_generator_somewhere)
{
	begin(5);
	for (int i = 0; i < FLOWS; i++) {
		uint32_t n = rng_range(&t.rng, 48, 111);
		uint8_t b[112];

		open_flow(IPPROTO_TCP, 0x0a000001, (uint16_t)(2000 + i), 0x08080808, 4000);
		fill(b, 49);
		for (uint32_t k = 49; k < n; k++)
			b[k] = (uint8_t)(0xcd * b[k - 1] + 0x71);
		say(false, b, n);
		close_flow();
	}
	finish();
	has(said("tcp > any", STATEMENT_GENERATOR, 48), 5, "x' = 0xcd x + 0x71 mod 256");
	end();
}
END_TEST

/* --- where nothing is there ------------------------------------------------------------------- */

static void noise(int symbols, uint64_t seed, uint32_t shortest, uint32_t longest)
{
	uint8_t alphabet[256];

	begin(seed);
	fill(alphabet, sizeof(alphabet));
	for (int i = 0; i < 400; i++) {
		new_flow();
		for (int k = 0; k < 2; k++) {
			uint32_t n = rng_range(&t.rng, shortest, longest);
			uint8_t b[128];

			for (uint32_t j = 0; j < n; j++)
				b[j] = alphabet[rng_range(&t.rng, 0, (uint32_t)symbols - 1)];
			say(k, b, n);
		}
		close_flow();
	}
	finish();
}

START_TEST(nothing_is_said_of_random_bytes)
{
	static const int symbols[] = {2, 3, 4, 6, 10, 16, 32, 64, 128, 256};

	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		noise(symbols[i], i, 64, 64);
		ck_assert_msg(!t.m->statements_n, "%d symbols: %u statements", symbols[i],
			      t.m->statements_n);
		end();
		noise(symbols[i], i, 16, 95);
		ck_assert_msg(!t.m->statements_n, "%d symbols, sizes vary: %u statements",
			      symbols[i], t.m->statements_n);
		end();
	}
}
END_TEST

START_TEST(nothing_is_said_of_little)
{
	uint8_t b[4] = {1, 2, 3, 4};

	begin(6);
	finish();
	ck_assert_uint_eq(t.m->classes_n, 0);
	ck_assert_uint_eq(t.m->statements_n, 0);
	field_map_free(t.m);
	new_flow();
	say(false, b, sizeof(b));
	say(false, b, 0);
	finish();
	ck_assert_uint_eq(t.m->messages, 2);
	ck_assert_uint_eq(t.m->statements_n, 0);
	end();
}
END_TEST

/* The value of a host stays the same, and is no echo: its other flows have it as well. */
START_TEST(what_a_host_always_says_is_no_echo)
{
	begin(7);
	for (int i = 0; i < FLOWS; i++) {
		uint8_t b[16];
		uint32_t client = new_flow();

		for (int k = 0; k < 3; k++) {
			fill(b, sizeof(b));
			put32(b + 4, client * 2654435761U);
			say(k % 2, b, sizeof(b));
		}
		close_flow();
	}
	finish();
	for (uint32_t i = 0; i < t.m->statements_n; i++)
		ck_assert_int_ne(t.m->statements[i].kind, STATEMENT_ECHO);
	end();
}
END_TEST

/* --- what few messages show ------------------------------------------------------------------- */

/* 80 flows that begin with 02, a byte of which two bits are still, and random bytes; eight of them are of 30
 * bytes, and in those byte 20 is always the same. */
static void few_of_thirty(uint64_t seed)
{
	begin(seed);
	for (int i = 0; i < 80; i++) {
		uint8_t b[60];
		bool thirty = i % 10 == 3;

		new_flow();
		fill(b, sizeof(b));
		b[0] = 2;
		b[1] = 0x40 | (b[1] & 0x3f);
		if (thirty)
			b[20] = 0x77;
		say(false, b, thirty ? 30 : 40 + (uint32_t)i % 17);
		close_flow();
	}
	finish();
}

START_TEST(a_small_class_has_the_random_bytes_of_the_one_that_holds_it)
{
	const struct statement *s;

	few_of_thirty(8);
	ck_assert_ptr_nonnull(said("> first", STATEMENT_RANDOM, 2));
	s = said("> first, 30 B", STATEMENT_RANDOM, 2);
	ck_assert_ptr_nonnull(s);
	ck_assert_int_ge(s->said_in, 0);
	ck_assert_uint_eq(s->width, 18); /* but for what does not look so there */
	s = said("> first, 30 B", STATEMENT_RANDOM, 21);
	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(s->width, 9);
	end();
}
END_TEST

START_TEST(bits_that_never_move_are_not_random)
{
	const struct statement *s;

	few_of_thirty(9);
	ck_assert_ptr_null(said("> ", STATEMENT_RANDOM, 1));
	s = said("> first", STATEMENT_MASKED, 1);
	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(s->mask, 0xc0);
	ck_assert_uint_eq(s->value, 0x40);
	end();
}
END_TEST

/* Each flow begins with 02; later messages, of which there are more, with anything. */
START_TEST(what_begins_a_flow_is_not_said_of_all_of_it)
{
	begin(10);
	for (uint32_t i = 0; i < 1200; i++) {
		open_flow(IPPROTO_UDP, 0x0a000001, 5000, 0x08080000 + i * 77, 2000);
		for (int k = 0; k < 3; k++) {
			uint8_t b[20];

			fill(b, sizeof(b));
			b[2] = k ? b[2] : 2;
			say(false, b, sizeof(b));
		}
		close_flow();
	}
	finish();
	ck_assert_ptr_nonnull(said("> first", STATEMENT_CONSTANT, 2));
	ck_assert_ptr_null(said("> any", STATEMENT_CONSTANT, 2));
	end();
}
END_TEST

/* Replies repeat eight bytes; a few that are longer, as are their requests, repeat twenty. */
START_TEST(a_copy_ends_where_few_messages_go_on)
{
	begin(11);
	for (uint32_t i = 0; i < FLOWS; i++) {
		uint32_t copied = i % 5 ? 8 : 20;
		uint8_t a[40], b[40];

		new_flow();
		fill(a, sizeof(a));
		fill(b, sizeof(b));
		memcpy(b + 2, a + 2, copied);
		say(false, a, 2 + copied);
		say(true, b, 2 + copied);
		close_flow();
	}
	finish();
	has(said("udp < any", STATEMENT_ECHO, 2), 8, "echo of bytes 2-9 of the last message");
	end();
}
END_TEST

/* A part of few messages may be a little less than that of many. */
START_TEST(a_share_is_not_less_by_chance)
{
	ck_assert(chance_not_less(900, 1000, 0.9));
	ck_assert(!chance_not_less(880, 1000, 0.9));
	ck_assert(chance_not_less(17, 20, 0.9));
	ck_assert(!chance_not_less(16, 20, 0.9));
	ck_assert(!chance_not_less(3, 4, 1));
}
END_TEST

UNIT(field_map)
{
	unit_case(tc, a_small_class_has_the_random_bytes_of_the_one_that_holds_it);
	unit_case(tc, bits_that_never_move_are_not_random);
	unit_case(tc, what_begins_a_flow_is_not_said_of_all_of_it);
	unit_case(tc, a_copy_ends_where_few_messages_go_on);
	unit_case(tc, a_share_is_not_less_by_chance);
	unit_case(tc, a_probe_is_read);
	unit_case(tc, what_comes_again_is_a_field_of_its_own);
	unit_case(tc, the_same_messages_give_the_same_map);
	unit_case(tc, a_bounded_sample_finds_it_too);
	unit_case(tc, lengths_times_ports_and_sums);
	unit_case(tc, text_and_few_values);
	unit_case(tc, a_stream_that_begins_anew);
	unit_case(tc, a_generator_somewhere);
	unit_case(tc, nothing_is_said_of_random_bytes);
	unit_case(tc, nothing_is_said_of_little);
	unit_case(tc, what_a_host_always_says_is_no_echo);
}
