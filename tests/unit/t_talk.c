// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_talk.c - tests of who talks with whom: answers, exchanges, what is sent again, clocks, patterns,
 * charts
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/message/fan.h"
#include "analysis/talk/chance.h"
#include "analysis/talk/chart.h"
#include "analysis/talk/chart_svg.h"
#include "analysis/talk/chart_text.h"
#include "analysis/talk/talk.h"
#include "tests/unit/unit.h"

#define MS 1000000ULL
#define S  (1000 * MS)

static const uint16_t ports[] = {33033, 443};
static const char *const configs[] = {"all"};
static const uint32_t config_of[] = {0};
static const struct here_usage usage = {.ports = ports,
					.ports_n = 2,
					.configs = configs,
					.configs_n = 1,
					.config_of = config_of,
					.inputs = 1};

static struct {
	struct talk *talk;
	struct message_fan fan;
	struct message_user user;
	struct message_stream *s;
	uint64_t now, number;
	uint8_t bytes[2048];
} t;

static void begin(void)
{
	memset(&t, 0, sizeof(t));
	t.now = 1000 * S;
	t.talk = talk_new(&usage);
	message_fan_add(&t.fan, talk_user(t.talk));
	t.user = message_fan_user(&t.fan);
	t.s = message_stream_new(&t.user, 0);
	for (size_t i = 0; i < sizeof(t.bytes); i++)
		t.bytes[i] = (uint8_t)(i * 37 + i / 7);
}

static void finish(const struct message_names *names)
{
	message_stream_end(t.s);
	talk_finish(t.talk, names);
}

static void end(void)
{
	message_stream_free(t.s);
	message_fan_clear(&t.fan);
	talk_free(t.talk);
}

/* @size bytes @after_ns later, from 10.0.0.1:@port to 192.0.2.@peer:@to or back. */
static void give(uint64_t after_ns, uint8_t proto, bool reply, int port, int peer, int to,
		 uint8_t flags, uint32_t seq, uint32_t size)
{
	struct packet p = {.ts_ns = t.now += after_ns,
			   .number = ++t.number,
			   .proto = proto,
			   .tcp_flags = flags,
			   .seq = seq,
			   .payload = t.bytes,
			   .len = size,
			   .caplen = size};
	struct endpoint host = {ip4(0x0a000001), (uint16_t)port};
	struct endpoint other = {ip4(0xc0000200 + (uint32_t)peer), (uint16_t)to};

	p.src = reply ? other : host;
	p.dst = reply ? host : other;
	message_stream_packet(t.s, &p);
}

static void udp(uint64_t after_ns, bool reply, int peer, uint32_t size)
{
	give(after_ns, IPPROTO_UDP, reply, 4000, peer, 33033, 0, 0, size);
}

START_TEST(test_here)
{
	const struct here_host *h;

	begin();
	udp(0, false, 1, 18);
	udp(MS, true, 1, 11);
	udp(MS, false, 2, 18);
	give(MS, IPPROTO_TCP, false, 1030, 1, 443, TH_SYN, 1, 0);
	give(S, IPPROTO_TCP, false, 1030, 1, 443, TH_SYN, 1, 0);
	give(MS, IPPROTO_TCP, false, 1031, 1, 5000, TH_SYN, 1, 0);
	give(MS, IPPROTO_TCP, true, 1031, 1, 5000, TH_SYN | TH_ACK, 9, 0);
	give(MS, IPPROTO_TCP, false, 1032, 1, 80, TH_PUSH, 9, 5); /* began before */
	give(MS, IPPROTO_TCP, false, 1033, 1, 80, TH_SYN, 1, 0);
	give(MS, IPPROTO_TCP, true, 1033, 1, 80, TH_RST, 1, 0);
	finish(NULL);
	ck_assert_uint_eq(t.talk->here.total[0].flows, 2);
	ck_assert_uint_eq(t.talk->here.total[0].answered, 1);
	ck_assert_uint_eq(t.talk->here.total[1].flows, 3);
	ck_assert_uint_eq(t.talk->here.total[1].answered, 1);
	ck_assert_uint_eq(t.talk->here.midway, 1);
	ck_assert_uint_eq(t.talk->here.retried, 1);
	ck_assert_uint_eq(t.talk->here.refused, 1);
	h = t.talk->here.by_opened[0];
	ck_assert_uint_eq(ip4_host(&h->ip), 0x0a000001);
	ck_assert_uint_eq(h->opened[0].flows, 2);
	ck_assert_uint_eq(h->opened[1].flows, 3);
	ck_assert_uint_eq(h->midway, 1);
	ck_assert_uint_eq(here_used(&t.talk->here, 0, 0, 0)->flows, 2);	   /* udp 33033 */
	ck_assert_uint_eq(here_used(&t.talk->here, 0, 1, 1)->flows, 1);	   /* tcp 443 */
	ck_assert_uint_eq(here_used(&t.talk->here, 0, 1, 2)->answered, 1); /* above 1024 */
	ck_assert_uint_eq(here_used(&t.talk->here, 0, 1, 3)->flows, 1);	   /* tcp 80 */
	end();
}
END_TEST

START_TEST(test_exchanges)
{
	struct exchange *x;

	begin();
	for (int i = 0; i < 3; i++) { /* U1 U2 U3 U4 to three hosts */
		udp(S, false, i, 18);
		udp(120 * MS, true, i, 11);
		udp(MS, false, i, 23);
		udp(120 * MS, true, i, 51);
		udp(10 * MS, true, i, 300); /* more of the reply */
		udp(5 * S, true, i, 40);    /* a request of the other side ... */
		udp(11 * S, false, i, 41);  /* ... that this is too late for */
	}
	udp(S, false, 9, 18);
	finish(NULL);
	x = t.talk->exchanges.kinds;
	ck_assert_uint_eq(HASH_COUNT(x), 2);
	for (; x; x = x->hh.next) {
		ck_assert_uint_eq(x->n, 3);
		ck_assert_uint_eq(x->asked, x->key.request == 18 ? 4 : 3);
		ck_assert_uint_eq(x->key.reply, x->key.request == 18 ? 11 : 51);
		ck_assert_msg(spread_quantile(&x->delay, 0.5) == 0.12, "median delay");
	}
	ck_assert_uint_eq(t.talk->exchanges.requests, 3 * 4 + 1);
	ck_assert_uint_eq(t.talk->exchanges.replied, 6);
	end();
}
END_TEST

/* More kinds than there is room for: frequent ones stay. */
START_TEST(test_exchanges_bounded)
{
	begin();
	for (int i = 0; i < 20; i++) {
		udp(S, false, 1, 18);
		udp(MS, true, 1, 11);
	}
	for (uint32_t i = 0; i < 2 * EXCHANGE_KINDS; i++) {
		udp(2 * S, false, 1, 100 + i / 128);
		udp(MS, true, 1, 100 + i % 128);
	}
	finish(NULL);
	ck_assert_uint_le(HASH_COUNT(t.talk->exchanges.kinds), EXCHANGE_KINDS);
	ck_assert_uint_eq(t.talk->exchanges.kinds->n, 20);
	ck_assert_uint_gt(t.talk->exchanges.dropped, 0);
	end();
}
END_TEST

START_TEST(test_series)
{
	struct series *k;

	begin();
	for (int peer = 0; peer < 2; peer++) {
		for (int i = 0; i < 3; i++) {
			udp(2 * S + (unsigned)i * S, false, peer, 18);
			for (int b = 3; b < 18; b += b == 6 ? 5 : 1) /* 0-2 and 7-10 stay */
				t.bytes[b] ^= (uint8_t)(0x11 * (i + 1));
			udp(MS, false, peer, 70 + (uint32_t)i); /* another size between */
		}
	}
	udp(S, false, 8, 30);
	udp(S, false, 8, 30);
	udp(MS, true, 8, 18);
	finish(NULL);
	k = t.talk->series.kinds;
	ck_assert_uint_eq(HASH_COUNT(k), 2);
	ck_assert_uint_eq(k->key.tries, 3);
	ck_assert_uint_eq(k->n, 2);
	ck_assert_uint_eq(k->answered, 0);
	ck_assert(k->key.same);
	ck_assert_uint_eq(k->kept, 0x787);
	ck_assert_msg(spread_quantile(&k->gap[0], 0.5) > 2.99, "second try after 3 s");
	ck_assert_msg(spread_quantile(&k->gap[1], 0.5) > 3.99, "third after 4 s");
	k = k->hh.next;
	ck_assert_uint_eq(k->key.tries, 2);
	ck_assert_uint_eq(k->answered, 1);
	end();
}
END_TEST

START_TEST(test_keep_alive)
{
	const struct gap_kind *k;

	begin();
	for (int i = 0; i < 12; i++) {
		udp(30 * S + (unsigned)(i % 3) * 40 * MS, false, 1, 4);
		udp(MS, false, 2, 4); /* at the same moment: no trial of its own */
	}
	finish(NULL);
	k = t.talk->gaps.kinds;
	ck_assert_uint_eq(k->key.size, 4);
	ck_assert_uint_eq(k->gaps.n, 11);
	ck_assert_uint_eq(k->copies, 11);
	ck_assert_uint_eq(k->beat, 11);
	ck_assert_msg(k->beat_s > 29.9 && k->beat_s < 30.2, "beat %f", k->beat_s);
	ck_assert_msg(k->beat_p < 1e-9, "p %g", k->beat_p);
	ck_assert_uint_eq(k->whole, 3); /* without the 40 or 80 ms */
	end();
}
END_TEST

/* Gaps at random make no beat, and no whole seconds. */
START_TEST(test_no_clock)
{
	uint64_t x = 88172645463325252ULL;

	begin();
	for (int i = 0; i < 300; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		udp(600 * MS + x % (50 * S), false, 1, 4);
	}
	finish(NULL);
	ck_assert_msg(t.talk->gaps.kinds->beat_p > 0.01, "p %g", t.talk->gaps.kinds->beat_p);
	ck_assert_msg(t.talk->gaps.kinds->whole_p > 0.01, "p %g", t.talk->gaps.kinds->whole_p);
	end();
}
END_TEST

/* One probe, four a second later, and again after five. */
START_TEST(test_rounds)
{
	const struct host_rounds *r;
	int peer = 0;

	begin();
	for (int round = 0; round < 8; round++) {
		udp(5 * S, false, peer++, 18);
		udp(1060 * MS, false, peer++, 18);
		for (int i = 0; i < 3; i++)
			udp(MS, false, peer++, 18);
	}
	finish(NULL);
	r = t.talk->rounds.list;
	ck_assert_uint_eq(t.talk->rounds.n, 1);
	ck_assert_uint_eq(r->flows, 40);
	ck_assert_uint_eq(r->bursts, 16);
	ck_assert_uint_eq(r->lag, 2);
	ck_assert_msg(r->period_s > 6 && r->period_s < 6.1, "period %f", r->period_s);
	ck_assert_uint_eq(r->held, r->tried);
	ck_assert_uint_eq(r->largest[0], 4);
	ck_assert_uint_eq(r->largest[1], 1);
	end();
}
END_TEST

static void name(struct message_names *names, uint64_t number, const char *text)
{
	struct evidence v = {.message = text, .number = number};
	struct detection_event ev = {.signature = "made", .evidence_count = 1, .evidence = &v};

	message_names_event(names, &ev);
}

static char *text_of(const struct chart *c, void (*draw)(const struct chart *, FILE *))
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	draw(c, f);
	fclose(f);
	return text;
}

START_TEST(test_pattern_and_chart)
{
	struct message_names *names = message_names_new();
	const struct pattern *p;
	struct chart c;
	uint64_t from_ns;
	uint16_t input;
	struct ip host;
	char *text;

	begin();
	for (int i = 0; i < 5; i++) {
		udp(S, false, i, 18);
		name(names, t.number, "request");
		name(names, t.number, "U1"); /* the short name stays */
		name(names, t.number, "probe");
		udp(100 * MS, true, i, i ? 11 : 26);
	}
	give(MS, IPPROTO_TCP, false, 1031, 1, 5000, TH_SYN, 1, 0);
	give(MS, IPPROTO_TCP, true, 1031, 1, 5000, TH_SYN | TH_ACK, 9, 0);
	give(MS, IPPROTO_TCP, false, 1031, 1, 5000, TH_PUSH, 2, 14);
	finish(names);
	p = pattern_typical(&t.talk->patterns, IPPROTO_UDP);
	ck_assert_ptr_nonnull(p);
	ck_assert_str_eq(p->directions, "><");
	ck_assert_uint_eq(p->first, 18);
	ck_assert_uint_eq(p->flows, 5);
	ck_assert_uint_eq(p->steps[1].common, 11);
	ck_assert_uint_eq(p->steps[1].common_n, 4);
	ck_assert_str_eq(p->steps[0].name, "U1");
	ck_assert_uint_eq(p->steps[0].named, 5);
	ck_assert(chart_choose(&t.talk->flows, NULL, names, &host, &input, &from_ns));
	ck_assert_uint_eq(ip4_host(&host), 0x0a000001);
	chart_of_host(&c, &t.talk->flows, &host, input, from_ns, names);
	text = text_of(&c, chart_text);
	ck_assert_ptr_nonnull(strstr(text, "U1 18 B :33033"));
	ck_assert_ptr_nonnull(strstr(text, "TCP :5000"));
	ck_assert_ptr_nonnull(strstr(text, "192.0.2.1"));
	free(text);
	text = text_of(&c, chart_svg);
	ck_assert_msg(!strncmp(text, "<svg ", 5) && strstr(text, "</svg>"), "no SVG");
	free(text);
	chart_clear(&c);
	message_names_free(names);
	end();
}
END_TEST

START_TEST(test_chance)
{
	ck_assert_msg(chance_of(0, 10, 0.5) == 1, "none or more is certain");
	ck_assert_msg(chance_of(11, 10, 0.5) == 0, "more than all is not");
	ck_assert_double_eq_tol(chance_of(10, 10, 0.5), 1 / 1024.0, 1e-12);
	ck_assert_double_eq_tol(chance_of(1, 3, 0.1), 1 - 0.9 * 0.9 * 0.9, 1e-12);
}
END_TEST

/* Only wanted flows go on, and each user has a place of its own. */
static bool wants_first(void *arg, struct message_flow *f)
{
	(void)arg;
	return f->id == 0;
}

static void count_message(void *arg, const struct message *m)
{
	ck_assert_ptr_null(m->flow->mine);
	++*(int *)arg;
}

START_TEST(test_fan)
{
	int messages = 0;

	begin();
	t.fan.wants = wants_first;
	message_fan_add(&t.fan, (struct message_user){.arg = &messages, .message = count_message});
	udp(S, false, 1, 18);
	udp(S, false, 2, 18);
	udp(S, true, 1, 18);
	finish(NULL);
	ck_assert_int_eq(messages, 2);
	ck_assert_uint_eq(t.fan.flows, 2);
	ck_assert_uint_eq(t.fan.wanted, 1);
	ck_assert_uint_eq(t.talk->flows.n, 1);
	end();
}
END_TEST

UNIT(talk)
{
	unit_case(tc, test_here);
	unit_case(tc, test_exchanges);
	unit_case(tc, test_exchanges_bounded);
	unit_case(tc, test_series);
	unit_case(tc, test_keep_alive);
	unit_case(tc, test_no_clock);
	unit_case(tc, test_rounds);
	unit_case(tc, test_pattern_and_chart);
	unit_case(tc, test_chance);
	unit_case(tc, test_fan);
}
