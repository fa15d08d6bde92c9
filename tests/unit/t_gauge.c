// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Figures of some of a flow's packets (detector/engine/gauge.c): after each packet the engine must say what a second
 * reading says, which keeps every packet and shares no code with the engine. Flows are of UDP and TCP in both
 * directions, also without payload, at random times; a fixed seed, so a failure comes again.
 */
#include <math.h>

#include "base/rng.h"
#include "detector/engine/reload.h"
#include "tests/unit/feed.h"

#define CLIENT	"10.0.0.1:5000"
#define SERVER	"192.0.2.7:33000"
#define PACKETS 300
#define SECOND	1000000000ULL

struct seen {
	uint64_t ns;
	uint32_t len;
	bool from_client;
};

/* What was seen since the rule's first message. */
struct past {
	struct seen p[PACKETS];
	size_t n;
};

enum figure { COUNT, BYTES, MEAN, LEAST, GREATEST, RATE, BITS, GAP, LASTED, MODE };
enum whose { EITHER, OF_CLIENT, OF_SERVER };

static const struct condition {
	const char *text;
	enum figure figure;
	enum whose side;
	bool empty;
	unsigned packets; /* the last so many */
	double seconds;	  /* or of the last so many */
	double lo, hi;	  /* in units of the figure; MODE: gaps, share */
} conditions[] = {
	{"least-size: 3..9", LEAST, EITHER, false, 0, 0, 3, 9},
	{"greatest-size: 400..900", GREATEST, EITHER, false, 0, 0, 400, 900},
	{"greatest-size: 100..500, from: server", GREATEST, OF_SERVER, false, 0, 0, 100, 500},
	{"least-size: 0, empty: yes", LEAST, EITHER, true, 0, 0, 0, 0},
	{"count: packets, is: 30..90, empty: yes", COUNT, EITHER, true, 0, 0, 30, 90},
	{"count: packets, is: 20..60, from: client", COUNT, OF_CLIENT, false, 0, 0, 20, 60},
	{"count: packets, is: 5..12, last: 2 s", COUNT, EITHER, false, 0, 2, 5, 12},
	{"bytes: 900..2500, last: 1600 ms", BYTES, EITHER, false, 0, 1.6, 900, 2500},
	{"bytes: 2000..6000, last: 30 packets", BYTES, EITHER, false, 30, 0, 2000, 6000},
	{"mean-size: 100..160, last: 100 packets", MEAN, EITHER, false, 100, 0, 100, 160},
	{"mean-size: 100..200, last: 3 s, from: server", MEAN, OF_SERVER, false, 0, 3, 100, 200},
	{"least-size: 20.., last: 4 packets", LEAST, EITHER, false, 4, 0, 20, 1e12},
	{"greatest-size: ..300, last: 1 s, from: client", GREATEST, OF_CLIENT, false, 0, 1, 0, 300},
	{"rate: 3..5, last: 5 s", RATE, EITHER, false, 0, 5, 3, 5},
	{"rate: 2..6, last: 7 packets, empty: yes", RATE, EITHER, true, 7, 0, 2, 6},
	{"bit-rate: 2000..5000, last: 10 s", BITS, EITHER, false, 0, 10, 2000, 5000},
	{"bit-rate: 1000..4000, from: client, last: 20 packets", BITS, OF_CLIENT, false, 20, 0,
	 1000, 4000},
	{"mean-gap: {least: 150 ms, most: 300 ms}, last: 9 packets", GAP, EITHER, false, 9, 0,
	 150000, 300000},
	{"mean-gap: {least: 300 ms, most: 600 ms}, last: 8 s, from: server", GAP, OF_SERVER, false,
	 0, 8, 300000, 600000},
	{"duration: {least: 2 s, most: 3 s}, last: 10 packets", LASTED, EITHER, false, 10, 0, 2000,
	 3000},
	{"duration: {least: 9 s, most: 20 s}, from: server", LASTED, OF_SERVER, false, 0, 0, 9000,
	 20000},
	{"gap-mode: {gap: 250 ms, tolerance: 40 ms, least: 9}", MODE, EITHER, false, 0, 0, 9, 0},
	{"gap-mode: {gap: 700 ms, tolerance: 200 ms, share: 30 %, from: client}", MODE, OF_CLIENT,
	 false, 0, 0, 1, 0.3},
};

static bool counts(const struct condition *c, const struct seen *p)
{
	return (p->len || c->empty) &&
	       (c->side == EITHER || (c->side == OF_CLIENT) == p->from_client);
}

static bool between(double v, double lo, double hi)
{
	return floor(v) >= lo && floor(v) <= hi;
}

static bool figure_fits(const struct condition *c, const struct seen *const *v, size_t n,
			double over)
{
	double bytes = 0, least = 1e12, greatest = 0, whole;

	if (!n && (c->figure == MEAN || c->figure == LEAST || c->figure == GREATEST))
		return false;
	for (size_t i = 0; i < n; i++) {
		bytes += v[i]->len;
		least = v[i]->len < least ? v[i]->len : least;
		greatest = v[i]->len > greatest ? v[i]->len : greatest;
	}
	over = over > 0 ? over : 1e-9;
	whole = n ? (double)(v[n - 1]->ns - v[0]->ns) / 1e9 : 0;
	switch (c->figure) {
	case COUNT:
		return between((double)n, c->lo, c->hi);
	case BYTES:
		return between(bytes, c->lo, c->hi);
	case MEAN:
		return between(bytes / (double)n, c->lo, c->hi);
	case LEAST:
		return between(least, c->lo, c->hi);
	case GREATEST:
		return between(greatest, c->lo, c->hi);
	case RATE:
		return between((double)n / over, c->lo, c->hi);
	case BITS:
		return between(bytes * 8 / over, c->lo, c->hi);
	case LASTED:
		return between(over * 1e3, c->lo, c->hi);
	default:
		return n > 1 && between(whole * 1e6 / (double)(n - 1), c->lo, c->hi);
	}
}

/* Whole steps of @width from @low to @gap. */
static long steps(double gap, double low, double width)
{
	return (long)floor((gap - low) / width);
}

static bool mode_fits(const struct condition *c, const struct past *past)
{
	bool first = c->text[16] == '2'; /* 250 ms, else 700 ms */
	double gap = first ? 250e6 : 700e6, off = first ? 40e6 : 200e6, low = gap - off,
	       width = 2 * off + 1;
	static long bins[PACKETS];
	size_t n = 0, in = 0, last[2] = {PACKETS, PACKETS};

	for (size_t i = 0; i < past->n; i++) {
		const struct seen *p = &past->p[i];
		size_t *before = &last[p->from_client];

		if (p->len && *before < PACKETS && counts(c, p)) {
			bins[n] = steps((double)(p->ns - past->p[*before].ns), low, width);
			in += !bins[n++];
		}
		if (p->len)
			*before = i;
	}
	for (size_t i = 0; i < n; i++) {
		size_t alike = 0;

		for (size_t k = 0; k < n; k++)
			alike += bins[k] == bins[i];
		if (alike > in)
			return false;
	}
	return in && (double)n >= c->lo && (double)in >= c->hi * (double)n;
}

/* What the condition says at the last packet. */
static bool holds(const struct condition *c, const struct past *past)
{
	const struct seen *v[PACKETS];
	uint64_t now = past->p[past->n - 1].ns, part = (uint64_t)(c->seconds * 1e9) / 16, begin;
	size_t n = 0, from = 0;

	if (c->figure == MODE)
		return mode_fits(c, past);
	for (size_t i = 0; i < past->n; i++)
		if (counts(c, &past->p[i]))
			v[n++] = &past->p[i];
	if (!n || (c->packets && n < c->packets))
		return false;
	if (c->packets)
		from = n - c->packets;
	begin = v[from]->ns;
	if (part) {
		uint64_t part_now = (now - v[0]->ns) / part;

		if (part_now < 15)
			return false;
		begin = v[0]->ns + (part_now - 15) * part;
		while (from < n && v[from]->ns < begin)
			from++;
		/* the page: more than fifteen sixteenths of it, at most all */
		ck_assert(now - begin <= 16 * part && now - begin >= 15 * part);
	}
	return figure_fits(c, v + from, n - from, (double)(now - begin) / 1e9);
}

static char *rule_of(const struct condition *c, bool tcp, bool bursts)
{
	return xasprintf("rules:\n  - rule: r\n    proto: %s\n    client: initiator\n    once: no\n"
			 "    segments: %s\n    tally: [{count: any, from: either}]\n"
			 "    when: [{%s}]\n    then: {event: evidence}\n",
			 tcp ? "tcp" : "udp", tcp && !bursts ? "psh" : "reassembled", c->text);
}

/* A packet to the engine and to the past. */
static void say(struct feed *f, struct past *past, bool tcp, bool back, uint32_t len)
{
	static const uint8_t noise[1500];

	if (!tcp)
		feed_udp(f, back ? SERVER : CLIENT, back ? CLIENT : SERVER, noise, len);
	else if (len)
		feed_say(f, CLIENT, SERVER, back, noise, len);
	else
		feed_packet(f, IPPROTO_TCP, back ? SERVER : CLIENT, back ? CLIENT : SERVER, TH_ACK,
			    f->seq[back], NULL, 0);
	past->p[past->n++] = (struct seen){f->now, len, !back};
}

/* Whether the last packet makes the rule ask: its message is complete. A burst is when the other side sends, but for the
 * first packet, which begins the rule. */
static bool asks(const struct past *past, bool bursts)
{
	const struct seen *now = &past->p[past->n - 1];
	size_t last = past->n - 1;

	if (!now->len || !bursts || past->n == 1)
		return now->len;
	while (!past->p[--last].len)
		;
	return last && past->p[last].from_client != now->from_client;
}

/* A wait at random: short ones, around 250 and 700 ms, and sometimes a long one. */
static uint64_t a_wait(struct rng *rng)
{
	uint64_t kind = rng_range(rng, 0, 40);

	return kind < 15   ? rng_range(rng, 0, 20000000)
	       : kind < 28 ? rng_range(rng, 205000000, 285000000)
	       : kind < 40 ? rng_range(rng, 0, 900000000)
			   : rng_range(rng, 3, 40) * SECOND;
}

START_TEST(the_engine_and_a_plain_reading_agree)
{
	const struct condition *c = &conditions[_i / 3];
	bool tcp = _i % 3, bursts = _i % 3 == 2;
	char *rules;
	unsigned yes = 0, no = 0;
	struct rng rng;

	if (c->figure == MODE && bursts)
		return; /* its gaps are between bursts then */
	rules = rule_of(c, tcp, bursts);
	rng_init(&rng, (uint64_t)_i, "gauge");
	for (unsigned flow = 0; flow < 12; flow++) {
		struct feed *f = feed_new(rules);
		static struct past past;

		past.n = 0;
		if (tcp)
			feed_open(f, CLIENT, SERVER);
		while (past.n < PACKETS) {
			bool back = past.n && rng_range(&rng, 0, 2) == 0;
			uint32_t len =
				(uint32_t)rng_range(&rng, 1, rng_range(&rng, 0, 30) ? 250 : 900);
			size_t before = f->n;
			bool asked, want;

			f->now += a_wait(&rng);
			if (past.n && rng_range(&rng, 0, 3) == 0)
				len = 0;
			say(f, &past, tcp, back, len);
			asked = asks(&past, bursts);
			want = asked && holds(c, &past);
			ck_assert_msg(f->n - before == want,
				      "{%s}: %s, packet %zu: %zu events, expected %d", c->text,
				      bursts ? "bursts"
				      : tcp  ? "tcp"
					     : "udp",
				      past.n, f->n - before, want);
			yes += want;
			no += asked && !want;
		}
		feed_free(f);
	}
	ck_assert_msg(yes > 20 && no > 20, "{%s}: %u yes, %u no", c->text, yes, no);
	free(rules);
}
END_TEST

/* The rule goes on where it was when others, which need more room, are loaded beside it. */
START_TEST(windows_outlive_a_reload)
{
	static const char one[] =
		"signature: one\nrevision: 1\ndate: 2006-01-01\ntitle: t\nsource: t\nversions: []\n"
		"rules: [{rule: r, proto: udp, tally: [{count: any}], "
		"when: [{mean-size: 7, last: 6 packets}], then: {event: evidence}}]\n";
	static const char two[] =
		"signature: two\nrevision: 1\ndate: 2006-01-01\ntitle: t\nsource: t\nversions: []\n"
		"rules: [{rule: r, proto: udp, tally: [{count: any}], when: [{mean-size: 1, "
		"last: 90 packets}, {rate: 1.., last: 9 s}], then: {event: flow}}]\n";
	struct feed *f = malloc(sizeof(*f));
	struct signature_set *more = signature_set_new();
	struct err e;

	feed_begin(f, feed_parse(one), NULL);
	for (int i = 0; i < 4; i++)
		feed_udp(f, CLIENT, SERVER, "1234567", 7);
	ck_assert_int_eq(signature_add_text(more, "two.yaml", two, strlen(two), &e), 0);
	ck_assert_int_eq(signature_add_text(more, "one.yaml", one, strlen(one), &e), 0);
	signature_set_compile(more);
	detector_reload(f->d, more, NULL);
	feed_udp(f, CLIENT, SERVER, "1234567", 7);
	ck_assert_uint_eq(f->n, 0);
	feed_udp(f, CLIENT, SERVER, "1234567", 7);
	ck_assert_uint_eq(f->n, 1);
	feed_free(f);
	signatures_free(more);
}
END_TEST

/* "resets": what is counted under one name begins another count anew. */
START_TEST(a_message_resets_a_count)
{
	struct feed *f =
		feed_new("rules:\n  - rule: r\n    proto: udp\n    tally:\n"
			 "      - {count: small, size: 2}\n      - {count: large, size: 9.., "
			 "resets: small}\n"
			 "    when: [{count: small, is: 3..}]\n    then: {event: evidence}\n");
	static const uint32_t sizes[] = {2, 2, 9, 2, 2, 12, 2, 5, 2, 2};

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		feed_udp(f, CLIENT, SERVER, "123456789012", sizes[i]);
		ck_assert_uint_eq(f->n, i + 1 == ARRAY_LEN(sizes));
	}
	feed_free(f);
}
END_TEST

UNIT(gauge)
{
	unit_loop(tc, the_engine_and_a_plain_reading_agree, 0, 3 * (int)ARRAY_LEN(conditions));
	unit_case(tc, windows_outlive_a_reload);
	unit_case(tc, a_message_resets_a_count);
}
