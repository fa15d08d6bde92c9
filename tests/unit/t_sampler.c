// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_sampler.c - tests of the messages that an analysis keeps, with what came before them
 */
#include <netinet/in.h>
#include <string.h>

#include "analysis/sample/sampler.h"
#include "base/rng.h"
#include "tests/unit/unit.h"

#define ROOM  64
#define FLOWS 16

static struct {
	struct sampler *s;
	struct message_flow flows[FLOWS];
	uint64_t number;
	uint32_t sizes; /* how many different */
} t;

static void begin(uint32_t sizes)
{
	memset(&t, 0, sizeof(t));
	t.s = sampler_new(ROOM);
	t.sizes = sizes;
	for (uint32_t i = 0; i < FLOWS; i++) {
		t.flows[i].id = i;
		t.flows[i].tuple = (struct tuple){
			IPPROTO_UDP, {ip4(0x0a000001 + i), 1000}, {ip4(0xc0000201), 53}};
	}
}

static void end(void)
{
	for (uint32_t i = 0; i < FLOWS; i++)
		sampler_end(t.s, &t.flows[i]);
	sampler_free(t.s);
}

static uint32_t flow_of(uint64_t number)
{
	return (uint32_t)(rng_mix(number) % FLOWS);
}

/* The @number-th message: its flow, size and bytes follow from the number. */
static void give(void)
{
	struct message_flow *f = &t.flows[flow_of(++t.number)];
	uint8_t bytes[64];
	struct message m = {.flow = f,
			    .number = t.number,
			    .ts_ns = t.number * 1000,
			    .nth = f->messages[0]++,
			    .bytes = bytes,
			    .size = (uint32_t)(8 + t.number % t.sizes)};

	m.kept = m.size;
	memset(bytes, (int)t.number, sizeof(bytes));
	sampler_message(t.s, &m);
}

/* The last message of the same flow before @number; 0 = none. */
static uint64_t before(uint64_t number)
{
	uint32_t flow = flow_of(number);

	while (--number && flow_of(number) != flow)
		;
	return number;
}

static void check_sample(const struct sample *x)
{
	const struct earlier *e = &x->earlier[EARLIER_SAME];
	uint64_t same = before(x->number), last = same ? before(same) : 0;

	ck_assert_uint_eq(x->flow, flow_of(x->number));
	ck_assert_uint_eq(x->size, 8 + x->number % t.sizes);
	ck_assert_uint_eq(x->bytes[x->size - 1], (uint8_t)x->number);
	ck_assert_uint_eq(e->number, same);
	if (same)
		ck_assert_uint_eq(e->bytes[0], (uint8_t)same);
	ck_assert_uint_eq(x->earlier[EARLIER_SAME2].number, last);
	ck_assert_uint_eq(x->earlier[EARLIER_OTHER].number, 0);
}

/* What is there is whole, in the order of arrival, and no more than there is room for. */
static void check_all(void)
{
	uint32_t n, hosts;
	const struct sample *x = sampler_finish(t.s, &n, &hosts);

	ck_assert_uint_le(n, ROOM);
	ck_assert_uint_ge(n, t.number < ROOM / 2 ? t.number : ROOM / 8);
	for (uint32_t i = 0; i < n; i++) {
		ck_assert(!i || x[i].number > x[i - 1].number);
		check_sample(&x[i]);
	}
}

START_TEST(test_all_fit)
{
	begin(7);
	for (int i = 0; i < ROOM / 2; i++)
		give();
	check_all();
	end();
}
END_TEST

/* Places are used again many times; looks in between move messages, and change nothing. */
START_TEST(test_dropped_and_in_order)
{
	begin(24);
	for (int i = 0; i < 5000; i++) {
		give();
		if (i % 97 == 0)
			check_all();
	}
	check_all();
	ck_assert_uint_eq(sampler_seen(t.s), 5000);
	end();
}
END_TEST

/* One message of a rare size stays among thousands of a frequent one. */
START_TEST(test_rare_stays)
{
	const struct sample *x;
	uint32_t n, hosts, rare = 0;

	begin(1);
	for (int i = 0; i < 3000; i++) {
		t.sizes = i == 40 ? 20 : 1;
		give();
	}
	x = sampler_finish(t.s, &n, &hosts);
	for (uint32_t i = 0; i < n; i++)
		rare += x[i].number == 41;
	ck_assert_uint_eq(rare, 1);
	end();
}
END_TEST

UNIT(sampler)
{
	unit_case(tc, test_all_fit);
	unit_case(tc, test_dropped_and_in_order);
	unit_case(tc, test_rare_stays);
}
