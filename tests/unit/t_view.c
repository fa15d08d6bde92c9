// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The terminal view without a terminal: cells, columns, order, keys, and screens of any size. What a
 * terminal makes of them: tests/e2e/view.sh.
 */
#include <locale.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "base/rng.h"
#include "operator/view/figures.h"
#include "operator/view/model.h"
#include "operator/view/model_draw.h"
#include "unit.h"

#define S     NS_PER_SEC
#define BEGIN (1156534332 * S) /* 2006-08-25 19:32:12 */
#define EVIL  "\033[2J\033]0;x\007\xe2\x80\xae\xc3\x28"

/* The text of a line, without the spaces at its end. */
static const char *line_of(const struct canvas *c, int row)
{
	static char text[CANVAS_COLS_MAX * 4 + 1];
	struct canvas_run run;
	size_t n = 0;
	int col = 0;

	while (canvas_run(c, row, &col, &run))
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", run.text);
	while (n && text[n - 1] == ' ')
		n--;
	text[n] = '\0';
	return text;
}

static struct sighting seen(unsigned client, enum event_kind kind, uint64_t ts_ns)
{
	struct sighting s = {.ts_ns = ts_ns,
			     .kind = kind,
			     .application = "skype",
			     .signature = "skypelab-2006",
			     .revision = 5,
			     .rule = "udp probe",
			     .sensor = "eth0",
			     .answered = true,
			     .evidence_count = 2,
			     .evidence = {{"U1", ts_ns - 2000000, 266, 18, true},
					  {"U4", ts_ns, 267, 18, false}}};

	s.flow = (struct tuple){
		IPPROTO_UDP, {ip4(0xc0a80000 + client), 35990}, {ip4(0x44ce96f3), 57322}};
	if (kind == EVENT_SESSION_START)
		s.super_node = s.flow.dst;
	return s;
}

/* Clients 1 to @n, @S apart: every third is connected, every fifth of these in a call. */
static struct picture *some(unsigned n)
{
	struct picture *p = picture_new(NULL);

	for (unsigned i = 1; i <= n; i++) {
		struct sighting s = seen(i, EVENT_PROBE_ACCEPTED, BEGIN + i * S);

		picture_sighting(p, &s);
		if (i % 3)
			continue;
		s = seen(i, EVENT_SESSION_START, BEGIN + i * S + 1);
		strcpy(s.client_version, i % 2 ? "1.4" : "2.0");
		picture_sighting(p, &s);
		if (i % 5)
			continue;
		s = seen(i, EVENT_CALL_START, BEGIN + i * S + 2);
		picture_sighting(p, &s);
	}
	return p;
}

struct shown {
	struct model m;
	struct canvas c;
	struct picture *p;
};

static void take(struct shown *v)
{
	struct view_counts counts = {.source = "eth0", .now_ns = BEGIN + 1000 * S, .live = true};

	model_picture(&v->m, v->p);
	model_counts(&v->m, &counts);
}

static void draw(struct shown *v, int rows, int cols)
{
	canvas_begin(&v->c, rows, cols, false);
	model_draw(&v->m, &v->c);
}

static void begin(struct shown *v, struct picture *p)
{
	*v = (struct shown){.p = p};
	model_init(&v->m);
	take(v);
	draw(v, 24, 80);
}

static void end(struct shown *v)
{
	model_free(&v->m);
	canvas_free(&v->c);
	picture_free(v->p);
}

/* Types @text; then @last, if it is not KEY_KIND_OTHER. */
static void type(struct shown *v, const char *text, enum key_kind last)
{
	bool again = false;

	for (; *text; text++)
		again |= model_key(&v->m, &(struct view_key){KEY_KIND_CHARACTER, (uint32_t)*text});
	if (last != KEY_KIND_OTHER)
		again |= model_key(&v->m, &(struct view_key){.kind = last});
	if (again)
		take(v);
	draw(v, 24, 80);
}

static void current_is(const struct shown *v, unsigned client)
{
	const struct row *r = list_current(&v->m.list);

	ck_assert_ptr_nonnull(r);
	ck_assert_uint_eq(ip4_host(&r->ip), 0xc0a80000 + client);
}

START_TEST(test_canvas_shows_only_text)
{
	struct canvas c = {0};

	canvas_begin(&c, 2, 80, false);
	canvas_text(&c, 0, 0, 80, STYLE_PLAIN, EVIL);
	ck_assert_str_eq(line_of(&c, 0), "\\x1b[2J\\x1b]0;x\\x07\\u202e\\xc3(");
	/* a locale without the character shows its number */
	canvas_text(&c, 1, 0, 80, STYLE_PLAIN, "K\xc3\xb6ln \xf0\x9f\x98\x80");
	ck_assert_str_eq(line_of(&c, 1), "K\\u00f6ln \\u1f600");
	canvas_free(&c);
}
END_TEST

START_TEST(test_canvas_wide_and_cut)
{
	struct canvas c = {0};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return;
	canvas_begin(&c, 1, 12, true);
	ck_assert_int_eq(canvas_width(&c, "K\xc3\xb6ln \xe6\x9d\xb1\xe4\xba\xac"), 9);
	ck_assert_int_eq(
		canvas_text(&c, 0, 0, 9, STYLE_PLAIN, "K\xc3\xb6ln \xe6\x9d\xb1\xe4\xba\xac"), 9);
	ck_assert_str_eq(line_of(&c, 0), "K\xc3\xb6ln \xe6\x9d\xb1\xe4\xba\xac");
	canvas_begin(&c, 1, 12, true);
	/* half of a wide character is never left */
	ck_assert_int_eq(
		canvas_text(&c, 0, 0, 8, STYLE_PLAIN, "K\xc3\xb6ln \xe6\x9d\xb1\xe4\xba\xac"), 8);
	ck_assert_str_eq(line_of(&c, 0), "K\xc3\xb6ln \xe6\x9d\xb1\xe2\x80\xa6");
	canvas_begin(&c, 1, 12, true);
	ck_assert_int_eq(
		canvas_text(&c, 0, 0, 7, STYLE_PLAIN, "K\xc3\xb6ln \xe6\x9d\xb1\xe4\xba\xac"), 7);
	ck_assert_str_eq(line_of(&c, 0), "K\xc3\xb6ln  \xe2\x80\xa6");
	/* what combines with its neighbour is shown alone */
	canvas_begin(&c, 1, 12, true);
	canvas_text(&c, 0, 0, 12, STYLE_PLAIN, "e\xcc\x81");
	ck_assert_str_eq(line_of(&c, 0), "e\\u0301");
	canvas_free(&c);
}
END_TEST

START_TEST(test_canvas_edges)
{
	struct canvas c = {0};

	canvas_begin(&c, 2, 5, false);
	ck_assert_int_eq(canvas_text(&c, 0, 0, 100, STYLE_PLAIN, "abcdef"), 5);
	ck_assert_str_eq(line_of(&c, 0), "abcd~");
	ck_assert_int_eq(canvas_text(&c, 1, 3, 2, STYLE_PLAIN, "ab"), 5);
	ck_assert_str_eq(line_of(&c, 1), "   ab");
	canvas_text(&c, 2, 0, 5, STYLE_PLAIN, "x");
	canvas_text(&c, -1, 0, 5, STYLE_PLAIN, "x");
	canvas_text(&c, 0, -1, 5, STYLE_PLAIN, "x");
	canvas_text(&c, 0, 5, 5, STYLE_PLAIN, "x");
	canvas_text(&c, 0, 0, 0, STYLE_PLAIN, "x");
	ck_assert_str_eq(line_of(&c, 0), "abcd~");
	canvas_begin(&c, 100000, 100000, false);
	ck_assert_int_eq(c.rows, CANVAS_ROWS_MAX);
	canvas_begin(&c, 0, -5, false);
	ck_assert_int_eq(c.rows * c.cols, 1);
	canvas_free(&c);
}
END_TEST

START_TEST(test_figures)
{
	char t[FIGURE_TEXT];

	ck_assert_str_eq(figure_clock(BEGIN, BEGIN + 3600 * S, t), "19:32:12");
	ck_assert_str_eq(figure_clock(BEGIN, BEGIN + 86400 * S, t), "Aug 25");
	ck_assert_str_eq(figure_clock(BEGIN, BEGIN + 200 * 86400 * S, t), "2006-08");
	ck_assert_str_eq(figure_second(BEGIN, t), "2006-08-25 19:32:12");
	ck_assert_str_eq(figure_milli(BEGIN + 77827000, t), "19:32:12.077");
	ck_assert_str_eq(figure_milli(UINT64_MAX, t), "23:59:59.999"); /* before 1970 */
	ck_assert_str_eq(figure_age(BEGIN, BEGIN + 99 * S, t), "99s");
	ck_assert_str_eq(figure_age(BEGIN, BEGIN + 100 * S, t), "1m");
	ck_assert_str_eq(figure_age(BEGIN, BEGIN + 6000 * S, t), "1h");
	ck_assert_str_eq(figure_age(BEGIN, BEGIN + 400000 * S, t), "4d");
	ck_assert_str_eq(figure_age(BEGIN, BEGIN - 5 * S, t), "0s");
	ck_assert_str_eq(figure_lasted(BEGIN, BEGIN + 65 * S, t), "1:05");
	ck_assert_str_eq(figure_lasted(BEGIN, BEGIN + 3723 * S, t), "1:02:03");
	ck_assert_str_eq(figure_lasted(BEGIN, BEGIN + 97200 * S, t), "1d 03h");
	ck_assert_str_eq(figure_count(9999, t), "9999");
	ck_assert_str_eq(figure_count(12345, t), "12.3k");
	ck_assert_str_eq(figure_count(999999, t), "999k");
	ck_assert_str_eq(figure_count(1000000, t), "1.0M");
	ck_assert_str_eq(figure_count(UINT64_MAX, t), "18.4E");
}
END_TEST

static uint32_t below(struct rng *r, uint32_t n)
{
	return rng_range(r, 0, n - 1);
}

/* Whatever the texts: columns fit, the client is there, heavier ones stay longer. */
START_TEST(test_columns_fit)
{
	struct rng r;

	rng_init(&r, 1, "columns");
	for (int i = 0; i < 20000; i++) {
		int content[COLUMNS], widths[COLUMNS], sum = -1, cols = 1 + (int)below(&r, 300);

		for (int k = 0; k < COLUMNS; k++)
			content[k] = (int)below(&r, 60);
		column_widths(widths, content, cols);
		ck_assert_int_gt(widths[COLUMN_CLIENT], 0);
		for (int k = 0; k < COLUMNS; k++)
			sum += widths[k] ? widths[k] + 1 : 0;
		ck_assert_int_le(sum, cols > 15 ? cols : 15);
		if (cols >= 80)
			ck_assert(widths[COLUMN_STATE] && widths[COLUMN_SINCE] &&
				  widths[COLUMN_SUPER_NODE] && widths[COLUMN_VERSION] &&
				  widths[COLUMN_WHY]);
	}
}
END_TEST

START_TEST(test_most_important_first)
{
	struct shown v;

	begin(&v, some(30));
	ck_assert_str_eq(line_of(&v.c, 0),
			 "skypelab watch  eth0                                     "
			 "2006-08-25 19:48:52 UTC");
	ck_assert_str_eq(line_of(&v.c, 1), "Clients 30  In call 2  In session 10");
	ck_assert_str_eq(line_of(&v.c, 2),
			 "Packets/s 0  Dropped/s 0  Dropped 0  Events/s 0  Events 42  Packets 0");
	ck_assert_str_eq(line_of(&v.c, 4), "192.168.0.15       call 16:24 19:32:27 1.4 "
					   "68.206.150.243:57322  udp probe: U1 ~");
	current_is(&v, 15); /* the longer call */
	end(&v);
}
END_TEST

START_TEST(test_sorting)
{
	struct shown v;

	begin(&v, some(30));
	list_sort_by(&v.m.list, COLUMN_CLIENT);
	list_top(&v.m.list);
	current_is(&v, 1);
	list_reverse(&v.m.list);
	current_is(&v, 30);
	/* equal versions stay in the order of before */
	list_sort_by(&v.m.list, COLUMN_VERSION);
	list_reverse(&v.m.list);
	ck_assert_str_eq(list_row(&v.m.list, 0)->version, "2.0");
	current_is(&v, 30);
	ck_assert_uint_eq(ip4_host(&list_row(&v.m.list, 1)->ip), 0xc0a80000 + 24);
	/* the same column again is the other way round; a third one goes before both */
	list_sort_by(&v.m.list, COLUMN_VERSION);
	ck_assert_str_eq(list_row(&v.m.list, 0)->version, "");
	list_sort_by(&v.m.list, COLUMN_STATE);
	current_is(&v, 15);
	ck_assert_int_eq(v.m.list.sorts[1].column, COLUMN_VERSION);
	ck_assert_int_eq(v.m.list.sorts[2].column, COLUMN_CLIENT);
	/* the menu */
	type(&v, "s", KEY_KIND_HOME);
	type(&v, "", KEY_KIND_ENTER);
	ck_assert_int_eq(v.m.list.sorts[0].column, COLUMN_CLIENT);
	type(&v, ">", KEY_KIND_OTHER);
	ck_assert_int_eq(v.m.list.sorts[0].column, COLUMN_MARKS);
	type(&v, "<<", KEY_KIND_OTHER);
	ck_assert_int_eq(v.m.list.sorts[0].column, COLUMN_WHY);
	end(&v);
}
END_TEST

START_TEST(test_filter)
{
	struct shown v;

	begin(&v, some(30));
	type(&v, "fsession", KEY_KIND_OTHER);
	ck_assert_uint_eq(v.m.list.shown_count, 8);
	type(&v, " !1.4", KEY_KIND_ENTER);
	ck_assert_uint_eq(v.m.list.shown_count, 4);
	ck_assert_ptr_nonnull(strstr(line_of(&v.c, 23), "filter: session !1.4"));
	ck_assert_ptr_nonnull(strstr(line_of(&v.c, 23), "1-4 of 4"));
	type(&v, "fz", KEY_KIND_ESCAPE); /* taken back */
	ck_assert_uint_eq(v.m.list.shown_count, 4);
	type(&v, "f", KEY_KIND_ERASE_ALL);
	type(&v, "U1 U4", KEY_KIND_ERASE);
	type(&v, "4", KEY_KIND_ENTER);
	ck_assert_uint_eq(v.m.list.shown_count, 30);
	type(&v, "fnobody", KEY_KIND_ENTER);
	ck_assert_uint_eq(v.m.list.shown_count, 0);
	type(&v, "jkGg", KEY_KIND_PAGE_DOWN);
	type(&v, "n", KEY_KIND_ENTER);
	ck_assert_int_eq(v.m.page, PAGE_LIST);
	type(&v, "", KEY_KIND_ESCAPE);
	ck_assert_uint_eq(v.m.list.shown_count, 30);
	end(&v);
}
END_TEST

START_TEST(test_search)
{
	struct shown v;

	begin(&v, some(30));
	type(&v, "/.0.2",
	     KEY_KIND_OTHER); /* the first from the cursor on: sessions, newest first */
	current_is(&v, 27);
	type(&v, "9", KEY_KIND_ENTER);
	current_is(&v, 29);
	type(&v, "/.0.1", KEY_KIND_ENTER);
	current_is(&v, 19);
	type(&v, "n", KEY_KIND_OTHER);
	current_is(&v, 17);
	type(&v, "N", KEY_KIND_OTHER);
	current_is(&v, 19);
	type(&v, "/nothing", KEY_KIND_OTHER);
	ck_assert_ptr_nonnull(strstr(line_of(&v.c, 23), "not found: nothing"));
	type(&v, "", KEY_KIND_ESCAPE); /* back to where it began, and to what was searched for */
	current_is(&v, 19);
	ck_assert_str_eq(v.m.list.search, ".0.1");
	type(&v, "/", KEY_KIND_ENTER); /* again */
	current_is(&v, 17);
	end(&v);
}
END_TEST

/* The cursor stays with its client; at the top it stays at the top. */
START_TEST(test_cursor_follows)
{
	struct shown v;
	struct sighting s;

	begin(&v, some(30));
	current_is(&v, 15);
	s = seen(200, EVENT_CALL_START, BEGIN);
	picture_sighting(v.p, &s);
	take(&v);
	current_is(&v, 200);
	type(&v, "jj", KEY_KIND_OTHER);
	current_is(&v, 30);
	for (unsigned i = 100; i < 110; i++) {
		s = seen(i, EVENT_CALL_START, BEGIN);
		picture_sighting(v.p, &s);
	}
	take(&v);
	draw(&v, 24, 80);
	current_is(&v, 30);
	ck_assert_uint_eq(v.m.list.at, 12);
	picture_forget(v.p, &list_current(&v.m.list)->ip);
	take(&v);
	ck_assert_uint_eq(v.m.list.at, 12); /* it is gone: the line stays */
	type(&v, "", KEY_KIND_END);
	ck_assert_uint_eq(v.m.list.at, v.m.list.shown_count - 1);
	ck_assert_uint_eq(v.m.list_top, v.m.list.shown_count - 19);
	type(&v, "", KEY_KIND_PAGE_UP);
	type(&v, "", KEY_KIND_HOME);
	ck_assert_uint_eq(v.m.list_top, 0);
	end(&v);
}
END_TEST

START_TEST(test_client_page)
{
	struct shown v;

	begin(&v, some(30));
	type(&v, "", KEY_KIND_ENTER);
	ck_assert_str_eq(line_of(&v.c, 4), "Client       192.168.0.15");
	ck_assert_str_eq(line_of(&v.c, 5), "In a call    since 2006-08-25 19:32:27 (16:24)");
	type(&v, "", KEY_KIND_END);
	ck_assert_str_eq(line_of(&v.c, 22),
			 "    19:32:27.000  U4   client < peer     18 bytes  frame 267");
	type(&v, "", KEY_KIND_RIGHT);
	ck_assert_str_eq(line_of(&v.c, 4), "Client       192.168.0.30");
	type(&v, "", KEY_KIND_LEFT);
	type(&v, "", KEY_KIND_LEFT);
	ck_assert_str_eq(line_of(&v.c, 4), "Client       192.168.0.15");
	picture_forget(v.p, &v.m.who);
	take(&v);
	draw(&v, 24, 80);
	ck_assert_ptr_nonnull(strstr(line_of(&v.c, 4), "forgotten"));
	type(&v, "?", KEY_KIND_DOWN);
	type(&v, "x", KEY_KIND_OTHER);
	ck_assert_int_eq(v.m.page, PAGE_CLIENT);
	type(&v, "q", KEY_KIND_OTHER);
	ck_assert_int_eq(v.m.page, PAGE_LIST);
	ck_assert(!v.m.quit);
	end(&v);
}
END_TEST

/* What a filter blocks, and would block: in the list, among its words, on the page, in the counts. */
START_TEST(test_blocked)
{
	struct view_counts counts = {.now_ns = BEGIN + 1000 * S, .live = true, .filter = true};
	struct client_block flow = {.what = "flow 192.168.0.15:35990 > 68.206.150.243:57322 udp",
				    .why = "skypelab-2006 udp probe" EVIL},
			    all = {.what = "client 192.168.0.30",
				   .why = "skypelab-2006 udp probe",
				   .until_ns = BEGIN + 4600 * S,
				   .dry_run = true};
	struct ip one = ip4(0xc0a8000f), two = ip4(0xc0a8001e);
	struct shown v;

	begin(&v, some(30));
	picture_block(v.p, &one, &flow);
	picture_block(v.p, &two, &all);
	model_picture(&v.m, v.p);
	counts.stopped = 12345;
	model_counts(&v.m, &counts);
	draw(&v, 24, 80);
	ck_assert_str_eq(line_of(&v.c, 1), "Clients 30  In call 2  In session 10  Blocked 1  "
					   "Would block 1  Stopped 12.3k");
	ck_assert_ptr_nonnull(strstr(line_of(&v.c, 4), "192.168.0.15    B  call"));
	ck_assert_ptr_nonnull(strstr(line_of(&v.c, 5), "192.168.0.30    b  call"));
	type(&v, "f!blocked", KEY_KIND_ENTER);
	ck_assert_uint_eq(v.m.list.shown_count, 29);
	type(&v, "f", KEY_KIND_ERASE_ALL);
	type(&v, "would-block", KEY_KIND_ENTER);
	ck_assert_uint_eq(v.m.list.shown_count, 1);
	type(&v, "", KEY_KIND_ENTER);
	ck_assert_str_eq(line_of(&v.c, 5), "Would block  client 192.168.0.30 until 2006-08-25 "
					   "20:48:52 (1:00:00 left):");
	ck_assert_str_eq(line_of(&v.c, 6), "             skypelab-2006 udp probe");
	type(&v, "q", KEY_KIND_ESCAPE);
	type(&v, "g", KEY_KIND_ENTER);
	ck_assert_str_eq(line_of(&v.c, 5), "Blocked      flow 192.168.0.15:35990 > "
					   "68.206.150.243:57322 udp while it lasts:");
	ck_assert_ptr_nonnull(strstr(line_of(&v.c, 6), "udp probe\\x1b[2J"));
	end(&v);
}
END_TEST

/* While a filter blocks, one key does not undo that. */
START_TEST(test_quit)
{
	struct view_counts counts = {.filter = true};
	struct shown v;

	begin(&v, some(3));
	type(&v, "q", KEY_KIND_OTHER);
	ck_assert(v.m.quit);
	end(&v);
	begin(&v, some(3));
	model_counts(&v.m, &counts);
	type(&v, "qn", KEY_KIND_OTHER);
	type(&v, "q", KEY_KIND_ESCAPE);
	type(&v, "q", KEY_KIND_ENTER);
	ck_assert(!v.m.quit);
	type(&v, "q", KEY_KIND_OTHER);
	ck_assert_ptr_nonnull(strstr(line_of(&v.c, 23), "is then free again"));
	type(&v, "n", KEY_KIND_OTHER);
	counts.stays = true;
	model_counts(&v.m, &counts);
	type(&v, "q", KEY_KIND_OTHER);
	ck_assert_ptr_nonnull(strstr(line_of(&v.c, 23), "stays so"));
	type(&v, "y", KEY_KIND_OTHER);
	ck_assert(v.m.quit);
	end(&v);
}
END_TEST

START_TEST(test_pause)
{
	struct shown v;
	struct sighting s = seen(99, EVENT_CALL_START, BEGIN);

	begin(&v, some(3));
	type(&v, "p", KEY_KIND_OTHER);
	picture_sighting(v.p, &s);
	take(&v);
	draw(&v, 24, 80);
	ck_assert_ptr_nonnull(strstr(line_of(&v.c, 0), "PAUSED"));
	ck_assert_uint_eq(v.m.list.shown_count, 3);
	type(&v, "p", KEY_KIND_OTHER);
	take(&v);
	ck_assert_uint_eq(v.m.list.shown_count, 4);
	end(&v);
}
END_TEST

/* Every text that a sensor sends: nothing but text reaches a cell. */
START_TEST(test_hostile_texts)
{
	struct shown v;
	struct sighting s = seen(7, EVENT_SESSION_START, BEGIN);

	snprintf(s.sensor, sizeof(s.sensor), EVIL);
	snprintf(s.client_version, sizeof(s.client_version), EVIL);
	snprintf(s.rule, sizeof(s.rule), "%s%s%s", EVIL, EVIL, EVIL);
	snprintf(s.signature, sizeof(s.signature), EVIL);
	snprintf(s.application, sizeof(s.application), EVIL);
	snprintf(s.evidence[0].message, sizeof(s.evidence[0].message), "\033[31m%s", "x");
	begin(&v, some(3));
	picture_sighting(v.p, &s);
	model_message(&v.m, EVIL);
	for (int page = 0; page < 3; page++) {
		take(&v);
		for (int cols = 1; cols < 220; cols++) {
			draw(&v, 40, cols);
			for (int i = 0; i < 40 * cols; i++)
				ck_assert(v.c.cells[i].c >= ' ' && v.c.cells[i].c < 0x7f);
		}
		type(&v, page ? "q?" : "/0.7", KEY_KIND_ENTER);
		type(&v, "", page ? KEY_KIND_OTHER : KEY_KIND_ENTER);
	}
	end(&v);
}
END_TEST

/* Any keys, on screens of any size, while clients come and go. */
START_TEST(test_any_keys_any_size)
{
	static const char letters[] = "kjbgGqhfnNsr<>p/? \\yx!.0123U";
	struct rng r;
	struct shown v;

	rng_init(&r, (uint64_t)_i, "keys");
	begin(&v, some(40));
	for (int i = 0; i < 4000; i++) {
		struct view_key key = {.kind = (enum key_kind)below(&r, KEY_KIND_OTHER + 1)};
		struct sighting s =
			seen((unsigned)below(&r, 90), (enum event_kind)below(&r, EVENT_KINDS),
			     BEGIN + below(&r, 2000) * S);

		if (key.kind == KEY_KIND_CHARACTER || below(&r, 2))
			key = (struct view_key){KEY_KIND_CHARACTER,
						(uint32_t)letters[below(&r, sizeof(letters) - 1)]};
		if (!below(&r, 50))
			key.c = (uint32_t)below(&r, 0x110000);
		if (model_key(&v.m, &key) || !below(&r, 3)) {
			if (below(&r, 2))
				picture_sighting(v.p, &s);
			else
				picture_forget(v.p, &s.flow.src.ip);
			take(&v);
		}
		draw(&v, 1 + (int)below(&r, 60), 1 + (int)below(&r, 220));
		ck_assert(!v.m.list.shown_count || v.m.list.at < v.m.list.shown_count);
		ck_assert(v.m.page != PAGE_LIST || v.m.list_top <= v.m.list.at);
		v.m.quit = false;
	}
	end(&v);
}
END_TEST

UNIT(view)
{
	unit_case(tc, test_canvas_shows_only_text);
	unit_case(tc, test_canvas_wide_and_cut);
	unit_case(tc, test_canvas_edges);
	unit_case(tc, test_figures);
	unit_case(tc, test_columns_fit);
	unit_case(tc, test_most_important_first);
	unit_case(tc, test_sorting);
	unit_case(tc, test_filter);
	unit_case(tc, test_search);
	unit_case(tc, test_cursor_follows);
	unit_case(tc, test_client_page);
	unit_case(tc, test_blocked);
	unit_case(tc, test_quit);
	unit_case(tc, test_pause);
	unit_case(tc, test_hostile_texts);
	unit_loop(tc, test_any_keys_any_size, 0, 4);
}
