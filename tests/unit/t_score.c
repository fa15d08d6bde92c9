// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scoring: a table of ten flows worked out by hand, and each rule of results/score/score.h by itself.
 *
 * The ten flows. A (192.168.1.2) and B (192.168.1.3) run Skype; C (192.168.1.9) and D
 * (192.168.1.10) do not. The detector claims A's first four flows (one in the other direction), C's
 * flow, and the unknown flow; it says nothing of A's fifth, of B's and D's flows.
 *
 *	flow:	tp 4, fp 1 (C), fn 2 (A5, B1), tn 2 (A6, D1); unknown counts nowhere
 *	precision 4/5 = 0.8000, recall 4/6 = 0.6667, F1 8/11 = 0.7273, FP rate 1/3 = 0.333333
 *	Wilson: 4/5 in [0.3755, 0.9638], 4/6 in [0.3000, 0.9032]; exact upper bound of 1/3: 0.864650
 *	client:	tp 1 (A), fp 1 (C), fn 1 (B), tn 1 (D)
 *	session, session-start: tp 1 (A's second flow), fp 1 (C), fn 1 (B); session-end: tp 1
 *	super-node: tp 1 (5.5.5.1), fp 1 (C's 9.9.9.9), fn 1 (5.5.5.2, B's)
 *	probe-accepted: the labels do not tell these; no row
 */
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "results/score/labels_file.h"
#include "results/score/score.h"
#include "results/score/row_intervals.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/base_rate.h"
#include "results/score/claims_tsv.h"
#include "results/score/clusters_tsv.h"
#include "results/score/held.h"
#include "results/score/measures.h"
#include "results/report/text_table.h"
#include "tests/unit/hand.h"
#include "tests/unit/unit.h"

#define S 1000000000ULL

static const char ten_flows[] =
	"proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\treason\tclient\tversion\t"
	"opened\tclosed\tsession\n"
	"udp\t192.168.1.2\t1026\t5.5.5.1\t40001\tskype\tprobe\t\t1.4\n"
	"tcp\t192.168.1.2\t1027\t5.5.5.1\t40001\tskype\tsn\t\t1.4\t100.5\t200\tsn\n"
	"udp\t192.168.1.2\t1026\t5.5.5.2\t40002\tskype\tprobe\t\t1.4\n"
	"udp\t5.5.5.3\t40003\t192.168.1.2\t1026\tskype\tpeer\t\t1.4\n"
	"tcp\t192.168.1.2\t1028\t5.5.5.4\t33033\tskype\tlogin\t\t1.4\n"
	"tcp\t192.168.1.3\t1027\t5.5.5.2\t40002\tskype\tsn\t\t1.4\t100\t\tsn\n"
	"udp\t192.168.1.2\t1030\t9.9.9.9\t53\tnot-skype\tdns\n"
	"udp\t192.168.1.9\t1030\t9.9.9.9\t161\tnot-skype\tsnmp\n"
	"tcp\t192.168.1.10\t1031\t9.9.9.8\t80\tnot-skype\thttp\n"
	"udp\t192.168.1.2\t1026\t5.5.5.9\t40009\tunknown\t?\n";

static void say(struct detections *v, uint64_t ts, const char *event, uint8_t proto,
		const char *src, const char *dst)
{
	struct detection one = {.ts_ns = ts, .tuple = tuple_of(proto, src, dst)};

	one.client = one.tuple.src.ip;
	snprintf(one.signature, sizeof(one.signature), "hand");
	snprintf(one.revision, sizeof(one.revision), "1");
	one.kind = detection_kind_of(event);
	detections_add(v, &one);
}

static struct detections *hand_verdicts(void)
{
	struct detections *v = detections_new();

	say(v, 99 * S, "probe-accepted", IPPROTO_UDP, "192.168.1.2:1026", "5.5.5.1:40001");
	say(v, 101 * S, "session-start", IPPROTO_TCP, "192.168.1.2:1027", "5.5.5.1:40001");
	say(v, 103 * S, "probe-accepted", IPPROTO_UDP, "192.168.1.2:1026", "5.5.5.2:40002");
	say(v, 104 * S, "evidence", IPPROTO_UDP, "192.168.1.2:1026", "5.5.5.3:40003");
	say(v, 105 * S, "session-start", IPPROTO_UDP, "192.168.1.9:1030", "9.9.9.9:161");
	say(v, 106 * S, "evidence", IPPROTO_UDP, "192.168.1.2:1026", "5.5.5.9:40009");
	say(v, 107 * S, "evidence", IPPROTO_UDP, "192.168.1.2:1026", "5.5.5.9:40009");
	say(v, 199 * S, "session-end", IPPROTO_TCP, "192.168.1.2:1027", "5.5.5.1:40001");
	return v;
}

static struct score_table *score_hand(const struct labels *l, const struct detections *v,
				      const struct flow_index *x)
{
	const char *names[] = {"hand"}, *revisions[] = {"1"};
	struct score_table *t = score_table_new();
	struct err e = {0};
	struct score_input in = {.setting = {.source = SOURCE_EMULATED,
					     .traffic_version = "1.4",
					     .vantage = "caller.lan",
					     .caller_firewall = "open",
					     .caller_nat = "full-cone",
					     .cell = "c1"},
				 .labels = l,
				 .detections = v,
				 .flows = x,
				 .signatures = names,
				 .revisions = revisions,
				 .n = 1};

	ck_assert_msg(score_cell(t, &in, &e) == 0, "%s", e.msg);
	return t;
}

static const struct score_row *row_of(const struct score_table *t, enum score_unit u)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->rows[i].unit == u)
			return &t->rows[i];
	ck_abort_msg("no row of unit %s", score_unit_text(u));
	return NULL;
}

static void counts(const struct score_table *t, enum score_unit u, uint64_t tp, uint64_t fp,
		   uint64_t fn, uint64_t tn)
{
	const struct score_row *r = row_of(t, u);

	ck_assert_uint_eq(r->tp, tp);
	ck_assert_uint_eq(r->fp, fp);
	ck_assert_uint_eq(r->fn, fn);
	ck_assert_uint_eq(r->tn, tn);
}

START_TEST(ten_flows_by_hand)
{
	static const char flow_row[] =
		"emulated\t1.4\thand\tcaller.lan\topen\tfull-cone\t-\t-\tflow\t4\t1\t2\t2\t0.8000\t"
		"0.6667\t0.7273\t0.3755\t0.9638\t0.3000\t0.9032\t0.333333\t0.864650\t0\t1\t1\t"
		"wilson\t1\t1\t1.000000\t0\t0\t0\tskypelab\n";
	static const char client_row[] = "\tclient\t1\t1\t1\t1\t0.5000\t0.5000\t0.5000\t";
	static const char session_row[] = "\tsession\t1\t1\t1\t0\t0.5000\t0.5000\t0.5000\t";
	struct labels *l = labels_of(ten_flows);
	struct detections *v = hand_verdicts();
	struct score_table *t = score_hand(l, v, NULL), *again;
	char *path = write_temp(""), *text;
	struct err e = {0};

	ck_assert_uint_eq(labels_count(l), 10);
	counts(t, UNIT_FLOW, 4, 1, 2, 2);
	counts(t, UNIT_CLIENT, 1, 1, 1, 1);
	counts(t, UNIT_SESSION, 1, 1, 1, 0);
	counts(t, UNIT_SESSION_START, 1, 1, 1, 0);
	counts(t, UNIT_SESSION_END, 1, 0, 0, 0);
	counts(t, UNIT_SUPER_NODE, 1, 1, 1, 0);
	ck_assert_uint_eq(t->n, 6);
	ck_assert_int_eq(accuracy_write(t, path, &e), 0);
	text = read_file(path, NULL, &e);
	ck_assert_ptr_nonnull(strstr(text, flow_row));
	ck_assert_ptr_nonnull(strstr(text, client_row));
	ck_assert_ptr_nonnull(strstr(text, session_row));
	again = accuracy_read(path, &e);
	ck_assert_msg(again != NULL, "%s", e.msg);
	counts(again, UNIT_FLOW, 4, 1, 2, 2);
	score_table_free(again);
	free(text);
	unlink(path);
	free(path);
	score_table_free(t);
	detections_free(v);
	labels_free(l);
}
END_TEST

START_TEST(every_miss_and_error_is_named)
{
	struct labels *l = labels_of(ten_flows);
	struct detections *v = hand_verdicts();
	struct score_table *t = score_hand(l, v, NULL);
	const char *want[] = {"fn tcp 192.168.1.2:1028 5.5.5.4:33033 (login)",
			      "fn tcp 192.168.1.3:1027 5.5.5.2:40002 (sn)",
			      "fp udp 192.168.1.9:1030 9.9.9.9:161 (snmp)"};
	int found = 0, errors = 0;

	for (size_t i = 0; i < t->claims_n; i++) {
		const struct score_claim *c = &t->claims[i];
		char line[256];

		if (t->rows[c->row].unit != UNIT_FLOW || c->result == CLAIM_TP)
			continue;
		errors++;
		snprintf(line, sizeof(line), "%s %s (%s)", claim_result_text(c->result), c->subject,
			 c->reason);
		for (size_t k = 0; k < ARRAY_LEN(want); k++)
			found += !strcmp(line, want[k]);
	}
	ck_assert_int_eq(errors, 3);
	ck_assert_int_eq(found, 3);
	score_table_free(t);
	detections_free(v);
	labels_free(l);
}
END_TEST

START_TEST(claims_survive_their_file)
{
	struct labels *l = labels_of(ten_flows);
	struct detections *v = hand_verdicts();
	struct score_table *t = score_hand(l, v, NULL), *u = score_table_new();
	char *path = write_temp("");
	struct err e = {0};

	ck_assert_int_eq(claims_write(t, path, &e), 0);
	ck_assert_msg(claims_read(u, path, &e) == 0, "%s", e.msg);
	ck_assert_uint_eq(u->claims_n, t->claims_n);
	unlink(path);
	free(path);
	score_table_free(t);
	score_table_free(u);
	detections_free(v);
	labels_free(l);
}
END_TEST

static void feed(struct flow_index *x, uint64_t ts, const struct tuple *t, bool back, uint32_t len)
{
	struct packet p = {.ts_ns = ts,
			   .src = back ? t->dst : t->src,
			   .dst = back ? t->src : t->dst,
			   .proto = t->proto,
			   .len = len,
			   .ip_len = len + 28};

	flow_index_packet(x, &p);
}

START_TEST(time_to_detect_in_packets_bytes_seconds)
{
	struct labels *l = labels_of(ten_flows);
	struct detections *v = hand_verdicts();
	struct flow_index *x = flow_index_new();
	struct tuple probe = tuple_of(IPPROTO_UDP, "192.168.1.2:1026", "5.5.5.1:40001");
	struct tuple dns = tuple_of(IPPROTO_UDP, "192.168.1.2:1030", "9.9.9.9:53");
	struct flow_totals sum;
	struct score_table *t;
	int seen = 0;

	feed(x, 98 * S, &probe, false, 18);
	feed(x, 98 * S + S / 2, &probe, true, 11);
	feed(x, 99 * S, &probe, false, 23);
	feed(x, 99 * S + 1000, &probe, true, 51); /* times of events are cut to microseconds */
	feed(x, 50 * S, &dns, false, 30);
	flow_index_totals(x, &sum);
	ck_assert_uint_eq(sum.udp_flows, 2);
	ck_assert_uint_eq(sum.packets, 5);
	ck_assert_uint_eq(sum.bytes, 18 + 11 + 23 + 51 + 30 + 5 * 28);
	t = score_hand(l, v, x);
	/* Flows that this vantage never saw are held against nobody but who claims them. */
	counts(t, UNIT_FLOW, 1, 5, 0, 1);
	ck_assert_uint_eq(row_of(t, UNIT_FLOW)->unmatched, 5);
	ck_assert_uint_eq(row_of(t, UNIT_FLOW)->unlabelled, 0);
	for (size_t i = 0; i < t->claims_n; i++) {
		const struct score_claim *c = &t->claims[i];

		if (t->rows[c->row].unit != UNIT_FLOW || !strstr(c->subject, "5.5.5.1:40001") ||
		    strncmp(c->subject, "udp", 3) != 0)
			continue;
		ck_assert_int_eq(c->detect_ns, (int64_t)S);
		ck_assert_uint_eq(c->detect_packets, 3);
		ck_assert_uint_eq(c->detect_bytes, 18 + 11 + 23);
		seen++;
	}
	ck_assert_int_eq(seen, 1);
	flow_index_free(x);
	score_table_free(t);
	detections_free(v);
	labels_free(l);
}
END_TEST

START_TEST(without_labels_everything_is_not_skype)
{
	struct detections *v = detections_new();
	struct flow_index *x = flow_index_new();
	struct tuple a = tuple_of(IPPROTO_UDP, "10.0.0.1:1026", "5.5.5.1:40001");
	struct tuple b = tuple_of(IPPROTO_TCP, "10.0.0.2:1026", "5.5.5.1:80");
	struct tuple c = tuple_of(IPPROTO_UDP, "10.0.0.2:1026", "5.5.5.1:53");
	struct score_table *t;

	feed(x, S, &a, false, 18);
	feed(x, S, &b, false, 18);
	feed(x, S, &c, false, 18);
	say(v, 2 * S, "evidence", IPPROTO_UDP, "5.5.5.1:40001", "10.0.0.1:1026");
	t = score_hand(NULL, v, x);
	counts(t, UNIT_FLOW, 0, 1, 0, 2);
	ck_assert_uint_eq(t->rows[0].unlabelled, 0);
	flow_index_free(x);
	score_table_free(t);
	detections_free(v);
}
END_TEST

START_TEST(a_claimed_flow_without_label_is_an_error_and_listed)
{
	struct labels *l = labels_of(ten_flows);
	struct detections *v = detections_new();
	struct score_table *t;

	say(v, 2 * S, "evidence", IPPROTO_UDP, "192.168.1.77:9", "8.8.8.8:9");
	t = score_hand(l, v, NULL);
	counts(t, UNIT_FLOW, 0, 1, 6, 3);
	ck_assert_uint_eq(t->rows[0].unlabelled, 1);
	counts(t, UNIT_CLIENT, 0, 1, 2, 2);
	score_table_free(t);
	detections_free(v);
	labels_free(l);
}
END_TEST

START_TEST(a_silent_signature_has_rows_and_no_precision)
{
	struct labels *l = labels_of(ten_flows);
	struct detections *v = detections_new();
	struct score_table *t = score_hand(l, v, NULL);

	counts(t, UNIT_FLOW, 0, 0, 6, 3);
	ck_assert(score_precision(&t->rows[0]) < 0);
	ck_assert(score_recall(&t->rows[0]) == 0);
	score_table_free(t);
	detections_free(v);
	labels_free(l);
}
END_TEST

START_TEST(sessions_have_a_tolerance)
{
	struct labels *l = labels_of(ten_flows);
	struct detections *v = detections_new();
	struct score_table *t;

	say(v, 110 * S, "session-start", IPPROTO_TCP, "192.168.1.2:1027", "5.5.5.1:40001");
	t = score_hand(l, v, NULL); /* truth: 100.5 s; 5 s allowed */
	counts(t, UNIT_SESSION, 0, 1, 2, 0);
	score_table_free(t);
	say(v, 105 * S, "session-start", IPPROTO_TCP, "192.168.1.2:1027", "5.5.5.1:40001");
	say(v, 150 * S, "session-end", IPPROTO_TCP, "192.168.1.2:1027", "5.5.5.1:40001");
	t = score_hand(l, v, NULL); /* the start fits, the end (truth 200 s) does not */
	counts(t, UNIT_SESSION, 0, 1, 2, 0);
	score_table_free(t);
	say(v, 201 * S, "session-end", IPPROTO_TCP, "192.168.1.2:1027", "5.5.5.1:40001");
	t = score_hand(l, v, NULL);
	counts(t, UNIT_SESSION, 1, 1, 1, 0);
	score_table_free(t);
	detections_free(v);
	labels_free(l);
}
END_TEST

START_TEST(equal_settings_are_summed_emulated_and_recorded_never)
{
	const char *names[] = {"hand"};
	struct labels *l = labels_of(ten_flows);
	struct detections *v = hand_verdicts();
	struct score_table *t = score_table_new(), *g;
	struct score_input in = {.labels = l, .detections = v, .signatures = names, .n = 1};
	struct err e = {0};

	in.setting.source = SOURCE_EMULATED;
	ck_assert_int_eq(score_cell(t, &in, &e), 0);
	ck_assert_int_eq(score_cell(t, &in, &e), 0);
	ck_assert_uint_eq(t->n, 6);
	counts(t, UNIT_FLOW, 8, 2, 4, 4);
	in.setting.source = SOURCE_RECORDED;
	in.setting.vantage = "core";
	ck_assert_int_eq(score_cell(t, &in, &e), 0);
	ck_assert_uint_eq(t->n, 12);
	g = table_group(t, BY_SIGNATURE, 1U << UNIT_FLOW);
	ck_assert_uint_eq(g->n, 2);
	score_table_free(g);
	ck_assert_int_eq(table_print(t, stdout, &(struct table_options){.by = "colour"}, &e), -1);
	in.setting.source = SOURCE_NONE;
	ck_assert_int_eq(score_cell(t, &in, &e), -1);
	score_table_free(t);
	detections_free(v);
	labels_free(l);
}
END_TEST

static void index_packet(struct flow_index *x, uint64_t ns, const struct tuple *t)
{
	struct packet p = {.ts_ns = ns, .proto = t->proto, .src = t->src, .dst = t->dst, .len = 20};

	flow_index_packet(x, &p);
}

/* A tuple used twice: http at 100 to 110 s, a login at 120 to 130 s. */
START_TEST(a_tuple_that_is_reused_has_the_label_of_its_time)
{
#define TWICE                                                                                      \
	"proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\treason\topened\tclosed\n"   \
	"tcp\t192.168.1.2\t51000\t5.5.5.1\t443\tnot-skype\thttp\t100\t110\n"                       \
	"tcp\t192.168.1.2\t51000\t5.5.5.1\t443\tskype\tlogin\t120\t130\n"
	struct tuple t = tuple_of(IPPROTO_TCP, "192.168.1.2:51000", "5.5.5.1:443");
	struct labels *l = labels_of(TWICE);
	static const struct {
		uint64_t event_s;
		bool first, second; /* parts that the capture holds */
		uint64_t tp, fp, fn, tn, unlabelled;
	} cases[] = {
		{125, true, true, 1, 0, 0, 1, 0}, {105, true, true, 0, 1, 1, 0, 0},
		{132, true, true, 1, 0, 0, 1, 0}, {125, false, true, 1, 0, 0, 0, 0},
		{500, true, true, 0, 1, 1, 1, 1},
	};

	ck_assert_uint_eq(labels_count(l), 2);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct detections *v = detections_new();
		struct flow_index *x = flow_index_new();
		struct score_table *out;
		const struct score_row *r;

		say(v, cases[i].event_s * S, "evidence", IPPROTO_TCP, "192.168.1.2:51000",
		    "5.5.5.1:443");
		if (cases[i].first)
			index_packet(x, 101 * S, &t);
		if (cases[i].second)
			index_packet(x, 121 * S, &t);
		out = score_hand(l, v, x);
		r = &out->rows[0];
		ck_assert_int_eq(r->unit, UNIT_FLOW);
		ck_assert_msg(r->tp == cases[i].tp && r->fp == cases[i].fp &&
				      r->fn == cases[i].fn && r->tn == cases[i].tn &&
				      r->unlabelled == cases[i].unlabelled,
			      "case %zu: tp %llu fp %llu fn %llu tn %llu", i,
			      (unsigned long long)r->tp, (unsigned long long)r->fp,
			      (unsigned long long)r->fn, (unsigned long long)r->tn);
		score_table_free(out);
		flow_index_free(x);
		detections_free(v);
	}
	labels_free(l);
}
END_TEST

/* The label's time is long over when the capture begins. */
START_TEST(a_label_of_another_time_labels_nothing)
{
	struct tuple t = tuple_of(IPPROTO_TCP, "192.168.1.2:51000", "5.5.5.1:443");
	struct labels *l = labels_of(TWICE);
	struct flow_index *x = flow_index_new();

	index_packet(x, 100000 * S, &t);
	for (size_t i = 0; i < labels_count(l); i++)
		ck_assert(!label_held(l, labels_at(l, i), x));
	flow_index_free(x);
	labels_free(l);
}
END_TEST

/* The same tuple once before 1970 and once across its beginning. */
START_TEST(times_before_1970_are_before_those_after_it)
{
#define BEFORE(s) ((uint64_t)0 - (s)*S)
	struct tuple t = tuple_of(IPPROTO_TCP, "192.168.1.2:51000", "5.5.5.1:443");
	struct labels *l = labels_of(
		"proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\topened\tclosed\n"
		"tcp\t192.168.1.2\t51000\t5.5.5.1\t443\tnot-skype\t-100.5\t-90\n"
		"tcp\t192.168.1.2\t51000\t5.5.5.1\t443\tskype\t-10\t10\n");
	struct flow_index *x = flow_index_new();
	struct detections *v = detections_new();
	struct score_table *out;
	char *path = write_temp("");
	struct err e = {0};
	struct labels *m;

	ck_assert_uint_eq(labels_at(l, 0)->opened_ns, BEFORE(100) - S / 2);
	ck_assert_ptr_eq(labels_find_at(l, &t, BEFORE(95)), labels_at(l, 0));
	ck_assert_ptr_eq(labels_find_at(l, &t, BEFORE(5)), labels_at(l, 1));
	ck_assert_ptr_eq(labels_find_at(l, &t, 5 * S), labels_at(l, 1));
	ck_assert_ptr_null(labels_find_at(l, &t, BEFORE(50)));
	index_packet(x, BEFORE(3), &t);
	index_packet(x, 2 * S, &t);
	ck_assert_uint_eq(flow_index_span_ns(x), 5 * S);
	ck_assert_uint_eq(flow_index_last_ns(x), 2 * S);
	ck_assert(!label_held(l, labels_at(l, 0), x) && label_held(l, labels_at(l, 1), x));
	say(v, BEFORE(1), "evidence", IPPROTO_TCP, "192.168.1.2:51000", "5.5.5.1:443");
	out = score_hand(l, v, x);
	ck_assert_uint_eq(out->rows[0].tp, 1);
	ck_assert_uint_eq(out->rows[0].fp + out->rows[0].fn, 0);
	ck_assert_int_eq(out->claims[0].detect_ns, (int64_t)(2 * S));
	ck_assert_int_eq(out->claims[0].detect_packets, 1);
	score_table_free(out);
	ck_assert_int_eq(labels_write(l, path, &e), 0);
	m = labels_read(path, LABEL_SKYPE, &e);
	ck_assert_msg(m != NULL, "%s", e.msg);
	ck_assert_uint_eq(labels_at(m, 0)->opened_ns, labels_at(l, 0)->opened_ns);
	ck_assert_uint_eq(labels_at(m, 1)->closed_ns, 10 * S);
	unlink(path);
	free(path);
	detections_free(v);
	flow_index_free(x);
	labels_free(l);
	labels_free(m);
}
END_TEST

/* Rows that meet no packet are counted, whether their tuple is another or only their time, also where an
 * earlier row of the tuple says the same. */
START_TEST(rows_that_meet_no_flow_are_counted)
{
	struct tuple t = tuple_of(IPPROTO_UDP, "10.0.0.1:1000", "5.5.5.1:2000");
	struct labels *l = labels_of(
		"proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\topened\tclosed\n"
		"udp\t10.0.0.1\t1000\t5.5.5.1\t2000\tskype\t100\t110\n"
		"udp\t10.0.0.1\t1000\t5.5.5.1\t2000\tskype\t200\t210\n"
		"udp\t10.0.0.1\t1001\t5.5.5.1\t2000\tunknown\t\t\n"
		"udp\t5.5.5.1\t2000\t10.0.0.1\t1000\tskype\t300\t310\n");
	struct flow_index *x = flow_index_new();
	struct unmet_rows u;

	index_packet(x, 104 * S, &t);
	index_packet(x, 312 * S, &t);
	u = labels_unmet(l, x);
	ck_assert_uint_eq(u.rows, 4);
	ck_assert_uint_eq(u.unmet, 2);
	ck_assert_uint_eq(u.first, 3);
	flow_index_free(x);
	labels_free(l);
}
END_TEST

START_TEST(truth_survives_its_file)
{
	struct labels *l = labels_of(ten_flows), *m;
	char *path = write_temp("");
	struct tuple back = tuple_of(IPPROTO_TCP, "5.5.5.1:40001", "192.168.1.2:1027");
	const struct label *r;
	struct err e = {0};

	ck_assert_int_eq(labels_write(l, path, &e), 0);
	m = labels_read(path, LABEL_SKYPE, &e);
	ck_assert_msg(m != NULL, "%s", e.msg);
	ck_assert_uint_eq(labels_count(m), 10);
	r = labels_find(m, &back);
	ck_assert_ptr_nonnull(r);
	ck_assert(r->session);
	ck_assert_uint_eq(r->opened_ns, 100 * S + S / 2);
	ck_assert_uint_eq(r->closed_ns, 200 * S);
	ck_assert_str_eq(r->version, "1.4");
	unlink(path);
	free(path);
	labels_free(l);
	labels_free(m);
}
END_TEST

START_TEST(eve_lines_become_verdicts)
{
	static const char text[] =
		"{\"event_type\":\"dns\",\"src_ip\":\"1.1.1.1\"}\n"
		"{\"timestamp\":\"2006-08-25T19:32:12.250000+0000\",\"event_type\":\"skype\","
		"\"src_ip\":\"192.168.1.2\",\"src_port\":1026,\"dest_ip\":\"5.5.5.1\","
		"\"dest_port\":40001,\"proto\":\"UDP\",\"skype\":{\"signature\":\"x\","
		"\"revision\":2,\"event\":\"probe-accepted\",\"client_ip\":\"192.168.1.2\","
		"\"evidence\":[{\"message\":\"U1\",\"pcap_cnt\":3},{\"message\":\"U2\","
		"\"pcap_cnt\":7}]}}\n";
	static const char odd_text[] =
		"{\"event_type\":\"skype\",\"src_ip\":\"192.168.1.2\",\"src_port\":1026,"
		"\"dest_ip\":\"5.5.5.1\",\"dest_port\":40001,\"proto\":\"UDP\","
		"\"skype\":{\"signature\":\"x\",\"event\":\"call-begin\"}}\n";
	char *path = write_temp(text), *cut = write_temp("{\"event_type\":\"skype\"}\n");
	char *odd = write_temp(odd_text);
	struct detections *v = detections_new();
	const struct detection *one;
	struct err e = {0};

	ck_assert_msg(detections_read_eve(v, path, &e) == 0, "%s", e.msg);
	ck_assert_uint_eq(detections_count(v), 1);
	one = detections_at(v, 0);
	ck_assert_uint_eq(one->ts_ns, 1156534332ULL * S + S / 4);
	ck_assert_uint_eq(one->packet, 7);
	ck_assert_str_eq(one->revision, "2");
	ck_assert_int_eq(one->kind, DETECTION_PROBE_ACCEPTED);
	ck_assert_int_eq(detections_read_eve(v, cut, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.msg, ":1: a skype event without src_ip"));
	ck_assert_int_eq(detections_read_eve(v, odd, &e), -1);
	ck_assert_msg(strstr(e.msg, ":1: a skype event without one of the kinds"), "%s", e.msg);
	detections_free(v);
	unlink(path);
	unlink(cut);
	unlink(odd);
	free(path);
	free(cut);
	free(odd);
}
END_TEST

START_TEST(edited_accuracy_is_refused)
{
	static const char text[] =
		"source\ttraffic_version\tsignature\tvantage\tcaller_firewall\tcaller_nat\t"
		"callee_firewall\tcallee_nat\tunit\ttp\tfp\tfn\ttn\tprecision\trecall\tf1\n"
		"recorded\t1.2\tx\tlan\t-\t-\t-\t-\tflow\t4\t1\t2\t2\t0.9000\t0.6667\t0.7273\n";
	char *path = write_temp(text);
	struct err e = {0};

	ck_assert_ptr_null(accuracy_read(path, &e));
	ck_assert_ptr_nonnull(strstr(e.msg, "the file was edited"));
	unlink(path);
	free(path);
}
END_TEST

static void near(double a, double b)
{
	ck_assert_msg(fabs(a - b) < 5e-7, "%.9f, expected %.9f", a, b);
}

/* Reference values: R 4, binom.test() and Hmisc::binconf(method = "wilson"). */
/* 8 of 10 found, 1 of 1000 wrong; two host-hours. By hand: 0.01 x 0.8 / (0.008 + 0.99 x 0.001) =
 * 0.889878; a Poisson count of 1 has the upper bound 4.743865 (tables of Pearson and Hartley). */
START_TEST(precision_falls_where_skype_is_rare)
{
	struct score_row r = {
		.unit = UNIT_CLIENT, .tp = 8, .fn = 2, .fp = 1, .tn = 999, .host_seconds = 7200};
	struct base_rate at = base_rate_at(&r, 0.01);
	double upper;

	ck_assert_double_eq_tol(at.precision, 0.889878, 1e-6);
	ck_assert(at.low < at.precision && at.precision < at.high);
	ck_assert(base_rate_at(&r, 0.00001).precision < 0.01);
	ck_assert_double_eq_tol(base_rate_per_million(&r, &upper), 1000, 1e-9);
	ck_assert_double_eq_tol(upper, 4735, 1); /* Clopper and Pearson, 1 of 1000 */
	ck_assert_double_eq_tol(base_rate_per_hour(&r, &upper), 0.5, 1e-9);
	ck_assert_double_eq_tol(upper, 4.743865 / 2, 1e-5);
	r.fp = 0;
	ck_assert_double_eq_tol(base_rate_per_hour(&r, &upper), 0, 1e-9);
	ck_assert_double_eq_tol(upper, 2.995732 / 2, 1e-5);
	r.fn = r.tp = 0;
	ck_assert(base_rate_at(&r, 0.01).precision < 0);
}
END_TEST

START_TEST(intervals_agree_with_published_values)
{
	near(wilson95(3, 10).low, 0.1077913);
	near(wilson95(3, 10).high, 0.6032219);
	near(exact_upper95(0, 100), 0.0295130);
	near(exact_upper95(1, 10), 0.3941633);
	near(wilson95(0, 0).high, 1);
	near(exact_upper95(0, 0), 1);
	ck_assert(wilson95(5, 5).high == 1 && wilson95(0, 5).low == 0);
	near(inc_beta(2, 3, 0.4), 0.5248);
}
END_TEST

/* The ends of an interval differ in print, too. */
START_TEST(an_interval_has_two_ends)
{
	static const struct {
		double low, high;
		const char *text;
	} is[] = {{0.1234, 0.456, "12.3 to 45.6"},
		  {0.9991, 0.9994, "99.91 to 99.94"},
		  {0.99998, 1, "99.998 to 100.000"},
		  {1, 1, "100.0 to 100.0"},
		  {0.5, 0.50000001, "50.0000 to 50.0000"}};
	char text[INTERVAL_TEXT];

	for (size_t i = 0; i < ARRAY_LEN(is); i++) {
		struct interval in = {is[i].low, is[i].high};

		ck_assert_str_eq(interval_percent(&in, text), is[i].text);
	}
}
END_TEST

static void part(struct ratio_part *p, uint64_t stratum, uint64_t y, uint64_t x)
{
	*p = (struct ratio_part){y, x, stratum};
}

/* Cochran, Sampling Techniques, 6.10 and 11.7, by hand; t(2) is 4.3026527. */
START_TEST(a_ratio_of_sums_is_as_sure_as_its_clusters)
{
	struct ratio_part p[6];
	struct interval i = {-1, -1};

	/* 24 of 30: deviations 0, 2, -2; sqrt(3/2 * 8) / 30 * t(2) */
	part(&p[0], 0, 8, 10);
	part(&p[1], 0, 10, 10);
	part(&p[2], 0, 6, 10);
	ck_assert(ratio_t95(p, 3, &i));
	near(i.low, 0.8 - 4.3026527 * sqrt(12) / 30);
	near(i.high, 1);
	/* Two settings whose repetitions are equal: what lies between them is no error, and the
	 * counts stand for themselves. */
	part(&p[0], 1, 1, 10);
	part(&p[1], 1, 1, 10);
	part(&p[2], 2, 9, 10);
	part(&p[3], 2, 9, 10);
	ck_assert(ratio_t95(p, 4, &i));
	near(i.low, wilson95(20, 40).low);
	near(i.high, wilson95(20, 40).high);
	/* Who looks five times at the same has no more of it. */
	for (int k = 0; k < 4; k++)
		part(&p[k], p[k].stratum, p[k].y * 5, p[k].x * 5);
	ck_assert(ratio_t95_of_looks(p, 4, 5, &i));
	near(i.low, wilson95(20, 40).low);
	near(i.high, wilson95(20, 40).high);
	/* Clusters without denominator say nothing; one that has is no sample. */
	part(&p[0], 0, 3, 4);
	part(&p[1], 0, 0, 0);
	ck_assert(!ratio_t95(p, 2, &i));
}
END_TEST

START_TEST(rows_know_their_trials)
{
	struct score_table *t = score_table_new(), *g, *again;
	struct score_setting s = {.source = SOURCE_EMULATED, .vantage = "lan"};
	char dir[] = "/tmp/t_score.XXXXXX", *path, *clusters;
	const struct score_row *r;
	struct interval i;
	struct err e = {0};

	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (int k = 0; k < 24; k++) { /* cells a and b, twelve times each */
		char *id = xasprintf("%c@%d", k % 2 ? 'a' : 'b', k / 2);
		uint32_t row;

		s.cluster = id;
		s.axes = k % 2 ? "login=manual" : "login=automatic\tmix=light";
		row = score_row_of(t, &s, "sig", "1", UNIT_FLOW);
		score_count(t, row, &s, COUNT_TP, k % 2 ? 10 : 4);
		score_count(t, row, &s, COUNT_FN, k % 2 ? 0 : 6);
		score_count(t, row, &s, COUNT_TN, 100);
		score_count(t, row, &s, COUNT_FP, k == 0);
		free(id);
	}
	ck_assert_uint_eq(t->n, 2);
	ck_assert_uint_eq(t->rows[0].clusters.n, 12);
	ck_assert_int_eq(row_method(&t->rows[0]), INTERVAL_RATIO_T);
	g = table_group(t, BY_SIGNATURE, ALL_UNITS);
	ck_assert_uint_eq(g->n, 1);
	ck_assert_uint_eq(g->rows[0].clusters.n, 24);
	ck_assert(row_recall_interval(&g->rows[0], &i));
	ck_assert_uint_eq(row_fp_clusters(&g->rows[0]).fp, 1);
	ck_assert_uint_eq(row_fp_clusters(&g->rows[0]).of, 24);
	near(row_fp_clusters_upper(&g->rows[0]), exact_upper95(1, 24));
	/* Through the files, columns of axes and all. */
	path = xasprintf("%s/accuracy.tsv", dir);
	clusters = xasprintf("%s/clusters.tsv", dir);
	ck_assert_int_eq(accuracy_write(t, path, &e), 0);
	ck_assert_int_eq(clusters_write(t, clusters, &e), 0);
	again = accuracy_read(path, &e);
	ck_assert_msg(again != NULL, "%s", e.msg);
	ck_assert_uint_eq(again->n, 2);
	r = score_row_like(again, &t->rows[1]);
	ck_assert_ptr_nonnull(r);
	ck_assert_uint_eq(r->clusters.n, 12);
	ck_assert_str_eq(r->axes, "login=manual");
	score_table_free(again);
	/* Clusters that do not add up were edited. */
	s.cluster = "b@0";
	score_count(t, 0, &s, COUNT_TP, 1);
	ck_assert_int_eq(clusters_write(t, clusters, &e), 0);
	ck_assert_ptr_null(accuracy_read(path, &e));
	ck_assert_msg(strstr(e.msg, "do not add up"), "%s", e.msg);
	unlink(path);
	unlink(clusters);
	rmdir(dir);
	free(path);
	free(clusters);
	score_table_free(g);
	score_table_free(t);
}
END_TEST

/* A narrow table puts intervals below their figures and leaves out F1; it never drops an interval. */
START_TEST(intervals_fit_any_width)
{
	static const int widths[] = {200, 80, 20};
	struct score_table *t = score_table_new();
	struct score_setting s = {.source = SOURCE_EMULATED, .cluster = "a@1"};
	uint32_t row = score_row_of(t, &s, "sig", "1", UNIT_FLOW);
	struct err e = {0};

	score_count(t, row, &s, COUNT_TP, 5);
	score_count(t, row, &s, COUNT_FN, 5);
	score_count(t, row, &s, COUNT_TN, 5);
	for (int i = 0; i < 3; i++) {
		char *text = NULL;
		size_t len;
		FILE *f = open_memstream(&text, &len);

		ck_assert_int_eq(table_print(t, f, &(struct table_options){.width = widths[i]}, &e),
				 0);
		fclose(f);
		ck_assert_msg(strstr(text, "[0.24,0.76]") && strstr(text, "(<0.45)"), "%s", text);
		ck_assert_int_eq(strstr(text, "0.500 [0.24,0.76]") != NULL, i == 0);
		ck_assert_int_eq(strstr(text, "F1") != NULL, i < 2);
		free(text);
	}
	score_table_free(t);
}
END_TEST

/* A recording that was run under several settings is still one trial. */
START_TEST(a_sum_within_one_trial_has_no_interval)
{
	struct score_table *t = score_table_new(), *g;
	struct score_setting s = {
		.source = SOURCE_RECORDED, .caller_nat = "public", .cluster = "a.pcap 1.2.3.4"};
	struct interval i;

	score_count(t, score_row_of(t, &s, "sig", "1", UNIT_FLOW), &s, COUNT_TP, 5);
	s.caller_nat = "full-cone";
	score_count(t, score_row_of(t, &s, "sig", "1", UNIT_FLOW), &s, COUNT_TP, 5);
	ck_assert_uint_eq(t->n, 2);
	ck_assert_int_eq(row_method(&t->rows[0]), INTERVAL_WILSON);
	g = table_group(t, BY_SIGNATURE, ALL_UNITS);
	ck_assert_uint_eq(g->rows[0].clusters.n, 1);
	ck_assert_int_eq(row_method(&g->rows[0]), INTERVAL_NONE);
	ck_assert(!row_recall_interval(&g->rows[0], &i));
	score_table_free(g);
	score_table_free(t);
}
END_TEST

UNIT(score)
{
	unit_case(tc, ten_flows_by_hand);
	unit_case(tc, every_miss_and_error_is_named);
	unit_case(tc, claims_survive_their_file);
	unit_case(tc, time_to_detect_in_packets_bytes_seconds);
	unit_case(tc, without_labels_everything_is_not_skype);
	unit_case(tc, a_claimed_flow_without_label_is_an_error_and_listed);
	unit_case(tc, a_silent_signature_has_rows_and_no_precision);
	unit_case(tc, sessions_have_a_tolerance);
	unit_case(tc, equal_settings_are_summed_emulated_and_recorded_never);
	unit_case(tc, a_tuple_that_is_reused_has_the_label_of_its_time);
	unit_case(tc, a_label_of_another_time_labels_nothing);
	unit_case(tc, times_before_1970_are_before_those_after_it);
	unit_case(tc, rows_that_meet_no_flow_are_counted);
	unit_case(tc, truth_survives_its_file);
	unit_case(tc, eve_lines_become_verdicts);
	unit_case(tc, edited_accuracy_is_refused);
	unit_case(tc, intervals_agree_with_published_values);
	unit_case(tc, an_interval_has_two_ends);
	unit_case(tc, precision_falls_where_skype_is_rare);
	unit_case(tc, a_ratio_of_sums_is_as_sure_as_its_clusters);
	unit_case(tc, rows_know_their_trials);
	unit_case(tc, a_sum_within_one_trial_has_no_interval);
	unit_case(tc, intervals_fit_any_width);
}
