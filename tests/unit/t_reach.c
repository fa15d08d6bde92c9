// SPDX-License-Identifier: GPL-2.0-or-later
/* How far rules come on flows (detector/engine/reach.c): exact levels of hand-made packets. */
#include <netinet/in.h>

#include "detector/engine/reach.h"
#include "detector/engine/reach_stop.h"
#include "tests/unit/feed.h"

#define RULES                                                                                      \
	"sets: {hosts: 1 h}\n"                                                                     \
	"rules:\n"                                                                                 \
	"  - rule: exchange\n" /* 0 */                                                             \
	"    proto: udp\n"                                                                         \
	"    client: sender\n"                                                                     \
	"    flow: {server-port: 53}\n"                                                            \
	"    steps:\n"                                                                             \
	"      - {message: a, from: client, size: 4, bytes: {2: \"02\"}}\n"                        \
	"      - {message: b, from: server, size: 4, equal: {at: 0, length: 2, to: a}}\n"          \
	"      - {message: b2, from: client, size: 6}\n"                                           \
	"    then: {event: evidence}\n"                                                            \
	"  - rule: same question\n" /* 1: shares 0's question */                                   \
	"    proto: udp\n"                                                                         \
	"    client: sender\n"                                                                     \
	"    flow: {server-port: 53}\n"                                                            \
	"    steps:\n"                                                                             \
	"      - {message: a, from: client, size: 4, bytes: {2: \"02\"}}\n"                        \
	"      - {message: b, from: server, size: 4, equal: {at: 0, length: 2, to: a}}\n"          \
	"      - {message: b2, from: client, size: 6}\n"                                           \
	"    then: {event: flow}\n"                                                                \
	"  - rule: of a known host\n" /* 2 */                                                      \
	"    proto: udp\n"                                                                         \
	"    client: sender\n"                                                                     \
	"    flow: {known: {in: hosts, key: client-ip}}\n"                                         \
	"    steps: [{message: c, from: client, size: 4..5, bytes: {0: \"41\"}}]\n"                \
	"    then: {event: flow}\n"                                                                \
	"  - rule: one condition\n" /* 3 */                                                        \
	"    proto: udp\n"                                                                         \
	"    client: sender\n"                                                                     \
	"    steps: [{message: d, from: client, size: 9}]\n"                                       \
	"    then: {event: flow}\n"                                                                \
	"  - rule: burst\n" /* 4 */                                                                \
	"    proto: tcp\n"                                                                         \
	"    client: initiator\n"                                                                  \
	"    steps: [{message: e, from: client, size: 8, bytes: {0: \"4b\", 7: \"4c\"}}]\n"        \
	"    then: {event: flow}\n"

enum { EXCHANGE, SAME, KNOWN, ONE, BURST, RULES_N };

struct seen {
	struct reach_note notes[8][RULES_N];
	size_t n;
};

static void keep(void *arg, const struct tuple *flow, uint64_t first_ns,
		 const struct reach_note *notes)
{
	struct seen *s = arg;

	(void)flow;
	ck_assert_uint_gt(first_ns, 0);
	memcpy(s->notes[s->n++], notes, sizeof(s->notes[0]));
}

static const char *missing(const struct feed *f, size_t rule, const struct reach_note *n)
{
	static char text[100];

	reach_missing_text(f->set, rule, n->missing, text, sizeof(text));
	return text;
}

#define CLIENT "10.0.0.1:2000"

static struct feed *begin(struct reach **r)
{
	struct feed *f = feed_new(RULES);

	*r = reach_new(f->set);
	detector_reach(f->d, *r);
	return f;
}

static void end(struct feed *f, struct reach *r, struct seen *s)
{
	detector_finish(f->d);
	memset(s, 0, sizeof(*s));
	reach_each(r, keep, s);
}

START_TEST(each_flow_has_the_level_that_it_came_to)
{
	struct reach *r;
	struct feed *f = begin(&r);
	struct seen s;

	/* nothing; all but the size; all three steps; all but the port */
	feed_udp(f, CLIENT, "10.0.0.2:53", "\x00\x01\x09\x00\x00\x00", 6);
	feed_udp(f, CLIENT, "10.0.0.3:53", "\x00\x01\x02\x00\x00", 5);
	feed_udp(f, CLIENT, "10.0.0.4:53", "\x00\x01\x02\x00", 4);
	feed_udp(f, "10.0.0.4:53", CLIENT, "\x00\x01\x05\x00", 4);
	feed_udp(f, CLIENT, "10.0.0.4:53", "\x00\x01\x02\x00\x00\x00", 6);
	feed_udp(f, CLIENT, "10.0.0.5:54", "\x00\x01\x02\x00", 4);
	end(f, r, &s);
	ck_assert_uint_eq(s.n, 4);
	ck_assert_uint_eq(s.notes[0][EXCHANGE].level, REACH_NOTHING);
	ck_assert(s.notes[0][EXCHANGE].asked);
	ck_assert_uint_eq(s.notes[1][EXCHANGE].level, REACH_NEAR);
	ck_assert_str_eq(missing(f, EXCHANGE, &s.notes[1][EXCHANGE]), "size of a, line 14");
	ck_assert_uint_eq(s.notes[2][EXCHANGE].level, REACH_ALL_STEPS);
	ck_assert_uint_eq(s.notes[2][SAME].level, REACH_ALL_STEPS);
	ck_assert(s.notes[2][EXCHANGE].acted && s.notes[2][SAME].acted);
	ck_assert(!s.notes[1][EXCHANGE].acted && !s.notes[3][EXCHANGE].acted);
	ck_assert_uint_eq(s.notes[3][EXCHANGE].level, REACH_NEAR);
	ck_assert(!s.notes[3][EXCHANGE].asked);
	ck_assert_str_eq(missing(f, EXCHANGE, &s.notes[3][EXCHANGE]), "server-port of the flow");
	for (size_t i = 0; i < s.n; i++) /* a rule of one condition is never all but one */
		ck_assert_uint_eq(s.notes[i][ONE].level, REACH_NOTHING);
	reach_free(r);
	feed_free(f);
}
END_TEST

START_TEST(a_step_that_does_not_follow_is_not_reached)
{
	struct reach *r;
	struct feed *f = begin(&r);
	struct seen s;

	feed_udp(f, CLIENT, "10.0.0.4:53", "\x00\x01\x02\x00", 4);
	feed_udp(f, "10.0.0.4:53", CLIENT, "\x00\x02\x05\x00", 4); /* another id */
	feed_udp(f, CLIENT, "10.0.0.6:53", "\x00\x01\x02\x00", 4);
	feed_udp(f, "10.0.0.6:53", CLIENT, "\x00\x01\x05\x00", 4);
	end(f, r, &s);
	ck_assert_uint_eq(s.notes[0][EXCHANGE].level, REACH_FIRST);
	ck_assert_uint_eq(s.notes[0][SAME].level, REACH_FIRST);
	ck_assert_uint_eq(s.notes[1][EXCHANGE].level, REACH_FIRST + 1);
	ck_assert_uint_eq(s.notes[1][SAME].level, REACH_FIRST + 1);
	ck_assert(!s.notes[1][EXCHANGE].acted);
	reach_free(r);
	feed_free(f);
}
END_TEST

START_TEST(what_is_never_known_ends_at_the_first_message)
{
	struct reach *r;
	struct feed *f = begin(&r);
	struct reach_rule rule;
	struct seen s;

	feed_udp(f, CLIENT, "10.0.0.4:99", "ABCD", 4);
	feed_udp(f, CLIENT, "10.0.0.5:99", "BBCD", 4);
	end(f, r, &s);
	ck_assert_uint_eq(s.notes[0][KNOWN].level, REACH_FIRST);
	ck_assert(!s.notes[0][KNOWN].known);
	ck_assert_uint_eq(s.notes[1][KNOWN].level, REACH_NEAR);
	ck_assert_str_eq(missing(f, KNOWN, &s.notes[1][KNOWN]), "bytes of c, line 31");
	reach_rule_at(f->set, KNOWN, &rule);
	ck_assert(rule.must_know && rule.udp && !rule.tcp && rule.steps == 1);
	reach_free(r);
	feed_free(f);
}
END_TEST

/* Of the rules that report the one that came furthest, and what came next in it. */
START_TEST(what_failed_first_is_named)
{
	static const struct {
		const char *rule, *why;
	} says[] = {
		{"exchange", "b did not follow, line 15"},
		{"exchange", "b2 did not follow, line 16"},
		{"exchange", "size of a, line 14"},
		{"of a known host", "not known: no entry in hosts"},
		{"", "no payload came near a rule's first message"},
		{"exchange", "nothing: it acted, for another flow or time"},
	};
	struct reach *r;
	struct feed *f = begin(&r);
	struct reach_stop stop;
	struct seen s;

	feed_udp(f, CLIENT, "10.0.0.1:53", "\x00\x01\x02\x00", 4);
	feed_udp(f, CLIENT, "10.0.0.2:53", "\x00\x01\x02\x00", 4);
	feed_udp(f, "10.0.0.2:53", CLIENT, "\x00\x01\x05\x00", 4);
	feed_udp(f, CLIENT, "10.0.0.3:53", "\x00\x01\x02\x00\x00", 5);
	feed_udp(f, CLIENT, "10.0.0.4:99", "ABCD", 4);
	feed_udp(f, CLIENT, "10.0.0.5:99", "zzzzzzz", 7);
	feed_udp(f, CLIENT, "10.0.0.6:53", "\x00\x01\x02\x00", 4);
	feed_udp(f, "10.0.0.6:53", CLIENT, "\x00\x01\x05\x00", 4);
	feed_udp(f, CLIENT, "10.0.0.6:53", "\x00\x01\x02\x00\x00\x00", 6);
	end(f, r, &s);
	ck_assert_uint_eq(s.n, ARRAY_LEN(says));
	for (size_t i = 0; i < s.n; i++) {
		reach_stop(f->set, 0, IPPROTO_UDP, s.notes[i], &stop);
		ck_assert_str_eq(stop.rule, says[i].rule);
		ck_assert_str_eq(stop.why, says[i].why);
		ck_assert_int_eq(stop.line > 0, *stop.rule != '\0');
	}
	reach_stop(f->set, 0, IPPROTO_TCP, s.notes[0], &stop); /* "burst" was never asked */
	ck_assert_str_eq(stop.why, "no payload, or none on ports and hosts of a rule");
	reach_stop(f->set, 7, IPPROTO_UDP, s.notes[0], &stop);
	ck_assert_str_eq(stop.why, "no rule reports on this protocol");
	reach_free(r);
	feed_free(f);
}
END_TEST

/* No rule would have a reassembly for the second burst of a flow whose first begins otherwise. */
START_TEST(bursts_are_put_together_for_every_tcp_flow)
{
	struct reach *r;
	struct feed *f = begin(&r);
	struct seen s;

	feed_open(f, CLIENT, "10.0.0.2:80");
	feed_say(f, CLIENT, "10.0.0.2:80", 0, "zzz", 3);
	feed_say(f, CLIENT, "10.0.0.2:80", 1, "yyy", 3);
	feed_say(f, CLIENT, "10.0.0.2:80", 0, "K123", 4);
	feed_say(f, CLIENT, "10.0.0.2:80", 0, "456x", 4);
	feed_open(f, CLIENT, "10.0.0.2:81");
	feed_say(f, CLIENT, "10.0.0.2:81", 1, "K123456L", 8); /* the wrong side */
	feed_open(f, CLIENT, "10.0.0.2:82");
	feed_say(f, CLIENT, "10.0.0.2:82", 0, "K123", 4);
	feed_say(f, CLIENT, "10.0.0.2:82", 0, "456L", 4);
	feed_open(f, CLIENT, "10.0.0.2:83"); /* no engine would keep these */
	feed_say(f, CLIENT, "10.0.0.2:83", 0, "z123", 4);
	feed_say(f, CLIENT, "10.0.0.2:83", 0, "456L", 4);
	end(f, r, &s);
	ck_assert_uint_eq(s.n, 4);
	ck_assert_uint_eq(s.notes[3][BURST].level, REACH_NEAR);
	ck_assert_uint_eq(s.notes[0][BURST].level, REACH_NEAR);
	ck_assert_str_eq(missing(f, BURST, &s.notes[0][BURST]), "bytes of e, line 41");
	ck_assert_uint_eq(s.notes[1][BURST].level, REACH_NEAR);
	ck_assert_str_eq(missing(f, BURST, &s.notes[1][BURST]), "from of e, line 41");
	ck_assert_uint_eq(s.notes[2][BURST].level, REACH_ALL_STEPS);
	reach_free(r);
	feed_free(f);
}
END_TEST

UNIT(reach)
{
	unit_case(tc, each_flow_has_the_level_that_it_came_to);
	unit_case(tc, a_step_that_does_not_follow_is_not_reached);
	unit_case(tc, what_is_never_known_ends_at_the_first_message);
	unit_case(tc, what_failed_first_is_named);
	unit_case(tc, bursts_are_put_together_for_every_tcp_flow);
}
