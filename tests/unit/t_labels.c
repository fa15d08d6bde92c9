// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_labels.c - tests of label files: what is read, what is refused, and which rows are one
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "results/score/labels_file.h"
#include "tests/unit/hand.h"
#include "tests/unit/unit.h"

#define S 1000000000ULL

static void refused(const char *text, const char *part)
{
	char *path = write_temp(text);
	struct err e = {0};

	ck_assert_ptr_null(labels_read(path, LABEL_SKYPE, &e));
	ck_assert_msg(strstr(e.msg, part) != NULL, "«%s» lacks «%s»", e.msg, part);
	unlink(path);
	free(path);
}

START_TEST(labels_of_other_programs)
{
	struct labels *l =
		labels_of("\357\273\277proto\tclient_ip\tclient_port\tserver_ip\tserver_"
			  "port\tlabel\treason\r"
			  "udp\t::ffff:10.0.0.1\t1\t::ffff:c633:6407\t2\tskype\t"
			  "a long text, in which a character of two bytes is where it is "
			  "cut: ...............................................\303\251"
			  ".........................................\303\251............\r");
	struct tuple t = tuple_of(17, "10.0.0.1:1", "198.51.100.7:2");
	const struct label *row = labels_find(l, &t);

	ck_assert_ptr_nonnull(row);
	ck_assert_uint_lt(strlen(row->reason), sizeof(row->reason));
	ck_assert_str_eq(row->reason + strlen(row->reason) - 4, "....");
	labels_free(l);
}
END_TEST

START_TEST(bad_labels_name_line_value_and_what_was_expected)
{
#define HEAD "proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\treason\n"
	refused("proto\tclient_ip\n", ":1: no column client_port");
	refused(HEAD "icmp\t1.1.1.1\t1\t2.2.2.2\t2\tskype\t\n", ":2: proto is \"icmp\"");
	refused(HEAD "udp\t1.1.1\t1\t2.2.2.2\t2\tskype\t\n", ":2: client_ip is \"1.1.1\"");
	refused("proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\topened\tclosed\n"
		"udp\t1.1.1.1\t1\t2.2.2.2\t2\tskype\t9999999999\t\n",
		":2: opened is \"9999999999\"");
	refused("proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\topened\tclosed\n"
		"udp\t1.1.1.1\t1\t2.2.2.2\t2\tskype\t2\t1.9\n",
		":2: closed is \"1.9\", expected a time not before opened");
	refused(HEAD "udp\t\"1.1.1.1\"\t1\t2.2.2.2\t2\tskype\t\n",
		":2: client_ip is \"\"1.1.1.1\"\"");
	refused(HEAD "udp\t1.1.1.1\n", ":2: client_port is \"\"");
	refused(HEAD "udp\t1.1.1.1\t65536\t2.2.2.2\t2\tskype\t\n", "expected a port");
	refused(HEAD "udp\t1.1.1.1\t1\t2.2.2.2\t2\tMaybe\t\n",
		"label is \"Maybe\", expected skype, not-skype, unknown or another application");
	refused(HEAD "udp\t1.1.1.1\t1\t2.2.2.2\t2\t-\t\n", "label is \"-\"");
	refused(HEAD "udp\t1.1.1.1\t1\t2.2.2.2\t2\t0123456789abcdef0123456789abcdef\t\n",
		"1 to 31 of");
	refused(HEAD "udp\t1.1.1.1\t1\t2.2.2.2\t2\tskype\t\n"
		     "udp\t2.2.2.2\t2\t1.1.1.1\t1\tnot-skype\t\n",
		":3: the flow is not-skype, but line 2 says skype of the same time");
	refused("proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\topened\n"
		"udp\t1.1.1.1\t1\t2.2.2.2\t2\tskype\t--1\n",
		":2: opened is \"--1\"");
}
END_TEST

#define ROWS  "proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\topened\tclosed\n"
#define OF(x) "tcp\t192.168.1.2\t51000\t5.5.5.1\t443\t" x "\n"

/* The kind of what a file says of one tuple at 5, 15, 25, ... seconds: + - ? or nothing, after it was
 * written and read again. */
static void says(const char *rows, const char *expected)
{
	struct tuple t = tuple_of(IPPROTO_TCP, "192.168.1.2:51000", "5.5.5.1:443");
	struct labels *l = labels_of(rows);
	char *path = write_temp("");
	struct err e = {0};

	for (int pass = 0; pass < 2; pass++) {
		struct labels *again;

		for (size_t i = 0; i < strlen(expected); i++) {
			const struct label *r = labels_find_at(l, &t, (10 * i + 5) * S);
			char is = !r			     ? ' '
				  : r->kind == KIND_POSITIVE ? '+'
				  : r->kind == KIND_NEGATIVE ? '-'
							     : '?';

			ck_assert_msg(is == expected[i], "%sat %zu: '%c', not '%c'", rows,
				      10 * i + 5, is, expected[i]);
		}
		ck_assert_int_eq(labels_write(l, path, &e), 0);
		again = labels_read(path, LABEL_SKYPE, &e);
		ck_assert_msg(again != NULL, "%s", e.msg);
		ck_assert_uint_eq(labels_count(again), labels_count(l));
		labels_free(l);
		l = again;
	}
	labels_free(l);
	unlink(path);
	free(path);
}

/* A row that stands for several of a run's flows, as of a call that both ends opened, has the numbers of all. */
START_TEST(rows_that_meet_keep_their_numbers)
{
	struct label row = {.tuple = tuple_of(IPPROTO_UDP, "192.168.1.2:51000", "5.5.5.1:443"),
			    .application = LABEL_SKYPE,
			    .opened_ns = 5 * S,
			    .flows = {4}};
	struct labels *l = labels_new(NULL);
	char *path = write_temp(""), *text;
	struct err e = {0};

	labels_add(l, &row);
	row.tuple = tuple_of(IPPROTO_UDP, "5.5.5.1:443", "192.168.1.2:51000");
	row.opened_ns = 7 * S;
	row.flows[0] = 58;
	labels_add(l, &row);
	labels_add(l, &row);
	ck_assert_int_eq(labels_write(l, path, &e), 0);
	text = read_file(path, NULL, &e);
	ck_assert_ptr_nonnull(strstr(text, "\tsource\tflow\n"));
	ck_assert_msg(strstr(text, "\t3 57\n") != NULL, "%s", text);
	free(text);
	labels_free(l);
	unlink(path);
	free(path);
}
END_TEST

START_TEST(rows_that_meet_are_one)
{
	/* alike: the time of both; a third that joins two */
	says(ROWS OF("skype\t0.5\t19") OF("skype\t15\t39") OF("not-skype\t71\t79"), "++++   -");
	says(ROWS OF("skype\t0.5\t9") OF("skype\t41\t49") OF("not-skype\t71\t79")
		     OF("skype\t9\t45"),
	     "+++++  -");
	/* a known one takes the place of an unknown one, and of no other at another time */
	says(ROWS OF("unknown\t0.5\t9") OF("unknown\t41\t49") OF("skype\t0.5\t9"), "+   ?");
	says(ROWS OF("unknown\t0.5\t9") OF("unknown\t41\t49") OF("skype\t41\t49"), "?   +");
	says(ROWS OF("skype\t21\t29") OF("unknown\t0.5\t29"), "  +");
	says(ROWS OF("unknown\t0.5\t9") OF("not-skype\t41\t49") OF("unknown\t5\t30")
		     OF("not-skype\t22\t35"),
	     "  ---"); /* all say the same, so they are one, of all the time */
	/* between two times of one flow there is room for another */
	says(ROWS OF("skype\t0.5\t9") OF("skype\t41\t49") OF("not-skype\t21\t29"), "+ - +");
	refused(ROWS OF("skype\t0.5\t9") OF("not-skype\t41\t49") OF("skype\t5\t45"),
		":4: the flow is skype, but line 3 says not-skype of the same time");
}
END_TEST

UNIT(labels)
{
	unit_case(tc, labels_of_other_programs);
	unit_case(tc, bad_labels_name_line_value_and_what_was_expected);
	unit_case(tc, rows_that_meet_keep_their_numbers);
	unit_case(tc, rows_that_meet_are_one);
}
