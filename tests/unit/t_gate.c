// SPDX-License-Identifier: GPL-2.0-or-later
/* t_gate.c - limits of a table, and verdicts as JUnit's XML */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "results/report/gate.h"
#include "tests/unit/unit.h"

/* Adds flows of a signature at a vantage of a cell. */
static void count(struct score_table *t, const char *signature, const char *vantage,
		  const char *cell, uint64_t tp, uint64_t fn, uint64_t fp)
{
	struct score_setting s = {.source = SOURCE_EMULATED, .vantage = vantage, .cell = cell};
	uint32_t row = score_row_of(t, &s, signature, "1", UNIT_FLOW);

	score_count(t, row, &s, COUNT_TP, tp);
	score_count(t, row, &s, COUNT_FN, fn);
	score_count(t, row, &s, COUNT_FP, fp);
}

/* The suite of a gate (owned); *@kept: whether the limits are kept */
static char *suite_of(const struct gate *g, const struct score_table *t, bool *kept)
{
	struct junit j = {0};
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	*kept = gate_kept(g, t, "unit", &j);
	junit_put(&j, "suite", f);
	fclose(f);
	junit_clear(&j);
	return text;
}

START_TEST(limits_hold_over_all_settings_or_at_each_vantage)
{
	struct score_table *t = score_table_new();
	struct gate g = {.recall = true, .min_recall = 0.75, .fp = true, .max_fp = 1};
	bool kept;
	char *text;

	log_level = 0;
	count(t, "one", "lan", "a", 9, 1, 0);
	count(t, "one", "lan", "b", 9, 1, 0);
	count(t, "one", "wan", "a", 6, 4, 2);
	count(t, "two", "lan", "a", 0, 0, 0);
	text = suite_of(&g, t, &kept);
	ck_assert(!kept);
	ck_assert_str_eq(
		text, "<testsuite name=\"suite\" tests=\"4\" failures=\"2\">\n"
		      "<testcase classname=\"one\" name=\"recall\"/>\n"
		      "<testcase classname=\"one\" name=\"false positives\"><failure "
		      "message=\"2 false positives, at most 1 allowed\"></failure></testcase>\n"
		      "<testcase classname=\"two\" name=\"recall\"><failure message=\"no flow to "
		      "find, so there is no recall\"></failure></testcase>\n"
		      "<testcase classname=\"two\" name=\"false positives\"/>\n"
		      "</testsuite>\n");
	free(text);
	g = (struct gate){.recall = true, .min_recall = 0.75, .by_vantage = true};
	text = suite_of(&g, t, &kept);
	ck_assert(!kept);
	ck_assert_ptr_nonnull(strstr(text, "name=\"recall at lan\"/>"));
	ck_assert_ptr_nonnull(strstr(text, "name=\"recall at wan\"><failure message=\"recall "
					   "0.6000 is below 0.7500\">"));
	free(text);
	g = (struct gate){.fp = true, .max_fp = 2, .by_vantage = true};
	text = suite_of(&g, t, &kept);
	ck_assert(kept);
	free(text);
	score_table_free(t);
}
END_TEST

START_TEST(texts_of_others_stay_texts)
{
	struct junit j = {0};
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	junit_add(&j, "<a>&\"", "b\x1b[1m\n", "no\r", "udp <x>\n");
	junit_put(&j, "s<", f);
	fclose(f);
	junit_clear(&j);
	for (size_t i = 0; i < n; i++)
		ck_assert(text[i] == '\n' || (unsigned char)text[i] >= 0x20);
	ck_assert_ptr_nonnull(strstr(text, "name=\"s&lt;\""));
	ck_assert_ptr_nonnull(strstr(text, "classname=\"&lt;a&gt;&amp;&quot;\""));
	ck_assert_ptr_nonnull(strstr(text, ">udp &lt;x&gt;\n</failure>"));
	free(text);
}
END_TEST

UNIT(gate)
{
	unit_case(tc, limits_hold_over_all_settings_or_at_each_vantage);
	unit_case(tc, texts_of_others_stay_texts);
}
