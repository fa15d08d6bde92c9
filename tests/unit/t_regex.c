// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests with regular expressions (detector/language/regex.c): against the C library's, which is another implementation,
 * on random patterns and texts; limits, errors, and what was not seen.
 */
#include <regex.h>
#include <time.h>

#include "base/rng.h"
#include "detector/language/explain.h"
#include "detector/language/regex.h"
#include "tests/unit/feed.h"

/* A random pattern that both implementations read alike. */
static void put_pattern(struct rng *rng, char **at, unsigned depth)
{
	static const char *const items[] = {"a", "b", "[ab]", "[^a]", ".", "c"};
	static const char *const often[] = {"", "", "", "?", "*", "+", "{2}", "{1,3}"};
	unsigned n = (unsigned)rng_range(rng, 1, 3);

	for (unsigned i = 0; i < n; i++) {
		if (depth && rng_range(rng, 0, 3) == 0) {
			*at += sprintf(*at, "(");
			put_pattern(rng, at, depth - 1);
			if (rng_range(rng, 0, 1)) {
				*at += sprintf(*at, "|");
				put_pattern(rng, at, depth - 1);
			}
			*at += sprintf(*at, ")");
		} else {
			*at += sprintf(*at, "%s", items[rng_range(rng, 0, ARRAY_LEN(items) - 1)]);
		}
		*at += sprintf(*at, "%s", often[rng_range(rng, 0, ARRAY_LEN(often) - 1)]);
	}
}

static void random_pattern(struct rng *rng, char pattern[400])
{
	char *at = pattern;

	*at = '\0';
	at += sprintf(at, "%s", rng_range(rng, 0, 3) ? "" : "^");
	put_pattern(rng, &at, 2);
	sprintf(at, "%s", rng_range(rng, 0, 3) ? "" : "$");
}

static unsigned limited;

/* Asks both about a text; 1 = it matches. What is given up is neither. */
static int both(struct regex *re, const regex_t *other, const char *pattern, const char *text)
{
	regmatch_t place;
	bool want = regexec(other, text, 1, &place, 0) == 0;
	size_t at = 0, length = 0;
	enum regex_result got = regex_search(re, (const uint8_t *)text, strlen(text), &at, &length);

	if (got == REGEX_GIVEN_UP) {
		limited++;
		return want;
	}
	ck_assert_msg(got == (want ? REGEX_YES : REGEX_NO), "/%s/ in \"%s\": %d, expected %d",
		      pattern, text, (int)got, want);
	if (want)
		ck_assert_msg(at == (size_t)place.rm_so, "/%s/ in \"%s\": at %zu, expected %ld",
			      pattern, text, at, (long)place.rm_so);
	return want;
}

START_TEST(matches_are_those_of_another_implementation)
{
	unsigned asked = 0, matched = 0, refused = 0;
	struct rng rng;

	rng_init(&rng, (uint64_t)_i, "regex");
	for (unsigned k = 0; k < 400; k++) {
		char pattern[400], text[20];
		struct err e = {0};
		struct regex *re;
		regex_t other;

		random_pattern(&rng, pattern);
		ck_assert_int_eq(regcomp(&other, pattern, REG_EXTENDED), 0);
		re = strlen(pattern) <= REGEX_PATTERN_MAX ? regex_new(pattern, false, &e) : NULL;
		if (!re && *e.msg) {
			ck_assert_msg(regexec(&other, "", 0, NULL, 0) == 0, "/%s/: %s", pattern,
				      e.msg);
			refused++;
		}
		for (unsigned i = 0; re && i < 60; i++) {
			unsigned n = (unsigned)rng_range(&rng, 0, 12);

			for (unsigned j = 0; j < n; j++)
				text[j] = "abcd"[rng_range(&rng, 0, 3)];
			text[n] = '\0';
			asked++;
			matched += (unsigned)both(re, &other, pattern, text);
		}
		regex_free(re);
		regfree(&other);
	}
	ck_assert_uint_lt(limited, asked / 100);
	ck_assert_msg(matched > asked / 10 && matched < asked * 9 / 10 && refused > 20,
		      "%u of %u matched, %u refused", matched, asked, refused);
}
END_TEST

/* Patterns that take exponential time of a matcher that goes back, and texts that make them. */
static const char *const slow[] = {"^(a+)+$",
				   "^(a|aa)+$",
				   "(a*)*b",
				   "^(([a-z])+.)+[A-Z]([a-z])+$",
				   "(.*)(.*)(.*)(.*)9y",
				   "(a?){40}a{40}b",
				   "((a+)(a+))+9",
				   "(a|a|a|a)+9"};

START_TEST(a_search_ends_at_its_limit_and_says_so)
{
	uint8_t text[REGEX_BYTES_MAX];
	unsigned given_up = 0;
	struct err e = {0};

	memset(text, 'a', sizeof(text));
	/* so that no pattern fails for want of one byte */
	memcpy(text + sizeof(text) - 6, "!Zby9!", 6);
	for (unsigned k = 0; k < ARRAY_LEN(slow); k++) {
		struct regex *re = regex_new(slow[k], false, &e);
		struct timespec from, to;
		size_t at, length;

		ck_assert_msg(re != NULL, "/%s/: %s", slow[k], e.msg);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
		given_up += regex_search(re, text, sizeof(text), &at, &length) == REGEX_GIVEN_UP;
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
		ck_assert_msg(to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9 < 0.5,
			      "/%s/ took too long", slow[k]);
		regex_free(re);
	}
	ck_assert_uint_eq(given_up, ARRAY_LEN(slow));
}
END_TEST

static char *rules_with(const char *test, const char *proto)
{
	return xasprintf("rules:\n  - rule: r\n    proto: %s\n    steps:\n"
			 "      - {message: m, from: client, regex: %s}\n    then: {event: flow}\n",
			 proto, test);
}

static struct feed *with(const char *test, const char *proto)
{
	char *rules = rules_with(test, proto);
	struct feed *f = feed_new(rules);

	free(rules);
	return f;
}

START_TEST(a_search_that_was_given_up_is_counted_and_matches_nothing)
{
	static const char *const tests[] = {"'^(a+)+$'", "{is: '^(a+)+$', not: yes}"};
	struct feed *f = with(tests[_i], "udp");
	struct detector_stats s;
	char text[200];

	memset(text, 'a', sizeof(text));
	text[199] = '!';
	feed_udp(f, "10.0.0.1:5000", "192.0.2.7:33000", text, sizeof(text));
	detector_stats(f->d, &s);
	ck_assert_uint_eq(s.searches_given_up, 1);
	ck_assert_uint_eq(f->n, 0);
	feed_udp(f, "10.0.0.1:5000", "192.0.2.7:33000", text + (_i ? 199 : 0), _i ? 1 : 199);
	ck_assert_uint_eq(f->n, 1); /* it goes on */
	feed_free(f);
}
END_TEST

START_TEST(patterns_that_are_none_are_refused_with_their_place)
{
	static const struct {
		const char *test, *why;
	} cases[] = {
		{"'a(b'", "t.yaml:11: regex \"a(b\": missing closing parenthesis at column 4"},
		{"'ab[z'", "at column 5"},
		{"'a**+*'", "at column"},
		{"'x*'", "it can match no bytes at all"},
		{"'^$'", "it can match no bytes at all"},
		{"'a|'", "it can match no bytes at all"},
		{"'(*UTF)a'", "at column"},
		{"'((((((((((((((((((((((a))))))))))))))))))))))'", "at column"},
		{"'(a{60000}){60000}'", "at column"},
		{"{is: ab, bytes: 0}", "0"},
		{"{is: ab, bytes: 2049}", "2049"},
		{"{is: ab, from: 3}", "unknown key \"from\""},
		{"{nocase: yes}", "no pattern in \"regex\""},
	};
	struct err e = {0};
	char *rules = rules_with(cases[_i].test, "udp"), *text = xasprintf(FEED_HEAD "%s", rules);
	struct signature_set *set = signature_set_new();

	ck_assert_int_eq(signature_add_text(set, "t.yaml", text, strlen(text), &e), -1);
	ck_assert_msg(strstr(e.msg, cases[_i].why) != NULL, "%s", e.msg);
	signatures_free(set);
	free(rules);
	free(text);
}
END_TEST

START_TEST(a_pattern_has_a_limited_length)
{
	char pattern[REGEX_PATTERN_MAX + 2];
	struct err e = {0};
	struct regex *re;

	memset(pattern, 'a', sizeof(pattern) - 1);
	pattern[REGEX_PATTERN_MAX + 1] = '\0';
	ck_assert_ptr_null(regex_new(pattern, false, &e));
	ck_assert_ptr_nonnull(strstr(e.msg, "expected at most"));
	pattern[REGEX_PATTERN_MAX] = '\0';
	re = regex_new(pattern, false, &e);
	ck_assert_msg(re != NULL, "%s", e.msg);
	regex_free(re);
}
END_TEST

/* Bytes are bytes: zeros, line ends and what is no UTF-8. */
START_TEST(bytes_are_searched_as_they_are)
{
	static const struct {
		const char *test;
		const char *bytes;
		uint32_t n;
		bool found;
	} cases[] = {
		{"'^..\\x02.{13}'", "\x00\x0a\x02\x00\xff 89abcdefghi", 16, true},
		{"'^..\\x02.{13}'", "\x00\x0a\x02\x00\xff 89abcdefgh", 15, false},
		{"'^([^\\x00]).{0,8}\\1'", "\xff\x00\n345678\xff", 10, true},
		{"'^([^\\x00]).{0,8}\\1'", "\xff\x00\n3456789\xff", 11, false},
		{"'^([^\\x00]).{0,8}\\1'", "\x00\x00", 2, false},
		{"'a$'", "a\n", 2, false},
		{"{is: 'SkYpE', nocase: yes}", "xxsKyPex", 8, true},
		{"'SkYpE'", "xxsKyPex", 8, false},
		{"{is: 'b', bytes: 3}", "aaab", 4, false},
		{"{is: 'b', bytes: 4}", "aaab", 4, true},
		{"{is: 'a$', bytes: 3}", "aaab", 4, true},
		{"{is: 'b', not: yes}", "aaab", 4, false},
		{"{is: 'b', not: yes}", "aaa", 3, true},
	};
	struct feed *f = with(cases[_i].test, "udp");

	feed_udp(f, "10.0.0.1:5000", "192.0.2.7:33000", cases[_i].bytes, cases[_i].n);
	ck_assert_uint_eq(f->n, cases[_i].found);
	feed_free(f);
}
END_TEST

/* A message that the snap length cut off proves nothing of what was cut. */
START_TEST(unseen_bytes_prove_nothing)
{
	static const char *const tests[] = {"'b'", "{is: 'b', not: yes}",
					    "{is: 'b', not: yes, bytes: 3}"};
	struct feed *f = with(tests[_i], "udp");
	struct packet p = {.ts_ns = 1000000000,
			   .number = 1,
			   .proto = IPPROTO_UDP,
			   .src = at("10.0.0.1:5000"),
			   .dst = at("192.0.2.7:33000"),
			   .payload = (const uint8_t *)"aaa",
			   .len = 9,
			   .caplen = 3};

	detector_packet(f->d, &p);
	ck_assert_uint_eq(f->n, _i == 2);
	feed_free(f);
}
END_TEST

/* Over TCP however the message is cut, and whichever thread looks first. */
START_TEST(a_burst_is_searched_as_it_grows)
{
	static const char text[] = "GET /ui/0/getlatestversion?ver=1.2 HTTP/1.0\r\n\r\n";
	const uint32_t len = sizeof(text) - 1, part = (uint32_t)_i + 1;
	struct feed *f = with("'^GET .*ver=[0-9]+\\.[0-9]'", "tcp");

	feed_open(f, "10.0.0.1:1024", "192.0.2.1:80");
	for (uint32_t k = 0; k < len; k += part)
		feed_say(f, "10.0.0.1:1024", "192.0.2.1:80", 0, text + k,
			 len - k < part ? len - k : part);
	ck_assert_uint_eq(f->n, 1);
	feed_free(f);
}
END_TEST

START_TEST(a_look_ahead_leaves_the_search_to_the_other_thread)
{
	struct feed *f = with("'^..\\x02'", "udp");
	struct packet p[2] = {{.ts_ns = 1000000000,
			       .number = 1,
			       .proto = IPPROTO_UDP,
			       .src = at("10.0.0.1:5000"),
			       .dst = at("192.0.2.7:33000"),
			       .payload = (const uint8_t *)"aa\x02z",
			       .len = 4,
			       .caplen = 4}};
	struct prefilter found[1];

	detector_prefilter(f->d, p, 1, found);
	ck_assert(!found[0].none);
	detector_prefiltered(f->d, p, found, 1);
	ck_assert_uint_eq(f->n, 1);
	feed_free(f);
}
END_TEST

/* Where the match stands is what is explained. */
static void ranges(void *arg, const struct detection_event *ev)
{
	struct byte_range *out = arg;

	ck_assert_uint_eq(ev->evidence[0].range_count, 1);
	*out = ev->evidence[0].ranges[0];
}

START_TEST(the_place_is_shown_and_explained)
{
	struct feed *f = with("{is: 'b+c', nocase: yes, bytes: 100}", "udp");
	struct byte_range range = {0};
	struct detector *d = detector_new(f->set, NULL, ranges, &range);
	struct packet p = {.ts_ns = 1000000000,
			   .proto = IPPROTO_UDP,
			   .src = at("10.0.0.1:5000"),
			   .dst = at("192.0.2.7:33000"),
			   .payload = (const uint8_t *)"aaaBBBcd",
			   .len = 8,
			   .caplen = 8};
	char *words = NULL;
	size_t n;
	FILE *out = open_memstream(&words, &n);

	detector_explain(d);
	detector_packet(d, &p);
	ck_assert_uint_eq(range.offset, 3);
	ck_assert_uint_eq(range.length, 4);
	detector_free(d);
	signature_show(out, f->set, 0);
	fclose(out);
	ck_assert_msg(strstr(words, "matches the regular expression \"b+c\" in either case in its "
				    "first 100 bytes"),
		      "%s", words);
	free(words);
	feed_free(f);
}
END_TEST

UNIT(regex)
{
	unit_loop(tc, matches_are_those_of_another_implementation, 0, 4);
	unit_case(tc, a_search_ends_at_its_limit_and_says_so);
	unit_loop(tc, a_search_that_was_given_up_is_counted_and_matches_nothing, 0, 2);
	unit_loop(tc, patterns_that_are_none_are_refused_with_their_place, 0, 13);
	unit_case(tc, a_pattern_has_a_limited_length);
	unit_loop(tc, bytes_are_searched_as_they_are, 0, 13);
	unit_loop(tc, unseen_bytes_prove_nothing, 0, 3);
	unit_loop(tc, a_burst_is_searched_as_it_grows, 0, 50);
	unit_case(tc, a_look_ahead_leaves_the_search_to_the_other_thread);
	unit_case(tc, the_place_is_shown_and_explained);
}
