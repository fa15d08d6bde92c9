// SPDX-License-Identifier: GPL-2.0-or-later
/* What the engine makes of packets: order, turns, memory, attribution, ratios, limits. */
#include <math.h>

#include "base/rng.h"
#include "tests/unit/feed.h"

#define SC  "10.0.0.1:5000"
#define SCT "10.0.0.1:1026"
#define SN  "192.0.2.7:33000"
#define SN2 "192.0.2.8:44000"

/* U1 to U4 of observed packets (SkypeIRC.cap, example A, with the positive answer). */
static void probe(struct feed *f, const char *sc, const char *sn, bool full)
{
	static const uint8_t u1[] = {0x15, 0xf2, 0x02, 0xe2, 0xb4, 0x59, 0xe6, 0x64, 0x4a,
				     0x65, 0x4d, 0x81, 0x76, 0x3a, 0xc9, 0xdb, 0xf5, 0x36};
	static const uint8_t u2[] = {0x15, 0xf2, 0x77, 0x56, 0x80, 0xf5,
				     0x73, 0x24, 0x49, 0x9e, 0xb8};
	static const uint8_t u3[] = {0x15, 0xf2, 0x03, 0x01, 0x24, 0x49, 0x9e, 0xb8,
				     0xa5, 0x7c, 0xfd, 0xf1, 0x64, 0x4a, 0x65, 0x4d,
				     0x9c, 0x31, 0x6e, 0x2c, 0xe9, 0x8f, 0xc0};
	static const uint8_t u4[18] = {0x94, 0x91, 0x02, 0xf2};

	feed_udp(f, sc, sn, u1, sizeof(u1));
	if (full) {
		feed_udp(f, sn, sc, u2, sizeof(u2));
		feed_udp(f, sc, sn, u3, sizeof(u3));
	}
	feed_udp(f, sn, sc, u4, sizeof(u4));
}

static uint8_t noise[4000]; /* anything */

START_TEST(full_and_partial_probe_are_accepted)
{
	struct feed *f = feed_signature("ehlert-petgang-1.4");

	probe(f, SC, SN, _i);
	ck_assert_uint_eq(f->n, 1);
	ck_assert_int_eq(f->events[0].kind, EVENT_PROBE_ACCEPTED);
	ck_assert_uint_eq(f->events[0].evidence_count, _i ? 4 : 2);
	ck_assert_uint_eq(f->events[0].number, _i ? 4 : 2);
	ck_assert_uint_eq(f->events[0].flow.src.port, 5000);
	feed_free(f);
}
END_TEST

START_TEST(connection_to_a_probed_node_is_a_session_and_its_close_the_end)
{
	struct feed *f = feed_signature("ehlert-petgang-1.4");
	struct endpoint sn = at(SN);

	probe(f, SC, SN, true);
	feed_open(f, SCT, SN);
	feed_say(f, SCT, SN, 0, noise, 14);
	feed_say(f, SCT, SN, 1, noise, 73);
	feed_say(f, SCT, SN, 0, noise, 25);
	feed_say(f, SCT, SN, 1, noise, 587);
	ck_assert_uint_eq(f->n, 1);
	feed_say(f, SCT, SN, 0, noise, 4);
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_START), 1);
	ck_assert(endpoint_eq(&f->events[1].super_node, &sn));
	feed_packet(f, IPPROTO_TCP, SN, SCT, TH_FIN | TH_ACK, f->seq[1], NULL, 0);
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_END), 1);
	ck_assert_uint_eq(f->n, 3);
	feed_free(f);
}
END_TEST

START_TEST(a_second_super_node_is_a_change_and_only_its_close_the_end)
{
	struct feed *f = feed_signature("ehlert-petgang-1.4");
	const char *sn[2] = {SN, SN2}, *sc[2] = {SCT, "10.0.0.1:1027"};
	uint32_t seq[2] = {0, 0};

	for (int i = 0; i < 2; i++) {
		probe(f, SC, sn[i], false);
		feed_open(f, sc[i], sn[i]);
		feed_say(f, sc[i], sn[i], 0, noise, 22);
		feed_say(f, sc[i], sn[i], 1, noise, 58);
		feed_say(f, sc[i], sn[i], 0, noise, 17);
		seq[i] = f->seq[0];
	}
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_START), 1);
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_CHANGE), 1);
	feed_packet(f, IPPROTO_TCP, sc[0], sn[0], TH_FIN | TH_ACK, seq[0], NULL, 0);
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_END), 0);
	feed_packet(f, IPPROTO_TCP, sc[1], sn[1], TH_RST, seq[1], NULL, 0);
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_END), 1);
	feed_free(f);
}
END_TEST

START_TEST(a_refusal_and_an_unknown_node_are_no_session)
{
	struct feed *f = feed_signature("ehlert-petgang-1.4");

	probe(f, SC, SN, false);
	feed_open(f, SCT, SN); /* T3 of 339 bytes refuses; a large answer afterwards is not T3 */
	feed_say(f, SCT, SN, 0, noise, 25);
	feed_say(f, SCT, SN, 1, noise, 339);
	feed_say(f, SCT, SN, 0, noise, 4);
	feed_say(f, SCT, SN, 1, noise, 600);
	feed_say(f, SCT, SN, 0, noise, 4);
	feed_open(f, SCT, SN2); /* never probed */
	feed_say(f, SCT, SN2, 0, noise, 25);
	feed_say(f, SCT, SN2, 1, noise, 587);
	feed_say(f, SCT, SN2, 0, noise, 4);
	ck_assert_uint_eq(f->n, 1);
	feed_free(f);
}
END_TEST

/* A message of 18 bytes with function 02 and this id. */
static const uint8_t *asks(uint16_t id)
{
	static uint8_t m[18] = {0, 0, 0x02, 0xe2, 0xb4};

	m[0] = (uint8_t)(id >> 8);
	m[1] = (uint8_t)id;
	return m;
}

/* T2 T3 T4 with the node. */
static void handshake(struct feed *f, const char *sc, const char *sn)
{
	feed_open(f, sc, sn);
	feed_say(f, sc, sn, 0, noise, 25);
	feed_say(f, sc, sn, 1, noise, 587);
	feed_say(f, sc, sn, 0, noise, 4);
}

START_TEST(a_silent_node_counts_and_one_that_refused_does_not)
{
	const char *names[] = {"ehlert-petgang-1.4", "ehlert-petgang-2.0"};
	struct feed *f = feed_signature(names[_i]);

	feed_udp(f, SC, SN, asks(0x100), 18);
	feed_udp(f, SC, SN, asks(0x100), 18);
	handshake(f, SCT, SN);
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_START), 1);
	ck_assert_uint_eq(feed_count(f, EVENT_PROBE_ACCEPTED), 0);
	feed_free(f);

	f = feed_signature(names[_i]);
	feed_udp(f, SC, SN, asks(0x100), 18);
	feed_udp(f, SN, SC, noise, 51);
	feed_udp(f, SC, SN, asks(0x102), 18); /* asked again: it is not silent */
	handshake(f, SCT, SN);
	ck_assert_uint_eq(f->n, 0);
	feed_free(f);
}
END_TEST

START_TEST(an_answer_and_the_next_probe_are_no_probe_by_the_node)
{
	const char *names[] = {"ehlert-petgang-1.4", "ehlert-petgang-2.0"};
	struct feed *f = feed_signature(names[_i]);
	struct endpoint sc = at(SC);

	feed_udp(f, SC, SN, noise, 30); /* a search, answered with 18 bytes */
	feed_udp(f, SN, SC, asks(0x7000), 18);
	feed_udp(f, SC, SN, asks(0x100), 18);
	feed_udp(f, SN, SC, asks(0x7102), 18);
	ck_assert_uint_eq(f->n, 1);
	ck_assert_int_eq(f->events[0].kind, EVENT_PROBE_ACCEPTED);
	ck_assert(ip_eq(&f->events[0].client_ip, &sc.ip));
	handshake(f, SCT, SN);
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_START), 1);
	feed_free(f);
}
END_TEST

/* The conversation >14 <73 >25 <T3 >4, sent as any TCP might: cut, late, doubled, overlapping. */
static unsigned session_through(uint64_t seed, uint32_t t3)
{
	struct feed *f = feed_signature("ehlert-petgang-1.4");
	const struct {
		int side;
		uint32_t len;
	} turns[] = {{0, 14}, {1, 73}, {0, 25}, {1, t3}, {0, 4}};
	struct rng r;
	unsigned n;

	rng_init(&r, seed, "segments");
	probe(f, SC, SN, false);
	feed_open(f, SCT, SN);
	for (size_t t = 0; t < ARRAY_LEN(turns); t++) {
		const char *src = turns[t].side ? SN : SCT, *dst = turns[t].side ? SCT : SN;
		uint32_t base = f->seq[turns[t].side], cut[8], cuts = 0, order[8];

		for (uint32_t o = 0; o < turns[t].len && cuts < 7;) {
			uint32_t left = turns[t].len - o;

			cut[cuts++] = o;
			o += cuts == 7 ? left : rng_range(&r, 1, left);
		}
		cut[cuts] = turns[t].len;
		for (uint32_t i = 0; i < cuts; i++)
			order[i] = i;
		for (uint32_t i = cuts - 1; i > 0; i--) { /* shuffle */
			uint32_t k = rng_range(&r, 0, i), x = order[i];

			order[i] = order[k];
			order[k] = x;
		}
		for (uint32_t i = 0; i < cuts; i++) {
			uint32_t from = cut[order[i]], to = cut[order[i] + 1];

			if (rng_range(&r, 0, 3) == 0)
				from -= rng_range(&r, 0, from); /* overlaps what came before */
			for (unsigned twice = rng_range(&r, 0, 3) == 0; twice < 2; twice++)
				feed_packet(f, IPPROTO_TCP, src, dst, TH_ACK | TH_PUSH, base + from,
					    noise + from, to - from);
		}
		f->seq[turns[t].side] += turns[t].len;
	}
	n = feed_count(f, EVENT_SESSION_START);
	feed_free(f);
	return n;
}

START_TEST(segments_cut_late_doubled_or_overlapping_hide_no_message)
{
	for (uint64_t seed = 0; seed < 200; seed++) {
		ck_assert_msg(session_through(seed, 587) == 1, "seed %lu", (unsigned long)seed);
		ck_assert_msg(session_through(seed, 339) == 0, "seed %lu", (unsigned long)seed);
	}
}
END_TEST

#define PSH_RULES                                                                                  \
	"segments: psh\nrules:\n  - rule: r\n    proto: tcp\n    steps:\n"                         \
	"      - {message: a, size: 10, nth: 1}\n      - {message: b, size: 4, next: yes}\n"       \
	"    then: {event: evidence}\n"

START_TEST(psh_segments_are_messages_where_the_signature_says_so)
{
	struct feed *f = feed_new(PSH_RULES);

	feed_open(f, SCT, SN);
	feed_say(f, SCT, SN, 0, noise, 10);
	feed_packet(f, IPPROTO_TCP, SCT, SN, TH_ACK | TH_PUSH, f->seq[0] - 10, noise, 10);
	feed_say(f, SCT, SN, 0, noise, 4); /* the same turn, a message of its own */
	ck_assert_uint_eq(f->n, 1);
	feed_open(f, SCT, SN2);
	feed_say(f, SCT, SN2, 0, noise, 6); /* cut in two: two messages, neither right */
	feed_say(f, SCT, SN2, 0, noise, 4);
	feed_say(f, SCT, SN2, 0, noise, 4);
	ck_assert_uint_eq(f->n, 1);
	feed_free(f);
}
END_TEST

START_TEST(nibbles_of_the_papers_figure_7)
{
	static const struct {
		const char *signature, *hex;
	} samples[] = {
		{"ehlert-petgang-1.4", "810718c4a709ddca7736c75cde4aa408"},
		{"ehlert-petgang-2.0", "21359994c850ba22363f44f6f891ca51b922"},
		{"ehlert-petgang-2.0", "86645ddcd9327fcea2aee7d9f2ded6307ecfa3aee6d8f1dd"},
		{"ehlert-petgang-2.0",
		 "29ca6b20e35bd90a4112414bf26bfa59d80b4012404af369bf5fb58cf6"},
	};

	for (size_t i = 0; i < ARRAY_LEN(samples); i++)
		for (unsigned wrong = 0; wrong < 2; wrong++) {
			struct feed *f = feed_signature(samples[i].signature);
			uint8_t r1[64], n = (uint8_t)(strlen(samples[i].hex) / 2);

			for (unsigned k = 0; k < n; k++)
				sscanf(samples[i].hex + 2 * k, "%2hhx", &r1[k]);
			r1[5] ^= wrong ? 0x40 : 0; /* in both rules' span: byte 6 of the paper */
			feed_open(f, SCT, "192.0.2.7:80");
			feed_say(f, SCT, "192.0.2.7:80", 0, r1, n);
			feed_say(f, SCT, "192.0.2.7:80", 1, noise, 73);
			feed_say(f, SCT, "192.0.2.7:80", 0, noise, 14); /* R3 and T2, one turn */
			feed_say(f, SCT, "192.0.2.7:80", 0, noise, 25);
			feed_say(f, SCT, "192.0.2.7:80", 1, noise, 500);
			feed_say(f, SCT, "192.0.2.7:80", 0, noise, 16);
			ck_assert_msg(feed_count(f, EVENT_SESSION_START) == !wrong, "sample %zu",
				      i);
			feed_free(f);
		}
}
END_TEST

START_TEST(repeated_and_optional_steps)
{
	static const char rules[] =
		"rules:\n  - rule: r\n    proto: udp\n    client: initiator\n    steps:\n"
		"      - {message: a, bytes: {0: \"0a\"}}\n"
		"      - {message: b, bytes: {0: \"0b\"}, repeat: 2..3}\n"
		"      - {message: c, bytes: {0: \"0c\"}, optional: yes, within: 1 s}\n"
		"      - {message: d, bytes: {0: \"0d\"}, within: 10 s}\n    then: {event: "
		"evidence}\n";
	static const struct {
		const char *says;
		unsigned events;
	} cases[] = {{"\12\13\15", 0},	     {"\12\13\13\15", 1},     {"\12\13\13\13\15", 1},
		     {"\12\13\13\14\15", 1}, {"\12\13\1\13\1\15", 1}, {"\12\13\13\13\13\14\15", 1},
		     {"\13\13\15", 0},	     {"\12\15\13\13", 0}};

	for (size_t c = 0; c < ARRAY_LEN(cases); c++)
		for (int late = 0; late < 2; late++) {
			struct feed *f = feed_new(rules);
			size_t n = strlen(cases[c].says);

			for (size_t i = 0; i < n; i++) {
				if (late && i + 1 == n)
					f->now += 11000000000ULL;
				feed_udp(f, SC, SN, cases[c].says + i, 1);
			}
			ck_assert_msg(f->n == (late ? 0 : cases[c].events), "case %zu late %d", c,
				      late);
			feed_free(f);
		}
}
END_TEST

#define HOLD                                                                                       \
	"sets: {clients: 1 h}\nrules:\n"                                                           \
	"  - rule: sure\n    proto: udp\n    version: \"2.0\"\n    steps:\n"                       \
	"      - {message: m, bytes: {0: \"aa\"}}\n"                                               \
	"    then: {event: evidence, remember: {in: clients, key: client}}\n"                      \
	"  - rule: other\n    proto: udp\n    client: either\n"                                    \
	"    flow: {known: {in: clients, key: client, hold: 10 s}}\n"                              \
	"    steps:\n      - {message: m, nth: 1, bytes: {0: \"bb\"}}\n"                           \
	"    then: {event: flow}\n"

START_TEST(flows_before_and_after_detection_are_attributed)
{
	struct feed *f = feed_new(HOLD);

	feed_udp(f, SC, "192.0.2.1:1", "\xbb", 1); /* too early to be held till then */
	f->now += 11000000000ULL;
	feed_udp(f, SC, "192.0.2.2:1", "\xbb", 1);	     /* before, unanswered */
	feed_udp(f, "192.0.2.3:1", SC, "\xbb", 1);	     /* before, opened by the other side */
	feed_udp(f, "10.0.0.1:9", "192.0.2.2:1", "\xbb", 1); /* another port: not the client */
	ck_assert_uint_eq(f->n, 0);
	feed_udp(f, SC, SN, "\xaa", 1);
	ck_assert_uint_eq(feed_count(f, EVENT_EVIDENCE), 1);
	ck_assert_uint_eq(feed_count(f, EVENT_FLOW), 2);
	feed_udp(f, SC, "192.0.2.4:1", "\xbb", 1); /* after */
	ck_assert_uint_eq(feed_count(f, EVENT_FLOW), 3);
	for (size_t i = 0; i < f->n; i++) {
		ck_assert_uint_eq(f->events[i].flow.src.port, 5000);
		ck_assert_str_eq(f->version[i], "2.0");
	}
	feed_free(f);
}
END_TEST

/* What was remembered, released a match, and was forgotten by it: the next that waited for it goes
 * on waiting, for as long as it would have. */
START_TEST(what_a_released_match_forgets_the_next_waits_for)
{
	struct feed *f = feed_new(
		"sets: {clients: 1 h}\nrules:\n"
		"  - {rule: sure, proto: udp, steps: [{message: m, bytes: {0: \"aa\"}}], "
		"then: {remember: {in: clients, key: client}}}\n"
		"  - {rule: other, proto: udp, steps: [{message: m, bytes: {0: \"bb\"}}],\n"
		"     flow: {known: {in: clients, key: client, hold: 10 s}},\n"
		"     then: {event: flow, forget: {in: clients, key: client}}}\n");

	for (int i = 0; i < 3; i++) {
		char to[32];

		snprintf(to, sizeof(to), "192.0.2.%d:1", i + 1);
		feed_udp(f, SC, to, "\xbb", 1);
	}
	feed_udp(f, SC, SN, "\xaa", 1);
	ck_assert_uint_eq(f->n, 1);
	feed_udp(f, SC, "192.0.2.9:1", "\xaa", 1);
	ck_assert_uint_eq(f->n, 2);
	f->now += 11000000000ULL;
	feed_udp(f, SC, "192.0.2.10:1", "\xaa", 1); /* the third has waited too long */
	ck_assert_uint_eq(f->n, 2);
	feed_free(f);
}
END_TEST

START_TEST(a_flow_that_waits_outlives_its_idle_time)
{
	struct detector_limits l = {.udp_idle_ns = 30000000000ULL};
	struct feed *f = malloc(sizeof(*f));

	feed_begin(
		f,
		feed_parse(
			FEED_HEAD
			"sets: {clients: 1 h}\nrules:\n"
			"  - {rule: sure, proto: udp, steps: [{message: m, bytes: {0: \"aa\"}}], "
			"then: {remember: {in: clients, key: client}}}\n"
			"  - {rule: other, proto: udp, steps: [{message: m, bytes: {0: \"bb\"}}], "
			"flow: {known: {in: clients, key: client, hold: 20 min}}, "
			"then: {event: flow}}\n"),
		&l);
	feed_udp(f, SC, "192.0.2.1:1", "\xbb", 1);
	for (int i = 0; i < 15; i++) { /* other flows come and the idle ones go */
		f->now += 60000000000ULL;
		feed_udp(f, "10.0.0.9:1", "192.0.2.9:9", "\1", 1);
		feed_udp(f, "10.0.0.9:2", "192.0.2.9:9", "\1", 1);
	}
	feed_udp(f, SC, SN, "\xaa", 1);
	ck_assert_uint_eq(f->n, 1);
	ck_assert_uint_eq(f->events[0].flow.dst.port, 1);
	feed_free(f);
}
END_TEST

START_TEST(counting_needs_enough_flows_with_moving_numbers)
{
	static const char rules[] =
		"sets: {n: 1 min}\nrules:\n  - rule: r\n    proto: udp\n    steps:\n"
		"      - {message: m, nth: 1}\n    then:\n      event: evidence\n"
		"      count: {in: n, key: client, least: 3, step: {message: m, at: 0, length: 2, "
		"by: 1..4}}\n";
	static const struct {
		uint16_t ids[5];
		unsigned events;
	} cases[] = {{{10, 12, 14, 16, 18}, 3},
		     {{10, 12, 20, 22, 24}, 1},
		     {{0xfffe, 0, 2, 2, 2}, 1}, /* wraps; then stands still */
		     {{9, 8, 7, 6, 5}, 0}};

	for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
		struct feed *f = feed_new(rules);

		for (int i = 0; i < 5; i++) {
			uint8_t m[2] = {(uint8_t)(cases[c].ids[i] >> 8), (uint8_t)cases[c].ids[i]};
			char dst[32];

			snprintf(dst, sizeof(dst), "192.0.2.%d:9", i + 1);
			feed_udp(f, SC, dst, m, 2);
		}
		ck_assert_msg(f->n == cases[c].events, "case %zu: %zu events", c, f->n);
		feed_free(f);
	}
}
END_TEST

/* One client's count as the words have it: its window, and the servers that were counted in it. */
struct counted {
	uint64_t until, servers[5]; /* each counts until then */
	unsigned count;
};

START_TEST(counting_in_a_time_and_of_different_hosts)
{
	bool window = _i & 1, distinct = _i & 2, exactly = _i & 4;
	char *rules =
		xasprintf("sets: {n: 7 s}\nrules:\n  - rule: r\n    proto: udp\n    once: no\n"
			  "    steps:\n      - {message: m, from: client}\n    then:\n"
			  "      event: evidence\n"
			  "      count: {in: n, key: client-ip, least: 3%s%s%s}\n",
			  window ? ", within: 5 s" : "", distinct ? ", distinct: server-ip" : "",
			  exactly ? ", exactly: yes" : "");
	struct counted clients[3] = {{0}};
	struct feed *f = feed_new(rules);
	unsigned expected = 0;
	struct rng rng;

	rng_init(&rng, (uint64_t)_i, "counting");
	for (unsigned i = 0; i < 3000; i++) {
		unsigned c = (unsigned)rng_range(&rng, 0, 2), s = (unsigned)rng_range(&rng, 0, 4);
		struct counted *k = &clients[c];
		char src[32], dst[32];
		bool known;

		snprintf(src, sizeof(src), "10.0.0.%u:7", c + 1);
		snprintf(dst, sizeof(dst), "192.0.2.%u:9", s + 1);
		f->now += rng_range(&rng, 0, 30) ? rng_range(&rng, 0, 400000000) : 4000000000;
		feed_udp(f, src, dst, "x", 1);
		if (k->until < f->now)
			*k = (struct counted){.until = f->now + (window ? 5 : 7) * 1000000000ULL};
		else if (!window)
			k->until = f->now + 7000000000ULL;
		known = k->servers[s] >= f->now;
		if (distinct && (!known || !window))
			k->servers[s] = window ? k->until : f->now + 7000000000ULL;
		if (distinct && known)
			continue;
		k->count++;
		expected += exactly ? k->count == 3 : k->count >= 3;
		ck_assert_msg(f->n == expected, "packet %u: %zu events, expected %u", i, f->n,
			      expected);
	}
	ck_assert_uint_gt(expected, 10);
	feed_free(f);
	free(rules);
}
END_TEST

/* A match of the plain reading below. */
struct contact {
	uint64_t ns;
	unsigned client, server;
};

/* What the words say of the last match: it is counted, and there are enough of the last five seconds. */
static bool slides_to(const struct contact *v, size_t n, bool distinct, bool exactly,
		      unsigned least)
{
	const struct contact *now = &v[n - 1];
	bool met[40] = {false};
	unsigned count = 0;

	for (size_t i = 0; i < n; i++) {
		if (v[i].client != now->client || now->ns - v[i].ns > 5000000000ULL)
			continue;
		if (distinct && exactly && i + 1 < n && v[i].server == now->server)
			return false;
		count += !distinct || !met[v[i].server];
		met[v[i].server] = true;
	}
	return exactly ? count == least : count >= least;
}

START_TEST(counting_in_a_time_that_slides)
{
	static const unsigned asked[] = {1, 3, 7};
	bool distinct = _i & 1, exactly = _i & 2;
	unsigned least = asked[_i / 4], expected = 0;
	char *rules = xasprintf(
		"sets: {n: 2 s}\nrules:\n  - rule: r\n    proto: udp\n    once: no\n"
		"    steps:\n      - {message: m, from: client}\n    then:\n"
		"      event: evidence\n"
		"      count: {in: n, key: client-ip, least: %u, within: 5 s, sliding: yes%s%s}\n",
		least, distinct ? ", distinct: server-ip" : "", exactly ? ", exactly: yes" : "");
	static struct contact past[3000];
	struct feed *f = feed_new(rules);
	struct rng rng;

	rng_init(&rng, (uint64_t)_i, "sliding");
	for (unsigned i = 0; i < ARRAY_LEN(past); i++) {
		unsigned c = (unsigned)rng_range(&rng, 0, 2), s = (unsigned)rng_range(&rng, 0, 12);
		char src[32], dst[32];

		snprintf(src, sizeof(src), "10.0.0.%u:7", c + 1);
		snprintf(dst, sizeof(dst), "192.0.2.%u:9", s + 1);
		f->now += rng_range(&rng, 0, 30) ? rng_range(&rng, 0, 400000000) : 4000000000;
		feed_udp(f, src, dst, "x", 1);
		past[i] = (struct contact){f->now, c, s};
		expected += slides_to(past, i + 1, distinct, exactly, least);
		ck_assert_msg(f->n == expected, "packet %u: %zu events, expected %u", i, f->n,
			      expected);
	}
	ck_assert_uint_gt(expected, 10);
	feed_free(f);
	free(rules);
}
END_TEST

/* A key that gives way takes its last matches along: another begins with none. */
START_TEST(a_count_that_slides_gives_way_whole)
{
	static const char rules[] = FEED_HEAD "sets: {n: 2 s}\nrules:\n  - {rule: r, proto: udp, "
					      "once: no, steps: [{message: m}], then: "
					      "{event: evidence, count: {in: n, key: client-ip, "
					      "least: 2, within: 1 h, sliding: yes}}}\n";
	struct detector_limits limits = {.remembered = 8};
	struct feed *f = malloc(sizeof(*f));

	feed_begin(f, feed_parse(rules), &limits);
	for (unsigned i = 0; i < 4000; i++) {
		char src[32];

		snprintf(src, sizeof(src), "10.0.%u.%u:7", i / 250, i % 250);
		feed_udp(f, src, SN, "x", 1);
	}
	ck_assert_uint_eq(f->n, 0);
	feed_udp(f, "10.0.15.249:7", SN, "x", 1);
	ck_assert_uint_eq(f->n, 1);
	feed_free(f);
}
END_TEST

/* What a flow has come to, asked after each packet. */
START_TEST(figures_of_a_flow)
{
	static const char *const when[] = {"bytes: 400..900", "duration: {least: 2 s, most: 9 s}",
					   "rate: 3..8", "bit-rate: 200..700",
					   "mean-gap: {least: 150 ms, most: 400 ms}"};
	char *rules = xasprintf("rules:\n  - rule: r\n    proto: udp\n    once: no\n    tally:\n"
				"      - {count: any, from: either}\n    when:\n      - {%s}\n"
				"    then: {event: evidence}\n",
				when[_i]);
	unsigned expected = 0;
	struct rng rng;

	rng_init(&rng, (uint64_t)_i, "figures");
	for (unsigned flow = 0; flow < 20; flow++) {
		struct feed *f = feed_new(rules);
		uint64_t begun = f->now + 1000000, bytes = 0;
		unsigned before = expected;

		for (unsigned n = 1; n <= 60; n++) {
			uint32_t len = (uint32_t)rng_range(&rng, 1, 30);
			bool back = n > 1 && rng_range(&rng, 0, 1);
			double s, v;

			f->now += n > 1 ? rng_range(&rng, 0, 500000000) : 0;
			feed_udp(f, back ? SN : SC, back ? SC : SN, noise, len);
			bytes += len;
			s = (double)(f->now - begun) / 1e9;
			v = s ? s : 1e-9;
			expected += _i == 0   ? bytes >= 400 && bytes <= 900
				    : _i == 1 ? floor(s * 1e3) >= 2000 && floor(s * 1e3) <= 9000
				    : _i == 2 ? floor(n / v) >= 3 && floor(n / v) <= 8
				    : _i == 3 ? floor((double)bytes * 8 / v) >= 200 &&
							floor((double)bytes * 8 / v) <= 700
					      : n > 1 && floor(s * 1e6 / (n - 1)) >= 150000 &&
							floor(s * 1e6 / (n - 1)) <= 400000;
			ck_assert_msg(f->n == expected - before,
				      "{%s}: packet %u: %zu events, expected %u", when[_i], n, f->n,
				      expected - before);
		}
		feed_free(f);
	}
	ck_assert_uint_gt(expected, 20);
	free(rules);
}
END_TEST

START_TEST(forgotten_expired_and_unknown)
{
	static const char rules[] =
		"sets: {s: 10 s}\nrules:\n"
		"  - {rule: in, proto: udp, once: no, steps: [{message: m, bytes: {0: \"01\"}}], "
		"then: {remember: {in: s, key: server-ip}}}\n"
		"  - {rule: out, proto: udp, once: no, steps: [{message: m, bytes: {0: \"02\"}}], "
		"then: {forget: {in: s, key: server-ip}}}\n"
		"  - {rule: k, proto: udp, once: no, steps: [{message: m, bytes: {0: \"03\"}}], "
		"flow: {known: {in: s, key: server-ip}}, then: {event: evidence}}\n"
		"  - {rule: u, proto: udp, once: no, steps: [{message: m, bytes: {0: \"03\"}}], "
		"flow: {unknown: {in: s, key: server-ip}}, then: {event: call-start}}\n";
	struct feed *f = feed_new(rules);
	const char *say = "\3\1\3\2\3\1\3";

	for (; *say; say++)
		feed_udp(f, SC, SN, say, 1);
	ck_assert_uint_eq(feed_count(f, EVENT_EVIDENCE), 2);
	ck_assert_uint_eq(feed_count(f, EVENT_CALL_START), 2);
	f->now += 11000000000ULL;
	feed_udp(f, SC, SN, "\3", 1);
	ck_assert_uint_eq(feed_count(f, EVENT_CALL_START), 3);
	feed_free(f);
}
END_TEST

/* Several requests are open: the answer is that of one exchange, and one event. The next answer is another. */
START_TEST(one_datagram_ends_one_exchange)
{
	static const char rules[] = "rules:\n  - {rule: probe, proto: udp, once: no, steps: ["
				    "{message: U1, from: client, bytes: {0: \"01\"}}, "
				    "{message: U4, from: server, bytes: {0: \"04\"}}], then: "
				    "{event: probe-accepted}}\n";
	struct feed *f = feed_new(rules);

	for (int i = 0; i < 3; i++)
		feed_udp(f, SC, SN, "\1", 1);
	feed_udp(f, SN, SC, "\4", 1);
	ck_assert_uint_eq(feed_count(f, EVENT_PROBE_ACCEPTED), 1);
	feed_udp(f, SN, SC, "\4", 1); /* nothing is open */
	ck_assert_uint_eq(feed_count(f, EVENT_PROBE_ACCEPTED), 1);
	feed_udp(f, SC, SN, "\1", 1);
	feed_udp(f, SN, SC, "\4", 1);
	ck_assert_uint_eq(feed_count(f, EVENT_PROBE_ACCEPTED), 2);
	feed_free(f);
}
END_TEST

START_TEST(a_call_begins_with_its_share_and_ends_when_idle)
{
	static const char rules[] =
		"rules:\n  - rule: call\n    proto: udp\n    tally:\n"
		"      - {count: data, from: either, size: 4.., bytes: {2: \"0d/8f\"}}\n"
		"    when:\n      - {count: data, is: 20..}\n      - {share: data, least: 80 %}\n"
		"    then: {event: call-start}\n    until: {event: call-end, idle: 5 s}\n";
	uint8_t voice[20] = {0, 0, 0x3d}, other[20] = {0, 0, 0x02};
	struct feed *f = feed_new(rules);

	for (int i = 0; i < 19; i++)
		feed_udp(f, i & 1 ? SC : SN, i & 1 ? SN : SC, voice, 20);
	for (int i = 0; i < 6; i++)
		feed_udp(f, SC, SN, other, 20);
	feed_udp(f, SC, SN, voice, 20); /* 20 of 26: 76.9 % */
	ck_assert_uint_eq(f->n, 0);
	for (int i = 0; i < 5; i++)
		feed_udp(f, SC, SN, voice, 20); /* 24 of 30 = 80 % with the fourth */
	ck_assert_uint_eq(feed_count(f, EVENT_CALL_START), 1);
	ck_assert_uint_eq(f->events[0].flow_packets, 30);
	f->now += 4000000000ULL;
	feed_udp(f, SC, SN2, other, 20);
	ck_assert_uint_eq(feed_count(f, EVENT_CALL_END), 0);
	f->now += 3000000000ULL;
	detector_time(f->d, f->now);
	ck_assert_uint_eq(feed_count(f, EVENT_CALL_END), 1);
	feed_free(f);
}
END_TEST

/* Letters in either case, and only those: what differs from others by the same bit does not count. */
START_TEST(text_in_either_case)
{
	static const struct {
		const char *payload;
		unsigned events;
	} cases[] = {{"get /a host: [b", 1},	 {"GET /x HOST: [b", 1},  {"gEt /a hoSt: [", 1},
		     {"get /a host: {b", 0},	 {"get oa host: [b", 0},  {"get /a hest: [b", 0},
		     {"get /a host: [SKYPE", 0}, {"g\xe5t /a host: [", 0}};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct feed *f =
			feed_new("rules:\n  - rule: r\n    proto: udp\n    steps:\n"
				 "      - message: m\n        text-nocase: {0: 'Get /'}\n"
				 "        contains: [{text: 'Host: [', nocase: yes, from: 6},\n"
				 "          {text: skype, nocase: yes, not: yes}]\n"
				 "    then: {event: flow}\n");

		feed_udp(f, "10.0.0.1:1", "192.0.2.1:1", cases[i].payload,
			 (uint32_t)strlen(cases[i].payload));
		ck_assert_msg(f->n == cases[i].events, "%s: %zu events", cases[i].payload, f->n);
		feed_free(f);
	}
}
END_TEST

START_TEST(recurrence_at_the_end_of_a_message)
{
	static const char rules[] = "rules:\n  - rule: r\n    proto: tcp\n    steps:\n"
				    "      - {message: m, nth: 1, size: 48..111, whole-turn: yes, "
				    "sequence: {at: 48, times: 0xcd, plus: 0x71, least: 3}}\n    "
				    "then: {event: evidence}\n";
	uint8_t m[80] = {0};

	for (unsigned pad = 0; pad < 32; pad++)
		for (int wrong = 0; wrong < 2; wrong++) {
			struct feed *f = feed_new(rules);

			m[48] = 0x11;
			for (unsigned i = 49; i < 80; i++)
				m[i] = (uint8_t)(0xcd * m[i - 1] + 0x71);
			m[48 + pad / 2] ^= (uint8_t)wrong;
			feed_open(f, SCT, SN);
			feed_say(f, SCT, SN, 0, m, 20); /* cut */
			feed_say(f, SCT, SN, 0, m + 20, 28 + pad);
			feed_say(f, SCT, SN, 1, noise, 8);
			ck_assert_msg(f->n == (pad >= 3 && !wrong), "pad %u wrong %d", pad, wrong);
			feed_free(f);
		}
}
END_TEST

START_TEST(limits_hold_and_are_counted)
{
	struct detector_limits l = {.flows = 1000, .matches = 100, .remembered = 50, .streams = 10};
	struct feed *f = malloc(sizeof(*f));
	struct detector_stats s;
	uint64_t memory = 0;

	feed_begin(f, feed_parse(FEED_HEAD HOLD), &l);
	for (int round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 5000; i++) {
			char src[32];

			snprintf(src, sizeof(src), "10.%u.%u.1:7", i / 250, i % 250);
			feed_udp(f, src, SN, i % 5 ? "\xbb" : "\xaa", 1);
			if (f->n > FEED_EVENTS / 2)
				f->n = 0;
		}
		detector_stats(f->d, &s);
		if (!round)
			memory = s.memory_bytes;
	}
	ck_assert_uint_eq(s.flows, 10000);
	ck_assert_uint_eq(s.flows_now, 1000);
	ck_assert_uint_eq(s.flows_evicted, 9000);
	ck_assert_uint_le(s.matches_now, 100);
	ck_assert_uint_gt(s.matches_evicted, 0);
	ck_assert_uint_le(s.remembered_now, 50);
	ck_assert_uint_gt(s.remembered_evicted, 0);
	ck_assert_uint_le(s.held_now, 50);
	ck_assert_uint_gt(s.held_evicted, 0);
	ck_assert_uint_eq(s.memory_bytes, memory);
	feed_free(f);
}
END_TEST

START_TEST(ipv6_flows_and_ports_used_again)
{
	struct feed *f = feed_new("rules:\n  - rule: r\n    proto: any\n    steps:\n"
				  "      - {message: m, nth: 1, bytes: {0: \"aa\"}}\n"
				  "    then: {event: evidence}\n");
	const char *a = "[2001:db8::1]:5", *b = "[2001:db8::2]:6";

	feed_udp(f, a, b, "\xaa", 1);
	feed_udp(f, a, b, "\xaa", 1); /* the second of the flow */
	feed_udp(f, b, a, "\xaa", 1); /* the first of the other side, but the rule is done */
	ck_assert_uint_eq(f->n, 1);
	ck_assert_uint_eq(f->events[0].client_ip.family, 6);
	for (int i = 0; i < 2; i++) { /* the same ports, a new connection: a new flow */
		feed_open(f, a, b);
		feed_say(f, a, b, 0, "\xaa", 1);
		ck_assert_uint_eq(f->n, 2 + (size_t)i);
		feed_packet(f, IPPROTO_TCP, a, b, TH_RST, f->seq[0], NULL, 0);
	}
	feed_free(f);
}
END_TEST

/* A test that counts from the end says nothing while more may come: the message is found when it is
 * whole, in however many segments, by rules armed on the flow and by others. */
START_TEST(tests_from_the_end_wait_for_the_end)
{
	static const char *const tests[] = {"bytes: {-1: \"aa\"}",
					    "equal: {at: -1, length: 1, there: 0}",
					    "sequence: {at: -2, times: 1, plus: 1, least: 2}"};
	const char *message = _i == 0	? "\xbb\x01\x02\xaa"
			      : _i == 1 ? "\xbb\x01\x02\xbb"
					: "\xbb\x09\x01\x02";

	for (int armed = 0; armed < 2; armed++) {
		char *rules =
			xasprintf("rules:\n  - rule: r\n    proto: tcp\n    client: initiator\n"
				  "%s    steps:\n"
				  "      - {message: m, from: client, size: 4, %s}\n"
				  "    then: {event: evidence}\n",
				  armed ? "    on: open\n" : "", tests[_i]);
		struct feed *f = feed_new(rules);

		feed_open(f, SC, SN);
		feed_say(f, SC, SN, 0, message, 2);
		feed_say(f, SC, SN, 0, message + 2, 2);
		feed_say(f, SC, SN, 1, "x", 1);
		ck_assert_msg(f->n == 1, "armed %d: %zu events of %s", armed, f->n, tests[_i]);
		feed_free(f);
		free(rules);
	}
}
END_TEST

UNIT(engine)
{
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)(i * 37 + 11);
	unit_loop(tc, full_and_partial_probe_are_accepted, 0, 2);
	unit_case(tc, connection_to_a_probed_node_is_a_session_and_its_close_the_end);
	unit_case(tc, a_second_super_node_is_a_change_and_only_its_close_the_end);
	unit_case(tc, a_refusal_and_an_unknown_node_are_no_session);
	unit_case(tc, segments_cut_late_doubled_or_overlapping_hide_no_message);
	unit_case(tc, psh_segments_are_messages_where_the_signature_says_so);
	unit_case(tc, nibbles_of_the_papers_figure_7);
	unit_loop(tc, a_silent_node_counts_and_one_that_refused_does_not, 0, 2);
	unit_loop(tc, an_answer_and_the_next_probe_are_no_probe_by_the_node, 0, 2);
	unit_case(tc, repeated_and_optional_steps);
	unit_case(tc, flows_before_and_after_detection_are_attributed);
	unit_case(tc, what_a_released_match_forgets_the_next_waits_for);
	unit_case(tc, a_flow_that_waits_outlives_its_idle_time);
	unit_case(tc, counting_needs_enough_flows_with_moving_numbers);
	unit_loop(tc, counting_in_a_time_and_of_different_hosts, 0, 8);
	unit_loop(tc, figures_of_a_flow, 0, 5);
	unit_case(tc, forgotten_expired_and_unknown);
	unit_case(tc, one_datagram_ends_one_exchange);
	unit_loop(tc, counting_in_a_time_that_slides, 0, 12);
	unit_case(tc, a_count_that_slides_gives_way_whole);
	unit_case(tc, a_call_begins_with_its_share_and_ends_when_idle);
	unit_case(tc, text_in_either_case);
	unit_case(tc, recurrence_at_the_end_of_a_message);
	unit_case(tc, limits_hold_and_are_counted);
	unit_case(tc, ipv6_flows_and_ports_used_again);
	unit_loop(tc, tests_from_the_end_wait_for_the_end, 0, 3);
}
