// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules that ask the same question are asked once (detector/language/shared_rules.c): which are
 * joined and which are not, that a difference in any byte of a compiled rule keeps rules apart, and
 * that each signature still reports what it reports alone.
 */
#include <stddef.h>

#include "base/rng.h"
#include "detector/language/shared_rules.h"
#include "tests/unit/feed.h"

#define HEAD(name)                                                                                 \
	"signature: " name                                                                         \
	"\nrevision: 1\ndate: 2006-01-01\ntitle: t\nsource: t\nversions: []\nsets: {known: 1 h, "  \
	"seen: 1 h}\n"

/* An exchange; the parameters change something of it. */
#define RULES(size, event, more)                                                                   \
	"rules:\n"                                                                                 \
	"  - rule: exchange\n"                                                                     \
	"    proto: udp\n"                                                                         \
	"    client: sender\n" more "    steps:\n"                                                 \
	"      - {message: a, from: client, size: " size ", bytes: {2: \"02\"}}\n"                 \
	"      - {message: b, from: server, size: 4, equal: {at: 0, length: 2, to: a}}\n"          \
	"    then: {event: " event ", remember: {in: known, key: client}}\n"                       \
	"  - rule: later\n"                                                                        \
	"    proto: udp\n"                                                                         \
	"    client: sender\n"                                                                     \
	"    flow: {known: {in: known, key: client}}\n"                                            \
	"    steps: [{message: c, from: client, size: 5}]\n"                                       \
	"    then: {event: flow}\n"

/* Goes on counting after it was complete, for the side that is known by then. */
#define COUNTS(set)                                                                                \
	"rules:\n"                                                                                 \
	"  - rule: learn\n"                                                                        \
	"    proto: udp\n"                                                                         \
	"    client: sender\n"                                                                     \
	"    steps: [{message: l, from: client, size: 4}]\n"                                       \
	"    then: {remember: {in: known, key: client}}\n"                                         \
	"  - rule: count\n"                                                                        \
	"    proto: udp\n"                                                                         \
	"    client: either\n"                                                                     \
	"    once: no\n"                                                                           \
	"    flow: {known: {in: " set ", key: client, hold: 1 h}}\n"                               \
	"    tally: [{count: a, from: client, size: 5..6}]\n"                                      \
	"    when: [{count: a, is: \"2..\"}]\n"                                                    \
	"    then: {event: evidence}\n"

/* One message with a test. */
#define TEST(text)                                                                                 \
	"own-addresses: 0.0.2.0/24\nrules:\n"                                                      \
	"  - rule: test\n"                                                                         \
	"    proto: udp\n"                                                                         \
	"    client: sender\n"                                                                     \
	"    steps: [{message: t, from: client, " text "}]\n"                                      \
	"    then: {event: evidence}\n"

/* A tally with a condition. */
#define WHEN(text)                                                                                 \
	"rules:\n"                                                                                 \
	"  - rule: when\n"                                                                         \
	"    proto: udp\n"                                                                         \
	"    client: sender\n"                                                                     \
	"    tally: [{count: a, from: client}]\n"                                                  \
	"    when: [" text "]\n"                                                                   \
	"    then: {event: evidence}\n"

/* Asks what the flow does not keep. */
#define FIGURES(event, last)                                                                       \
	"rules: [{rule: f, proto: udp, tally: [{count: a, from: either}, "                         \
	"{count: b, size: 999, resets: a}], when: [{least-size: 1.., last: " last "}], "           \
	"then: {event: " event "}}]\n"

static const struct {
	const char *what, *one, *other;
	unsigned joined;
} pairs[] = {
	{"the same figures", FIGURES("flow", "2 packets"), FIGURES("evidence", "2 packets"), 1},
	{"another window", FIGURES("flow", "2 packets"), FIGURES("flow", "3 packets"), 0},
	{"of one side", FIGURES("flow", "2 packets"), FIGURES("flow", "2 packets, from: client"),
	 0},
	{"the same", RULES("5", "evidence", ""), RULES("5", "evidence", ""), 1},
	{"another event", RULES("5", "evidence", ""), RULES("5", "probe-accepted", ""), 1},
	{"another size", RULES("5", "evidence", ""), RULES("5..6", "evidence", ""), 0},
	{"another time", RULES("5", "evidence", "    within: 1 s\n"),
	 RULES("5", "evidence", "    within: 2 s\n"), 0},
	{"known later", RULES("5", "evidence", ""),
	 RULES("5", "evidence", "    flow: {known: {in: seen, key: client, hold: 1 h}}\n"), 1},
	{"known before", RULES("5", "evidence", ""),
	 RULES("5", "evidence", "    flow: {known: {in: seen, key: client}}\n"), 0},
	{"other ports", RULES("5", "evidence", ""),
	 RULES("5", "evidence", "    flow: {client-port: 1..3}\n"), 0},
	{"regular expressions", TEST("regex: '^.\\x00\\x02'"), TEST("regex: '^.\\x00\\x02'"), 0},
	{"own addresses", TEST("address: {0: own}"), TEST("address: {0: own}"), 0},
	{"beliefs", WHEN("{belief: size, of: a, classes: [{mean: 5, deviation: 1}], least: -1}"),
	 WHEN("{belief: size, of: a, classes: [{mean: 5, deviation: 1}], least: -1}"), 0},
	{"counting on", COUNTS("known"), COUNTS("seen"), 1},
};

static struct signature_set *load(const char *one, const char *other)
{
	struct signature_set *set = signature_set_new();
	struct err e;

	for (int i = 0; i < 2; i++) {
		const char *text = i ? other : one;
		char *all = text ? xasprintf("%s%s", i ? HEAD("other") : HEAD("one"), text) : NULL;

		if (all)
			ck_assert_msg(!signature_add_text(set, i ? "other.yaml" : "one.yaml", all,
							  strlen(all), &e),
				      "%s", e.msg);
		free(all);
	}
	signature_set_compile(set);
	return set;
}

/* What @name reports of the same random traffic, as text. */
static char *reported(struct signature_set *set, const char *name)
{
	struct feed *f = malloc(sizeof(*f));
	struct rng r;
	char *text = xstrdup("");

	feed_begin(f, set, NULL);
	rng_init(&r, 3, "twins");
	for (int i = 0; i < 3000; i++) {
		uint8_t b[6] = {(uint8_t)rng_range(&r, 0, 1), 0, 2, (uint8_t)i};
		char c[32], s[32];
		bool back = rng_range(&r, 0, 1);

		snprintf(c, sizeof(c), "10.0.0.1:%u", rng_range(&r, 1, 8));
		snprintf(s, sizeof(s), "192.0.2.%u:9", rng_range(&r, 1, 200));
		feed_udp(f, back ? s : c, back ? c : s, b, rng_range(&r, 4, 6));
	}
	for (size_t i = 0; i < f->n; i++) {
		const struct detection_event *ev = &f->events[i];
		char *more;

		if (strcmp(ev->signature, name) != 0)
			continue;
		more = xasprintf("%s%llu %s line %u %s:%u %s\n", text,
				 (unsigned long long)ev->number, ev->rule, ev->rule_line,
				 ev->signature_path, ev->flow.src.port, event_kind_text(ev->kind));
		free(text);
		text = more;
	}
	feed_free(f);
	return text;
}

START_TEST(each_reports_what_it_reports_alone)
{
	struct signature_set *set = load(pairs[_i].one, pairs[_i].other);
	char *alone[2] = {reported(load(pairs[_i].one, NULL), "one"),
			  reported(load(NULL, pairs[_i].other), "other")};
	char *both[2] = {reported(load(pairs[_i].one, pairs[_i].other), "one"),
			 reported(load(pairs[_i].one, pairs[_i].other), "other")};
	unsigned joined = 0;

	for (size_t i = 0; i < set->rules_n; i++)
		joined += set->rules[i]->shared_first != NULL;
	signatures_free(set);
	ck_assert_msg(joined == pairs[_i].joined, "%s: %u joined", pairs[_i].what, joined);
	ck_assert_msg(strlen(alone[0]) > 100, "%s: nothing found", pairs[_i].what);
	for (int i = 0; i < 2; i++) {
		ck_assert_msg(!strcmp(alone[i], both[i]), "%s: alone\n%.2000stogether\n%.2000s",
			      pairs[_i].what, alone[i], both[i]);
		free(alone[i]);
		free(both[i]);
	}
}
END_TEST

/* A rule that uses every structure of a question; two of these are one. */
#define WHOLE                                                                                      \
	"rules:\n"                                                                                 \
	"  - rule: exchange\n"                                                                     \
	"    proto: any\n"                                                                         \
	"    client: sender\n"                                                                     \
	"    within: 1 h\n"                                                                        \
	"    flow: {client-port: 1.., client-host: 10.0.0.0/8, server-host: '!192.0.2.1',\n"       \
	"           known: {in: known, key: client, hold: 1 s}}\n"                                 \
	"    version: '1.0'\n"                                                                     \
	"    steps:\n"                                                                             \
	"      - {message: a, from: client, size: 5..99, bytes: {2: '0?'}, gap: {most: 1 s},\n"    \
	"         version: '1.0', version-after: 'v='}\n"                                          \
	"      - {message: b, from: server, size: a+1, within: 1 s, repeat: 1..2, growth: 1..,\n"  \
	"         equal: {at: 0, length: 2, to: a}, contains: 'ab cd',\n"                          \
	"         number: {at: 2, length: 1, is: 1..9}, then: {event: evidence}}\n"                \
	"    then: {event: flow}\n"                                                                \
	"    until: {event: call-end, idle: 1 s}\n"

/* Bytes of a compiled structure, and what they are. */
enum part_use {
	BESIDE,	 /* no part of the question: who asks, what follows from a match */
	SKIPPED, /* a pointer, or structures that are changed by themselves */
};
struct part {
	const char *name;
	enum part_use use;
	size_t at, size;
};
#define PART(use, type, member)                                                                    \
	{                                                                                          \
#type "." #member, use, offsetof(struct type, member),                             \
			sizeof(((struct type *)NULL)->member)                                      \
	}
static const struct part rule_parts[] = {
	PART(BESIDE, rule, line),	  PART(BESIDE, rule, signature),
	PART(BESIDE, rule, index),	  PART(BESIDE, rule, then),
	PART(BESIDE, rule, end_event),	  PART(BESIDE, rule, end_idle),
	PART(SKIPPED, rule, name),	  PART(SKIPPED, rule, known_n),
	PART(SKIPPED, rule, known),	  PART(SKIPPED, rule, version),
	PART(SKIPPED, rule, shared_next), PART(SKIPPED, rule, shared_first),
	PART(SKIPPED, rule, messages),	  PART(SKIPPED, rule, steps),
	PART(SKIPPED, rule, when),
};
static const struct part step_parts[] = {PART(BESIDE, step, then)};
static const struct part when_parts[] = {PART(BESIDE, when, line)};
static const struct part message_parts[] = {
	PART(BESIDE, message, line),	       PART(BESIDE, message, alike),
	PART(SKIPPED, message, name),	       PART(SKIPPED, message, version),
	PART(SKIPPED, message, version_after), PART(SKIPPED, message, tests)};
static const struct part test_parts[] = {PART(BESIDE, test, line), PART(BESIDE, test, alike),
					 PART(SKIPPED, test, values), PART(SKIPPED, test, masks)};

static unsigned joined_in(struct signature_set *set)
{
	unsigned n = 0;

	shared_rules_join(set);
	for (size_t i = 0; i < set->rules_n; i++)
		n += set->rules[i]->shared_first != NULL;
	return n;
}

/* Changes each byte of @size at @p: the two rules of @set must be kept apart, but not by what is
 * beside the question. */
static void change_bytes(struct signature_set *set, const char *name, void *p, size_t size,
			 const struct part *parts, size_t n)
{
	uint8_t *b = p;

	for (size_t i = 0; i < size; i++) {
		const struct part *in = NULL;

		for (size_t k = 0; k < n && !in; k++)
			if (i >= parts[k].at && i < parts[k].at + parts[k].size)
				in = &parts[k];
		if (in && in->use == SKIPPED)
			continue;
		b[i] ^= 1;
		ck_assert_msg(joined_in(set) == (in != NULL), "byte %zu of %s (%s) makes %s", i,
			      name, in ? in->name : "the question",
			      in ? "a difference" : "no difference");
		b[i] ^= 1;
	}
	ck_assert_uint_eq(joined_in(set), 1);
}

#define CHANGE(set, type, p)                                                                       \
	change_bytes(set, #type, p, sizeof(*(p)), type##_parts, ARRAY_LEN(type##_parts))

static void change_test(struct signature_set *set, struct test *t)
{
	size_t n = (size_t)t->length * t->alternatives;

	CHANGE(set, test, t);
	if (t->values)
		change_bytes(set, "values", t->values, n, NULL, 0);
	if (t->masks)
		change_bytes(set, "masks", t->masks, n, NULL, 0);
}

START_TEST(a_difference_in_any_byte_keeps_apart)
{
	struct signature_set *set = load(WHOLE, WHOLE);
	struct rule *r = set->rules[1];

	ck_assert_uint_eq(joined_in(set), 1);
	CHANGE(set, rule, r);
	for (size_t i = 0; i < ARRAY_LEN(r->steps); i++)
		CHANGE(set, step, &r->steps[i]);
	for (size_t i = 0; i < ARRAY_LEN(r->when); i++)
		CHANGE(set, when, &r->when[i]);
	for (unsigned i = 0; i < r->messages_n; i++) {
		struct message *m = &r->messages[i];
		char *texts[] = {m->name, m->version, m->version_after};

		CHANGE(set, message, m);
		for (unsigned k = 0; k < m->tests_n; k++)
			change_test(set, &m->tests[k]);
		for (size_t k = 0; k < ARRAY_LEN(texts); k++)
			if (texts[k])
				change_bytes(set, "a text", texts[k], strlen(texts[k]), NULL, 0);
	}
	signatures_free(set);
}
END_TEST

/* A test that first messages of different rules share has one number; any other has none. */
START_TEST(a_shared_test_of_first_messages_has_a_number)
{
	struct signature_set *apart =
		load(RULES("5", "evidence", ""), RULES("5..6", "evidence", ""));
	struct signature_set *joined = load(RULES("5", "evidence", ""), RULES("5", "flow", ""));
	const struct message *a = apart->rules[0]->messages, *b = apart->rules[2]->messages;

	ck_assert_uint_ne(a[0].tests[0].alike, 0);
	ck_assert_uint_eq(a[0].tests[0].alike, b[0].tests[0].alike);
	ck_assert_uint_eq(a[1].tests[0].alike, 0); /* not of a first message */
	ck_assert_uint_eq(joined->rules[0]->messages[0].tests[0].alike,
			  0); /* is made once anyway */
	signatures_free(apart);
	signatures_free(joined);
}
END_TEST

/* So does a whole first message, when it asks the same of a payload in rules that go on differently. */
START_TEST(a_shared_first_message_has_a_number)
{
	struct signature_set *apart =
		load(RULES("5", "evidence", ""), RULES("5..6", "evidence", ""));
	struct signature_set *later = load(RULES("5", "evidence", "    within: 1 s\n"),
					   RULES("5", "evidence", "    within: 2 s\n"));
	const struct message *a = later->rules[0]->messages, *b = later->rules[2]->messages;

	ck_assert_uint_ne(a[0].alike, 0);
	ck_assert_uint_eq(a[0].alike, b[0].alike);
	ck_assert_uint_eq(a[1].alike, 0);			  /* not a first message */
	ck_assert_uint_eq(apart->rules[0]->messages[0].alike, 0); /* another size */
	signatures_free(apart);
	signatures_free(later);
}
END_TEST

UNIT(shared_rules)
{
	unit_case(tc, a_shared_test_of_first_messages_has_a_number);
	unit_case(tc, a_shared_first_message_has_a_number);
	unit_case(tc, a_difference_in_any_byte_keeps_apart);
	unit_loop(tc, each_reports_what_it_reports_alone, 0, ARRAY_LEN(pairs));
}
