// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_field_records.c - tests of the analysis' records, counters of eight bytes and characters of 16 bits, in
 * made-up messages of a service with little-endian numbers
 */
#include <netinet/in.h>
#include <string.h>

#include "tests/unit/made_messages.h"
#include "tests/unit/unit.h"

#define FLOWS	60
#define SECONDS 11644473600ULL /* from 1601 to 1970 */
#define EDGES	512

static struct made t;

static void open_flow(uint32_t i)
{
	if (i)
		field_analysis_end(t.a, &t.flow);
	memset(&t.flow, 0, sizeof(t.flow));
	t.flow.id = i;
	t.flow.tuple.proto = IPPROTO_UDP;
	t.flow.tuple.src = (struct endpoint){ip4(0x0a000001 + i % 5), (uint16_t)(2000 + i)};
	t.flow.tuple.dst = (struct endpoint){ip4(0x08080808), 700};
}

static void finish(void)
{
	field_analysis_end(t.a, &t.flow);
	made_finish(&t);
}

static void put(uint8_t *b, uint64_t v, uint32_t w)
{
	for (uint32_t i = 0; i < w; i++)
		b[i] = (uint8_t)(v >> 8 * i);
}

static const struct statement *said(enum statement_kind kind, uint32_t offset)
{
	for (uint32_t i = 0; i < t.m->statements_n; i++)
		if (t.m->statements[i].kind == kind && t.m->statements[i].offset == offset &&
		    !t.m->statements[i].second)
			return &t.m->statements[i];
	return NULL;
}

/* Whether the smallest class of messages of @size says that a field begins at @o. */
static bool begins(uint32_t size, uint32_t o)
{
	bool at[EDGES];
	int best = -1;

	for (uint32_t i = 0; i < t.m->classes_n; i++) {
		const struct message_class *c = &t.m->classes[i];

		if (c->shortest == size && c->longest == size &&
		    (best < 0 || c->messages < t.m->classes[best].messages))
			best = (int)i;
	}
	ck_assert_int_ge(best, 0);
	field_map_boundaries(t.m, (uint32_t)best, at, EDGES);
	return at[o];
}

/* Twelve bytes of numbers of 16 bits, then one of 32. */
static void head(uint8_t *b)
{
	for (uint32_t o = 0; o < 12; o += 2)
		put(b + o, rng_range(&t.rng, 1, 200), 2);
	put(b + 12, rng_range(&t.rng, 1, 200), 4);
}

/* A number of four bytes, four zeros, and the head; it grows in each flow, or does not. */
static void numbers(bool grows)
{
	for (uint32_t i = 0; i < FLOWS; i++) {
		uint32_t n = 0;

		open_flow(i);
		for (int k = 0; k < 8; k++) {
			uint8_t b[28] = {0};

			n = grows ? n + rng_range(&t.rng, 1, 20) : rng_range(&t.rng, 1, 200);
			put(b, n, 4);
			head(b + 8);
			rng_fill(&t.rng, b + 24, 4);
			made_say(&t, false, b, sizeof(b));
		}
	}
}

START_TEST(a_counter_takes_the_zeros_of_eight_bytes)
{
	made_begin(&t, 1, "records");
	numbers(_i);
	finish();
	ck_assert(begins(28, 8));
	ck_assert(begins(28, 4) == !_i);
	made_end(&t);
}
END_TEST

START_TEST(characters_of_16_bits_are_text)
{
	const struct statement *s;
	char text[STATEMENT_TEXT_MAX];

	made_begin(&t, 2, "records");
	for (uint32_t i = 0; i < FLOWS; i++) {
		uint8_t b[48] = {0};

		open_flow(i);
		head(b);
		for (uint32_t o = 16; o < 48; o += 2)
			b[o] = (uint8_t)('a' + rng_range(&t.rng, 0, 25));
		made_say(&t, false, b, sizeof(b));
	}
	finish();
	s = said(STATEMENT_TEXT, 16);
	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(s->width, 32);
	ck_assert_ptr_nonnull(strstr(statement_text(s, text), "16 bit"));
	for (uint32_t o = 17; o < 48; o++)
		ck_assert_msg(!begins(48, o), "%u", o);
	made_end(&t);
}
END_TEST

/* A record of @size bytes: where the next one is, a time, a number, a name. */
static uint32_t record(uint8_t *b, uint32_t size, bool last)
{
	put(b, last ? 0 : size, 4);
	put(b + 4, (SECONDS * SEC + t.now) / 100 - rng_range(&t.rng, 0, 1000000), 8);
	put(b + 12, rng_range(&t.rng, 1, 9), 4);
	rng_fill(&t.rng, b + 16, size - 16);
	return size;
}

/* Four records after the head; wrong: the second leads to a place in the third. */
static uint32_t records(uint8_t *b, bool right)
{
	uint32_t n = 16, second;

	head(b);
	n += record(b + n, 24 + 8 * rng_range(&t.rng, 0, 2), false);
	second = n;
	n += record(b + n, 24 + 8 * rng_range(&t.rng, 0, 2), false);
	if (!right)
		put(b + second, n - second + 16, 4);
	n += record(b + n, 24 + 8 * rng_range(&t.rng, 0, 2), false);
	return n + record(b + n, 24, true);
}

static void all_records(bool right)
{
	for (uint32_t i = 0; i < 4 * FLOWS; i++) {
		uint8_t b[256] = {0};

		open_flow(i);
		made_say(&t, false, b, records(b, right));
	}
}

START_TEST(records_are_followed_to_the_end)
{
	const struct statement *s;
	uint8_t b[256] = {0};
	bool at[EDGES];
	uint32_t n;

	made_begin(&t, 3, "records");
	all_records(true);
	finish();
	s = said(STATEMENT_RECORDS, 16);
	ck_assert_ptr_nonnull(s);
	ck_assert_double_le(s->q, 0.01);
	ck_assert(s->little);
	n = records(b, true);
	field_map_begins_in(t.m, s->class, b, n, n, at, EDGES);
	for (uint32_t o = n - 24, k = 1; k < 24; k++)
		ck_assert_msg(at[o + k] == (k == 4 || k == 12 || k == 16), "%u", k);
	put(b + 16, n, 4); /* it leads beyond the end: nothing is followed */
	field_map_begins_in(t.m, s->class, b, n, n, at, EDGES);
	ck_assert(!at[n - 12]);
	made_end(&t);
}
END_TEST

START_TEST(distances_that_lead_nowhere_are_no_records)
{
	made_begin(&t, 4, "records");
	all_records(false);
	finish();
	for (uint32_t o = 0; o < 64; o++)
		ck_assert_ptr_null(said(STATEMENT_RECORDS, o));
	made_end(&t);
}
END_TEST

UNIT(field_records)
{
	unit_loop(tc, a_counter_takes_the_zeros_of_eight_bytes, 0, 2);
	unit_case(tc, characters_of_16_bits_are_text);
	unit_case(tc, records_are_followed_to_the_end);
	unit_case(tc, distances_that_lead_nowhere_are_no_records);
}
