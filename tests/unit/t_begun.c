// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules that wait for their second message as bits (detector/engine/begun.c): they report what matches
 * of their own report, in the same order, and take less room.
 */
#include "base/rng.h"
#include "tests/unit/feed.h"

#define PACKETS 60000
#define HOSTS	6

/* What a detector said, as a sum in order; how many events of more than one message. */
struct said {
	uint64_t events, longer, sum;
};

static void add(struct said *s, uint64_t v)
{
	s->sum = (s->sum ^ v) * 0x100000001b3;
}

static void note_event(void *arg, const struct detection_event *ev)
{
	struct said *s = arg;

	s->events++;
	s->longer += ev->evidence_count > 1;
	add(s, ev->number);
	add(s, (uint64_t)ev->kind << 32 | ev->rule_line);
	add(s, (uintptr_t)ev->signature);
	add(s, (uint64_t)ev->flow.src.port << 32 | (uint64_t)ev->flow.dst.port << 8 | ev->answered);
	for (size_t i = 0; i < ev->evidence_count; i++) {
		add(s, ev->evidence[i].number << 32 | ev->evidence[i].size);
		add(s, ev->evidence[i].ts_ns);
		add(s, (uintptr_t)ev->evidence[i].message << 1 | ev->evidence[i].from_client);
	}
}

/* A payload like those that signatures look for: few ids, sizes that meet again, functions of Skype's. */
static uint32_t make_payload(struct rng *r, uint8_t b[64])
{
	static const uint8_t functions[8] = {0x02, 0x02, 0x02, 0x03, 0x05, 0x07, 0x0d, 0x0f};
	static const uint8_t sizes[8] = {11, 18, 18, 23, 25, 28, 30, 47};

	rng_fill(r, b, 64);
	b[0] = 0x51;
	b[1] = (uint8_t)(rng_range(r, 0, 3) * 2);
	b[2] = functions[rng_range(r, 0, 7)];
	if (rng_range(r, 0, 1)) { /* the same check sum again */
		b[7] = b[8] = b[9] = b[10] = 0x77;
	}
	return sizes[rng_range(r, 0, 7)];
}

static struct said what_is_said(const struct signature_set *set, bool whole, uint64_t seed)
{
	struct said s = {0};
	struct detector *d = detector_new(set, NULL, note_event, &s);
	uint64_t now = 1000000000000ULL;
	uint8_t b[64];
	struct rng r;

	if (whole)
		detector_explain(d);
	rng_init(&r, seed, "begun");
	for (uint64_t i = 1; i <= PACKETS; i++) {
		uint32_t host = rng_range(&r, 0, HOSTS - 1), peer = rng_range(&r, 1, 200);
		struct packet p = {.number = i, .proto = IPPROTO_UDP, .payload = b};
		struct endpoint ends[2] = {
			{ip4(0x0a000001 + host), (uint16_t)(20000 + host)},
			{ip4(0xc6336400 + peer + (uint32_t)(i / 6000 << 8)), 33033}};
		bool back = rng_range(&r, 0, 2) == 0;

		now += rng_range(&r, 0, 9) ? 1000000 : rng_range(&r, 0, 3) * 900000000ULL;
		p.ts_ns = now;
		p.src = ends[back];
		p.dst = ends[!back];
		p.len = p.caplen = make_payload(&r, b);
		p.ip_len = p.len + 28;
		detector_packet(d, &p);
	}
	detector_finish(d);
	detector_free(d);
	return s;
}

/* detector_explain() keeps whole messages, in matches. */
START_TEST(bits_report_what_matches_report)
{
	const char *all = "all";
	struct err e = {0};
	struct signature_set *set = signatures_load(&all, 1, &e);

	ck_assert_msg(set != NULL, "%s", e.msg);
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct said bits = what_is_said(set, false, seed),
			    matches = what_is_said(set, true, seed);

		ck_assert_uint_gt(bits.longer, 500);
		ck_assert_uint_eq(bits.events, matches.events);
		ck_assert_uint_eq(bits.sum, matches.sum);
	}
	signatures_free(set);
}
END_TEST

#define RULE(name, size)                                                                           \
	"  - rule: " name "\n    proto: udp\n    client: initiator\n    steps:\n"                  \
	"      - {message: A, from: client, size: " size ", bytes: {0: \"aa\"}}\n"                 \
	"      - {message: B, from: server, bytes: {0: \"bb\"}, equal: {at: 1, length: 1, to: "    \
	"A}}\n"                                                                                    \
	"    then: {event: evidence}\n"

/* Six rules begin on each of 64 flows, where there is room for 128 matches. */
START_TEST(what_waits_takes_little_room)
{
	struct detector_limits l = {.matches = 64};
	char *text = xasprintf(FEED_HEAD "rules:\n%s%s%s%s%s%s", RULE("a", "2"), RULE("b", "2..3"),
			       RULE("c", "2..4"), RULE("d", "2..5"), RULE("e", "2..6"),
			       RULE("f", "2..7"));
	struct feed *f = malloc(sizeof(*f));
	struct detector_stats s;
	char c[32];

	feed_begin(f, feed_parse(text), &l);
	free(text);
	for (int i = 0; i < 64; i++) {
		snprintf(c, sizeof(c), "10.1.0.%d:7", i);
		feed_udp(f, c, "198.51.100.1:9", "\xaa\x05", 2);
	}
	detector_stats(f->d, &s);
	ck_assert_uint_eq(s.matches_evicted, 0);
	for (int i = 0; i < 64; i++) {
		snprintf(c, sizeof(c), "10.1.0.%d:7", i);
		feed_udp(f, "198.51.100.1:9", c, "\xbb\x06", 2);
		feed_udp(f, "198.51.100.1:9", c, "\xbb\x05", 2);
	}
	ck_assert_uint_eq(feed_count(f, EVENT_EVIDENCE), 6 * 64);
	feed_free(f);
}
END_TEST

UNIT(begun)
{
	unit_case(tc, bits_report_what_matches_report);
	unit_case(tc, what_waits_takes_little_room);
}
