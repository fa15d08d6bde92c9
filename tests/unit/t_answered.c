// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What rests on an answered exchange (detector/engine/answer.c, language/echo.c): true exchanges do;
 * forged probes, forged replies, forged handshakes and injected segments do not; memory hands it on.
 */
#include "tests/unit/feed.h"

#define C  "10.0.0.1:5000"
#define S  "192.0.2.7:33000"
#define CT "10.0.0.1:1026"

static const uint8_t request[] = {0x15, 0xf2, 0x02, 0xe2, 0xb4, 0x59, 0xe6, 0x64};
static const uint8_t reply[] = {0x15, 0xf2, 0x77, 0x56};
static const uint8_t noise[600];

static bool last_answered(const struct feed *f)
{
	ck_assert_uint_gt(f->n, 0);
	return f->events[f->n - 1].answered;
}

/* A rule with a request of 8 bytes and a reply of 4; @u1, @u2: what else they ask. */
static struct feed *exchange_of(const char *u1, const char *u2)
{
	char *text = xasprintf("rules:\n"
			       "  - rule: exchange\n    proto: udp\n    client: sender\n"
			       "    once: no\n    steps:\n"
			       "      - {message: a, from: client, size: 8%s}\n"
			       "      - {message: b, from: server, size: 4%s}\n"
			       "    then: {event: evidence}\n",
			       u1, u2);
	struct feed *f = feed_new(text);

	free(text);
	return f;
}

/* What makes an echo: 16 bits that the rule leaves free in the request. */
static const struct {
	const char *u1, *u2;
	bool answered;
} echoes[] = {
	{"", ", equal: {at: 0, length: 2, to: a}", true},
	{"", "", false},
	{"", ", equal: {at: 0, length: 1, to: a}", false},
	{"", ", equal: [{at: 0, length: 1, to: a}, {at: 1, length: 1, to: a}]", true},
	{"", ", equal: [{at: 0, length: 1, to: a}, {at: 0, length: 1, to: a}]", false},
	{"", ", equal: {at: 0, length: 2, to: a, there: 4, not: yes}", false},
	{", bytes: {0: \"15 f2\"}", ", equal: {at: 0, length: 2, to: a}", false},
	{", bytes: {0: \"15 ?2\"}", ", equal: {at: 0, length: 2, to: a}", false},
	{", bytes: {2: \"02\"}", ", equal: {at: 0, length: 2, to: a}", true},
	{", number: {at: 0, length: 2, is: 5618..5620}", ", equal: {at: 0, length: 2, to: a}",
	 false},
	{", number: {at: 0, length: 2, is: 1024..}", ", equal: {at: 0, length: 2, to: a}", false},
	{"", ", change: {at: 0, length: 2, from: a, by: 0}", true},
	{"", ", change: {at: 0, length: 2, from: a, by: 0..1}", false},
};

START_TEST(an_echo_is_16_bits_that_the_rule_leaves_free)
{
	struct feed *f = exchange_of(echoes[_i].u1, echoes[_i].u2);

	feed_udp(f, C, S, request, sizeof(request));
	ck_assert_uint_eq(f->n, 0);
	feed_udp(f, S, C, reply, sizeof(reply));
	ck_assert_uint_eq(f->n, 1);
	ck_assert_msg(last_answered(f) == echoes[_i].answered, "%s%s", echoes[_i].u1,
		      echoes[_i].u2);
	feed_free(f);
}
END_TEST

/* Only a reply of the server to the client counts, and only with the request's bytes. */
START_TEST(forged_requests_and_replies_are_not_answered)
{
	static const uint8_t other[] = {0x99, 0x99, 0x77, 0x56};
	struct feed *f = feed_new("rules:\n"
				  "  - {rule: probe, proto: udp, client: sender, once: no, "
				  "steps: [{message: a, from: client, size: 8}], "
				  "then: {event: evidence}}\n"
				  "  - {rule: exchange, proto: udp, client: sender, once: no, "
				  "steps: [{message: a, from: client, size: 8}, {message: b, from: "
				  "server, size: 4, equal: {at: 0, length: 2, to: a}}], "
				  "then: {event: probe-accepted}}\n"
				  "  - {rule: asked, proto: udp, client: receiver, once: no, "
				  "steps: [{message: a, from: server, size: 8}, {message: b, from: "
				  "client, size: 4, equal: {at: 0, length: 2, to: a}}], "
				  "then: {event: evidence}}\n");

	for (int i = 0; i < 100; i++) /* nobody answers */
		feed_udp(f, C, S, request, sizeof(request));
	feed_udp(f, S, C, other, sizeof(other)); /* who has not seen the request */
	ck_assert_uint_eq(f->n, 100);
	for (size_t i = 0; i < f->n; i++)
		ck_assert(!f->events[i].answered);
	feed_udp(f, S, C, reply, sizeof(reply));
	ck_assert_uint_eq(feed_count(f, EVENT_PROBE_ACCEPTED), 1);
	for (size_t i = 100; i < f->n; i++) /* "asked": the server may be forged */
		ck_assert(f->events[i].answered == (f->events[i].kind == EVENT_PROBE_ACCEPTED));
	feed_free(f);
}
END_TEST

/* A request that comes again begins the rule anew; the reply to the first counts. */
START_TEST(a_request_sent_again_is_answered_too)
{
	struct feed *f = feed_new("rules:\n"
				  "  - rule: probe\n    proto: udp\n    client: sender\n"
				  "    once: no\n    steps:\n"
				  "      - {message: a, from: client, size: 8}\n"
				  "      - {message: b, optional: yes, from: server, size: 4, "
				  "equal: {at: 0, length: 2, to: a}}\n"
				  "      - {message: c, from: server, size: 18}\n"
				  "    then: {event: probe-accepted}\n");

	feed_udp(f, C, S, request, sizeof(request));
	feed_udp(f, S, C, noise, 18);
	ck_assert_uint_eq(f->n, 1);
	ck_assert(!last_answered(f));
	feed_udp(f, C, S, request, sizeof(request));
	feed_udp(f, S, C, reply, sizeof(reply));
	feed_udp(f, C, S, request, sizeof(request));
	feed_udp(f, S, C, noise, 18);
	ck_assert_uint_eq(f->n, 2);
	ck_assert(last_answered(f));
	feed_free(f);
}
END_TEST

/* A TCP connection: the numbers behind what each side has sent, client's first. */
struct talk {
	struct feed *f;
	uint32_t seq[2];
};

static void tcp(struct talk *t, int side, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t len)
{
	struct packet p = {.ts_ns = t->f->now += 1000000,
			   .number = ++t->f->number,
			   .proto = IPPROTO_TCP,
			   .tcp_flags = flags,
			   .seq = seq,
			   .ack = ack,
			   .payload = noise,
			   .len = len,
			   .caplen = len,
			   .ip_len = len + 40};

	p.src = at(side ? S : CT);
	p.dst = at(side ? CT : S);
	detector_packet(t->f->d, &p);
}

/* The handshake; the acknowledgements are off by these. */
static void shake(struct talk *t, uint32_t synack_off, uint32_t ack_off)
{
	t->seq[0] = 4294967290U; /* wraps soon */
	t->seq[1] = 77000;
	tcp(t, 0, TH_SYN, t->seq[0]++, 0, 0);
	tcp(t, 1, TH_SYN | TH_ACK, t->seq[1]++, t->seq[0] + synack_off, 0);
	tcp(t, 0, TH_ACK, t->seq[0], t->seq[1] + ack_off, 0);
}

/* A segment that acknowledges all that the other side has sent, but for @off. */
static void say(struct talk *t, int side, uint32_t len, int off)
{
	tcp(t, side, TH_ACK | TH_PUSH, t->seq[side], t->seq[!side] + (uint32_t)off, len);
	t->seq[side] += len;
}

#define THREE(segments)                                                                            \
	"rules:\n"                                                                                 \
	"  - rule: talk\n    proto: tcp\n    segments: " segments "\n    steps:\n"                 \
	"      - {message: a, from: client, size: 25}\n"                                           \
	"      - {message: b, from: server, size: 58..}\n"                                         \
	"      - {message: c, from: client, size: 4}\n"                                            \
	"    then: {event: session-start}\n"

static const char *const readings[] = {THREE("reassembled"), THREE("psh")};

/* How the server's message, or the handshake, is off. */
static const struct {
	uint32_t synack_off, ack_off;
	int off;
	bool midway, answered;
} talks[] = {
	{0, 0, 0, false, true},
	{1, 0, 0, false, false},   /* SYN+ACK of somebody who has not seen the SYN */
	{0, 1, 0, false, false},   /* ACK of somebody who has not seen the SYN+ACK */
	{0, 0, -25, false, false}, /* the server has not taken the client's message */
	{0, 0, -1, false, false},  /* not all of it */
	{0, 0, 2, false, false},   /* it acknowledges what nobody sent */
	{0, 0, 0, true, false},	   /* the handshake was not seen */
};

START_TEST(tcp_is_answered_when_the_numbers_fit)
{
	size_t k = (size_t)_i / 2;
	struct talk t = {.f = feed_new(readings[_i % 2]), .seq = {100, 200}};

	if (!talks[k].midway)
		shake(&t, talks[k].synack_off, talks[k].ack_off);
	say(&t, 0, 25, 0);
	say(&t, 1, 58, talks[k].off);
	/* the client acknowledges the server's message, unless the whole is forged */
	say(&t, 0, 4, talks[k].answered ? 0 : -58);
	/* put in order, the messages are a byte off where the handshake was */
	if (_i % 2 == 0 && (talks[k].synack_off || talks[k].ack_off)) {
		ck_assert_uint_eq(t.f->n, 0);
		feed_free(t.f);
		return;
	}
	ck_assert_uint_eq(feed_count(t.f, EVENT_SESSION_START), 1);
	ck_assert_msg(last_answered(t.f) == talks[k].answered, "case %zu", k);
	tcp(&t, 0, TH_RST, t.seq[0], 0, 0);
	ck_assert_uint_eq(feed_count(t.f, EVENT_SESSION_END), 1);
	ck_assert(last_answered(t.f) == talks[k].answered);
	feed_free(t.f);
}
END_TEST

START_TEST(a_rule_of_one_side_is_not_answered)
{
	struct talk t = {.f = feed_new("rules:\n"
				       "  - rule: hello\n    proto: tcp\n    steps:\n"
				       "      - {message: a, from: client, size: 25}\n"
				       "      - {message: b, from: client, size: 4}\n"
				       "    then: {event: evidence}\n")};

	shake(&t, 0, 0);
	say(&t, 0, 25, 0);
	say(&t, 1, 58, 0);
	say(&t, 0, 4, 0);
	ck_assert_uint_eq(t.f->n, 1);
	ck_assert(!last_answered(t.f));
	feed_free(t.f);
}
END_TEST

/* A SYN on a connection under way, and its SYN+ACK: the new connection is as good. */
START_TEST(a_reopened_connection_is_answered)
{
	struct talk t = {.f = feed_new(THREE("reassembled"))};

	shake(&t, 0, 0);
	say(&t, 0, 30, 0);
	say(&t, 1, 30, 0);
	t.seq[0] += 500000000;
	t.seq[1] += 500000000;
	tcp(&t, 0, TH_SYN, t.seq[0]++, 0, 0);
	tcp(&t, 1, TH_SYN | TH_ACK, t.seq[1]++, t.seq[0], 0);
	tcp(&t, 0, TH_ACK, t.seq[0], t.seq[1], 0);
	say(&t, 0, 25, 0);
	say(&t, 1, 58, 0);
	say(&t, 0, 4, 0);
	ck_assert_uint_eq(feed_count(t.f, EVENT_SESSION_START), 1);
	ck_assert(last_answered(t.f));
	feed_free(t.f);
}
END_TEST

/* A probe that is remembered under @key, then a connection whose handshake is forged; "hold": the
 * connection comes first. */
#define PROBED(key, known, reply)                                                                  \
	"sets: {nodes: 60 s}\nrules:\n"                                                            \
	"  - rule: probe\n    proto: udp\n    client: sender\n    once: no\n    steps:\n"          \
	"      - {message: a, from: client, size: 8}\n"                                            \
	"      - {message: b, from: server, size: 4, " reply "}\n"                                 \
	"    then: {remember: {in: nodes, key: " key "}}\n"                                        \
	"  - rule: connection\n    proto: tcp\n    once: no\n"                                     \
	"    flow: {known: {in: nodes, key: " key known "}}\n"                                     \
	"    steps: [{message: c, from: client, size: 25}]\n"                                      \
	"    then: {event: session-start}\n"
#define ECHO   "equal: {at: 0, length: 2, to: a}"
#define SILENT "next: no"

static void probe(struct feed *f)
{
	feed_udp(f, C, S, request, sizeof(request));
	feed_udp(f, S, C, reply, sizeof(reply));
}

static void connect_blindly(struct feed *f, uint32_t seq)
{
	struct talk t = {.f = f, .seq = {seq, seq}};

	tcp(&t, 0, TH_SYN, t.seq[0]++, 0, 0);
	say(&t, 0, 25, 0);
}

static const struct {
	const char *rules;
	bool held, answered;
} handed[] = {
	{PROBED("[client-ip, server]", "", ECHO), false, true},
	{PROBED("[client-ip, server]", "", SILENT), false, false},
	{PROBED("[client-ip]", "", ECHO), false, false}, /* says nothing of this server */
	{PROBED("[client-ip, server-ip]", ", hold: 60 s", ECHO), true, true},
	{PROBED("[client-ip, server-ip]", ", hold: 60 s", SILENT), true, false},
};

START_TEST(what_is_remembered_is_handed_on)
{
	struct feed *f = feed_new(handed[_i].rules);

	if (handed[_i].held)
		connect_blindly(f, 1);
	probe(f);
	if (!handed[_i].held)
		connect_blindly(f, 1);
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_START), 1);
	ck_assert(f->events[0].answered == handed[_i].answered);
	feed_free(f);
}
END_TEST

/* A rule that remembers the same without an answer does not prolong what was answered. */
START_TEST(a_forged_probe_does_not_prolong_an_answer)
{
	struct feed *f = feed_new("sets: {nodes: 60 s}\nrules:\n"
				  "  - rule: begun\n    proto: udp\n    client: sender\n"
				  "    once: no\n    steps:\n"
				  "      - {message: a, from: client, size: 8}\n"
				  "    then: {remember: {in: nodes, key: [client-ip, server]}}\n"
				  "  - rule: probe\n    proto: udp\n    client: sender\n"
				  "    once: no\n    steps:\n"
				  "      - {message: a, from: client, size: 8}\n"
				  "      - {message: b, from: server, size: 4, " ECHO "}\n"
				  "    then: {remember: {in: nodes, key: [client-ip, server]}}\n"
				  "  - rule: connection\n    proto: tcp\n    once: no\n"
				  "    flow: {known: {in: nodes, key: [client-ip, server]}}\n"
				  "    steps: [{message: c, from: client, size: 25}]\n"
				  "    then: {event: evidence}\n");
	static const bool answered[] = {true, false, true};

	probe(f);
	for (unsigned i = 0; i < 3; i++) {
		if (i == 2)
			probe(f);
		for (int k = 0; k < 2; k++) {
			f->now += 25000000000ULL;
			feed_udp(f, C, S, request, sizeof(request));
		}
		connect_blindly(f, 1000 + 100 * i);
		ck_assert_uint_eq(f->n, i + 1);
		ck_assert(last_answered(f) == answered[i]);
	}
	feed_free(f);
}
END_TEST

UNIT(answered)
{
	unit_loop(tc, an_echo_is_16_bits_that_the_rule_leaves_free, 0, ARRAY_LEN(echoes));
	unit_case(tc, forged_requests_and_replies_are_not_answered);
	unit_case(tc, a_request_sent_again_is_answered_too);
	unit_loop(tc, tcp_is_answered_when_the_numbers_fit, 0, 2 * ARRAY_LEN(talks));
	unit_case(tc, a_rule_of_one_side_is_not_answered);
	unit_case(tc, a_reopened_connection_is_answered);
	unit_loop(tc, what_is_remembered_is_handed_on, 0, ARRAY_LEN(handed));
	unit_case(tc, a_forged_probe_does_not_prolong_an_answer);
}
