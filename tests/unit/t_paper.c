// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_paper.c - tests of the replication: cells from forms, sums over trials, messages, its folder
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/path.h"
#include "run/paper/cuts.h"
#include "run/paper/folder.h"
#include "run/paper/message_book.h"
#include "run/paper/view.h"
#include "tests/unit/hand.h"
#include "tests/unit/unit.h"

/* ------------------------------------------------------------------ views */

static struct tsv *table(const char *text)
{
	char *path = write_temp(text);
	struct err e;
	struct tsv *t = tsv_read(path, &e);

	ck_assert_ptr_nonnull(t);
	unlink(path);
	free(path);
	return t;
}

static void has_text(const struct tsv *t, size_t row, const char *form, const char *expected)
{
	char *text = view_text(form, t, row);

	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(test_view_text)
{
	struct tsv *t = table("a\tb\tc\n1\t2\t-\n-\t\t-\n");

	has_text(t, 0, "{a} of {b}", "1 of 2");
	has_text(t, 0, "{a}| ({c})| and {b}", "1 and 2");
	has_text(t, 0, "{c}", "-");
	has_text(t, 0, "{a}{nothing}|{b}", "2");
	has_text(t, 1, "{a} of {b}", "-");
	has_text(t, 1, "plain", "plain");
	tsv_free(t);
}
END_TEST

/* All that was written to a temporary file, which is closed (owned). */
static char *text_of(FILE *f)
{
	long n = ftell(f);
	char *text = xcalloc(1, (size_t)n + 1);

	rewind(f);
	ck_assert_uint_eq(fread(text, 1, (size_t)n, f), n);
	fclose(f);
	return text;
}

static char *html_of(const struct view *v, const struct tsv *t)
{
	FILE *f = tmpfile();

	view_put(f, v, t);
	return text_of(f);
}

START_TEST(test_view_rows)
{
	struct tsv *t = table("unit\tversion\tn\nflow\t2.0\t7\nflow\t1.10\t9\nhost\t1.4\t3\n"
			      "flow\t<1.4>\t5\n");
	struct view v = {.caption = "c",
			 .only = {{"unit", "flow"}},
			 .columns = {{"of", "{unit}"}},
			 .across = "version",
			 .cell = "{n}"};
	struct view either = {.only = {{"unit", "host|flow"}, {"version", "!2.0|1.4"}}};
	char *html = html_of(&v, t);
	const char *first = strstr(html, "1.10"), *second = strstr(html, "2.0");

	ck_assert_uint_eq(view_count(&v, t), 3);
	ck_assert_uint_eq(view_count(&either, t), 2);
	/* one line, versions in order, nothing of a file is markup */
	ck_assert(first && second && first < second);
	ck_assert_ptr_nonnull(strstr(html, "&lt;1.4&gt;"));
	ck_assert_ptr_null(strstr(html, "<1.4>"));
	ck_assert_ptr_null(strstr(html, ">3<"));
	ck_assert_ptr_null(strstr(strstr(html, "scope=\"row\"") + 1, "scope=\"row\""));
	free(html);
	tsv_free(t);
}
END_TEST

/* ------------------------------------------------------------------ cuts */

static void flows(struct score_table *t, const char *version, const char *vantage, const char *axes,
		  const char *cell, enum score_count what, uint64_t n)
{
	struct score_setting s = {.source = SOURCE_EMULATED,
				  .traffic_version = version,
				  .vantage = vantage,
				  .caller_firewall = "open",
				  .caller_nat = "public",
				  .axes = axes,
				  .cell = cell};

	score_count(t, score_row_of(t, &s, "sig", "1", UNIT_FLOW), &s, what, n);
}

static char *cut_text(const struct score_table *t, unsigned by, const char *vantage)
{
	struct cut_request q = {
		.t = t, .source = SOURCE_EMULATED, .material = "run", .vantage = vantage, .by = by};
	struct cuts c = cuts_of(&q);
	FILE *f = tmpfile();

	cuts_put(&c, f);
	cuts_clear(&c);
	return text_of(f);
}

START_TEST(test_cuts)
{
	struct score_table *t = score_table_new();
	char *text;

	flows(t, "1.4", "lan", "operation=call", "a@1", COUNT_TP, 3);
	flows(t, "1.4", "lan", "operation=call", "a@1", COUNT_FN, 1);
	flows(t, "1.4", "lan", "operation=login", "b@1", COUNT_TP, 2);
	flows(t, "1.4", "wan", "operation=call", "a@1", COUNT_TP, 100);
	text = cut_text(t, CUT_VERSION, "lan");
	/* trials are clusters, and another vantage is not in it */
	ck_assert_ptr_nonnull(strstr(
		text, "run\tsig\t1.4\tall\tall\tall\tall\tall\tlan\tall\tflow\t5\t6\t0.8333"));
	ck_assert_ptr_nonnull(strstr(text, "\t2\tratio-t\n"));
	ck_assert_ptr_null(strstr(text, "wan"));
	free(text);
	text = cut_text(t, CUT_OPERATION, "lan");
	ck_assert_ptr_nonnull(strstr(text, "lan\tcall\tflow\t3\t4"));
	ck_assert_ptr_nonnull(strstr(text, "lan\tlogin\tflow\t2\t2"));
	free(text);
	text = cut_text(t, CUT_VANTAGE, NULL);
	ck_assert_ptr_nonnull(strstr(text, "wan\tall\tflow\t100\t100"));
	free(text);
	score_table_free(t);
}
END_TEST

/* ------------------------------------------------------------------ messages */

static void event(struct message_book *b, const char *src, uint64_t number, uint32_t size)
{
	struct evidence v = {.message = "U1", .number = number, .size = size, .from_client = true};
	struct detection_event ev = {.flow = tuple_of(IPPROTO_UDP, src, "198.51.100.1:2"),
				     .signature = "sig",
				     .evidence = &v,
				     .evidence_count = 1};

	message_book_event(b, "c.pcap", &ev);
}

START_TEST(test_message_book)
{
	struct message_book *b = message_book_new();
	const uint64_t all[2] = {80, 10};
	const struct message_count *c;

	event(b, "192.0.2.1:1", 1, 18);
	event(b, "192.0.2.1:1", 1, 18); /* another rule, the same packet */
	event(b, "192.0.2.1:1", 5, 30); /* the same flow */
	event(b, "192.0.2.1:9", 7, 18);
	message_book_flows(b, "c.pcap", all);
	c = message_book_sorted(b);
	ck_assert_str_eq(c->name, "U1");
	ck_assert_uint_eq(c->seen, 2);
	ck_assert_uint_eq(c->of, 80);
	ck_assert_str_eq(c->sizes->text, "18");
	ck_assert_uint_eq(c->sizes->n[0], 2);
	ck_assert_ptr_null(c->hh.next);
	ck_assert(message_in_paper("T3") && !message_in_paper("T5") && !message_in_paper("U") &&
		  !message_in_paper("") && !message_in_paper("U11"));
	message_book_free(b);
}
END_TEST

/* ------------------------------------------------------------------ the folder */

static char root[] = "/tmp/skypelab-unit-XXXXXX";

static void put_file(const char *dir, const char *name, const char *text)
{
	char *path = path_in(dir, name);
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	free(path);
}

static void holds(const char *dir, const char *name, const char *expected)
{
	char *path = path_in(dir, name), *text = read_file(path, NULL, NULL);

	if (expected)
		ck_assert_str_eq(text, expected);
	else
		ck_assert_ptr_null(text);
	free(text);
	free(path);
}

START_TEST(test_folder)
{
	struct paper_folder f, second;
	struct err e;
	char *out, *work;

	ck_assert_ptr_nonnull(mkdtemp(root));
	out = path_in(root, "new/paper");
	ck_assert_int_eq(paper_folder_begin(&f, out, &e), 0);
	work = xstrdup(f.work);
	/* one at a time */
	ck_assert_int_eq(paper_folder_begin(&second, out, &e), -1);
	paper_folder_end(&second, false, &e);
	put_file(f.work, PAPER_PAGE, "old");
	ck_assert_int_eq(access(out, F_OK), -1);
	ck_assert_int_eq(paper_folder_end(&f, true, &e), 0);
	holds(out, PAPER_PAGE, "old");
	ck_assert_int_eq(access(work, F_OK), -1);
	/* what failed leaves the older one */
	ck_assert_int_eq(paper_folder_begin(&f, out, &e), 0);
	put_file(f.work, PAPER_PAGE, "new");
	ck_assert_int_eq(paper_folder_end(&f, false, &e), 0);
	holds(out, PAPER_PAGE, "old");
	ck_assert_int_eq(access(work, F_OK), -1);
	/* the rest of a machine that stopped is no hindrance; what is whole replaces */
	ck_assert_int_eq(make_dirs(work, &e), 0);
	put_file(work, "half.tsv", "");
	ck_assert_int_eq(paper_folder_begin(&f, out, &e), 0);
	put_file(f.work, PAPER_PAGE, "new");
	ck_assert_int_eq(paper_folder_end(&f, true, &e), 0);
	holds(out, PAPER_PAGE, "new");
	holds(out, "half.tsv", NULL);
	/* somebody else's file is not taken away */
	put_file(out, "notes.txt", "mine");
	ck_assert_int_eq(paper_folder_begin(&f, out, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.msg, "notes.txt"));
	paper_folder_end(&f, false, &e);
	holds(out, "notes.txt", "mine");
	remove_tree(root);
	free(work);
	free(out);
}
END_TEST

UNIT(paper)
{
	unit_case(tc, test_view_text);
	unit_case(tc, test_view_rows);
	unit_case(tc, test_cuts);
	unit_case(tc, test_message_book);
	unit_case(tc, test_folder);
}
