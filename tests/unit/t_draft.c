// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_draft.c - drafting from made-up flows: each kind of constraint is found where it is what tells the
 * positives from the negatives; what one host has alone, and foreign flows, stay out
 *
 * All flows, of either kind, share three constant bytes at 8, so that nothing but the constraint in
 * question separates them.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/draft/draft.h"
#include "analysis/draft/write.h"
#include "base/bytes.h"
#include "base/rng.h"
#include "detector/detector.h"
#include "tests/unit/unit.h"

#define MS     1000000ULL
#define HOSTS  6
#define FLOWS  8 /* of a host */
#define OTHERS 400

struct made {
	struct draft_material m;
	struct draft_reader *reader;
	struct rng rng;
	struct draft draft;
	struct err e;
	uint64_t now;
	uint16_t port, id; /* of the flow being made; a counter of all */
	uint32_t seq;
};

static struct made t;

/* Hosts with the application are 10.0.h.1; foreign flows with a wrong label come from 10.2.h.1. */
static bool label(void *arg, struct draft_flow *f)
{
	char name[16];

	(void)arg;
	f->positive = f->tuple.src.ip.b[1] != 1;
	f->by_client = true;
	if (f->positive) {
		snprintf(name, sizeof(name), "0 %u", f->tuple.src.ip.b[2]);
		f->host = draft_host(&t.m, name);
	}
	return true;
}

static void setup(void)
{
	memset(&t, 0, sizeof(t));
	rng_init(&t.rng, 1, "draft");
	t.now = 1000 * MS;
	t.port = 1024;
	t.reader = draft_reader_new(&t.m, 0, label, NULL);
}

/* A message of the flow from 10.@net.@host.1 to 192.0.2.1, a foreign one to
 * 192.0.2.2; of no bytes: its SYN. */
static void say(int net, int host, bool tcp, bool reply, const uint8_t *bytes, uint32_t len)
{
	struct endpoint a = {.ip = ip4(10U << 24 | (uint32_t)net << 16 | (uint32_t)host << 8 | 1),
			     .port = t.port};
	struct endpoint b = {.ip = ip4(net == 2 ? 0xc0000202 : 0xc0000201),
			     .port = (uint16_t)(20000 + t.port % 7)};
	struct packet p = {.ts_ns = t.now += MS,
			   .proto = tcp ? IPPROTO_TCP : IPPROTO_UDP,
			   .src = reply ? b : a,
			   .dst = reply ? a : b,
			   .tcp_flags = len ? TH_ACK | TH_PUSH : TH_SYN,
			   .payload = bytes,
			   .len = len,
			   .caplen = len};

	draft_reader_packet(t.reader, &p);
}

/* 24 random bytes and what all have in common. */
static uint32_t noise(uint8_t out[256])
{
	rng_fill(&t.rng, out, 256);
	memcpy(out + 8, "\x91\x42\x17", 3);
	return 24;
}

/* One message of a flow with what @kind says in place, if @is. @before: the flow's message before. */
static uint32_t make(enum draft_kind kind, bool is, int step, const uint8_t *before,
		     uint32_t before_len, int host, uint8_t out[256])
{
	uint32_t len = noise(out);

	if (kind == DRAFT_SIZE_OF)
		len = step == 0 ? rng_range(&t.rng, 20, 60)
				: (is ? before_len + 5 : before_len + rng_range(&t.rng, 6, 80));
	if (kind == DRAFT_LENGTH)
		len = rng_range(&t.rng, 20, 60);
	if (kind == DRAFT_SIZE && is)
		len = 30;
	if (!is)
		return len;
	if (kind == DRAFT_EQUAL && step == 1)
		memcpy(out + 2, before, 4);
	if (kind == DRAFT_CHANGE && step == 1)
		put_be16(out, (uint16_t)(get_be16(before) + rng_range(&t.rng, 1, 6)));
	if (kind == DRAFT_ADDRESS && step == 0)
		memcpy(out + 3, (const uint8_t[]){192, 0, 2, 1}, 4);
	if (kind == DRAFT_LENGTH)
		put_be16(out + 4, (uint16_t)(len - 3));
	for (int i = 13; kind == DRAFT_SEQUENCE && i < 24; i++)
		out[i] = (uint8_t)(0xcd * out[i - 1] + 0x71);
	for (int i = 0; kind == DRAFT_NIBBLES && i < 2; i++)
		out[14 + i] = (uint8_t)((out[4 + i] & 0xf0) | (out[14 + i] & 0x0f));
	if (kind == DRAFT_BYTES_ARE)
		out[2] = (uint8_t)((out[2] & 0x70) | 0x07);
	if (kind == DRAFT_COUNTER && step == 0)
		put_be16(out, t.id = (uint16_t)(t.id + 2));
	(void)host;
	return len;
}

/* Whether the second message comes from the client, too. */
static bool client_twice(enum draft_kind kind)
{
	return kind == DRAFT_CHANGE;
}

static void flow(enum draft_kind kind, bool is, int net, int host)
{
	uint8_t a[256], b[256];
	uint32_t n = make(kind, is, 0, NULL, 0, host, a);

	if (kind != DRAFT_COUNTER || net == 1)
		t.port++;
	say(net, host, false, false, a, n);
	if (kind == DRAFT_COUNTER)
		return;
	n = make(kind, is, 1, a, n, host, b);
	say(net, host, false, !client_twice(kind), b, n);
}

/* With a counter all flows of a host have one port, so each goes to another host. */
static void counting_flow(int net, int host, int i)
{
	uint8_t a[256];
	uint32_t n = make(DRAFT_COUNTER, net == 0, 0, NULL, 0, host, a);
	struct packet p = {
		.ts_ns = t.now += MS,
		.proto = IPPROTO_UDP,
		.src = {.ip = ip4(10U << 24 | (uint32_t)net << 16 | (uint32_t)host << 8 | 1),
			.port = 7000},
		.dst = {.ip = ip4(0xc0000200U + (uint32_t)i), .port = 33033},
		.payload = a,
		.len = n,
		.caplen = n};

	draft_reader_packet(t.reader, &p);
}

static void flows_of(enum draft_kind kind, int hosts)
{
	for (int h = 0; h < hosts; h++) {
		t.id = (uint16_t)rng_u32(&t.rng);
		for (int i = 0; i < FLOWS; i++)
			if (kind == DRAFT_COUNTER)
				counting_flow(0, h, i);
			else
				flow(kind, true, 0, h);
	}
	for (int i = 0; i < OTHERS; i++)
		if (kind == DRAFT_COUNTER)
			counting_flow(1, i % 20, i / 20);
		else
			flow(kind, false, 1, i % 20);
}

static int draft(void)
{
	draft_reader_free(t.reader);
	draft_material_runs(&t.m);
	return draft_make(&t.m, DRAFT_ALL, NULL, &t.draft, &t.e);
}

static bool drafted(enum draft_kind kind)
{
	for (size_t i = 0; i < t.draft.n; i++)
		if (rule_has(&t.draft.rules[i], kind))
			return true;
	return false;
}

/* The file is one that the detector takes. */
static void check_file(void)
{
	struct draft_head head = {"made", "skype", "2026-01-01", "it's: a #test\x1b",
				  "one\ntwo: 'x'"};
	struct signature_set *set = signature_set_new();
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	draft_write(&t.draft, &head, f);
	fclose(f);
	ck_assert_msg(signature_add_text(set, "made", text, len, &t.e) == 0, "%s\n%s", t.e.msg,
		      text);
	free(text);
	signatures_free(set);
}

static const enum draft_kind kinds[] = {
	DRAFT_SIZE_OF,	DRAFT_EQUAL,   DRAFT_CHANGE,	DRAFT_ADDRESS, DRAFT_LENGTH,
	DRAFT_SEQUENCE, DRAFT_NIBBLES, DRAFT_BYTES_ARE, DRAFT_SIZE,    DRAFT_COUNTER};

START_TEST(each_kind_is_drafted)
{
	enum draft_kind kind = kinds[_i];

	setup();
	flows_of(kind, HOSTS);
	ck_assert_msg(draft() == 0, "%s: %s", constraint_key(kind), t.e.msg);
	ck_assert_msg(drafted(kind), "no %s", constraint_key(kind));
	ck_assert_uint_eq(t.draft.positives, HOSTS * FLOWS);
	ck_assert_uint_eq(t.draft.negatives, OTHERS);
	ck_assert_uint_eq(t.draft.hosts_found, HOSTS);
	for (size_t i = 0; i < t.draft.n; i++)
		ck_assert_uint_eq(t.draft.rules[i].negatives, 0);
	check_file();
	draft_material_free(&t.m);
}
END_TEST

/* Whether some rule asks for byte @at of the first message to be @value. */
static bool asks_for(uint16_t at, uint8_t value)
{
	for (size_t i = 0; i < t.draft.n; i++)
		for (int k = 0; k < t.draft.rules[i].n; k++) {
			const struct draft_constraint *c = &t.draft.rules[i].constraints[k];

			if (c->kind == DRAFT_BYTES_ARE && c->at <= at && at < c->at + c->length &&
			    c->value[at - c->at] == value && c->mask[at - c->at] == 0xff)
				return true;
		}
	return false;
}

/* A host with ten times the flows of others has a constant of its own. */
START_TEST(a_planted_constant_stays_out)
{
	setup();
	flows_of(DRAFT_EQUAL, HOSTS);
	for (int i = 0; i < 10 * FLOWS; i++) {
		uint8_t a[256], b[256];
		uint32_t n = make(DRAFT_EQUAL, true, 0, NULL, 0, 0, a);

		memcpy(a + 12, "\xde\xad\xbe\xef", 4);
		t.port++;
		say(0, 40, false, false, a, n);
		n = make(DRAFT_EQUAL, true, 1, a, n, 0, b);
		memcpy(b + 12, "\xde\xad\xbe\xef", 4);
		say(0, 40, false, true, b, n);
	}
	ck_assert_int_eq(draft(), 0);
	ck_assert(drafted(DRAFT_EQUAL));
	ck_assert(!asks_for(12, 0xde) && !asks_for(13, 0xad) && !asks_for(15, 0xef));
	ck_assert_uint_eq(t.draft.hosts_found, HOSTS + 1);
	draft_material_free(&t.m);
}
END_TEST

/* One flow in ten of every host is a foreign one with a constant of its own, of which there is no
 * negative. */
static void foreign_flows(bool tcp)
{
	setup();
	flows_of(DRAFT_EQUAL, HOSTS);
	for (int h = 0; h < HOSTS; h++) {
		uint8_t a[256];
		uint32_t n = noise(a);

		memcpy(a, "FOREIGN!", 8);
		t.port++;
		if (tcp)
			say(2, h, true, false, NULL, 0);
		say(2, h, tcp, false, a, n);
		say(2, h, tcp, true, a, n);
	}
	ck_assert_int_eq(draft(), 0);
	ck_assert(drafted(DRAFT_EQUAL));
	ck_assert(!asks_for(0, 'F') && !asks_for(3, 'E'));
	ck_assert_uint_eq(t.draft.positives, HOSTS * (FLOWS + 1));
	ck_assert_uint_eq(t.draft.covered, HOSTS * FLOWS);
	draft_material_free(&t.m);
}

START_TEST(foreign_flows_stay_out)
{
	foreign_flows(false);
}
END_TEST

/* They are all that is labelled over their protocol. */
START_TEST(foreign_flows_of_another_protocol_stay_out)
{
	foreign_flows(true);
}
END_TEST

START_TEST(nothing_in_common_is_no_rule)
{
	setup();
	for (int h = 0; h < HOSTS; h++)
		for (int i = 0; i < FLOWS; i++)
			flow(DRAFT_EQUAL, false, 0, h);
	for (int i = 0; i < OTHERS; i++)
		flow(DRAFT_EQUAL, false, 1, i % 20);
	ck_assert_int_eq(draft(), -1);
	ck_assert_msg(strstr(t.e.msg, "no rule separates"), "%s", t.e.msg);
	draft_material_free(&t.m);

	setup();
	ck_assert_int_eq(draft(), -1);
	ck_assert_msg(strstr(t.e.msg, "no positive flow"), "%s", t.e.msg);
	draft_material_free(&t.m);
}
END_TEST

/* TCP of noise to the server of a UDP exchange is told by the server, and other noise is not. */
START_TEST(a_known_server_is_drafted)
{
	uint8_t a[256];

	setup();
	flows_of(DRAFT_EQUAL, HOSTS);
	for (int h = 0; h < HOSTS; h++) {
		rng_fill(&t.rng, a, 14);
		t.port = (uint16_t)(2000 + 7 * h);
		say(0, h, true, false, a, 14);
	}
	for (int h = 0; h < 20; h++) {
		rng_fill(&t.rng, a, 14);
		t.port = (uint16_t)(4000 + h);
		say(1, 100 + h, true, false, a, 14);
	}
	ck_assert_int_eq(draft(), 0);
	ck_assert(drafted(DRAFT_EQUAL));
	ck_assert(!t.draft.rules[0].tcp);
	check_file();
	draft_material_free(&t.m);
}
END_TEST

UNIT(draft)
{
	unit_loop(tc, each_kind_is_drafted, 0, (int)ARRAY_LEN(kinds));
	unit_case(tc, a_planted_constant_stays_out);
	unit_case(tc, foreign_flows_stay_out);
	unit_case(tc, foreign_flows_of_another_protocol_stay_out);
	unit_case(tc, nothing_in_common_is_no_rule);
	unit_case(tc, a_known_server_is_drafted);
}
