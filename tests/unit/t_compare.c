// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_compare.c - tests of two maps side by side, of the tape, and of hosts that are left out
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare/compare.h"
#include "analysis/compare/leave_out.h"
#include "analysis/field/analysis.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/rng.h"
#include "tests/unit/unit.h"

/* --- made-up maps ------------------------------------------------------------------------- */

#define MOST 8

struct made {
	struct field_map map;
	struct message_class classes[MOST];
	struct statement statements[MOST];
};

static void made_begin(struct made *m)
{
	memset(m, 0, sizeof(*m));
	m->map.classes = m->classes;
	m->map.statements = m->statements;
}

static struct message_class *made_class(struct made *m, int32_t place, bool reply, uint32_t size,
					uint32_t messages)
{
	struct message_class *c = &m->classes[m->map.classes_n];

	*c = (struct message_class){.id = m->map.classes_n++,
				    .proto = IPPROTO_UDP,
				    .reply = reply,
				    .place = place,
				    .size_min = size,
				    .size_max = size,
				    .parent = -1,
				    .messages = messages,
				    .sampled = messages,
				    .shortest = size,
				    .longest = size};
	return c;
}

/* "byte & mask == value" about the last class. */
static struct statement *made_mask(struct made *m, uint32_t offset, uint8_t mask, uint8_t value)
{
	struct statement *s = &m->statements[m->map.statements_n++];

	*s = (struct statement){.kind = STATEMENT_MASKED,
				.class = m->map.classes_n - 1,
				.offset = offset,
				.width = 1,
				.mask = mask,
				.value = value,
				.of_class = -1,
				.held = 40,
				.tried = 40,
				.said_in = -1};
	return s;
}

static struct statement *made_counter(struct made *m, int64_t step)
{
	struct statement *s = made_mask(m, 0, 0xff, 0);

	s->kind = STATEMENT_COUNTER;
	s->width = 2;
	s->step = step;
	s->of = OF_SOCKET;
	return s;
}

static void lines_are(const struct compare *c, const char *expected)
{
	char got[512] = "";
	size_t n = 0;

	for (uint32_t i = 0; i < c->lines_n; i++) {
		const struct compare_line *l = &c->lines[i];

		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%u:%s", i ? " " : "",
				      l->before ? l->before->offset : l->after->offset,
				      change_name(l->change));
	}
	ck_assert_str_eq(got, expected);
}

START_TEST(a_map_is_the_same_as_itself)
{
	struct made m;
	struct compare *c;

	made_begin(&m);
	made_class(&m, 0, false, 18, 40);
	made_counter(&m, 2);
	made_mask(&m, 2, 0x8f, 2);
	c = compare_maps(&m.map, &m.map);
	lines_are(c, "0:same 2:same");
	ck_assert_uint_eq(c->first, c->lines_n);
	ck_assert_uint_eq(c->changes[CHANGE_SAME], 2);
	compare_free(c);
}
END_TEST

START_TEST(statements_change_go_and_appear)
{
	struct made a, b;
	struct compare *c;
	char text[COMPARE_TEXT_MAX];

	made_begin(&a);
	made_class(&a, 0, false, 18, 40);
	made_counter(&a, 2);
	made_mask(&a, 2, 0x8f, 2);
	made_mask(&a, 9, 0xf0, 0x10);
	made_begin(&b);
	made_class(&b, 0, false, 18, 40);
	made_counter(&b, 2);
	made_mask(&b, 2, 0x8f, 3);
	made_mask(&b, 5, 0xf0, 0x10);
	c = compare_maps(&a.map, &b.map);
	lines_are(c, "0:same 2:changed 5:appeared 9:went");
	ck_assert_uint_eq(c->first, 1);
	compare_line_text(&c->lines[1], text);
	ck_assert_ptr_nonnull(strstr(text, " -> "));
	ck_assert_ptr_nonnull(strstr(text, "(40 of 40)"));
	compare_line_text(&c->lines[3], text);
	ck_assert_str_eq(strstr(text, " -> "), " -> nothing");
	compare_free(c);
}
END_TEST

START_TEST(few_messages_say_nothing)
{
	struct made a, b;
	struct compare *c;

	made_begin(&a);
	made_class(&a, 0, false, 18, 40);
	made_counter(&a, 2);
	made_class(&a, 0, true, 11, 40);
	made_mask(&a, 2, 0x0f, 7);
	made_begin(&b);
	made_class(&b, 0, false, 18, COMPARE_FEW - 1);
	c = compare_maps(&a.map, &b.map);
	ck_assert_uint_eq(c->pairs_n, 2);
	ck_assert_ptr_null(c->pairs[1].after);
	lines_are(c, "0:untested 2:untested");
	ck_assert_uint_eq(c->first, c->lines_n);
	compare_free(c);
}
END_TEST

START_TEST(what_is_second_or_said_elsewhere_has_no_line)
{
	struct made a, b;
	struct compare *c;

	made_begin(&a);
	made_class(&a, 0, false, 18, 40);
	made_mask(&a, 1, 0xff, 4)->second = true;
	made_mask(&a, 2, 0x8f, 2);
	made_mask(&a, 3, 0xff, 1)->said_in = 0;
	made_begin(&b);
	made_class(&b, 0, false, 18, 40);
	made_mask(&b, 1, 0xff, 4); /* there it is the first that is said: no change */
	made_mask(&b, 2, 0x8f, 2)->second = true;
	c = compare_maps(&a.map, &b.map);
	lines_are(c, "1:same 2:same");
	compare_free(c);
}
END_TEST

START_TEST(a_class_of_another_size_is_known_by_what_it_says)
{
	struct made a, b;
	struct compare *c;
	char text[COMPARE_TEXT_MAX];

	made_begin(&a);
	made_class(&a, 0, false, 18, 40);
	made_counter(&a, 2);
	made_mask(&a, 2, 0x8f, 2);
	made_begin(&b);
	made_class(&b, 0, false, 30, 40);
	made_mask(&b, 0, 0xff, 0x30);
	made_class(&b, 0, false, 22, 40);
	made_counter(&b, 2);
	made_mask(&b, 2, 0x8f, 2);
	made_class(&b, 1, false, 24, 40); /* another place: never one class */
	made_counter(&b, 2);
	made_mask(&b, 2, 0x8f, 2);
	c = compare_maps(&a.map, &b.map);
	ck_assert_uint_eq(c->pairs_n, 3);
	for (uint32_t i = 0; i < c->pairs_n; i++) {
		if (!c->pairs[i].before)
			continue;
		ck_assert(c->pairs[i].renamed);
		ck_assert_uint_eq(c->pairs[i].after->size_min, 22);
		class_pair_text(&c->pairs[i], text);
		ck_assert_ptr_nonnull(strstr(text, "(40 messages) -> "));
	}
	ck_assert_uint_eq(c->changes[CHANGE_SAME], 2);
	ck_assert_uint_eq(c->changes[CHANGE_UNTESTED], 3);
	compare_free(c);
}
END_TEST

START_TEST(what_differs_first_is_first_in_the_talk)
{
	struct made a, b;
	struct compare *c;

	made_begin(&a);
	made_class(&a, 1, false, 23, 900);
	made_mask(&a, 1, 0xff, 1);
	made_class(&a, 0, true, 11, 40);
	made_mask(&a, 4, 0xff, 1);
	made_class(&a, 0, false, 18, 40);
	made_mask(&a, 8, 0xff, 1);
	made_begin(&b);
	made_class(&b, 1, false, 23, 900);
	made_mask(&b, 1, 0xff, 2);
	made_class(&b, 0, true, 11, 40);
	made_mask(&b, 4, 0xff, 2);
	made_class(&b, 0, false, 18, 40);
	made_mask(&b, 8, 0xff, 1);
	c = compare_maps(&a.map, &b.map);
	lines_are(c, "8:same 4:changed 1:changed");
	ck_assert_uint_eq(c->first, 1);
	compare_free(c);
}
END_TEST

START_TEST(empty_maps_have_no_lines)
{
	struct field_map none = {0};
	struct compare *c = compare_maps(&none, &none);

	ck_assert_uint_eq(c->lines_n, 0);
	ck_assert_uint_eq(c->pairs_n, 0);
	ck_assert_uint_eq(c->first, 0);
	compare_free(c);
	compare_free(NULL);
}
END_TEST

/* --- tape --------------------------------------------------------------------------------- */

static struct {
	char said[256];
	uint32_t begun, ended;
} heard;

static void on_begin(void *arg, struct message_flow *f)
{
	(void)arg;
	ck_assert_uint_eq(f->messages[0] + f->messages[1], 0);
	heard.begun++;
}

static void on_message(void *arg, const struct message *m)
{
	size_t n = strlen(heard.said);

	(void)arg;
	ck_assert_uint_eq(m->place + 1, m->flow->messages[0] + m->flow->messages[1]);
	ck_assert_uint_eq(m->nth + 1, m->flow->messages[m->reply]);
	snprintf(heard.said + n, sizeof(heard.said) - n, "%s%c%.*s", n ? " " : "",
		 m->reply ? '<' : '>', (int)m->kept, (const char *)m->bytes);
}

static void on_end(void *arg, struct message_flow *f)
{
	(void)arg;
	(void)f;
	heard.ended++;
}

static const struct message_user hearer = {.begin = on_begin, .message = on_message, .end = on_end};

static void tape_say(struct tape *t, struct message_flow *f, bool reply, const char *words)
{
	struct message m = {.flow = f,
			    .reply = reply,
			    .bytes = (const uint8_t *)words,
			    .kept = (uint32_t)strlen(words),
			    .size = (uint32_t)strlen(words),
			    .packets = 1};

	f->messages[reply]++;
	tape_message(t, &m);
}

static bool second_flow(void *arg, const struct message_flow *f)
{
	(void)arg;
	return f->id == 2;
}

START_TEST(a_tape_plays_what_it_heard)
{
	struct tape *t = tape_new(0, 0);
	struct message_flow a = {.id = 1}, b = {.id = 2};

	memset(&heard, 0, sizeof(heard));
	tape_say(t, &a, false, "one");
	tape_say(t, &b, false, "two");
	tape_say(t, &a, true, "");
	tape_say(t, &a, false, "four");
	tape_play(t, &hearer, NULL, NULL);
	ck_assert_str_eq(heard.said, ">one >two < >four");
	ck_assert_uint_eq(heard.begun, 2);
	ck_assert_uint_eq(heard.ended, 2);
	memset(&heard, 0, sizeof(heard));
	tape_play(t, &hearer, second_flow, NULL);
	ck_assert_str_eq(heard.said, ">one < >four");
	ck_assert_uint_eq(heard.ended, 1);
	tape_free(t);
}
END_TEST

START_TEST(a_tape_ends_and_does_not_go_on_after_a_gap)
{
	struct tape *t = tape_new(3, 10);
	struct message_flow a = {.id = 1};

	memset(&heard, 0, sizeof(heard));
	tape_say(t, &a, false, "12345");
	tape_say(t, &a, false, "1234567"); /* does not fit */
	tape_say(t, &a, false, "1");	   /* would */
	ck_assert_uint_eq(tape_messages(t), 1);
	ck_assert_uint_eq(tape_seen(t), 3);
	tape_play(t, &hearer, NULL, NULL);
	ck_assert_str_eq(heard.said, ">12345");
	tape_free(t);
	tape_free(NULL);
}
END_TEST

/* --- leave one out ------------------------------------------------------------------------ */

#define HOSTS 5
#define FLOWS 60 /* of each host */

/* Each host asks each time from another port: id, 02, @planted's byte, eight of chance. Ids of host
 * 0 and 1 begin with 9 and 7 when @trap: the captures of 2019. */
static struct tape *traffic(bool trap, int planted, uint32_t hosts, struct field_analysis *a)
{
	struct tape *t = tape_new(0, 0);
	struct rng rng;
	uint64_t id = 0;

	rng_init(&rng, 15, "t_compare");
	for (uint32_t k = 0; k < FLOWS; k++) {
		for (uint32_t h = 0; h < hosts; h++) {
			struct message_flow f = {
				.id = id,
				.tuple = {.proto = IPPROTO_UDP,
					  .src = {ip4(0x0a000001 + h), (uint16_t)(2000 + k)},
					  .dst = {ip4(0x14000001 +
						      (uint32_t)rng_range(&rng, 0, 200)),
						  5000}},
				.first_ns = id * 1000000,
				.messages = {1, 0}};
			uint8_t b[12];
			struct message m = {.flow = &f,
					    .ts_ns = id * 1000000,
					    .end_ns = id * 1000000,
					    .number = id + 1,
					    .end_number = id + 1,
					    .bytes = b,
					    .kept = sizeof(b),
					    .size = sizeof(b),
					    .packets = 1};

			id++;
			rng_fill(&rng, b, sizeof(b));
			if (trap)
				b[0] = (uint8_t)((h ? 0x70 : 0x90) | (b[0] & 0x0f));
			b[2] = 0x02;
			if ((int)h == planted)
				b[3] = 0x55;
			tape_message(t, &m);
			field_analysis_message(a, &m);
			field_analysis_end(a, &f);
		}
	}
	return t;
}

static uint32_t falls_at(const struct leave_out *l, uint32_t offset)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->rests_n; i++) {
		const struct rest *r = &l->rests[i];

		n += (r->kind == REST_FALLS || r->kind == REST_ALL) && !r->statement->from_end &&
		     r->statement->offset <= offset &&
		     offset < r->statement->offset + r->statement->width;
	}
	return n;
}

static bool said_at(const struct field_map *m, uint32_t offset)
{
	for (uint32_t i = 0; i < m->statements_n; i++) {
		const struct statement *s = &m->statements[i];

		if (compare_asks(s) && !s->from_end && s->offset <= offset &&
		    offset < s->offset + s->width)
			return true;
	}
	return false;
}

START_TEST(a_statement_of_all_hosts_stands_without_each)
{
	struct field_analysis *a = field_analysis_new(NULL);
	struct tape *t = traffic(false, -1, HOSTS, a);
	struct field_map *m = field_analysis_finish(a);
	struct leave_out *l = leave_out_end(leave_out_begin(t), m);

	ck_assert(said_at(m, 2));
	ck_assert_uint_eq(falls_at(l, 2), 0);
	ck_assert_uint_eq(l->tried_n, LEAVE_OUT_MAX);
	ck_assert_uint_eq(l->taped, HOSTS * FLOWS);
	ck_assert_uint_eq(l->unknown, 0);
	leave_out_free(l);
	field_map_free(m);
	field_analysis_free(a);
	tape_free(t);
}
END_TEST

START_TEST(the_trap_of_2019_is_seen)
{
	struct field_analysis *a = field_analysis_new(NULL);
	struct tape *t = traffic(true, -1, 2, a);
	struct field_map *m = field_analysis_finish(a);
	struct leave_out *l = leave_out_end(leave_out_begin(t), m);
	char text[REST_TEXT_MAX];
	bool named = false;

	ck_assert(said_at(m, 0));
	ck_assert_uint_ge(falls_at(l, 0), 1);
	ck_assert_uint_eq(falls_at(l, 2), 0);
	for (uint32_t i = 0; i < l->rests_n; i++)
		named = named || strstr(rest_text(&l->rests[i], NULL, text), "without 10.0.0.");
	ck_assert(named);
	leave_out_free(l);
	field_map_free(m);
	field_analysis_free(a);
	tape_free(t);
}
END_TEST

/* A look that is not wanted any more ends; the sanitizers see that nothing of it stays. */
START_TEST(a_look_is_stopped)
{
	struct field_analysis *a = field_analysis_new(NULL);
	struct tape *t = traffic(false, -1, HOSTS, a);

	leave_out_stop(leave_out_begin(t));
	leave_out_stop(NULL);
	field_analysis_free(a);
	tape_free(t);
}
END_TEST

START_TEST(a_full_tape_takes_no_more)
{
	struct message_flow f = {.id = 1};
	struct message m = {.flow = &f, .bytes = (const uint8_t *)"abcd", .kept = 4, .size = 4};
	struct tape *t = tape_new(2, 0);

	for (int i = 0; i < 2; i++)
		tape_message(t, &m);
	ck_assert(!tape_full(t));
	for (int i = 0; i < 2; i++)
		tape_message(t, &m);
	ck_assert(tape_full(t));
	ck_assert_uint_eq(tape_messages(t), 2);
	ck_assert_uint_eq(tape_seen(t), 4);
	tape_free(t);
}
END_TEST

START_TEST(an_empty_tape_leaves_nothing_out)
{
	struct field_map none = {0};
	struct tape *t = tape_new(0, 0);
	struct leave_out *l = leave_out_end(leave_out_begin(t), &none);

	ck_assert_uint_eq(l->rests_n, 0);
	ck_assert_uint_eq(l->tried_n, 0);
	ck_assert_uint_eq(l->statements, 0);
	leave_out_free(l);
	leave_out_free(NULL);
	tape_free(t);
}
END_TEST

START_TEST(a_capture_that_alone_has_it_is_named)
{
	static const char *const names[] = {"first.pcap", "second.pcap"};
	struct rest r = {.kind = REST_FALLS, .is_input = true, .input = 1, .left = 31};
	char text[REST_TEXT_MAX];

	ck_assert_str_eq(rest_text(&r, names, text),
			 "without second.pcap it is not found (31 such messages left)");
	ck_assert_str_eq(rest_text(&r, NULL, text),
			 "without capture 2 it is not found (31 such messages left)");
}
END_TEST

UNIT(compare)
{
	unit_case(tc, a_map_is_the_same_as_itself);
	unit_case(tc, statements_change_go_and_appear);
	unit_case(tc, few_messages_say_nothing);
	unit_case(tc, what_is_second_or_said_elsewhere_has_no_line);
	unit_case(tc, a_class_of_another_size_is_known_by_what_it_says);
	unit_case(tc, what_differs_first_is_first_in_the_talk);
	unit_case(tc, empty_maps_have_no_lines);
	unit_case(tc, a_tape_plays_what_it_heard);
	unit_case(tc, a_tape_ends_and_does_not_go_on_after_a_gap);
	unit_case(tc, a_statement_of_all_hosts_stands_without_each);
	unit_case(tc, the_trap_of_2019_is_seen);
	unit_case(tc, a_look_is_stopped);
	unit_case(tc, a_full_tape_takes_no_more);
	unit_case(tc, an_empty_tape_leaves_nothing_out);
	unit_case(tc, a_capture_that_alone_has_it_is_named);
}
