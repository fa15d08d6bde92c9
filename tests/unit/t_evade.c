// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_evade.c - the search for changes: what they cost, which set is next, what a trial can tell
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "run/evade/changed_yaml.h"
#include "run/evade/changes.h"
#include "run/evade/cost.h"
#include "run/evade/search.h"
#include "replay/skype/version.h"
#include "tests/unit/hand.h"
#include "tests/unit/unit.h"

/* ------------------------------------------------------------------ what it costs */

static char *u1[] = {"U1", "U3"}, *lead[] = {"lead"}, *gone[] = {"L1", "L2"}, *cut[] = {"T2"},
	    *late[] = {"U3"};

static bool near(double a, double b)
{
	return a - b < 1e-9 && b - a < 1e-9;
}

START_TEST(a_change_costs_what_its_messages_have_more)
{
	struct message_sum before[] = {
		{.name = "U1", .n = 20, .bytes = 20 * 46},
		{.name = "U3", .n = 2, .bytes = 2 * 51, .after_n = 2, .after_s = 0.2},
		{.name = "L1", .n = 2, .bytes = 2 * 45},
		{.name = "L2", .n = 2, .bytes = 2 * 45},
		{.name = "T2", .n = 4, .bytes = 4 * 66},
	};
	struct message_sum after[] = {
		{.name = "U1", .n = 30, .bytes = 30 * 47},
		{.name = "U3", .n = 4, .bytes = 4 * 52, .after_n = 4, .after_s = 40.4},
		{.name = "lead", .n = 60, .bytes = 60 * 44},
		{.name = "T2", .n = 6, .bytes = 3 * 41 + 3 * 65},
	};
	struct trials without = {.n = 2,
				 .in = 2,
				 .logins = 2,
				 .bytes = 2000,
				 .login_s = 20,
				 .sums = before,
				 .sums_n = ARRAY_LEN(before)};
	struct trials with = {
		.n = 2, .in = 2, .logins = 2, .sums = after, .sums_n = ARRAY_LEN(after)};
	struct change size = {.touches = u1, .touches_n = 2};
	struct change more = {.touches = lead, .touches_n = 1};
	struct change fewer = {.touches = gone, .touches_n = 2};
	struct change parts = {.touches = cut, .touches_n = 1, .parts = 2};
	struct change wait = {.waits = late, .waits_n = 1};
	const struct change *both[] = {&size, &more, &size};
	const struct change *one = &size;
	struct cost c = cost_of(&with, &without, &one, 1);

	/* however many there are, each has one byte more */
	ck_assert(near(c.bytes, 17) && near(c.packets, 0) && near(c.seconds, 0));
	ck_assert(near(c.share, 17 / 1000.0));
	one = &more;
	c = cost_of(&with, &without, &one, 1);
	ck_assert(near(c.bytes, 30 * 44) && near(c.packets, 30));
	c = cost_of(&with, &without, both, 3); /* a message that two touch counts once */
	ck_assert(near(c.bytes, 17 + 30 * 44));
	one = &fewer;
	c = cost_of(&with, &without, &one, 1);
	ck_assert(near(c.bytes, -90) && near(c.packets, -2) && near(c.share, 0));
	one = &parts; /* 3 messages of 26 bytes, each with a second header */
	c = cost_of(&with, &without, &one, 1);
	ck_assert(near(c.bytes, 3 * 40 / 2.0) && near(c.packets, 1.5));
	one = &wait; /* 10 s later, twice a session */
	c = cost_of(&with, &without, &one, 1);
	ck_assert(near(c.seconds, 20) && near(c.share, 2));
}
END_TEST

/* ------------------------------------------------------------------ the search */

static char *keys[5][1] = {{"a.k=1"}, {"a.k=2"}, {"a.l=1"}, {"b.k=1"}, {"a.key=1"}};

/* One signature with rules 0, 1 and 2; every change was tried alone in 12 trials. */
static void tried(struct attempts *a, const uint64_t fired[6], const double share[6])
{
	for (unsigned i = 0; i < 6; i++) {
		unsigned change = i - 1;
		struct attempt *t = attempt_add(a, &change, i > 0);

		t->trials = (struct trials){.n = 12, .in = 12};
		t->trials.sights = xcalloc(1, sizeof(struct sight));
		t->trials.sights[0].seen = fired[i] ? 12 : 0;
		t->trials.sights[0].fired[0] = fired[i];
		t->cost.share = share[i];
	}
}

START_TEST(the_set_that_silences_most_comes_first_then_the_cheapest)
{
	struct change list[5] = {
		{.text = "0"}, {.text = "1"}, {.text = "2"}, {.text = "3"}, {.text = "4"}};
	struct changes c = {.list = list, .n = 5};
	struct attempts a = {.changes = &c, .usable = 5};
	/* 0 and 1 exclude each other; 4 changes nothing */
	const uint64_t fired[6] = {7, 6, 6, 5, 3, 7};
	const double share[6] = {0, 0.3, 0.1, 0.2, 0.2, 0};
	struct attempt next[9];
	char *text;
	size_t n;

	for (int i = 0; i < 5; i++) {
		list[i].set = keys[i];
		list[i].set_n = 1;
	}
	tried(&a, fired, share);
	ck_assert_ptr_null(search_best(&a, 0));
	n = search_next(&a, 0, 3, 8, next);
	ck_assert_uint_eq(n, 7); /* pairs 02 03 12 13 23, triples 023 123 */
	text = attempt_text(&a, &next[0]);
	ck_assert_str_eq(text, "1 + 2 + 3");
	free(text);
	text = attempt_text(&a, &next[1]);
	ck_assert_str_eq(text, "0 + 2 + 3");
	free(text);
	text = attempt_text(&a, &next[2]); /* two of three rules: the cheapest */
	ck_assert_str_eq(text, "1 + 2");
	free(text);
	ck_assert_uint_eq(search_next(&a, 0, 2, 8, next), 5);
	ck_assert_uint_eq(search_next(&a, 0, 3, 1, next), 1);
	a.usable = 2;
	ck_assert_uint_eq(search_next(&a, 0, 3, 8, next), 0);
	attempts_free(&a);
}
END_TEST

START_TEST(the_cheapest_that_did_not_fail_again_is_best)
{
	struct change list[5] = {
		{.text = "0"}, {.text = "1"}, {.text = "2"}, {.text = "3"}, {.text = "4"}};
	struct changes c = {.list = list, .n = 5};
	struct attempts a = {.changes = &c, .usable = 5};
	const uint64_t fired[6] = {1, 0, 0, 0, 1, 0};
	const double share[6] = {0, 0.3, 0.1, 0.2, 0, 0.01};

	tried(&a, fired, share);
	a.list[5].trials.in = 11; /* the cheapest, but a login failed */
	ck_assert_ptr_eq(search_best(&a, 0), &a.list[2]);
	for (int i = 0; i < 3; i += 2) {
		a.list[i].again = (struct trials){.n = 24, .in = 24};
		a.list[i].again.sights = xcalloc(1, sizeof(struct sight));
		a.list[i].again.sights[0].seen = i ? 1 : 24;
	}
	ck_assert_ptr_eq(search_best(&a, 0), &a.list[3]); /* the other was seen again */
	attempts_free(&a);
}
END_TEST

START_TEST(a_miss_that_may_be_chance_is_none)
{
	struct sight s = {.seen = 12};
	struct trials plain = {.n = 12, .sights = &s};

	ck_assert(can_tell(12, &plain, 0));
	ck_assert(!can_tell(2, &plain, 0)); /* 0 of 2 could be 77 % */
	s.seen = 3;
	ck_assert(!can_tell(12, &plain, 0));
	ck_assert(can_tell(60, &plain, 0));
}
END_TEST

/* ------------------------------------------------------------------ files */

START_TEST(what_is_changed_is_a_version_and_the_rest_stays)
{
	static const char *const set[] = {"tcp.t2=30", "udp.mask=all", "login.mask=90"};
	char path[] = "/tmp/skypelab-evade-XXXXXX";
	struct err e = {0};
	struct version *v, *was = version_load("scenarios/versions/2.0.yaml", &e);

	close(mkstemp(path));
	ck_assert_msg(!changed_version("scenarios/versions/2.0.yaml", path, "# head\n", set, 3,
				       "a \"note\"", &e),
		      "%s", e.msg);
	v = version_load(path, &e);
	ck_assert_msg(v && was, "%s", e.msg);
	ck_assert_str_eq(v->name, "2.0+");
	ck_assert_str_eq(v->assumptions[v->assumption_count - 1], "a \"note\"");
	ck_assert_uint_eq(v->tcp.request.part[0].lo, 30);
	ck_assert_uint_eq(v->udp.mask, MASK_ALL);
	ck_assert_uint_eq(v->login.mask, 90);
	ck_assert_str_eq(v->udp.probe.text, was->udp.probe.text);
	ck_assert_uint_eq(v->vocab_count, was->vocab_count);
	ck_assert(near(v->vocab[3].at_s, was->vocab[3].at_s));
	version_free(v);
	version_free(was);
	ck_assert_int_lt(changed_scenario(path, path, set, 1, 1, &e), 0); /* it is no scenario */
	unlink(path);
}
END_TEST

START_TEST(a_wrong_file_of_changes_is_named_with_its_line)
{
	static const struct {
		const char *list, *expect;
	} bad[] = {
		{"  - {change: x, set: [\"t2=30\"], who: client}\n", ":3: set t2=30"},
		{"  - {change: x, set: [\"tcp.=30\"], who: client}\n", "section.key=value"},
		{"  - {change: x, set: [\"tcp.t2=\"], who: client}\n", "section.key=value"},
		{"  - {change: x, set: [], who: client}\n", "0 entries"},
		{"  - {change: x, set: [\"tcp.t2=30\"], who: me}\n", "who"},
		{"  - {change: x, set: [\"tcp.t2=30\"], who: client, parts: 17}\n", "1 to 16"},
		{"  - {change: x, set: [\"tcp.t2=30\"], who: client}\n"
		 "  - {change: x, set: [\"tcp.t2=31\"], who: client}\n",
		 ":4: a second change"},
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char *text = xasprintf("changes: x\nlist:\n%s", bad[i].list);
		char *file = write_temp(text), *path = xasprintf("%s.yaml", file);
		struct err e = {0};

		ck_assert_int_eq(rename(file, path), 0);
		ck_assert_ptr_null(changes_load(path, &e));
		ck_assert_msg(strstr(e.msg, path) && strstr(e.msg, bad[i].expect), "%s", e.msg);
		unlink(path);
		free(path);
		free(file);
		free(text);
	}
}
END_TEST

UNIT(evade)
{
	unit_case(tc, a_change_costs_what_its_messages_have_more);
	unit_case(tc, the_set_that_silences_most_comes_first_then_the_cheapest);
	unit_case(tc, the_cheapest_that_did_not_fail_again_is_best);
	unit_case(tc, a_miss_that_may_be_chance_is_none);
	unit_case(tc, what_is_changed_is_a_version_and_the_rest_stays);
	unit_case(tc, a_wrong_file_of_changes_is_named_with_its_line);
}
