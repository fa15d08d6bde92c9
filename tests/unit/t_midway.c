// SPDX-License-Identifier: GPL-2.0-or-later
/* What the language says of timers, silence and captures that begin midway, on packets from values. */
#include "tests/unit/feed.h"

#define A "192.168.1.2:2000"
#define B "203.0.113.9:3000"

/* Two bytes a message: what it is, and a number that its repeats keep. */
#define REPEATS                                                                                    \
	"rules:\n  - rule: r\n    proto: udp\n    client: sender\n    once: no\n    steps:\n"      \
	"      - {message: a, bytes: {0: \"aa\"}, unanswered: yes}\n"                              \
	"      - {message: b, equal: {at: 0, length: 2, to: a}}\n"                                 \
	"      - {message: c, equal: {at: 0, length: 2, to: a}, growth: 150..300, "                \
	"unanswered: yes}\n    then: {event: evidence}\n"

START_TEST(repeats_may_cross_but_must_slow_down_in_silence)
{
	/* a digit or letter: a message of A's with that number; '<': of B's; '.': 100 ms pass */
	static const struct {
		const char *says;
		unsigned events;
	} cases[] = {{"1.1..1", 1},	      {"1.2.1.2.1...2", 1}, {"12..12....12", 2},
		     {"1.1.1.1", 0},	      {"1.1.1..1....1", 1}, {"1.1.......1", 0},
		     {"1.1..2", 0},	      {"<1.1..1", 0},	    {"1.1.<.1", 0},
		     {"1.1......1......1", 0}};
	struct feed *f = feed_new(REPEATS);

	for (const char *s = cases[_i].says; *s; s++) {
		uint8_t m[2] = {0xaa, (uint8_t)*s};

		f->now -= 1000000; /* which feed_packet() adds */
		if (*s == '.')
			f->now += 101000000;
		else if (*s == '<')
			feed_udp(f, B, A, "\xbb\xbb", 2);
		else
			feed_udp(f, A, B, m, 2);
	}
	ck_assert_uint_eq(f->n, cases[_i].events);
	feed_free(f);
}
END_TEST

START_TEST(a_connection_is_joined_where_no_syn_was_seen)
{
	static const char rules[] =
		"rules:\n  - rule: r\n    proto: tcp\n    segments: psh\n    client: %s\n"
		"    flow: {handshake: no}\n    steps:\n"
		"      - {message: m, from: either, bytes: {0: \"aa\"}}\n    then: {event: "
		"evidence}\n";
	char *text = xasprintf(rules, _i ? "responder" : "initiator");
	struct feed *f = feed_new(text);
	struct endpoint client = at(_i ? B : A);

	feed_say(f, A, B, 0, "\xaa", 1); /* joined */
	ck_assert_uint_eq(f->n, 1);
	ck_assert(ip_eq(&f->events[0].client_ip, &client.ip));
	feed_open(f, A, "203.0.113.9:3001");
	feed_say(f, A, "203.0.113.9:3001", 0, "\xaa", 1);
	/* of this one the answer to the SYN is the first packet */
	feed_packet(f, IPPROTO_TCP, "203.0.113.9:3002", A, TH_SYN | TH_ACK, 7, NULL, 0);
	feed_packet(f, IPPROTO_TCP, A, "203.0.113.9:3002", TH_ACK | TH_PUSH, 9, "\xaa", 1);
	ck_assert_uint_eq(f->n, 1);
	feed_free(f);
	free(text);
}
END_TEST

UNIT(midway)
{
	unit_loop(tc, repeats_may_cross_but_must_slow_down_in_silence, 0, 10);
	unit_loop(tc, a_connection_is_joined_where_no_syn_was_seen, 0, 2);
}
