// SPDX-License-Identifier: GPL-2.0-or-later
/* The detector under attack: what others send fills no table for good, ends nothing early, and
 * hides nothing. */
#include "tests/unit/feed.h"

#define C "10.0.0.1:5000"
#define S "192.0.2.7:33000"

#define SESSION                                                                                    \
	"rules:\n  - rule: r\n    proto: tcp\n    steps:\n"                                        \
	"      - {message: m, from: client, nth: 1, size: 10}\n    then: {event: session-start}\n" \
	"  - rule: u\n    proto: udp\n    steps:\n"                                                \
	"      - {message: m, bytes: {0: \"aa\"}}\n      - {message: n, bytes: {0: \"bb\"}}\n"     \
	"    then: {event: evidence}\n"

static struct feed *limited(const char *rules, const struct detector_limits *l)
{
	struct feed *f = malloc(sizeof(*f));
	char *text = xasprintf(FEED_HEAD "%s", rules);

	feed_begin(f, feed_parse(text), l);
	free(text);
	return f;
}

/* Sessions one after the other, more than may be open at a time: each has its end. */
START_TEST(every_session_has_its_end_however_many_there_were)
{
	struct detector_limits l = {.endings = 8};
	struct feed *f = limited(SESSION, &l);
	struct detector_stats s;

	for (int i = 0; i < 200; i++) {
		char c[32];

		snprintf(c, sizeof(c), "10.0.%d.1:5000", i);
		feed_open(f, c, S);
		feed_say(f, c, S, 0, "0123456789", 10);
		feed_packet(f, IPPROTO_TCP, c, S, TH_FIN | TH_ACK, f->seq[0], NULL, 0);
	}
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_START), 200);
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_END), 200);
	detector_stats(f->d, &s);
	ck_assert_uint_eq(s.endings_evicted, 0);
	feed_free(f);
}
END_TEST

/* More at a time than there is room for: the one idle longest is ended early, and counted. */
START_TEST(sessions_beyond_the_limit_end_early_and_are_counted)
{
	struct detector_limits l = {.endings = 8};
	struct feed *f = limited(SESSION, &l);
	struct detector_stats s;

	for (int i = 0; i < 20; i++) {
		char c[32];

		snprintf(c, sizeof(c), "10.0.%d.1:5000", i);
		f->now += 1000000000;
		feed_open(f, c, S);
		feed_say(f, c, S, 0, "0123456789", 10);
	}
	detector_stats(f->d, &s);
	ck_assert_uint_eq(s.endings_now, 8);
	ck_assert_uint_eq(s.endings_evicted, 12);
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_END), 12);
	ck_assert_uint_eq(f->events[1].kind, EVENT_SESSION_START);
	for (size_t i = 0, n = 0; i < f->n; i++) /* the oldest first */
		if (f->events[i].kind == EVENT_SESSION_END)
			ck_assert_uint_eq(f->events[i].client_ip.b[2], n++);
	feed_free(f);
}
END_TEST

/* Datagrams that begin rules take the room of what rules know of other flows; the session that is
 * under way ends when it ends. */
START_TEST(forged_datagrams_end_no_session)
{
	struct detector_limits l = {.matches = 16, .flows = 64};
	struct feed *f = limited(SESSION, &l);

	feed_open(f, C, S);
	feed_say(f, C, S, 0, "0123456789", 10);
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_START), 1);
	for (int i = 0; i < 2000; i++) {
		char c[32];

		snprintf(c, sizeof(c), "198.51.%d.%d:7", i / 250, i % 250);
		feed_udp(f, c, S, "\xaa", 1);
	}
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_END), 0);
	feed_packet(f, IPPROTO_TCP, C, S, TH_FIN | TH_ACK, f->seq[0], NULL, 0);
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_END), 1);
	feed_free(f);
}
END_TEST

/* Time passes without packets, or with others' only: a session that is idle for too long ends. */
START_TEST(an_idle_session_ends_without_new_flows)
{
	struct detector_limits l = {.tcp_idle_ns = 100000000000ULL};
	struct feed *f = limited(SESSION, &l);

	feed_open(f, C, S);
	feed_say(f, C, S, 0, "0123456789", 10);
	detector_time(f->d, f->now + 99000000000ULL);
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_END), 0);
	detector_time(f->d, f->now + 102000000000ULL);
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_END), 1);
	feed_free(f);
}
END_TEST

#define VERSIONED                                                                                  \
	"rules:\n  - rule: r\n    proto: udp\n    steps:\n"                                        \
	"      - {message: m, contains: [{text: \"ver=\"}], version-after: \"ver=\"}\n"            \
	"    then: {event: evidence}\n"

/* Forged versions shut out no later one, and the table does not grow. */
START_TEST(client_versions_from_traffic_give_way)
{
	struct detector_limits l = {.flows = 64, .matches = 64};
	struct feed *f = limited(VERSIONED, &l);
	struct detector_stats s;
	uint64_t memory = 0;

	for (int i = 0; i < 5000; i++) {
		char c[32], m[32];
		int n = snprintf(m, sizeof(m), "ver=1.%d.%d&", i / 100, i % 100);

		snprintf(c, sizeof(c), "198.51.%d.%d:7", i / 250, i % 250);
		f->n = 0;
		feed_udp(f, c, S, m, (uint32_t)n);
		m[n - 1] = '\0';
		ck_assert_uint_eq(f->n, 1);
		ck_assert_str_eq(f->version[0], m + 4);
		if (i == 2000) {
			detector_stats(f->d, &s);
			memory = s.memory_bytes;
		}
	}
	detector_stats(f->d, &s);
	ck_assert_uint_eq(s.memory_bytes, memory);
	ck_assert_uint_gt(s.versions_replaced, 3000);
	feed_free(f);
}
END_TEST

/* Two months of packets, each flow with addresses of its own: memory is flat from the first third
 * on, and every session has its end. */
START_TEST(memory_is_flat_over_two_months)
{
	struct detector_limits l = {.flows = 2048, .matches = 512, .endings = 256};
	struct feed *f = limited(SESSION, &l);
	struct detector_stats s;
	uint64_t memory = 0, starts = 0, ends = 0;

	for (unsigned i = 0; i < 30000; i++) {
		char c[32];

		snprintf(c, sizeof(c), "10.%u.%u.%u:5000", i >> 16, i >> 8 & 255, i & 255);
		f->n = 0;
		feed_open(f, c, S);
		feed_say(f, c, S, 0, "0123456789", 10);
		if (i % 3) /* the others end by being idle */
			feed_packet(f, IPPROTO_TCP, c, S, TH_FIN | TH_ACK, f->seq[0], NULL, 0);
		feed_udp(f, c, S, "\xaa", 1);
		f->now += 172800000000ULL;
		starts += feed_count(f, EVENT_SESSION_START);
		ends += feed_count(f, EVENT_SESSION_END);
		if (i == 10000) {
			detector_stats(f->d, &s);
			memory = s.memory_bytes;
		}
	}
	detector_stats(f->d, &s);
	ck_assert_uint_eq(s.memory_bytes, memory);
	ck_assert_uint_eq(starts, 30000);
	ck_assert_uint_eq(ends + s.endings_now, 30000);
	ck_assert_uint_lt(s.endings_now, 30);
	ck_assert_uint_eq(s.endings_evicted + s.flows_evicted + s.matches_evicted, 0);
	feed_free(f);
}
END_TEST

UNIT(attack)
{
	unit_case(tc, memory_is_flat_over_two_months);
	unit_case(tc, every_session_has_its_end_however_many_there_were);
	unit_case(tc, sessions_beyond_the_limit_end_early_and_are_counted);
	unit_case(tc, forged_datagrams_end_no_session);
	unit_case(tc, an_idle_session_ends_without_new_flows);
	unit_case(tc, client_versions_from_traffic_give_way);
}
