// SPDX-License-Identifier: GPL-2.0-or-later
/* A cell's scores arrive as they were sent, in their order, or not at all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "run/cell/transfer.h"
#include "tests/unit/unit.h"

static struct score_table *some_scores(void)
{
	struct score_table *t = score_table_new();
	struct score_setting s = {.source = SOURCE_EMULATED,
				  .vantage = "z.lan",
				  .axes = "login=manual",
				  .cluster = "cell@2"};
	uint32_t row = score_row_of(t, &s, "sig", "2", UNIT_CLIENT);
	struct score_claim *c;

	score_count(t, row, &s, COUNT_TP, 7);
	score_count(t, row, &s, COUNT_UNLABELLED, UINT64_MAX);
	s.vantage = "a.lan";
	row = score_row_of(t, &s, "sig", "2", UNIT_FLOW);
	score_count(t, row, &s, COUNT_FN, 1);
	c = score_claim_add(t, row, "cell", "udp 1.2.3.4:5 6.7.8.9:10", "", CLAIM_FN);
	c->detect_packets = 3;
	c = score_claim_add(t, 0, "cell", "1.2.3.4", "why not", CLAIM_TP);
	c->packet = 4;
	c->detect_ns = 1500;
	confusion_add(&t->confusion, SOURCE_RECORDED,
		      (const char *const[]){"skypelab", "", "a.lan", "sig", "2", "dns", "-"}, 41);
	return t;
}

START_TEST(scores_arrive_as_they_were_sent)
{
	struct score_table *t = some_scores(), *u;
	FILE *f = tmpfile();

	transfer_send(t, f);
	rewind(f);
	u = transfer_receive(f);
	fclose(f);
	ck_assert_ptr_nonnull(u);
	ck_assert_uint_eq(u->n, 2);
	ck_assert_str_eq(u->rows[0].vantage, "z.lan");
	ck_assert_str_eq(u->rows[1].vantage, "a.lan");
	ck_assert_str_eq(u->rows[1].caller_nat, "-");
	ck_assert_int_eq(u->rows[0].unit, UNIT_CLIENT);
	ck_assert_int_eq(u->rows[0].source, SOURCE_EMULATED);
	ck_assert_uint_eq(u->rows[0].tp, 7);
	ck_assert_uint_eq(u->rows[0].unlabelled, UINT64_MAX);
	ck_assert_uint_eq(u->rows[1].fn, 1);
	ck_assert_str_eq(u->rows[0].axes, "login=manual");
	ck_assert_uint_eq(u->rows[0].clusters.n, 1);
	ck_assert_str_eq(u->rows[0].clusters.c[0].id, "cell@2");
	ck_assert_uint_eq(u->rows[0].clusters.c[0].n[COUNT_TP], 7);
	ck_assert_uint_eq(u->claims_n, 2);
	ck_assert_uint_eq(u->claims[0].row, 1);
	ck_assert_int_eq(u->claims[0].detect_ns, -1);
	ck_assert_uint_eq(u->claims[0].detect_packets, 3);
	ck_assert_int_eq(u->claims[0].result, CLAIM_FN);
	ck_assert_str_eq(u->claims[1].reason, "why not");
	ck_assert_int_eq(u->claims[1].detect_ns, 1500);
	ck_assert_uint_eq(u->confusion.n, 1);
	ck_assert_uint_eq(u->confusion.cells[0].flows, 41);
	ck_assert_int_eq(u->confusion.cells[0].source, SOURCE_RECORDED);
	ck_assert_str_eq(u->confusion.cells[0].words[CONFUSION_VERSION], "-");
	ck_assert_str_eq(u->confusion.cells[0].words[CONFUSION_TRUTH], "dns");
	score_table_free(u);
	score_table_free(t);
}
END_TEST

START_TEST(half_a_table_is_none)
{
	struct score_table *t = some_scores();
	char *all;
	size_t size;
	FILE *f = open_memstream(&all, &size);

	transfer_send(t, f);
	fclose(f);
	for (size_t n = 1; n < size; n++) {
		f = fmemopen(all, n, "r");
		ck_assert_ptr_null(transfer_receive(f));
		fclose(f);
	}
	free(all);
	score_table_free(t);
}
END_TEST

/* @vantage and @axes as they arrive; NULL = nothing does. */
static struct score_table *row_arrives(const char *vantage, const char *axes)
{
	struct score_table *t = score_table_new(), *u;
	struct score_setting s = {
		.source = SOURCE_RECORDED, .vantage = vantage, .axes = axes, .cluster = "c"};
	FILE *f = tmpfile();

	score_count(t, score_row_of(t, &s, "sig", "2", UNIT_FLOW), &s, COUNT_TP, 1);
	transfer_send(t, f);
	rewind(f);
	u = transfer_receive(f);
	fclose(f);
	score_table_free(t);
	return u;
}

/* A tab would begin another column of a table, the rest would reach a terminal; axes are looked up by name. */
START_TEST(texts_are_plain_and_axes_are_pairs)
{
	static const char *const good[] = {"", "a=b", "a=b\tc=d", "a=", "a=b=c"};
	static const char *const bad[] = {"a",
					  "=b",
					  "a\tb=c",
					  "a=b\t",
					  "\ta=b",
					  "a=b\t\tc=d",
					  "a=\x1b[2J",
					  ("a=\xc2\x9b"
					   "2J"),
					  "a=\xff"};
	struct score_table *t;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		t = row_arrives("v", good[i]);
		ck_assert_ptr_nonnull(t);
		ck_assert_str_eq(t->rows[0].axes, good[i]);
		score_table_free(t);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(!row_arrives("v", bad[i]), "axes %s", bad[i]);
	t = row_arrives("a\tb\xc2\x9b"
			"2J\x7f",
			"");
	ck_assert_ptr_nonnull(t);
	ck_assert(text_plain(t->rows[0].vantage) && strstr(t->rows[0].vantage, "2J"));
	score_table_free(t);
	ck_assert_ptr_null(row_arrives("a\nb", ""));
}
END_TEST

UNIT(transfer)
{
	unit_case(tc, scores_arrive_as_they_were_sent);
	unit_case(tc, half_a_table_is_none);
	unit_case(tc, texts_are_plain_and_axes_are_pairs);
}
