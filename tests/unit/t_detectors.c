// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rows of several detectors: kept apart in memory and in every file; a file that names no detector is of
 * this program's own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/outfile.h"
#include "results/history/baseline.h"
#include "results/history/compare.h"
#include "results/history/history.h"
#include "results/history/manifest.h"
#include "results/report/text_table.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/claims_tsv.h"
#include "results/score/clusters_tsv.h"
#include "results/score/detections_tsv.h"
#include "results/score/survival.h"
#include "run/cell/transfer.h"
#include "run/under_test/facts.h"
#include "tests/unit/unit.h"

/* Adds a row of one detector: it found "flow 1" and, with @second, "flow 2" too. */
static void add(struct score_table *t, const char *detector, const char *signature,
		const char *revision, bool second)
{
	struct score_setting s = {.source = SOURCE_RECORDED,
				  .detector = detector,
				  .traffic_version = "1.4",
				  .vantage = "lan",
				  .cluster = "cell"};
	uint32_t row = score_row_of(t, &s, signature, revision, UNIT_FLOW);

	score_claim_add(t, row, "cell", "flow 1", "", CLAIM_TP);
	score_claim_add(t, row, "cell", "flow 2", "", second ? CLAIM_TP : CLAIM_FN);
	score_count(t, row, &s, COUNT_TP, second ? 2 : 1);
	score_count(t, row, &s, COUNT_FN, second ? 0 : 1);
}

/* Two detectors that give one name to what they are, and the third. */
static struct score_table *three(void)
{
	struct score_table *t = score_table_new();

	add(t, NULL, "sig", "1", true);
	add(t, "other", "sig", "1", false);
	add(t, "ndpi", "ndpi", "4.2.0", false);
	return t;
}

static void check_three(const struct score_table *t)
{
	ck_assert_uint_eq(t->n, 3);
	for (size_t i = 0; i < t->n; i++) {
		const struct score_row *r = &t->rows[i];
		bool own = !strcmp(r->detector, OWN_DETECTOR);

		ck_assert_uint_eq(r->tp, own ? 2 : 1);
		ck_assert(own || !strcmp(r->detector, "other") || !strcmp(r->detector, "ndpi"));
	}
}

/* The path of a file in a new folder, which is removed with end(). */
static char dir[64], path[128];

static const char *in_dir(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/t_detectors.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static char *printed(const struct score_table *t, const struct table_options *o)
{
	char *text = NULL;
	struct err e = {0};
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ck_assert_msg(table_print(t, f, o, &e) == 0, "%s", e.msg);
	fclose(f);
	return text;
}

START_TEST(two_detectors_are_never_summed_unasked)
{
	struct score_table *t = three(), *g = table_group(t, BY_SIGNATURE, ALL_UNITS);

	check_three(t);
	check_three(g);
	score_table_free(g);
	g = table_group(t, BY_DETECTOR, ALL_UNITS);
	check_three(g);
	ck_assert_str_eq(g->rows[0].signature, "all");
	score_table_free(g);
	g = table_group(t, BY_VERSION, ALL_UNITS);
	ck_assert_uint_eq(g->n, 1);
	ck_assert_uint_eq(g->rows[0].tp, 4);
	ck_assert_str_eq(g->rows[0].detector, "all");
	score_table_free(g);
	score_table_free(t);
}
END_TEST

START_TEST(every_file_keeps_the_detector)
{
	struct score_table *t = three(), *again;
	struct err e = {0};
	FILE *f = tmpfile();

	begin();
	ck_assert_int_eq(accuracy_write(t, in_dir("accuracy.tsv"), &e), 0);
	ck_assert_int_eq(clusters_write(t, in_dir("clusters.tsv"), &e), 0);
	ck_assert_int_eq(claims_write(t, in_dir("claims.tsv"), &e), 0);
	again = accuracy_read(in_dir("accuracy.tsv"), &e);
	ck_assert_msg(again != NULL, "%s", e.msg);
	check_three(again);
	ck_assert_int_eq(claims_read(again, in_dir("claims.tsv"), &e), 0);
	check_three(again);
	ck_assert_uint_eq(again->claims_n, 6);
	score_table_free(again);
	transfer_send(t, f);
	rewind(f);
	again = transfer_receive(f);
	fclose(f);
	check_three(again);
	score_table_free(again);
	score_table_free(t);
	remove_tree(dir);
}
END_TEST

START_TEST(a_file_without_the_column_is_of_our_own)
{
	static const char head[] = "source\ttraffic_version\tsignature\tvantage\tcaller_firewall\t"
				   "caller_nat\tcallee_firewall\tcallee_nat\tunit\ttp\tfp\tfn\ttn\t"
				   "precision\trecall\tf1\trevision\n"
				   "recorded\t1.4\tsig\tlan\t-\t-\t-\t-\tflow\t1\t0\t1\t0\t1.0000\t"
				   "0.5000\t0.6667\t1\n";
	struct score_table *t;
	struct err e = {0};
	FILE *f;

	begin();
	f = fopen(in_dir("accuracy.tsv"), "w");
	fputs(head, f);
	fclose(f);
	t = accuracy_read(path, &e);
	ck_assert_msg(t != NULL, "%s", e.msg);
	ck_assert_str_eq(t->rows[0].detector, OWN_DETECTOR);
	score_table_free(t);
	remove_tree(dir);
}
END_TEST

START_TEST(baselines_pair_detector_with_detector)
{
	struct score_table *t = three(), *worse = score_table_new();
	struct baseline *was = baseline_of(t, NULL, NULL), *is, *again;
	struct comparison *c;
	struct err e = {0};
	char *text;

	begin();
	ck_assert_int_eq(baseline_write(was, in_dir("b.tsv"), "test", &e), 0);
	again = baseline_read(path, &e);
	ck_assert_msg(again != NULL, "%s", e.msg);
	ck_assert_uint_eq(again->n, 3);
	/* What the program's own finds no more is not made good by another's. */
	add(worse, NULL, "sig", "1", false);
	add(worse, "other", "sig", "1", true);
	add(worse, "ndpi", "ndpi", "4.2.0", false);
	is = baseline_of(worse, NULL, NULL);
	c = baseline_compare(again, is, 0);
	ck_assert_uint_eq(c->compared, 3);
	ck_assert_uint_eq(c->figures_n, 3);
	ck_assert_uint_eq(c->count[CHANGE_LOST], 1);
	ck_assert_uint_eq(c->count[CHANGE_GAINED], 1);
	ck_assert_str_eq(c->changes[0].block->detector, OWN_DETECTOR);
	comparison_free(c);
	baseline_free(is);
	baseline_free(again);
	/* A file of only our own reads as it did: its lines do not name the detector. */
	baseline_free(was);
	score_table_free(t);
	t = score_table_new();
	add(t, NULL, "sig", "1", true);
	was = baseline_of(t, NULL, NULL);
	ck_assert_int_eq(baseline_write(was, in_dir("own.tsv"), "test", &e), 0);
	text = read_file(path, NULL, &e);
	ck_assert_msg(!strstr(text, "\t" OWN_DETECTOR "\n"), "%s", text);
	again = baseline_read(path, &e);
	ck_assert_msg(again != NULL, "%s", e.msg);
	ck_assert_str_eq(again->blocks[0].detector, OWN_DETECTOR);
	free(text);
	baseline_free(again);
	baseline_free(was);
	score_table_free(worse);
	score_table_free(t);
	remove_tree(dir);
}
END_TEST

START_TEST(the_history_knows_detectors)
{
	struct manifest_facts facts = {.command = "test", .seed = 7};
	struct score_table *t = score_table_new();
	const char *const names[] = {"sig", "ndpi"}, *const detectors[] = {OWN_DETECTOR, "ndpi"};
	struct err e = {0};
	char db[128];

	begin();
	snprintf(db, sizeof(db), "%s", in_dir("h.db"));
	add(t, NULL, "sig", "1", true);
	add(t, "ndpi", "ndpi", "4.2.0", false);
	ck_assert_int_eq(accuracy_write(t, in_dir("accuracy.tsv"), &e), 0);
	ck_assert_int_eq(manifest_write(dir, &facts, &e), 0);
	ck_assert_msg(history_add(db, dir, &e) == 0, "%s", e.msg);
	for (int i = 0; i < 2; i++) {
		char *text = NULL, *want = xasprintf("\t1\t%s\n", detectors[i]);
		size_t len;
		FILE *f = open_memstream(&text, &len);

		ck_assert_int_eq(history_print(db, names[i], "flow", TABLE_TSV, f, &e), 1);
		fclose(f);
		ck_assert_msg(strstr(text, want), "%s", text);
		free(want);
		free(text);
	}
	score_table_free(t);
	remove_tree(dir);
}
END_TEST

START_TEST(tables_name_detectors_where_there_are_several)
{
	struct score_table *t = three(), *own = score_table_new();
	char *text = printed(t, NULL);

	ck_assert_msg(strstr(text, "detector") && strstr(text, "other"), "%s", text);
	free(text);
	text = printed(t, &(struct table_options){.width = 40}); /* whose "sig" is it? */
	ck_assert_msg(strstr(text, "detector") != NULL, "%s", text);
	free(text);
	text = printed(t, &(struct table_options){.by = "version"});
	ck_assert_msg(strstr(text, "signatures, detectors"), "%s", text);
	free(text);
	add(own, NULL, "sig", "1", true);
	text = printed(own, NULL);
	ck_assert_msg(!strstr(text, "detector"), "%s", text);
	free(text);
	add(own, "ndpi", "ndpi", "4.2.0", true);
	text = printed(own, &(struct table_options){.width = 40}); /* one column says both */
	ck_assert_msg(!strstr(text, "detector") && strstr(text, "ndpi@4.2.0"), "%s", text);
	free(text);
	score_table_free(own);
	score_table_free(t);
}
END_TEST

static struct detection said(const char *application, uint64_t at, bool afterwards)
{
	struct detection v = {.ts_ns = at,
			      .from_ns = afterwards ? at : 0,
			      .to_ns = afterwards ? at + 5 : 0,
			      .packet = afterwards ? 0 : 7,
			      .tuple = {.proto = 17},
			      .afterwards = afterwards,
			      .signature = "ndpi:my.rules",
			      .revision = "4.2.0"};

	snprintf(v.application, sizeof(v.application), "%s", application);
	ck_assert_int_eq(endpoint_parse("192.168.1.2:1026", &v.tuple.src), 0);
	ck_assert_int_eq(endpoint_parse("[2001:db8::7]:33033", &v.tuple.dst), 0);
	return v;
}

START_TEST(detections_survive_their_file)
{
	struct detections *list = detections_new(), *again = detections_new();
	struct detection one = said("skype", 1153818000123456789, true);
	struct detection two = said("dns", 1153818000123456790, false);
	struct err e = {0};
	FILE *f;

	two.kind = DETECTION_SESSION_START;
	ck_assert_int_eq(ip_parse("10.0.0.1", &two.client), 0);
	ck_assert_int_eq(endpoint_parse("198.51.100.3:443", &two.sn), 0);
	detections_add(list, &one);
	detections_add(list, &two);
	begin();
	f = fopen(in_dir("detections.tsv"), "w");
	detections_put_head(f);
	detections_put(f, "ndpi", "a.pcap", list);
	fclose(f);
	ck_assert_int_eq(detections_read_tsv(again, path, "ndpi:my.rules", "b.pcap", &e), 0);
	ck_assert_int_eq(detections_read_tsv(again, path, "ndpi", "a.pcap", &e), 0);
	ck_assert_uint_eq(detections_count(again), 0);
	ck_assert_int_eq(detections_read_tsv(again, path, "ndpi:my.rules", "a.pcap", &e), 0);
	ck_assert_uint_eq(detections_count(again), 2);
	for (size_t i = 0; i < 2; i++) {
		const struct detection *a = detections_at(list, i), *b = detections_at(again, i);

		ck_assert(tuple_same(&a->tuple, &b->tuple) && ip_eq(&a->client, &b->client));
		ck_assert(endpoint_eq(&a->sn, &b->sn) && a->kind == b->kind);
		ck_assert_str_eq(a->application, b->application);
		ck_assert_str_eq(a->revision, b->revision);
		ck_assert_uint_eq(a->ts_ns, b->ts_ns);
		ck_assert_uint_eq(a->from_ns, b->from_ns);
		ck_assert_uint_eq(a->to_ns, b->to_ns);
		ck_assert_uint_eq(a->packet, b->packet);
		ck_assert_int_eq(a->afterwards, b->afterwards);
	}
	detections_free(list);
	detections_free(again);
	remove_tree(dir);
}
END_TEST

START_TEST(the_first_verdict_is_one_that_says_when)
{
	struct flow_index *x = flow_index_new();
	struct detections *list = detections_new();
	struct packet p = {.ts_ns = 1000, .number = 1, .proto = 17};
	const struct detection all[] = {said("skype", 1000, true), said("dns", 2000, false),
					said("skype", 5000, false), said("skype", 4000, false)};
	struct detector_fact fact = {0};

	flow_index_packet(x, &p);
	p.ts_ns = 9000;
	flow_index_packet(x, &p);
	detections_add(list, &all[0]);
	detections_add(list, &all[1]);
	detector_facts_first(&fact, list, "skype", x);
	ck_assert(!fact.first_known);
	detections_add(list, &all[2]);
	detections_add(list, &all[3]);
	detector_facts_first(&fact, list, "skype", x);
	ck_assert(fact.first_known);
	ck_assert_uint_eq(fact.first_ns, 3000);
	ck_assert_uint_eq(fact.first_packet, 7);
	detections_free(list);
	flow_index_free(x);
}
END_TEST

START_TEST(who_does_not_say_when_has_no_curve)
{
	struct score_table *t = score_table_new();
	struct survival s;

	add(t, NULL, "sig", "1", false);
	add(t, "ndpi", "ndpi", "4.2.0", false);
	t->claims[0].detect_ns = 0; /* ours was at once */
	s = survival_of(t, false);
	ck_assert_uint_eq(s.n, 1);
	ck_assert_str_eq(s.curves[0].detector, OWN_DETECTOR);
	ck_assert_uint_eq(s.curves[0].of, 2);
	survival_clear(&s);
	score_table_free(t);
}
END_TEST

UNIT(detectors)
{
	unit_case(tc, detections_survive_their_file);
	unit_case(tc, the_first_verdict_is_one_that_says_when);
	unit_case(tc, who_does_not_say_when_has_no_curve);
	unit_case(tc, two_detectors_are_never_summed_unasked);
	unit_case(tc, every_file_keeps_the_detector);
	unit_case(tc, a_file_without_the_column_is_of_our_own);
	unit_case(tc, baselines_pair_detector_with_detector);
	unit_case(tc, the_history_knows_detectors);
	unit_case(tc, tables_name_detectors_where_there_are_several);
}
