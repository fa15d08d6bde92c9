// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Baselines and comparisons: what was lost, gained, newly wrong; through the file as in memory.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/input.h"
#include "base/outfile.h"
#include "results/history/baseline.h"
#include "results/history/compare.h"
#include "results/history/compare_print.h"
#include "results/history/history.h"
#include "results/score/accuracy_tsv.h"
#include "results/history/manifest.h"
#include "tests/unit/unit.h"

/* Flows "1".."n" of one cell; found[i] is '+' found, '-' missed, '!' false positive. */
static struct score_table *table(enum traffic_source source, const char *cell, const char *found)
{
	struct score_setting s = {.source = source, .traffic_version = "1.4", .vantage = "lan"};
	struct score_table *t = score_table_new();
	uint32_t row = score_row_of(t, &s, "sig", "1", UNIT_FLOW);

	for (int i = 0; found[i]; i++) {
		char subject[16];
		enum claim_result r = found[i] == '+'	? CLAIM_TP
				      : found[i] == '-' ? CLAIM_FN
							: CLAIM_FP;

		snprintf(subject, sizeof(subject), "flow %d", i + 1);
		score_claim_add(t, row, cell, subject, "why", r)->packet =
			r == CLAIM_FN ? 0 : (uint64_t)i + 100;
		score_count(t, row, &s,
			    r == CLAIM_TP   ? COUNT_TP
			    : r == CLAIM_FN ? COUNT_FN
					    : COUNT_FP,
			    1);
	}
	if (!*found)
		score_claim_add(t, row, cell, "-", "", CLAIM_TN);
	return t;
}

/* A baseline of such a table; @filed: written and read again. */
static struct baseline *side(enum traffic_source source, const char *found, bool filed)
{
	struct score_table *t = table(source, "cell", found);
	struct baseline *b = baseline_of(t, NULL, NULL), *again;
	char path[] = "/tmp/t_baseline.XXXXXX";
	struct err e = {0};

	score_table_free(t);
	if (!filed)
		return b;
	close(mkstemp(path));
	ck_assert_msg(baseline_write(b, path, "test", &e) == 0, "%s", e.msg);
	again = baseline_read(path, &e);
	ck_assert_msg(again != NULL, "%s", e.msg);
	unlink(path);
	baseline_free(b);
	return again;
}

static void expect(enum traffic_source source, const char *was, const char *is, double tolerance,
		   bool worse, bool better, const char *lost, const char *gained)
{
	for (int filed = 0; filed < 4; filed++) {
		struct baseline *a = side(source, was, filed & 1), *b = side(source, is, filed & 2);
		struct comparison *c = baseline_compare(a, b, tolerance);
		char got[2][64] = {"", ""};

		for (size_t i = 0; i < c->n; i++) {
			int k = c->changes[i].kind == CHANGE_LOST     ? 0
				: c->changes[i].kind == CHANGE_GAINED ? 1
								      : -1;

			if (k >= 0)
				strcat(got[k], c->changes[i].subject + 5);
		}
		ck_assert_msg(c->worse == worse, "%s -> %s (%d): worse", was, is, filed);
		ck_assert_msg(c->better == better, "%s -> %s (%d): better", was, is, filed);
		if (filed != 3) { /* of two files, one may list the found and one the missed */
			ck_assert_str_eq(got[0], lost);
			ck_assert_str_eq(got[1], gained);
		}
		comparison_free(c);
		baseline_free(a);
		baseline_free(b);
	}
}

START_TEST(lost_and_gained_are_named)
{
	expect(SOURCE_RECORDED, "++--", "++--", 0.01, false, false, "", "");
	expect(SOURCE_RECORDED, "++--", "+---", 0.01, true, false, "2", "");
	expect(SOURCE_RECORDED, "++--", "+++-", 0.01, false, true, "", "3");
	expect(SOURCE_RECORDED, "++--", "+-+-", 0.01, true, true, "2", "3");
	expect(SOURCE_RECORDED, "----", "++++", 0.01, false, true, "", "1234");
	expect(SOURCE_RECORDED, "++++", "----", 0.01, true, false, "1234", "");
	expect(SOURCE_RECORDED, "+++-!", "+-++!", 0.01, true, true, "2", "4");
}
END_TEST

START_TEST(a_new_false_positive_is_worse_a_gone_one_better)
{
	expect(SOURCE_EMULATED, "++", "++!", 1, true, false, "", "");
	expect(SOURCE_EMULATED, "++!", "++", 1, false, true, "", "");
	expect(SOURCE_RECORDED, "", "!", 0, true, false, "", "");
	expect(SOURCE_RECORDED, "", "", 0, false, false, "", "");
}
END_TEST

START_TEST(emulated_recall_has_a_tolerance_recorded_has_none)
{
	expect(SOURCE_EMULATED, "++++", "+++-", 0.25, false, false, "4", "");
	expect(SOURCE_EMULATED, "++++", "+++-", 0.24, true, false, "4", "");
	expect(SOURCE_RECORDED, "++++", "+++-", 0.99, true, false, "4", "");
}
END_TEST

START_TEST(a_cell_that_is_gone_is_worse)
{
	struct score_table *t = table(SOURCE_EMULATED, "one", "+"),
			   *u = table(SOURCE_EMULATED, "two", "+");
	struct baseline *a = baseline_of(t, NULL, NULL), *b = baseline_of(u, NULL, NULL);
	struct comparison *c = baseline_compare(a, b, 1);

	ck_assert_uint_eq(c->compared, 0);
	ck_assert_uint_eq(c->count[CHANGE_MISSING], 1);
	ck_assert(c->worse);
	comparison_free(c);
	baseline_free(a);
	baseline_free(b);
	score_table_free(t);
	score_table_free(u);
}
END_TEST

START_TEST(other_traffic_is_compared_by_figures_only)
{
	struct baseline *a = side(SOURCE_EMULATED, "++-", false),
			*b = side(SOURCE_EMULATED, "++--", false);
	struct comparison *c = baseline_compare(a, b, 0.5);

	ck_assert_uint_eq(c->count[CHANGE_TRUTH], 1);
	ck_assert_uint_eq(c->count[CHANGE_LOST], 0);
	ck_assert(!c->worse);
	comparison_free(c);
	baseline_free(a);
	baseline_free(b);
}
END_TEST

START_TEST(an_edited_baseline_is_refused)
{
	struct baseline *a = side(SOURCE_RECORDED, "+--", false);
	char path[] = "/tmp/t_baseline.XXXXXX", *text, *line;
	struct err e = {0};
	FILE *f;

	close(mkstemp(path));
	ck_assert_int_eq(baseline_write(a, path, "test", &e), 0);
	text = read_file(path, NULL, &e);
	line = strstr(text, "\t\t\t\t\t\t\ttp");
	ck_assert_ptr_nonnull(line);
	*line = '\0';
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
	ck_assert_ptr_null(baseline_read(path, &e));
	ck_assert_ptr_nonnull(strstr(e.msg, "the file was edited"));
	unlink(path);
	free(text);
	baseline_free(a);
}
END_TEST

static char *print(const char *was, const char *is, enum compare_format format)
{
	struct baseline *a = side(SOURCE_RECORDED, was, false),
			*b = side(SOURCE_RECORDED, is, false);
	struct comparison *c = baseline_compare(a, b, 0);
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	comparison_print(c, f, format, "base", "now", 0);
	fclose(f);
	comparison_free(c);
	baseline_free(a);
	baseline_free(b);
	return text;
}

START_TEST(the_verdict_stands_first_in_every_format)
{
	char *text = print("++--", "+---", COMPARE_TEXT);
	char *md = print("++--", "+++-", COMPARE_MARKDOWN);
	char *xml = print("++--", "+--!", COMPARE_JUNIT);

	ck_assert_int_eq(strncmp(text, "WORSE: now against base: 1 lost", 31), 0);
	ck_assert_ptr_nonnull(strstr(
		text, "recall 0.5000 [0.15,0.85] -> 0.2500 [0.05,0.70], inside the intervals"));
	ck_assert_ptr_nonnull(strstr(text, "flow 2  cell at lan  (why)  frame 101"));
	ck_assert_int_eq(strncmp(md, "**better**: now against base: 1 gained", 38), 0);
	ck_assert_ptr_nonnull(strstr(xml, "tests=\"1\" failures=\"1\""));
	free(text);
	free(md);
	free(xml);
}
END_TEST

static void put(const char *dir, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
	free(path);
}

START_TEST(a_manifest_finds_what_is_gone_changed_or_new)
{
	char dir[] = "/tmp/t_manifest.XXXXXX", path[64];
	struct manifest_facts facts = {.command = "test", .seed = 7};
	struct err e = {0};

	ck_assert_ptr_nonnull(mkdtemp(dir));
	put(dir, "a.tsv", "a\n");
	put(dir, "b.tsv", "b\n");
	ck_assert_int_eq(manifest_verify(dir, &e), MANIFEST_MISSING);
	ck_assert_msg(manifest_write(dir, &facts, &e) == 0, "%s", e.msg);
	ck_assert_int_eq(manifest_verify(dir, &e), MANIFEST_WHOLE);
	put(dir, "a.tsv", "b\n");
	ck_assert_int_eq(manifest_verify(dir, &e), MANIFEST_EDITED);
	put(dir, "a.tsv", "a\n");
	put(dir, "c.tsv", "c\n");
	ck_assert_int_eq(manifest_verify(dir, &e), MANIFEST_EDITED);
	ck_assert_ptr_nonnull(strstr(e.msg, "c.tsv"));
	snprintf(path, sizeof(path), "%s/c.tsv", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/b.tsv", dir);
	unlink(path);
	ck_assert_int_eq(manifest_verify(dir, &e), MANIFEST_INCOMPLETE);
	ck_assert_ptr_nonnull(strstr(e.msg, "b.tsv"));
	remove_tree(dir);
}
END_TEST

/* A run that another process wrote is an input, with all its files; all of them are regular. */
START_TEST(a_run_that_is_read_is_an_input)
{
	char dir[] = "/tmp/t_manifest.XXXXXX", path[64], manifest[64], copy[64];
	struct manifest_facts facts = {.command = "test", .seed = 7};
	char *text;
	struct err e = {0};

	ck_assert_ptr_nonnull(mkdtemp(dir));
	put(dir, "a.tsv", "a\n");
	ck_assert_msg(manifest_write(dir, &facts, &e) == 0, "%s", e.msg);
	snprintf(path, sizeof(path), "%s/a.tsv", dir);
	snprintf(manifest, sizeof(manifest), "%s/manifest.json", dir);
	snprintf(copy, sizeof(copy), "%s/copy", dir);
	text = read_file(manifest, NULL, &e); /* as if another had written it */
	put(dir, "copy", text);
	free(text);
	ck_assert_int_eq(rename(copy, manifest), 0);
	ck_assert(!input_is(path) && !input_is(manifest));
	ck_assert_msg(input_folder(dir, &e) == 0, "%s", e.msg);
	ck_assert(input_is(path) && input_is(manifest));
	snprintf(copy, sizeof(copy), "%s/a-pipe", dir);
	ck_assert_int_eq(mkfifo(copy, 0600), 0);
	put(dir, "z.tsv", "z\n");
	snprintf(path, sizeof(path), "%s/z.tsv", dir);
	ck_assert_int_eq(input_folder(dir, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.msg, "a-pipe: not a regular file"));
	ck_assert_msg(input_is(path), "what lies behind a pipe is noted too");
	remove_tree(dir);
}
END_TEST

/* Makes the folder @dir (its name is filled in), a run of the rows @t in it, and a history of that
 * run, whose path goes to @path. */
static void begin_history(char *dir, const struct score_table *t, char *path, size_t size)
{
	struct manifest_facts facts = {.command = "test", .seed = 7};
	struct err e = {0};

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, size, "%s/accuracy.tsv", dir);
	ck_assert_int_eq(accuracy_write(t, path, &e), 0);
	ck_assert_int_eq(manifest_write(dir, &facts, &e), 0);
	snprintf(path, size, "%s/h.db", dir);
	ck_assert_msg(history_add(path, dir, &e) == 0, "%s", e.msg);
}

START_TEST(history_holds_a_run_once)
{
	char dir[] = "/tmp/t_history.XXXXXX", path[64], *text = NULL;
	struct score_table *t = table(SOURCE_RECORDED, "cell", "++-");
	struct err e = {0};
	size_t len;
	FILE *f;

	begin_history(dir, t, path, sizeof(path));
	ck_assert_int_eq(history_add(path, dir, &e), 0);
	f = open_memstream(&text, &len);
	ck_assert_int_eq(history_print(path, "sig", "flow", TABLE_TSV, f, &e), 1);
	fclose(f);
	ck_assert_ptr_nonnull(strstr(
		text, "\t2\t0\t1\t1.0000\t0.6667\t0.3424\t1.0000\t0.2077\t0.9385\t1\tskypelab\n"));
	f = fopen("/dev/null", "w");
	ck_assert_int_eq(history_print(path, NULL, NULL, TABLE_TEXT, f, &e), 1);
	fclose(f);
	free(text);
	score_table_free(t);
	remove_tree(dir);
}
END_TEST

/* A file of a release that kept no intervals gets the table, and its runs show none. */
START_TEST(an_older_history_is_read_and_added_to)
{
	char dir[] = "/tmp/t_history.XXXXXX", path[64], *text = NULL;
	struct score_table *t = table(SOURCE_RECORDED, "cell", "++-");
	struct err e = {0};
	sqlite3 *db;
	size_t len;
	FILE *f;

	begin_history(dir, t, path, sizeof(path));
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "DROP TABLE score_interval", NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	f = open_memstream(&text, &len);
	ck_assert_int_eq(history_print(path, "sig", "flow", TABLE_TEXT, f, &e), 1);
	fclose(f);
	ck_assert_msg(strstr(text, "0.6667 [-]"), "%s", text);
	free(text);
	ck_assert_msg(history_add(path, dir, &e) == 0, "%s", e.msg);
	f = open_memstream(&text, &len);
	ck_assert_int_eq(history_print(path, "sig", "flow", TABLE_TEXT, f, &e), 1);
	fclose(f);
	ck_assert_msg(strstr(text, "0.6667 [0.21,0.94]"), "%s", text);
	free(text);
	score_table_free(t);
	remove_tree(dir);
}
END_TEST

/* Four repetitions of one cell, each with its share of ten flows found. */
static struct baseline *repeated(const int found[4])
{
	struct score_table *t = score_table_new();
	struct baseline *b;

	for (int k = 0; k < 4; k++) {
		char *cell = xasprintf("cell@%d", k + 1);
		struct score_setting s = {.source = SOURCE_EMULATED, .cluster = cell};
		uint32_t row = score_row_of(t, &s, "sig", "1", UNIT_FLOW);

		for (int i = 0; i < 10; i++) {
			char subject[16];

			snprintf(subject, sizeof(subject), "flow %d", i);
			score_claim_add(t, row, cell, subject, "",
					i < found[k] ? CLAIM_TP : CLAIM_FN);
			score_count(t, row, &s, i < found[k] ? COUNT_TP : COUNT_FN, 1);
		}
		free(cell);
	}
	b = baseline_of(t, NULL, NULL);
	score_table_free(t);
	return b;
}

START_TEST(a_difference_inside_the_intervals_is_called_so)
{
	static const struct {
		int was[4], is[4];
		const char *say;
	} cases[] = {
		{{2, 8, 3, 7}, {3, 8, 4, 7}, "0.5000 [0.03,0.97] -> 0.5500 [0.17,0.93], inside"},
		{{2, 3, 2, 3}, {8, 8, 7, 8}, "-> 0.7750 [0.70,0.85], outside the intervals"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct baseline *a = repeated(cases[i].was), *b = repeated(cases[i].is);
		struct comparison *c = baseline_compare(a, b, 1);
		char *text = NULL;
		size_t len;
		FILE *f = open_memstream(&text, &len);

		comparison_print(c, f, COMPARE_TEXT, "a", "b", 0);
		fclose(f);
		ck_assert_msg(strstr(text, cases[i].say), "%s", text);
		free(text);
		comparison_free(c);
		baseline_free(a);
		baseline_free(b);
	}
}
END_TEST

UNIT(baseline)
{
	unit_case(tc, lost_and_gained_are_named);
	unit_case(tc, a_new_false_positive_is_worse_a_gone_one_better);
	unit_case(tc, emulated_recall_has_a_tolerance_recorded_has_none);
	unit_case(tc, a_cell_that_is_gone_is_worse);
	unit_case(tc, other_traffic_is_compared_by_figures_only);
	unit_case(tc, an_edited_baseline_is_refused);
	unit_case(tc, the_verdict_stands_first_in_every_format);
	unit_case(tc, a_manifest_finds_what_is_gone_changed_or_new);
	unit_case(tc, a_run_that_is_read_is_an_input);
	unit_case(tc, history_holds_a_run_once);
	unit_case(tc, an_older_history_is_read_and_added_to);
	unit_case(tc, a_difference_inside_the_intervals_is_called_so);
}
