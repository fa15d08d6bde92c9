// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets that a sender inserts to blind the detector, one kind a case: the message is found all the
 * same, and the session ends when it ends. docs/security.md lists them. */
#include "tests/unit/feed.h"

#define C "10.0.0.1:5000"
#define S "192.0.2.7:33000"

#define RULES(how)                                                                                 \
	"rules:\n  - rule: r\n    proto: tcp\n    client: initiator\n" how "    steps:\n"          \
	"      - {message: m, from: client, size: 10, bytes: {0: \"30313233343536373839\"}}\n"     \
	"    then: {event: session-start}\n"

/* A connection: numbers of the client and of the server. */
struct talk {
	struct feed *f;
	uint32_t seq[2];
};

static void put(struct talk *t, int side, uint8_t flags, uint32_t seq, const char *text)
{
	struct feed *f = t->f;
	struct packet p = {.ts_ns = f->now += 1000000,
			   .number = ++f->number,
			   .src = at(side ? S : C),
			   .dst = at(side ? C : S),
			   .proto = IPPROTO_TCP,
			   .tcp_flags = flags,
			   .seq = seq,
			   .ack = flags & TH_ACK ? t->seq[!side] : 0,
			   .payload = (const uint8_t *)text,
			   .len = (uint32_t)strlen(text)};

	p.caplen = p.len;
	p.ip_len = p.len + 40;
	detector_packet(f->d, &p);
}

static void say(struct talk *t, int side, const char *text)
{
	put(t, side, TH_ACK | TH_PUSH, t->seq[side], text);
	t->seq[side] += (uint32_t)strlen(text);
}

/* What is inserted, and where. */
enum insertion {
	NOTHING,
	OTHER_BYTES,
	OTHER_BYTES_SHORTER,
	OTHER_BYTES_LONGER,
	OTHER_BYTES_EARLY,
	OTHER_BYTES_LATER,
	OTHER_BYTES_IN_PIECES,
	SYN_AFTER_SYN,
	SYN_AFTER_SYN_ACK,
	SYN_AFTER_DATA,
	SYN_ACK_TWICE,
	SYN_ACK_AFTER_ACK,
	FAR_AHEAD,
	FAR_BEHIND,
	FAR_AHEAD_LATER,
	RST_FAR,
	RST_NEAR,
	RST_BEFORE_DATA,
	RST_TAKEN_BY_NOBODY,
	FIN_FAR,
	FIN_NEAR,
	FIN_FROM_SERVER_NEAR,
	INSERTIONS
};

#define IF(kind, call)                                                                             \
	if (k == (kind))                                                                           \
	call

static void before_data(struct talk *t, enum insertion k)
{
	uint32_t c = t->seq[0], s = t->seq[1];

	IF(OTHER_BYTES, put(t, 0, TH_ACK, c, "abcdefghij"));
	IF(OTHER_BYTES_SHORTER, put(t, 0, TH_ACK, c, "a"));
	IF(OTHER_BYTES_LONGER, put(t, 0, TH_ACK, c, "abcdefghijklmnopqrst"));
	IF(OTHER_BYTES_EARLY, put(t, 0, TH_ACK, c + 4, "abcdef"));
	IF(FAR_AHEAD, put(t, 0, TH_ACK, c + 500000000, "abcdefghij"));
	IF(FAR_BEHIND, put(t, 0, TH_ACK, c - 500000000, "abcdefghij"));
	IF(SYN_ACK_AFTER_ACK, put(t, 1, TH_SYN | TH_ACK, 98765432, ""));
	IF(RST_TAKEN_BY_NOBODY, put(t, 1, TH_RST, s, ""));
	IF(RST_BEFORE_DATA, put(t, 1, TH_RST, s + 70000000, ""));
	if (k == OTHER_BYTES_IN_PIECES)
		for (uint32_t i = 0; i < 10; i++)
			put(t, 0, TH_ACK, c + i, "a");
}

static void after_data(struct talk *t, enum insertion k)
{
	uint32_t c = t->seq[0], s = t->seq[1];

	IF(OTHER_BYTES_LATER, put(t, 0, TH_ACK, c - 10, "abcdefghij"));
	IF(SYN_AFTER_DATA, put(t, 0, TH_SYN, c + 77777, ""));
	IF(FAR_AHEAD_LATER, put(t, 0, TH_ACK, c + 500000000, "abcdefghij"));
	IF(RST_FAR, put(t, 1, TH_RST, s + 70000000, ""));
	IF(RST_NEAR, put(t, 1, TH_RST, s + 2, ""));
	IF(FIN_FAR, put(t, 0, TH_FIN | TH_ACK, c + 70000000, ""));
	IF(FIN_NEAR, put(t, 0, TH_FIN | TH_ACK, c + 2, ""));
	IF(FIN_FROM_SERVER_NEAR, put(t, 1, TH_FIN | TH_ACK, s + 2, ""));
}

/* The connection, with something inserted. */
static void converse(struct talk *t, enum insertion k)
{
	t->seq[0] = 4294967290U; /* wraps soon */
	t->seq[1] = 2000;
	put(t, 0, TH_SYN, t->seq[0]++, "");
	IF(SYN_AFTER_SYN, put(t, 0, TH_SYN, 12345678, ""));
	put(t, 1, TH_SYN | TH_ACK, t->seq[1]++, "");
	IF(SYN_AFTER_SYN_ACK, put(t, 0, TH_SYN, 12345678, ""));
	IF(SYN_ACK_TWICE, put(t, 1, TH_SYN | TH_ACK, 98765432, ""));
	put(t, 0, TH_ACK, t->seq[0], "");
	before_data(t, k);
	say(t, 0, "0123456789");
	say(t, 1, "welcome");
	after_data(t, k);
	say(t, 1, "and more");
	say(t, 0, "good bye");
}

START_TEST(an_inserted_packet_neither_hides_a_message_nor_ends_a_session)
{
	enum insertion k = (enum insertion)(_i / 2);
	struct talk t = {.f = feed_new(_i % 2 ? RULES("    on: open\n") : RULES(""))};

	converse(&t, k);
	ck_assert_msg(feed_count(t.f, EVENT_SESSION_START) == 1, "%d: %u session-start", k,
		      feed_count(t.f, EVENT_SESSION_START));
	ck_assert_msg(feed_count(t.f, EVENT_SESSION_END) == 0, "%d: an early session-end", k);
	put(&t, 0, TH_FIN | TH_ACK, t.seq[0]++, "");
	ck_assert_msg(feed_count(t.f, EVENT_SESSION_END) == 1, "%d: no session-end", k);
	detector_finish(t.f->d);
	ck_assert_uint_eq(t.f->n, 2);
	feed_free(t.f);
}
END_TEST

/* What is inserted is counted: as a conflict, or as outside the window. */
START_TEST(insertions_are_counted)
{
	for (int k = NOTHING; k < INSERTIONS; k++) {
		struct talk t = {.f = feed_new(RULES("    on: open\n"))};
		struct detector_stats s;
		bool outside = k == FAR_AHEAD || k == FAR_BEHIND || k == FAR_AHEAD_LATER ||
			       k == RST_FAR || k == FIN_FAR || k == RST_BEFORE_DATA;
		bool conflict = k >= OTHER_BYTES && k <= OTHER_BYTES_IN_PIECES &&
				k != OTHER_BYTES_LATER; /* that one was no longer kept */

		converse(&t, (enum insertion)k);
		detector_stats(t.f->d, &s);
		ck_assert_msg((s.tcp_outside > 0) == outside, "%d outside", k);
		ck_assert_msg((s.tcp_conflicts > 0) == conflict, "%d conflicts", k);
		feed_free(t.f);
	}
}
END_TEST

/* A FIN or RST that came before the last data counts when the data has come. */
START_TEST(an_end_before_the_last_data_counts_when_that_has_come)
{
	struct talk t = {.f = feed_new(RULES(""))};

	t.seq[0] = 1000;
	t.seq[1] = 2000;
	put(&t, 0, TH_SYN, t.seq[0]++, "");
	put(&t, 1, TH_SYN | TH_ACK, t.seq[1]++, "");
	put(&t, 0, TH_ACK, t.seq[0], "");
	put(&t, 0, (_i ? TH_RST : TH_FIN) | TH_ACK, t.seq[0] + 10, "");
	ck_assert_uint_eq(t.f->n, 0);
	put(&t, 0, TH_ACK | TH_PUSH, t.seq[0], "0123456789");
	ck_assert_uint_eq(feed_count(t.f, EVENT_SESSION_START), 1);
	ck_assert_uint_eq(feed_count(t.f, EVENT_SESSION_END), 1);
	feed_free(t.f);
}
END_TEST

/* One after which nothing comes counts after a minute, or when the input ends. */
START_TEST(an_end_in_doubt_counts_when_nothing_follows)
{
	struct talk t = {.f = feed_new(RULES(""))};

	converse(&t, NOTHING);
	put(&t, 1, TH_RST, t.seq[1] + 2, "");
	ck_assert_uint_eq(feed_count(t.f, EVENT_SESSION_END), 0);
	if (_i)
		detector_finish(t.f->d);
	else
		detector_time(t.f->d, t.f->now + 62000000000ULL);
	ck_assert_uint_eq(feed_count(t.f, EVENT_SESSION_END), 1);
	feed_free(t.f);
}
END_TEST

/* The ports are used again and the capture has lost the end of the first connection: the answer to
 * the SYN says so. */
START_TEST(an_answered_syn_is_a_new_connection)
{
	struct talk t = {.f = feed_new(RULES(""))};

	converse(&t, NOTHING);
	t.seq[0] = 70000;
	put(&t, 0, TH_SYN, t.seq[0]++, "");
	ck_assert_uint_eq(feed_count(t.f, EVENT_SESSION_END), 0);
	t.seq[1] = 80000;
	put(&t, 1, TH_SYN | TH_ACK, t.seq[1]++, "");
	ck_assert_uint_eq(feed_count(t.f, EVENT_SESSION_END), 1);
	put(&t, 0, TH_ACK, t.seq[0], "");
	say(&t, 0, "0123456789");
	ck_assert_uint_eq(feed_count(t.f, EVENT_SESSION_START), 2);
	feed_free(t.f);
}
END_TEST

/* The capture has lost many bytes: what the other side acknowledges is where it goes on. */
START_TEST(after_a_gap_the_acknowledgement_says_where_it_goes_on)
{
	struct talk t = {.f = feed_new(RULES(""))};

	converse(&t, NOTHING);
	t.seq[0] += 5000000;
	say(&t, 0, "lost before");
	say(&t, 1, "I have it");
	say(&t, 0, "onwards");
	put(&t, 0, TH_FIN | TH_ACK, t.seq[0], "");
	ck_assert_uint_eq(feed_count(t.f, EVENT_SESSION_END), 1);
	feed_free(t.f);
}
END_TEST

/* TCP Fast Open: the whole message is in the SYN. */
START_TEST(data_in_the_syn_is_read_whole)
{
	struct talk t = {.f = feed_new(RULES(""))};

	t.seq[0] = 1000;
	put(&t, 0, TH_SYN, t.seq[0], "0123456789");
	t.seq[0] += 11;
	put(&t, 1, TH_SYN | TH_ACK, 2000, "");
	ck_assert_uint_eq(t.f->n, 1);
	feed_free(t.f);
}
END_TEST

UNIT(evasion)
{
	unit_loop(tc, an_inserted_packet_neither_hides_a_message_nor_ends_a_session, 0,
		  2 * INSERTIONS);
	unit_case(tc, insertions_are_counted);
	unit_loop(tc, an_end_before_the_last_data_counts_when_that_has_come, 0, 2);
	unit_loop(tc, an_end_in_doubt_counts_when_nothing_follows, 0, 2);
	unit_case(tc, an_answered_syn_is_a_new_connection);
	unit_case(tc, after_a_gap_the_acknowledgement_says_where_it_goes_on);
	unit_case(tc, data_in_the_syn_is_read_whole);
}
