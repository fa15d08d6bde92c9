// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_field_classes.c - tests of what classes have to do with each other: types before sizes, sockets with many
 * peers apart, and cuts of random bytes that a class with the same head has
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/field/siblings.h"
#include "tests/unit/made_messages.h"
#include "tests/unit/unit.h"

/* --- cuts of siblings ------------------------------------------------------------------------- */

static void put(struct board *b, enum statement_kind kind, uint32_t class, uint32_t offset,
		uint32_t width)
{
	struct idea *i = board_add(b, kind, offset, width);

	i->s.class = class;
	i->s.values_n = 1;
}

static void constant(struct board *b, uint32_t class, uint32_t offset, uint8_t value)
{
	put(b, STATEMENT_CONSTANT, class, offset, 1);
	b->ideas[b->n - 1].values[0] = value;
}

/* Two classes: random, a constant at 2, random; in the first one bytes 7-10 come again in copies. */
static struct board two_classes(uint8_t first, uint8_t second)
{
	struct board b = {0};

	put(&b, STATEMENT_RANDOM, 0, 0, 2);
	constant(&b, 0, 2, first);
	put(&b, STATEMENT_RANDOM, 0, 3, 4);
	put(&b, STATEMENT_ECHO, 0, 7, 4);
	b.ideas[b.n - 1].s.copies = true;
	b.ideas[b.n - 1].s.p = 1e-20;
	put(&b, STATEMENT_RANDOM, 0, 11, 20);
	put(&b, STATEMENT_RANDOM, 1, 0, 2);
	constant(&b, 1, 2, second);
	put(&b, STATEMENT_RANDOM, 1, 3, 40);
	return b;
}

static uint32_t pieces(const struct board *b, uint32_t class)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->n; i++)
		n += b->ideas[i].s.class == class && b->ideas[i].s.kind == STATEMENT_RANDOM &&
		     b->ideas[i].s.offset >= 3;
	return n;
}

static const struct message_class BOTH[2] = {{.id = 0, .proto = IPPROTO_UDP},
					     {.id = 1, .proto = IPPROTO_UDP}};

START_TEST(a_class_with_the_same_head_is_cut_alike)
{
	struct board b = two_classes(2, 2);

	cut_siblings(&b, BOTH, 2, (uint32_t[]){20, 0});
	ck_assert_uint_eq(pieces(&b, 1), 3);
	ck_assert_uint_eq(b.ideas[7].s.offset, 3);
	ck_assert_uint_eq(b.ideas[7].s.width, 4);
	ck_assert_uint_eq(b.ideas[8].s.offset, 7);
	ck_assert_uint_eq(b.ideas[9].s.offset, 11);
	ck_assert_uint_eq(b.ideas[9].s.width, 32);
	board_free(&b);
}
END_TEST

START_TEST(another_type_or_direction_is_not_cut)
{
	const struct message_class turned[2] = {{.id = 0, .proto = IPPROTO_UDP},
						{.id = 1, .proto = IPPROTO_UDP, .reply = true}};
	struct board b = two_classes(2, 13), c = two_classes(2, 2);

	cut_siblings(&b, BOTH, 2, (uint32_t[]){20, 0});
	cut_siblings(&c, turned, 2, (uint32_t[]){20, 0});
	ck_assert_uint_eq(pieces(&b, 1), 1);
	ck_assert_uint_eq(pieces(&c, 1), 1);
	board_free(&b);
	board_free(&c);
}
END_TEST

START_TEST(copies_without_a_cut_speak_against_one)
{
	struct board b = two_classes(2, 2);

	cut_siblings(&b, BOTH, 2, (uint32_t[]){20, 20});
	ck_assert_uint_eq(pieces(&b, 1), 1);
	board_free(&b);
}
END_TEST

START_TEST(what_is_not_sure_cuts_nothing)
{
	struct board b = two_classes(2, 2);

	b.ideas[3].s.p = 1e-6;
	cut_siblings(&b, BOTH, 2, (uint32_t[]){20, 0});
	ck_assert_uint_eq(pieces(&b, 1), 1);
	board_free(&b);
}
END_TEST

/* --- classes of traffic ----------------------------------------------------------------------- */

static struct made t;

static void begin(uint64_t seed)
{
	made_begin(&t, seed, "classes");
}

static void finish(void)
{
	made_finish(&t);
}

static void end(void)
{
	made_end(&t);
}

/* A message of a new flow, from port @port of one client to a host of its own or always the same one. */
static void say(uint16_t port, bool own_host, uint8_t type, uint8_t mask, uint32_t size)
{
	uint8_t b[64];
	struct message_flow f = {.id = t.flows++};
	struct message m = {.flow = &f, .number = ++t.number, .bytes = b, .kept = size};

	rng_fill(&t.rng, b, size);
	b[2] = (uint8_t)((b[2] & ~mask) | type);
	f.tuple.proto = IPPROTO_UDP;
	f.tuple.src = (struct endpoint){ip4(0x0a000001), port};
	f.tuple.dst =
		(struct endpoint){ip4(own_host ? 0x08080000 + (uint32_t)t.flows * 77 : 0x09090909),
				  (uint16_t)(2000 + t.flows)};
	m.size = size;
	m.ts_ns = t.now += SEC / 50;
	field_analysis_message(t.a, &m);
	field_analysis_end(t.a, &f);
}

static const struct message_class *class_of(const char *text)
{
	char name[CLASS_TEXT_MAX];

	for (uint32_t i = 0; i < t.m->classes_n; i++)
		if (!strcmp(class_text(&t.m->classes[i], name), text))
			return &t.m->classes[i];
	return NULL;
}

/* Two types, of 20 to 23 and of 30 bytes, that meet at 26. */
static void two_types(void)
{
	for (int i = 0; i < 400; i++) {
		uint32_t other = 20 + (uint32_t)i % 4;

		say(5000, true, 2, 0xff, i % 4 == 0 ? 26 : other);
		say(5000, true, 0x0d, 0x8f, i % 4 == 1 ? 26 : 30);
	}
}

START_TEST(types_come_before_sizes)
{
	begin(1);
	two_types();
	for (int i = 0; i < 50; i++)
		say(9, false, 0, 0, 26);
	finish();
	ck_assert_ptr_nonnull(class_of("udp > p2p any, 26 B, byte 2 & 8f = 02"));
	ck_assert_ptr_nonnull(class_of("udp > p2p any, 26 B, byte 2 & 8f = 0d"));
	ck_assert_ptr_null(class_of("udp > p2p any, 26 B"));
	ck_assert_ptr_null(class_of("udp > p2p first, 26 B"));
	end();
}
END_TEST

START_TEST(sockets_with_many_peers_are_apart)
{
	begin(2);
	for (int i = 0; i < 40; i++) {
		say(5000, true, 0, 0, 26);
		say(9, false, 0, 0, 26);
		say(9, false, 0, 0, 44);
	}
	finish();
	ck_assert_ptr_nonnull(class_of("udp > p2p any"));
	ck_assert_ptr_nonnull(class_of("udp > no p2p first, 26 B"));
	ck_assert_ptr_null(class_of("udp > first, 26 B"));
	ck_assert_ptr_nonnull(class_of("udp > first, 44 B"));
	end();
}
END_TEST

/* A type of which there are two messages is none: their size is of one type all the same. */
START_TEST(two_of_another_type_leave_the_size_one_class)
{
	begin(6);
	for (int i = 0; i < 100; i++) {
		say(5000, true, 2, 0xff, 40 + (uint32_t)i % 4);
		say(5000, true, i % 50 ? 5 : 7, 0x8f, 11);
	}
	finish();
	ck_assert_ptr_nonnull(class_of("udp > p2p any, 11 B, byte 2 & 8f = 05"));
	ck_assert_ptr_nonnull(class_of("udp > p2p first, 11 B"));
	end();
}
END_TEST

/* Types that come in three long spells each come back; what a clock or a counter has never does. */
START_TEST(a_type_comes_back)
{
	begin(7);
	for (uint32_t i = 0; i < 240; i++) {
		bool other = i / 40 % 2;

		say(5000, true,
		    _i	    ? (uint8_t)(i / 40)
		    : other ? 5
			    : 2,
		    0xff, other ? 11 : 40 + i % 4);
	}
	finish();
	ck_assert((class_of("udp > p2p any, 11 B, byte 2 = 05") != NULL) == !_i);
	for (uint32_t i = 0; i < t.m->classes_n; i++)
		ck_assert(!_i || !t.m->classes[i].selects);
	end();
}
END_TEST

/* @n messages of a new flow each whose first four bytes are the same, and @alike bytes. */
static void say_alike(uint32_t n, uint32_t alike)
{
	for (uint32_t i = 0; i < n; i++) {
		uint8_t b[40];
		struct message_flow f = {.id = t.flows++};
		struct message m = {.flow = &f,
				    .number = ++t.number,
				    .bytes = b,
				    .kept = 40,
				    .size = 40,
				    .ts_ns = t.now += SEC / 50};

		rng_fill(&t.rng, b, sizeof(b));
		memset(b, 0x16, alike);
		f.tuple.proto = IPPROTO_UDP;
		f.tuple.src = (struct endpoint){ip4(0x0a000001), 9};
		f.tuple.dst = (struct endpoint){ip4(0x09090909), (uint16_t)(2000 + t.flows)};
		field_analysis_message(t.a, &m);
		field_analysis_end(t.a, &f);
	}
}

#define BEGINS "udp > first, begins 16 16 16 16"

START_TEST(what_begins_alike_for_longer_is_apart)
{
	begin(3);
	say_alike(40, 4);
	say_alike(40, 0);
	say_alike(_i ? 12 : 0, 16);
	finish();
	ck_assert_ptr_nonnull(class_of(BEGINS));
	ck_assert((class_of(BEGINS " 16 16 16 16 16 16 16 16 16 16 16 16") != NULL) == _i);
	end();
}
END_TEST

/* Types at byte 5, which go with the size; the size is at byte 3. */
START_TEST(a_length_is_no_type)
{
	begin(4);
	for (uint32_t i = 0; i < 400; i++) {
		uint32_t type = rng_range(&t.rng, 0, 2), size = 20 + 8 * type + i % 4;
		uint8_t b[64];
		struct message_flow f = {.id = t.flows++};
		struct message m = {.flow = &f, .number = ++t.number, .bytes = b, .kept = size};

		rng_fill(&t.rng, b, size);
		b[3] = (uint8_t)(size - 4);
		b[5] = (uint8_t)(1 + type);
		f.tuple.proto = IPPROTO_UDP;
		f.tuple.src = (struct endpoint){ip4(0x0a000001), 9};
		f.tuple.dst = (struct endpoint){ip4(0x09090909), (uint16_t)(2000 + t.flows)};
		m.size = size;
		m.ts_ns = t.now += SEC / 50;
		field_analysis_message(t.a, &m);
		field_analysis_end(t.a, &f);
	}
	finish();
	ck_assert_ptr_nonnull(class_of("udp > any, byte 5 = 01"));
	for (uint32_t i = 0; i < t.m->classes_n; i++)
		ck_assert(!t.m->classes[i].selects || t.m->classes[i].sel_offset == 5);
	end();
}
END_TEST

/* Five flows of two types; of one the other bits are free. So few flows show nothing by themselves. */
START_TEST(what_a_class_is_chosen_by_is_said)
{
	const struct message_class *c;
	const struct statement *s;
	bool masked = false;
	uint32_t n;

	begin(5);
	for (uint32_t i = 0; i < 5; i++) {
		memset(&t.flow, 0, sizeof(t.flow));
		t.flow.id = i;
		t.flow.tuple.proto = IPPROTO_UDP;
		t.flow.tuple.src = (struct endpoint){ip4(0x0a000001), (uint16_t)(9 + i)};
		t.flow.tuple.dst = (struct endpoint){ip4(0x09090909 + i), 2000};
		for (uint32_t k = 0; k < 80; k++) {
			uint8_t b[60];
			bool media = rng_range(&t.rng, 0, 1);

			rng_fill(&t.rng, b, sizeof(b));
			b[2] = media ? (b[2] & 0x70) | 0x0d : 2;
			made_say(&t, false, b, media ? 40 + rng_range(&t.rng, 0, 20) : 18);
		}
		field_analysis_end(t.a, &t.flow);
	}
	finish();
	c = class_of("udp > port 2000 any, byte 2 & 8f = 0d");
	ck_assert_ptr_nonnull(c);
	s = field_map_of(t.m, c->id, &n);
	for (uint32_t i = 0; i < n; i++)
		masked = masked || (s[i].kind == STATEMENT_MASKED && s[i].offset == 2);
	ck_assert(masked);
	end();
}
END_TEST

UNIT(field_classes)
{
	unit_case(tc, what_a_class_is_chosen_by_is_said);
	unit_loop(tc, what_begins_alike_for_longer_is_apart, 0, 2);
	unit_case(tc, a_length_is_no_type);
	unit_case(tc, a_class_with_the_same_head_is_cut_alike);
	unit_case(tc, another_type_or_direction_is_not_cut);
	unit_case(tc, copies_without_a_cut_speak_against_one);
	unit_case(tc, what_is_not_sure_cuts_nothing);
	unit_case(tc, types_come_before_sizes);
	unit_case(tc, two_of_another_type_leave_the_size_one_class);
	unit_loop(tc, a_type_comes_back, 0, 2);
	unit_case(tc, sockets_with_many_peers_are_apart);
}
