// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What counts: roles of hosts, hosts behind one address, sessions and other events, claims that meet
 * nothing. Each rule of skypelab-accuracy(5), "What is counted", on an example of a few lines.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/score/labels_file.h"
#include "results/score/score.h"
#include "results/score/measures.h"
#include "results/score/survival.h"
#include "tests/unit/hand.h"
#include "tests/unit/unit.h"

#define S 1000000000ULL

#define HEAD                                                                                       \
	"proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\treason\tclient\tversion\t"  \
	"opened\tclosed\tsession\tnode\tclient_host\tserver_host\n"
#define ROW(proto, ci, cp, si, sp, label, client, session, ch, sh)                                 \
	proto "\t" ci "\t" cp "\t" si "\t" sp "\t" label "\t\t" client "\t\t\t\t" session          \
	      "\t\t" ch "\t" sh "\n"

static const char events_head[] =
	"event\ttime\tkind\tproto\tclient_ip\tclient_port\tserver_ip\tserver_port\tclient\t"
	"super_node\n";

static struct sent_events *events_of(const char *lines)
{
	char *text = xasprintf("%s%s", events_head, lines), *path = write_temp(text);
	struct err e = {0};
	struct sent_events *l = sent_events_read(path, &e);

	ck_assert_msg(l != NULL, "%s", e.msg);
	unlink(path);
	free(path);
	free(text);
	return l;
}

/* An event; @client NULL = the source. */
static void say(struct detections *v, uint64_t ts, const char *event, uint8_t proto,
		const char *src, const char *dst, const char *client)
{
	struct detection one = {.ts_ns = ts, .tuple = tuple_of(proto, src, dst)};

	one.client = one.tuple.src.ip;
	if (client)
		ck_assert_int_eq(ip_parse(client, &one.client), 0);
	snprintf(one.signature, sizeof(one.signature), "hand");
	one.kind = detection_kind_of(event);
	detections_add(v, &one);
}

static void seen(struct flow_index *x, uint64_t ts, uint8_t proto, const char *src, const char *dst)
{
	struct tuple t = tuple_of(proto, src, dst);
	struct packet p = {
		.ts_ns = ts, .src = t.src, .dst = t.dst, .proto = proto, .len = 10, .ip_len = 38};

	flow_index_packet(x, &p);
}

static struct score_table *score(const struct labels *l, const struct detections *v,
				 const struct flow_index *x, const struct sent_events *events)
{
	const char *names[] = {"hand"};
	struct score_table *t = score_table_new();
	struct err e = {0};
	struct score_input in = {.setting = {.source = SOURCE_EMULATED, .cell = "c1"},
				 .labels = l,
				 .detections = v,
				 .flows = x,
				 .events = events,
				 .signatures = names,
				 .n = 1};

	ck_assert_msg(score_cell(t, &in, &e) == 0, "%s", e.msg);
	return t;
}

static const struct score_row *find(const struct score_table *t, enum score_unit u)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->rows[i].unit == u)
			return &t->rows[i];
	return NULL;
}

static void counts(const struct score_table *t, enum score_unit u, uint64_t tp, uint64_t fp,
		   uint64_t fn, uint64_t tn)
{
	const struct score_row *r = find(t, u);

	ck_assert_msg(r != NULL, "no row of unit %s", score_unit_text(u));
	ck_assert_msg(r->tp == tp && r->fp == fp && r->fn == fn && r->tn == tn,
		      "%s: tp %d fp %d fn %d tn %d", score_unit_text(u), (int)r->tp, (int)r->fp,
		      (int)r->fn, (int)r->tn);
}

static void done(struct score_table *t, struct detections *v, struct labels *l)
{
	score_table_free(t);
	detections_free(v);
	labels_free(l);
}

/* ---- clients ---- */

START_TEST(a_peer_named_as_client_has_the_wrong_role)
{
	struct labels *l = labels_of(
		HEAD ROW("udp", "10.0.0.1", "1", "5.5.5.1", "7", "skype", "10.0.0.1", "", "", "")
			ROW("udp", "5.5.5.2", "7", "10.0.0.1", "1", "skype", "10.0.0.1", "", "", "")
				ROW("udp", "10.0.0.9", "1", "9.9.9.9", "53", "not-skype", "", "",
				    "", ""));
	struct detections *v = detections_new();
	struct score_table *t;

	say(v, S, "evidence", IPPROTO_UDP, "10.0.0.1:1", "5.5.5.1:7", NULL);
	say(v, S, "evidence", IPPROTO_UDP, "5.5.5.1:7", "10.0.0.1:1", NULL);
	say(v, S, "evidence", IPPROTO_UDP, "5.5.5.2:7", "10.0.0.1:1", NULL);
	say(v, S, "evidence", IPPROTO_UDP, "5.5.5.2:7", "10.0.0.1:1",
	    NULL); /* a host counts once */
	t = score(l, v, NULL, NULL);
	counts(t, UNIT_CLIENT, 1, 0, 0, 1);
	ck_assert_uint_eq(find(t, UNIT_CLIENT)->wrong_role, 2);
	ck_assert_uint_eq(find(t, UNIT_CLIENT)->unmatched, 0);
	ck_assert_double_eq_tol(score_precision(find(t, UNIT_CLIENT)), 1.0 / 3, 1e-9);
	ck_assert_double_eq_tol(score_fpr(find(t, UNIT_CLIENT)), 0, 1e-9);
	done(t, v, l);
}
END_TEST

START_TEST(a_client_that_is_a_peer_elsewhere_is_a_client)
{
	struct labels *l = labels_of(
		HEAD ROW("udp", "5.5.5.1", "1", "5.5.5.2", "7", "skype", "5.5.5.1", "", "", "")
			ROW("udp", "5.5.5.2", "7", "5.5.5.3", "1", "skype", "5.5.5.2", "", "", ""));
	struct detections *v = detections_new();
	struct score_table *t;

	say(v, S, "evidence", IPPROTO_UDP, "5.5.5.1:1", "5.5.5.2:7", "5.5.5.2");
	t = score(l, v, NULL, NULL);
	counts(t, UNIT_CLIENT, 1, 0, 1, 0);
	ck_assert_uint_eq(find(t, UNIT_CLIENT)->wrong_role, 0);
	done(t, v, l);
}
END_TEST

/* A call from 10.0.0.1 to 6.6.6.6, who runs a client; the second of its rows is not in the capture. */
START_TEST(both_ends_of_a_call_between_two_clients_are_clients)
{
	struct labels *l = labels_of(
		"proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\tclient\tpeer\n"
		"udp\t10.0.0.1\t1\t6.6.6.6\t7\tskype\t10.0.0.1\tclient\n"
		"udp\t10.0.0.1\t1\t6.6.6.7\t7\tskype\t10.0.0.1\tclient\n"
		"udp\t10.0.0.1\t1\t5.5.5.5\t7\tskype\t10.0.0.1\t\n");
	struct detections *v = detections_new();
	struct flow_index *x = flow_index_new();
	struct score_table *t;

	seen(x, S, IPPROTO_UDP, "10.0.0.1:1", "6.6.6.6:7");
	seen(x, S, IPPROTO_UDP, "10.0.0.1:1", "5.5.5.5:7");
	t = score(l, v, x, NULL);
	counts(t, UNIT_CLIENT, 0, 0, 2, 0);
	score_table_free(t);
	say(v, S, "evidence", IPPROTO_UDP, "6.6.6.6:7", "10.0.0.1:1", NULL);
	say(v, S, "evidence", IPPROTO_UDP, "5.5.5.5:7", "10.0.0.1:1", NULL);
	t = score(l, v, x, NULL);
	counts(t, UNIT_CLIENT, 1, 0, 1, 0);
	ck_assert_uint_eq(find(t, UNIT_CLIENT)->wrong_role, 1);
	flow_index_free(x);
	done(t, v, l);
}
END_TEST

/* Two clients and one host without Skype behind 7.7.7.7. */
#define BEHIND_NAT                                                                                 \
	HEAD ROW("udp", "7.7.7.7", "1001", "5.5.5.1", "7", "skype", "7.7.7.7", "", "h1", "")       \
		ROW("udp", "7.7.7.7", "1002", "5.5.5.1", "7", "skype", "7.7.7.7", "", "h2", "")    \
			ROW("udp", "5.5.5.2", "7", "7.7.7.7", "1002", "skype", "7.7.7.7", "", "",  \
			    "h2") ROW("tcp", "7.7.7.7", "1003", "9.9.9.9", "80", "not-skype", "",  \
				      "", "h3", "")

START_TEST(hosts_behind_a_nat_are_told_apart_by_their_mapping)
{
	struct labels *l = labels_of(BEHIND_NAT);
	struct detections *v = detections_new();
	struct score_table *t;

	t = score(l, v, NULL, NULL);
	counts(t, UNIT_CLIENT, 0, 0, 2, 1);
	score_table_free(t);
	say(v, S, "evidence", IPPROTO_UDP, "7.7.7.7:1002", "5.5.5.2:7", NULL);
	t = score(l, v, NULL, NULL);
	counts(t, UNIT_CLIENT, 1, 0, 1, 1);
	score_table_free(t);
	say(v, S, "evidence", IPPROTO_TCP, "7.7.7.7:1003", "9.9.9.9:80", NULL);
	t = score(l, v, NULL, NULL);
	counts(t, UNIT_CLIENT, 1, 1, 1, 0);
	done(t, v, l);
}
END_TEST

START_TEST(a_claim_of_no_row_goes_to_the_mapped_endpoint)
{
	struct labels *l = labels_of(BEHIND_NAT);
	struct detections *v = detections_new();
	struct score_table *t;

	say(v, S, "evidence", IPPROTO_UDP, "7.7.7.7:1001", "5.5.5.8:9", NULL); /* h1's socket */
	t = score(l, v, NULL, NULL);
	counts(t, UNIT_CLIENT, 1, 0, 1, 1);
	ck_assert_uint_eq(find(t, UNIT_FLOW)->unmatched, 1);
	score_table_free(t);
	say(v, S, "evidence", IPPROTO_UDP, "7.7.7.7:1009", "5.5.5.8:9", NULL); /* nobody's */
	say(v, S, "evidence", IPPROTO_UDP, "6.6.6.6:1", "5.5.5.8:9", NULL);
	t = score(l, v, NULL, NULL);
	counts(t, UNIT_CLIENT, 1, 2, 1, 1);
	ck_assert_uint_eq(find(t, UNIT_CLIENT)->unmatched, 2);
	ck_assert_uint_eq(find(t, UNIT_CLIENT)->unlabelled, 1);
	done(t, v, l);
}
END_TEST

START_TEST(a_client_is_found_as_late_as_its_first_event)
{
	struct labels *l = labels_of(HEAD ROW(
		"udp", "10.0.0.1", "1", "5.5.5.1", "7", "skype", "10.0.0.1", "", "",
		"") ROW("udp", "10.0.0.1", "1", "5.5.5.2", "7", "skype", "10.0.0.1", "", "", ""));
	struct detections *v = detections_new();
	struct flow_index *x = flow_index_new();
	struct score_table *t;
	const struct score_claim *c = NULL;

	seen(x, 10 * S, IPPROTO_UDP, "10.0.0.1:1", "5.5.5.1:7");
	seen(x, 11 * S, IPPROTO_UDP, "10.0.0.1:1", "5.5.5.2:7");
	seen(x, 12 * S, IPPROTO_UDP, "5.5.5.2:7", "10.0.0.1:1");
	seen(x, 13 * S, IPPROTO_UDP, "5.5.5.2:7", "10.0.0.1:1");
	say(v, 12 * S, "evidence", IPPROTO_UDP, "10.0.0.1:1", "5.5.5.2:7", NULL);
	t = score(l, v, x, NULL);
	for (size_t i = 0; i < t->claims_n; i++)
		if (t->rows[t->claims[i].row].unit == UNIT_CLIENT)
			c = &t->claims[i];
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(c->detect_ns, (int64_t)(2 * S));
	ck_assert_uint_eq(c->detect_packets, 3);
	ck_assert_uint_eq(c->detect_bytes, 30);
	flow_index_free(x);
	done(t, v, l);
}
END_TEST

/* ---- sessions ---- */

#define SN_LABELS                                                                                  \
	HEAD ROW("tcp", "10.0.0.1", "1", "5.5.5.1", "7", "skype", "10.0.0.1", "sn", "", "") ROW(   \
		"tcp", "10.0.0.1", "2", "5.5.5.2", "7", "skype", "10.0.0.1", "sn", "", "")         \
		ROW("udp", "10.0.0.1", "9", "5.5.5.2", "7", "skype", "10.0.0.1", "", "", "")

/* Two sessions, one after the other; the second lasts to the end. */
static const char two_sessions[] =
	"1\t100.000000000\tsession-start\ttcp\t10.0.0.1\t1\t5.5.5.1\t7\t10.0.0.1\t5.5.5.1:7\n"
	"2\t200.000000000\tsession-end\ttcp\t10.0.0.1\t1\t5.5.5.1\t7\t10.0.0.1\t5.5.5.1:7\n"
	"3\t210.000000000\tsession-start\ttcp\t10.0.0.1\t2\t5.5.5.2\t7\t10.0.0.1\t5.5.5.2:7\n";

static struct detections *right_sessions(bool ends)
{
	struct detections *v = detections_new();

	say(v, 100 * S, "session-start", IPPROTO_TCP, "10.0.0.1:1", "5.5.5.1:7", NULL);
	if (ends)
		say(v, 200 * S, "session-end", IPPROTO_TCP, "10.0.0.1:1", "5.5.5.1:7", NULL);
	say(v, 211 * S, "session-start", IPPROTO_TCP, "10.0.0.1:2", "5.5.5.2:7", NULL);
	return v;
}

START_TEST(right_sessions_are_right)
{
	struct labels *l = labels_of(SN_LABELS);
	struct sent_events *events = events_of(two_sessions);
	struct detections *v = right_sessions(true);
	struct score_table *t = score(l, v, NULL, events);

	counts(t, UNIT_SESSION, 2, 0, 0, 0);
	counts(t, UNIT_SESSION_START, 2, 0, 0, 0);
	counts(t, UNIT_SESSION_END, 1, 0, 0, 0);
	counts(t, UNIT_SUPER_NODE, 2, 0, 0, 0);
	ck_assert_ptr_null(find(t, UNIT_SESSION_CHANGE)); /* none was sent, none claimed */
	ck_assert(score_fpr(find(t, UNIT_SESSION_END)) < 0);
	sent_events_free(events);
	done(t, v, l);
}
END_TEST

START_TEST(without_ends_sessions_are_wrong)
{
	struct labels *l = labels_of(SN_LABELS);
	struct sent_events *events = events_of(two_sessions);
	struct detections *v = right_sessions(false);
	struct score_table *t = score(l, v, NULL, events);

	counts(t, UNIT_SESSION, 1, 0, 1, 0);
	counts(t, UNIT_SESSION_START, 2, 0, 0, 0);
	counts(t, UNIT_SESSION_END, 0, 0, 1, 0);
	sent_events_free(events);
	done(t, v, l);
}
END_TEST

START_TEST(an_end_that_was_not_sent_is_false)
{
	struct labels *l = labels_of(SN_LABELS);
	struct sent_events *events = events_of(two_sessions);
	struct detections *v = right_sessions(true);
	struct score_table *t;

	say(v, 250 * S, "session-end", IPPROTO_TCP, "10.0.0.1:2", "5.5.5.2:7", NULL);
	t = score(l, v, NULL, events);
	counts(t, UNIT_SESSION, 1, 0, 1, 0);
	counts(t, UNIT_SESSION_END, 1, 1, 0, 0);
	sent_events_free(events);
	done(t, v, l);
}
END_TEST

START_TEST(an_end_after_the_capture_is_asked_of_nobody)
{
	struct labels *l = labels_of(SN_LABELS);
	struct sent_events *events = events_of(two_sessions);
	struct detections *v = detections_new();
	struct flow_index *x = flow_index_new();
	struct score_table *t;

	seen(x, 99 * S, IPPROTO_TCP, "10.0.0.1:1", "5.5.5.1:7");
	seen(x, 199 * S, IPPROTO_TCP, "10.0.0.1:1", "5.5.5.1:7");
	say(v, 100 * S, "session-start", IPPROTO_TCP, "10.0.0.1:1", "5.5.5.1:7", NULL);
	t = score(l, v, x, events);
	counts(t, UNIT_SESSION, 1, 0, 0, 0);
	ck_assert_ptr_null(find(t, UNIT_SESSION_END));
	counts(t, UNIT_SESSION_START, 1, 0, 0, 0);
	flow_index_free(x);
	sent_events_free(events);
	done(t, v, l);
}
END_TEST

START_TEST(invented_changes_are_false)
{
	struct labels *l = labels_of(SN_LABELS);
	struct sent_events *events = events_of(two_sessions);
	struct detections *v = right_sessions(true);
	struct score_table *t;

	for (unsigned i = 0; i < 50; i++)
		say(v, (300 + i) * S, "session-change", IPPROTO_TCP, "10.0.0.1:2", "5.5.5.2:7",
		    NULL);
	say(v, 400 * S, "session-change", IPPROTO_UDP, "10.0.0.1:9", "5.5.5.2:9", NULL);
	t = score(l, v, NULL, events);
	counts(t, UNIT_SESSION_CHANGE, 0, 51, 0, 0);
	ck_assert_uint_eq(find(t, UNIT_SESSION_CHANGE)->unmatched, 1);
	ck_assert_uint_eq(find(t, UNIT_SESSION_CHANGE)->unlabelled, 1);
	counts(t, UNIT_SESSION, 2, 51, 0, 0);
	counts(t, UNIT_SUPER_NODE, 2, 1, 0, 0);
	for (size_t i = 0; i < t->claims_n; i++) /* no two claims of a row have one name */
		for (size_t k = 0; k < i; k++)
			ck_assert(t->claims[i].row != t->claims[k].row ||
				  strcmp(t->claims[i].subject, t->claims[k].subject) != 0);
	sent_events_free(events);
	done(t, v, l);
}
END_TEST

START_TEST(a_change_stands_for_a_start_of_a_session_but_not_as_an_event)
{
	struct labels *l = labels_of(SN_LABELS);
	struct sent_events *events = events_of(two_sessions);
	struct detections *v = detections_new();
	struct score_table *t;

	say(v, 100 * S, "session-start", IPPROTO_TCP, "10.0.0.1:1", "5.5.5.1:7", NULL);
	say(v, 200 * S, "session-end", IPPROTO_TCP, "10.0.0.1:1", "5.5.5.1:7", NULL);
	say(v, 211 * S, "session-change", IPPROTO_TCP, "10.0.0.1:2", "5.5.5.2:7", NULL);
	t = score(l, v, NULL, events);
	counts(t, UNIT_SESSION, 2, 0, 0, 0);
	counts(t, UNIT_SESSION_START, 1, 0, 1, 0);
	counts(t, UNIT_SESSION_CHANGE, 0, 1, 0, 0);
	sent_events_free(events);
	done(t, v, l);
}
END_TEST

START_TEST(a_wrong_super_node_is_a_wrong_session)
{
	struct labels *l = labels_of(SN_LABELS);
	struct sent_events *events = events_of(two_sessions);
	struct detections *v = right_sessions(true), *w = detections_new();
	struct score_table *t;

	for (size_t i = 0; i < detections_count(v); i++) {
		struct detection one = *detections_at(v, i);

		if (!i)
			ck_assert_int_eq(endpoint_parse("5.5.5.9:7", &one.sn), 0);
		detections_add(w, &one);
	}
	t = score(l, w, NULL, events);
	counts(t, UNIT_SESSION, 1, 0, 1, 0);
	counts(t, UNIT_SESSION_START, 2, 0, 0, 0);
	counts(t, UNIT_SUPER_NODE, 1, 1, 1, 0);
	sent_events_free(events);
	detections_free(v);
	done(t, w, l);
}
END_TEST

/* ---- other events ---- */

START_TEST(events_are_taken_once_and_in_time)
{
	struct labels *l = labels_of(SN_LABELS);
	struct sent_events *events = events_of(
		"1\t100.000000000\tprobe-accepted\tudp\t10.0.0.1\t9\t5.5.5.2\t7\t10.0.0.1\t-\n"
		"2\t150.000000000\tprobe-accepted\tudp\t10.0.0.1\t9\t5.5.5.2\t7\t10.0.0.1\t-\n"
		"3\t200.000000000\tcall-end\tudp\t10.0.0.1\t9\t5.5.5.2\t7\t10.0.0.1\t-\n"
		"4\t300.000000000\tcall-end\tudp\t10.0.0.1\t9\t5.5.5.2\t7\t10.0.0.1\t-\n");
	struct detections *v = detections_new();
	struct score_table *t;

	say(v, 101 * S, "probe-accepted", IPPROTO_UDP, "10.0.0.1:9", "5.5.5.2:7", NULL);
	say(v, 101 * S, "probe-accepted", IPPROTO_UDP, "10.0.0.1:9", "5.5.5.2:7", NULL);
	say(v, 156 * S, "probe-accepted", IPPROTO_UDP, "10.0.0.1:9", "5.5.5.2:7", NULL); /* late */
	say(v, 230 * S, "call-end", IPPROTO_UDP, "5.5.5.2:7", "10.0.0.1:9", NULL);	 /* 30 s */
	say(v, 330 * S + 1000, "call-end", IPPROTO_UDP, "5.5.5.2:7", "10.0.0.1:9", NULL);
	t = score(l, v, NULL, events);
	counts(t, UNIT_PROBE_ACCEPTED, 1, 2, 1, 0);
	counts(t, UNIT_CALL_END, 1, 1, 1, 0);
	sent_events_free(events);
	done(t, v, l);
}
END_TEST

START_TEST(an_event_of_two_mappings_is_one_event)
{
	struct labels *l = labels_of(BEHIND_NAT);
	struct sent_events *events = events_of(
		"1\t100.000000000\tprobe-accepted\tudp\t7.7.7.7\t1001\t5.5.5.1\t7\t7.7.7.7\t-\n"
		"1\t100.000000000\tprobe-accepted\tudp\t7.7.7.7\t1002\t5.5.5.1\t7\t7.7.7.7\t-\n");
	struct detections *v = detections_new();
	struct score_table *t;

	say(v, 101 * S, "probe-accepted", IPPROTO_UDP, "7.7.7.7:1002", "5.5.5.1:7", NULL);
	t = score(l, v, NULL, events);
	counts(t, UNIT_PROBE_ACCEPTED, 1, 0, 0, 0);
	sent_events_free(events);
	done(t, v, l);
}
END_TEST

/* Labels tell no calls: a call on a Skype flow may be one, a call on another flow is none. */
START_TEST(what_labels_do_not_tell_counts_only_where_it_is_false)
{
	struct labels *l = labels_of(BEHIND_NAT);
	struct detections *v = detections_new();
	struct score_table *t;

	say(v, 101 * S, "call-start", IPPROTO_UDP, "7.7.7.7:1002", "5.5.5.1:7", NULL);
	say(v, 101 * S, "session-start", IPPROTO_UDP, "7.7.7.7:1002", "5.5.5.1:7", NULL);
	t = score(l, v, NULL, NULL);
	ck_assert_ptr_null(find(t, UNIT_CALL_START));
	ck_assert_ptr_null(find(t, UNIT_SESSION));
	score_table_free(t);
	say(v, 101 * S, "call-start", IPPROTO_TCP, "7.7.7.7:1003", "9.9.9.9:80", NULL);
	t = score(l, v, NULL, NULL);
	counts(t, UNIT_CALL_START, 0, 1, 0, 0);
	done(t, v, l);
}
END_TEST

START_TEST(bad_events_name_line_and_value)
{
	static const char *const bad[][2] = {
		{"1\t1.0\tcall-end\tudp\t1.1.1.1\t9\t5.5.5.2\t7\t1.1.1.1\t-\n", "time is \"1.0\""},
		{"1\t1.000000000\tcall\tudp\t1.1.1.1\t9\t5.5.5.2\t7\t1.1.1.1\t-\n", "kind is"},
		{"1\t1.000000000\tcall-end\tudp\t1.1.1.1\t9\t5.5.5.2\t7\tx\t-\n", "client is"},
		{"1\t1.000000000\tcall-end\tudp\t1.1.1.1\t70000\t5.5.5.2\t7\t1.1.1.1\t-\n",
		 "client_ip is"},
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char *text = xasprintf("%s%s", events_head, bad[i][0]), *path = write_temp(text);
		struct err e = {0};

		ck_assert_ptr_null(sent_events_read(path, &e));
		ck_assert_msg(strstr(e.msg, bad[i][1]) && strstr(e.msg, ":2:"), "%s", e.msg);
		unlink(path);
		free(path);
		free(text);
	}
}
END_TEST

/* Three flows to find: one at once, one after 2 s, one never. */
START_TEST(what_is_missed_is_found_never)
{
	struct labels *l = labels_of(
		HEAD ROW("udp", "10.0.0.1", "1", "5.5.5.1", "7", "skype", "10.0.0.1", "", "", "")
			ROW("udp", "10.0.0.1", "1", "5.5.5.2", "7", "skype", "10.0.0.1", "", "", "")
				ROW("udp", "10.0.0.1", "1", "5.5.5.3", "7", "skype", "10.0.0.1", "",
				    "", ""));
	struct detections *v = detections_new();
	struct flow_index *x = flow_index_new();
	struct score_table *t;
	struct survival s;
	const struct survival_curve *c;

	seen(x, 10 * S, IPPROTO_UDP, "10.0.0.1:1", "5.5.5.1:7");
	seen(x, 10 * S, IPPROTO_UDP, "10.0.0.1:1", "5.5.5.2:7");
	seen(x, 10 * S, IPPROTO_UDP, "10.0.0.1:1", "5.5.5.3:7");
	say(v, 10 * S, "evidence", IPPROTO_UDP, "10.0.0.1:1", "5.5.5.1:7", NULL);
	say(v, 12 * S, "evidence", IPPROTO_UDP, "10.0.0.1:1", "5.5.5.2:7", NULL);
	t = score(l, v, x, NULL);
	s = survival_of(t, true);
	ck_assert_uint_eq(s.n, 2); /* flow and client */
	c = &s.curves[0];
	ck_assert_int_eq(c->unit, UNIT_FLOW);
	ck_assert_uint_eq(c->of, 3);
	ck_assert_double_eq_tol(survival_share(c, SURVIVAL_SECONDS, 0), 1.0 / 3, 1e-9);
	ck_assert_double_eq_tol(survival_share(c, SURVIVAL_SECONDS, 1e9), 2.0 / 3, 1e-9);
	ck_assert_double_eq_tol(survival_reached(c, SURVIVAL_SECONDS, 0.5), 2, 1e-9);
	ck_assert(survival_reached(c, SURVIVAL_SECONDS, 0.7) < 0);
	survival_clear(&s);
	flow_index_free(x);
	done(t, v, l);
}
END_TEST

UNIT(counting)
{
	unit_case(tc, a_peer_named_as_client_has_the_wrong_role);
	unit_case(tc, both_ends_of_a_call_between_two_clients_are_clients);
	unit_case(tc, a_client_that_is_a_peer_elsewhere_is_a_client);
	unit_case(tc, hosts_behind_a_nat_are_told_apart_by_their_mapping);
	unit_case(tc, a_claim_of_no_row_goes_to_the_mapped_endpoint);
	unit_case(tc, a_client_is_found_as_late_as_its_first_event);
	unit_case(tc, right_sessions_are_right);
	unit_case(tc, without_ends_sessions_are_wrong);
	unit_case(tc, an_end_that_was_not_sent_is_false);
	unit_case(tc, an_end_after_the_capture_is_asked_of_nobody);
	unit_case(tc, invented_changes_are_false);
	unit_case(tc, a_change_stands_for_a_start_of_a_session_but_not_as_an_event);
	unit_case(tc, a_wrong_super_node_is_a_wrong_session);
	unit_case(tc, events_are_taken_once_and_in_time);
	unit_case(tc, an_event_of_two_mappings_is_one_event);
	unit_case(tc, what_labels_do_not_tell_counts_only_where_it_is_false);
	unit_case(tc, what_is_missed_is_found_never);
	unit_case(tc, bad_events_name_line_and_value);
}
