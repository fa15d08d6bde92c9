// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Conditions on chi-square and belief (detector/engine/statistic.c) against a second computation: from the definitions,
 * of all messages anew at each message, with half bytes as digits of text and densities as numbers, not logarithms.
 */
#include <math.h>

#include "base/rng.h"
#include "detector/language/explain.h"
#include "tests/unit/feed.h"

#define C	 "10.0.0.1:5000"
#define S	 "192.0.2.7:33000"
#define MESSAGES 300

/* A message as it was said. */
struct said {
	uint64_t ns;
	uint32_t len;
	uint8_t b[40];
};

static double chi_square(const struct said *m, unsigned n, unsigned nibble)
{
	unsigned seen[16] = {0}, all = 0;
	double sum = 0;

	for (unsigned i = 0; i < n; i++) {
		char hex[17], digit[2] = "";

		if (m[i].len < 8)
			continue;
		for (unsigned k = 0; k < 8; k++)
			snprintf(hex + 2 * k, 3, "%02x", m[i].b[k]);
		digit[0] = hex[nibble - 1];
		seen[strtoul(digit, NULL, 16)]++;
		all++;
	}
	for (unsigned v = 0; v < 16; v++) {
		double expected = all / 16.0;

		sum += (seen[v] - expected) * (seen[v] - expected) / expected;
	}
	return all ? sum : NAN;
}

/* Log10 of a Gaussian's density, 1e-25 at least. */
static double gaussian(double x, double mean, double deviation)
{
	double p = exp(-(x - mean) * (x - mean) / (2 * deviation * deviation)) /
		   (deviation * sqrt(2 * M_PI));

	return log10(p < 1e-25 ? 1e-25 : p);
}

struct classes {
	unsigned n;
	double mean[3], deviation[3];
};

/* The greatest belief in a class, given the sums of logarithms. */
static double likeliest(const struct classes *c, const double sums[3], double samples)
{
	double best = -1e9;

	for (unsigned k = 0; k < c->n; k++)
		best = fmax(best, (log10(1.0 / c->n) + sums[k]) / samples);
	return best;
}

static double size_belief(const struct said *m, unsigned n, unsigned w, const struct classes *c)
{
	double all = 0;

	for (unsigned from = 0; from + w <= n; from += w) {
		double sums[3] = {0};

		for (unsigned k = 0; k < c->n; k++)
			for (unsigned i = from; i < from + w; i++)
				sums[k] += gaussian(m[i].len, c->mean[k], c->deviation[k]);
		all += likeliest(c, sums, w);
	}
	return n >= w ? all / (n / w) : NAN;
}

static double gap_belief(const struct said *m, unsigned n, unsigned w, const struct classes *c)
{
	double all = 0;
	unsigned windows = 0;

	for (unsigned from = 0; from + w < n; from += w, windows++) {
		double gap = (double)(m[from + w].ns - m[from].ns) / 1e6 / w, sums[3];

		for (unsigned k = 0; k < c->n; k++)
			sums[k] = gaussian(gap, c->mean[k], c->deviation[k]);
		all += likeliest(c, sums, 1);
	}
	return windows ? all / windows : NAN;
}

/* What stands in each half byte: anything, one of a few values, or always the same. */
static void say(struct rng *rng, const uint8_t kinds[16], struct said *m)
{
	rng_fill(rng, m->b, sizeof(m->b));
	for (unsigned i = 0; i < 16; i++) {
		uint8_t *b = &m->b[i / 2], v = i % 2 ? *b & 15 : *b >> 4;

		v = kinds[i] == 0 ? v : kinds[i] == 1 ? v & 7 : 5;
		*b = i % 2 ? (uint8_t)((*b & 0xf0) | v) : (uint8_t)((*b & 15) | v << 4);
	}
}

static struct feed *rule_with(const char *when)
{
	char *rules = xasprintf("rules:\n  - rule: r\n    proto: udp\n    client: initiator\n"
				"    tally: [{count: m, from: client}]\n    when: [%s]\n"
				"    then: {event: flow}\n",
				when);
	struct feed *f = feed_new(rules);

	free(rules);
	return f;
}

/* Says @n messages; the number of the one with which the rule held, 0 = it did not. What the other side says does
 * not count. */
static unsigned held_at(struct feed *f, const struct said *m, unsigned n)
{
	unsigned at = 0;

	for (unsigned i = 0; i < n; i++) {
		f->now = m[i].ns - 1000000; /* feed_packet() adds it */
		feed_udp(f, C, S, m[i].b, m[i].len);
		if (f->n && !at)
			at = i + 1;
		if (i % 3 == 0)
			feed_udp(f, S, C, "other side, and long", 20);
	}
	return at;
}

static void compare(const char *when, unsigned got, unsigned want)
{
	ck_assert_msg(got == want, "%s: held at message %u, expected %u", when, got, want);
}

START_TEST(chi_square_is_that_of_its_definition)
{
	unsigned held = 0;
	struct rng rng;

	rng_init(&rng, (uint64_t)_i, "chi-square");
	for (unsigned round = 0; round < 60; round++) {
		static struct said m[MESSAGES];
		unsigned least = (unsigned)rng_range(&rng, 1, 60), nibble, other, want = 0, got;
		unsigned below = (unsigned)rng_range(&rng, 8, 200), over;
		uint8_t kinds[16];
		struct feed *f;
		char *when;

		for (unsigned i = 0; i < 16; i++)
			kinds[i] = (uint8_t)rng_range(&rng, 0, 2);
		for (unsigned i = 0; i < MESSAGES; i++) {
			say(&rng, kinds, &m[i]);
			m[i].len = (uint32_t)rng_range(&rng, 1, 40);
			m[i].ns = 1000000000000ULL + i * 20000000ULL;
		}
		nibble = (unsigned)rng_range(&rng, 1, 16);
		other = (unsigned)rng_range(&rng, 1, 16);
		over = (unsigned)rng_range(&rng, 10, 900);
		when = xasprintf("{count: m, is: '%u..'}, {chi-square: m, nibbles: %u, below: %u}, "
				 "{chi-square: m, nibbles: [%u], least: %u}",
				 least, nibble, below, other, over);
		for (unsigned n = least; n <= MESSAGES && !want; n++)
			if (chi_square(m, n, nibble) < below && chi_square(m, n, other) >= over)
				want = n;
		f = rule_with(when);
		got = held_at(f, m, MESSAGES);
		compare(when, got, want);
		held += want > 0;
		feed_free(f);
		free(when);
	}
	ck_assert_msg(held > 5 && held < 55, "%u of 60 held", held);
}
END_TEST

START_TEST(beliefs_are_those_of_their_definition)
{
	bool gap = _i & 1;
	unsigned held = 0;
	struct rng rng;

	rng_init(&rng, (uint64_t)_i, "belief");
	for (unsigned round = 0; round < 60; round++) {
		static struct said m[MESSAGES];
		struct classes c = {.n = (unsigned)rng_range(&rng, 1, 3)};
		unsigned w = (unsigned)rng_range(&rng, 1, 40), want = 0, got;
		double least = -(double)rng_range(&rng, 5, 80) / 10;
		uint64_t pace = rng_range(&rng, 10, 40), now = 1000000000000ULL;
		struct feed *f;
		char *when, *list = xstrdup("");

		for (unsigned k = 0; k < c.n; k++) {
			char *longer;

			c.mean[k] = (double)rng_range(&rng, 5, 45);
			c.deviation[k] = (double)rng_range(&rng, 10, 80) / 10;
			longer = xasprintf("%s%s{mean: %g%s, deviation: %g%s}", list, k ? ", " : "",
					   c.mean[k], gap ? " ms" : "", c.deviation[k],
					   gap ? " ms" : "");
			free(list);
			list = longer;
		}
		for (unsigned i = 0; i < MESSAGES; i++) {
			rng_fill(&rng, m[i].b, sizeof(m[i].b));
			m[i].len = (uint32_t)rng_range(&rng, 1, 10) + (uint32_t)(pace - 10);
			now += pace * 1000000 - 5000000 + rng_range(&rng, 0, 10000000);
			m[i].ns = now;
		}
		when = xasprintf("{belief: %s, of: m, window: %u, classes: [%s], least: %g}",
				 gap ? "gap" : "size", w, list, least);
		for (unsigned n = 1; n <= MESSAGES && !want; n++)
			if ((gap ? gap_belief : size_belief)(m, n, w, &c) >= least)
				want = n;
		f = rule_with(when);
		got = held_at(f, m, MESSAGES);
		compare(when, got, want);
		held += want > 0;
		feed_free(f);
		free(when);
		free(list);
	}
	ck_assert_msg(held > 5 && held < 58, "%u of 60 held", held);
}
END_TEST

START_TEST(mistakes_are_named_with_their_line)
{
	static const struct {
		const char *when, *why;
	} cases[] = {
		{"{chi-square: x, nibbles: 1, least: 9}", "expected a name under"},
		{"{chi-square: m, least: 9}", "no \"nibbles\""},
		{"{chi-square: m, nibbles: 0, least: 9}", "0"},
		{"{chi-square: m, nibbles: 0..15, least: 9}",
		 "\"0..15\", expected half bytes from 1"},
		{"{chi-square: m, nibbles: [4, 0..2], least: 9}", "\"0..2\", expected half bytes"},
		{"{chi-square: m, nibbles: 1..17, least: 9}", "17"},
		{"{chi-square: m, nibbles: 1}", "neither \"below\" nor \"least\""},
		{"{chi-square: m, nibbles: 1, least: 9, below: 9}", "expected more than"},
		{"{chi-square: m, nibbles: 1, least: 9, window: 3}", "unknown key \"window\""},
		{"{belief: colour, of: m}", "colour"},
		{"{belief: size, of: m, least: -5}", "expected \"of\", \"classes\" and"},
		{"{belief: size, of: x, classes: [{mean: 1, deviation: 1}], least: -5}",
		 "expected a name under"},
		{"{belief: size, of: m, classes: [], least: -5}", "expected a list"},
		{"{belief: size, of: m, classes: [1], least: -5}", "expected {mean, deviation}"},
		{"{belief: size, of: m, classes: [{mean: 1}], least: -5}", "no \"deviation\""},
		{"{belief: size, of: m, classes: [{mean: 1, deviation: 0}], least: -5}",
		 "too small"},
		{"{belief: gap, of: m, classes: [{mean: 1, deviation: 1 ms}], least: -5}", "1"},
		{"{belief: size, of: m, classes: [{mean: 1, deviation: 1}], least: x}",
		 "expected a logarithm"},
		{"{belief: size, of: m, window: 0, classes: [{mean: 1, deviation: 1}], least: -5}",
		 "0"},
	};
	char *text = xasprintf(FEED_HEAD "rules:\n  - rule: r\n    proto: udp\n"
					 "    tally: [{count: m}]\n    when: [%s]\n",
			       cases[_i].when);
	struct signature_set *set = signature_set_new();
	struct err e = {0};

	ck_assert_int_eq(signature_add_text(set, "t.yaml", text, strlen(text), &e), -1);
	ck_assert_msg(!strncmp(e.msg, "t.yaml:11: ", 11) && strstr(e.msg, cases[_i].why), "%s",
		      e.msg);
	signatures_free(set);
	free(text);
}
END_TEST

START_TEST(conditions_are_said_in_words)
{
	struct feed *f = rule_with(
		"{chi-square: m, nibbles: [1..4, 7], least: 9, below: 150}, "
		"{belief: gap, of: m, window: 30, classes: [{mean: 20 ms, deviation: 2 ms}], "
		"least: -5}");
	char *words = NULL;
	size_t n;
	FILE *out = open_memstream(&words, &n);

	signature_show(out, f->set, 0);
	fclose(out);
	ck_assert_msg(strstr(words, "half bytes 1..4, 7 of m, against equal shares, is at least 9 "
				    "and below 150") &&
			      strstr(words, "in windows of 30, that the mean gap of m is 20 ms "
					    "(deviation 2 ms) is at least -5"),
		      "%s", words);
	free(words);
	feed_free(f);
}
END_TEST

/* More flows than there is room for: the detector stays within it, and goes on. */
START_TEST(state_is_bounded)
{
	const char *when = "{count: m, is: '20..'}, {chi-square: m, nibbles: 1, least: 150}";
	struct detector_limits l = {.flows = 64, .matches = 8};
	struct feed *f = rule_with(when);
	struct detector_stats s;

	detector_free(f->d);
	f->d = detector_new(f->set, &l, feed_event, f);
	for (unsigned i = 0; i < 1000; i++) {
		char c[32];

		snprintf(c, sizeof(c), "10.0.%u.%u:5000", i / 250, 1 + i % 250);
		feed_udp(f, c, S, "12345678", 8);
	}
	for (unsigned i = 0; i < 30; i++)
		feed_udp(f, C, S, "12345678", 8);
	ck_assert_uint_eq(f->n, 1);
	detector_stats(f->d, &s);
	ck_assert_uint_gt(s.matches_evicted, 900);
	ck_assert_uint_lt(s.memory_bytes, 1 << 20);
	feed_free(f);
}
END_TEST

UNIT(statistic)
{
	unit_loop(tc, chi_square_is_that_of_its_definition, 0, 4);
	unit_loop(tc, beliefs_are_those_of_their_definition, 0, 4);
	unit_loop(tc, mistakes_are_named_with_their_line, 0, 19);
	unit_case(tc, conditions_are_said_in_words);
	unit_case(tc, state_is_bounded);
}
