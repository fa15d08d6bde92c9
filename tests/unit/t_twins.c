// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules that ask the same question are asked once (detector/language/shared_rules.c): which are joined, which are
 * not, and that each signature still says what it says alone.
 */
#include "base/rng.h"
#include "tests/unit/feed.h"

#define HEAD(name)                                                                                 \
	"signature: " name                                                                         \
	"\nrevision: 1\ndate: 2006-01-01\ntitle: t\nsource: t\nversions: []\nsets: {known: 1 h, "  \
	"seen: 1 h}\n"

/* An exchange, with something of it changed. */
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

/* Counts on when it is complete, for the side that is known by then. */
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

static const struct {
	const char *what, *one, *other;
	unsigned joined;
} pairs[] = {
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

/* The same chance traffic through any set; what @name said of it as text. */
static char *said(struct signature_set *set, const char *name)
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

START_TEST(each_says_what_it_says_alone)
{
	struct signature_set *set = load(pairs[_i].one, pairs[_i].other);
	char *alone[2] = {said(load(pairs[_i].one, NULL), "one"),
			  said(load(NULL, pairs[_i].other), "other")};
	char *both[2] = {said(load(pairs[_i].one, pairs[_i].other), "one"),
			 said(load(pairs[_i].one, pairs[_i].other), "other")};
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

UNIT(twins)
{
	unit_loop(tc, each_says_what_it_says_alone, 0, ARRAY_LEN(pairs));
}
