// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_field_integer.c - tests of the analysis' numbers and strings: where they are in made-up messages of
 * one service, and that nothing is said where there are none
 */
#include <netinet/in.h>
#include <string.h>

#include "tests/unit/made_messages.h"
#include "tests/unit/unit.h"

#define FLOWS 120
#define PORT  700

static struct made t;

static void begin(uint64_t seed)
{
	made_begin(&t, seed, "integers");
}

static void open_flow(uint32_t i)
{
	if (i)
		field_analysis_end(t.a, &t.flow);
	memset(&t.flow, 0, sizeof(t.flow));
	t.flow.id = i;
	t.flow.tuple.proto = IPPROTO_UDP;
	t.flow.tuple.src = (struct endpoint){ip4(0x0a000001 + i % 5), (uint16_t)(2000 + i)};
	t.flow.tuple.dst = (struct endpoint){ip4(0x08080808), PORT};
}

static void say(bool reply, const uint8_t *bytes, uint32_t n)
{
	made_say(&t, reply, bytes, n);
}

static void finish(void)
{
	field_analysis_end(t.a, &t.flow);
	made_finish(&t);
}

static void end(void)
{
	made_end(&t);
}

/* Whether the smallest class of a direction and size says that a field begins at @o. */
static bool begins(bool reply, uint32_t size, uint32_t o)
{
	bool at[64];
	int best = -1;

	for (uint32_t i = 0; i < t.m->classes_n; i++) {
		const struct message_class *c = &t.m->classes[i];

		if (c->reply == reply && c->shortest == size && c->longest == size &&
		    (best < 0 || c->messages < t.m->classes[best].messages))
			best = (int)i;
	}
	ck_assert_int_ge(best, 0);
	field_map_boundaries(t.m, (uint32_t)best, at, 64);
	return at[o];
}

static const struct statement *said(enum statement_kind kind, uint32_t offset)
{
	for (uint32_t i = 0; i < t.m->statements_n; i++)
		if (t.m->statements[i].kind == kind && t.m->statements[i].offset == offset)
			return &t.m->statements[i];
	return NULL;
}

static void has(const struct statement *s, uint32_t width, const char *text)
{
	char buf[STATEMENT_TEXT_MAX];

	ck_assert_ptr_nonnull(s);
	ck_assert_msg(strstr(statement_text(s, buf), text), "\"%s\" is not in \"%s\"", text, buf);
	ck_assert_uint_eq(s->width, width);
	ck_assert_double_le(s->q, 0.01);
}

/* Four numbers of @w bytes, of which the second is constant and the third zero in requests; then 4 random
 * bytes. */
static void numbers(bool little, uint32_t w)
{
	for (uint32_t i = 0; i < FLOWS; i++) {
		uint8_t b[20] = {0};
		uint32_t low = little ? 0 : w - 1;

		open_flow(i);
		b[low] = (uint8_t)rng_range(&t.rng, 1, 200);
		b[w + low] = 1;
		b[3 * w + low] = (uint8_t)rng_range(&t.rng, 1, 3);
		rng_fill(&t.rng, b + 4 * w, 4);
		say(false, b, 4 * w + 4);
		b[2 * w + low] = (uint8_t)rng_range(&t.rng, 0, 5);
		b[low] = (uint8_t)rng_range(&t.rng, 1, 200);
		say(true, b, 4 * w + 4);
	}
}

START_TEST(a_number_takes_its_zeros)
{
	begin(1);
	numbers(_i & 1, _i & 2 ? 4 : 2);
	finish();
	for (uint32_t w = _i & 2 ? 4 : 2, o = 1; o < 4 * w; o++)
		ck_assert_msg(begins(false, 4 * w + 4, o) == (o % w == 0), "%u of %u", o, w);
	has(said(STATEMENT_NUMBER, 0), _i & 2 ? 4 : 2,
	    !(_i & 1) ? _i & 2 ? "8 bits, 32 bit" : "8 bits, 16 bit" : "bit little-endian");
	end();
}
END_TEST

/* What moves in answers is a field in requests, where it is zero: their numbers end in it. */
START_TEST(a_field_of_answers_is_one_of_requests)
{
	begin(2);
	numbers(false, 2);
	finish();
	ck_assert(begins(true, 12, 4));
	ck_assert(begins(false, 12, 4));
	ck_assert(begins(false, 12, 6));
	end();
}
END_TEST

/* Zeros of which nothing shows that they are numbers stay one field. */
START_TEST(zeros_alone_are_not_cut)
{
	begin(3);
	for (uint32_t i = 0; i < FLOWS; i++) {
		uint8_t b[24] = {0x70};

		open_flow(i);
		rng_fill(&t.rng, b + 20, 4);
		say(false, b, sizeof(b));
		say(true, b, sizeof(b));
	}
	finish();
	for (uint32_t o = 1; o < 20; o++)
		ck_assert(!begins(false, 24, o));
	ck_assert_ptr_null(said(STATEMENT_NUMBER, 0));
	end();
}
END_TEST

START_TEST(random_bytes_are_no_numbers)
{
	begin(4);
	for (uint32_t i = 0; i < FLOWS; i++) {
		uint8_t b[32];

		open_flow(i);
		for (int reply = 0; reply < 2; reply++) {
			rng_fill(&t.rng, b, sizeof(b));
			say(reply, b, sizeof(b));
		}
	}
	finish();
	ck_assert_uint_eq(t.m->statements_n, 0);
	end();
}
END_TEST

/* Two strings, of 3 to 6 and 3 letters, a zero, and a number after them. */
static void strings(bool right)
{
	for (uint32_t i = 0; i < 3 * FLOWS; i++) {
		uint8_t b[24] = {0, 9, (uint8_t)rng_range(&t.rng, 1, 250)};
		uint32_t n = rng_range(&t.rng, 3, 6);

		open_flow(i);
		b[3] = right ? (uint8_t)n : (uint8_t)rng_range(&t.rng, 14, 20);
		for (uint32_t k = 0; k < n; k++)
			b[4 + k] = (uint8_t)('a' + rng_range(&t.rng, 0, 25));
		memcpy(b + 4 + n, "\3com\0\0\1", 7);
		b[4 + n + 6] = (uint8_t)rng_range(&t.rng, 1, 3);
		say(false, b, 4 + n + 7);
	}
}

START_TEST(strings_with_their_lengths_are_one_field)
{
	begin(5);
	strings(true);
	finish();
	ck_assert_ptr_nonnull(said(STATEMENT_STRINGS, 3));
	ck_assert_double_le(said(STATEMENT_STRINGS, 3)->q, 0.01);
	for (uint32_t n = 3; n <= 6; n++) {
		for (uint32_t o = 4; o < 4 + n + 5; o++)
			ck_assert_msg(!begins(false, 11 + n, o), "%u of %u", o, n);
		ck_assert(begins(false, 11 + n, 3));
		ck_assert(begins(false, 11 + n, 4 + n + 5));
	}
	end();
}
END_TEST

START_TEST(text_without_lengths_is_no_strings)
{
	begin(6);
	strings(false);
	finish();
	ck_assert_ptr_null(said(STATEMENT_STRINGS, 3));
	end();
}
END_TEST

/* Four random bytes, then options: type 3 of 2 bytes, type 9 of 1 to 8, type 20 of 4, and the end. Wrong:
 * the second length is one too many. */
static void options(bool right)
{
	for (uint32_t i = 0; i < FLOWS; i++) {
		uint8_t b[40] = {0}, n = (uint8_t)rng_range(&t.rng, 1, 8);

		open_flow(i);
		rng_fill(&t.rng, b, 4);
		memcpy(b + 4, "\3\2\1\1\11", 5);
		b[9] = n + !right;
		rng_fill(&t.rng, b + 10, n);
		memcpy(b + 10 + n, "\24\4\1\2\3\4\377", 7);
		say(false, b, 10 + n + 7);
	}
}

START_TEST(options_are_read_in_each_message)
{
	static const uint8_t m[] = {9, 8, 7, 6, 3, 2, 1, 1, 9, 1, 5, 20, 4, 1, 2, 3, 4, 255};
	const struct statement *s;
	bool at[32];

	begin(7);
	options(true);
	finish();
	s = said(STATEMENT_OPTIONS, 4);
	ck_assert_ptr_nonnull(s);
	ck_assert_double_le(s->q, 0.01);
	field_map_begins_in(t.m, s->class, m, sizeof(m), sizeof(m), at, 32);
	for (uint32_t o = 4; o < 32; o++)
		ck_assert_msg(at[o] == (o == 4 || o == 5 || o == 6 || o == 8 || o == 9 || o == 10 ||
					o == 11 || o == 12 || o == 13 || o == 17),
			      "%u", o);
	end();
}
END_TEST

START_TEST(lengths_that_do_not_come_out_right_are_no_options)
{
	begin(8);
	options(false);
	finish();
	for (uint32_t o = 0; o < 16; o++)
		ck_assert_ptr_null(said(STATEMENT_OPTIONS, o));
	end();
}
END_TEST

UNIT(field_integer)
{
	unit_case(tc, options_are_read_in_each_message);
	unit_case(tc, lengths_that_do_not_come_out_right_are_no_options);
	unit_loop(tc, a_number_takes_its_zeros, 0, 4);
	unit_case(tc, a_field_of_answers_is_one_of_requests);
	unit_case(tc, zeros_alone_are_not_cut);
	unit_case(tc, random_bytes_are_no_numbers);
	unit_case(tc, strings_with_their_lengths_are_one_field);
	unit_case(tc, text_without_lengths_is_no_strings);
}
