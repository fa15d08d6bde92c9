// SPDX-License-Identifier: GPL-2.0-or-later
/* What a detector wrote becomes detections: each way in which definitions and outputs may differ, and
 * the scores of those that do not say who the client is. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/path.h"
#include "results/adapter/adapter.h"
#include "results/adapter/read.h"
#include "results/score/delay.h"
#include "results/score/score.h"
#include "results/score/survival.h"
#include "tests/unit/unit.h"

#define HEAD                                                                                       \
	"name: t\n"                                                                                \
	"title: t\n"                                                                               \
	"source: t\n"                                                                              \
	"command: [t, \"{capture}\"]\n"
#define TUPLE "src-ip: [s], src-port: [sp], dst-ip: [d], dst-port: [dp], protocol: [p], "
#define VERDICTS                                                                                   \
	"verdicts:\n"                                                                              \
	"  - {match: [\"sky*\"], application: skype}\n"                                            \
	"  - {match: [quiet], application: none}\n"                                                \
	"  - {match: [dns], application: dns}\n"
/* One output "o" of this form, with these columns beside the tuple and further keys. */
#define DEFINITION(format, columns, keys)                                                          \
	HEAD "claims: flow\n"                                                                      \
	     "outputs:\n"                                                                          \
	     "  - {file: o, format: " format ", columns: {" TUPLE columns "verdict: [v]}" keys     \
	     "}\n" VERDICTS

static char dir[] = "/tmp/skypelab-unit-XXXXXX";

/* Puts @text into the file @name of a folder of this process. */
static void put(const char *name, const char *text)
{
	char *path;
	FILE *f;

	if (strstr(dir, "XXXXXX"))
		ck_assert_ptr_nonnull(mkdtemp(dir));
	path = path_in(dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	free(path);
}

/* What the definition @yaml makes of what lies in the folder; NULL with @e set. Removes the folder. */
static struct detections *read_all(const char *yaml, struct adapter_counts *n, struct err *e)
{
	struct detections *found = detections_new();
	struct adapter *a;
	char *path;
	int rc;

	put("definition.yaml", yaml);
	path = path_in(dir, "definition.yaml");
	a = adapter_load(path, e);
	ck_assert_msg(a != NULL, "%s", e->msg);
	rc = adapter_read(a, dir, "rules", "4.2", found, n, e);
	adapter_free(a);
	free(path);
	remove_tree(dir);
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	if (rc == 0)
		return found;
	ck_assert_uint_eq(detections_count(found), 0);
	detections_free(found);
	return NULL;
}

static struct detections *read_one(const char *yaml, const char *output, struct adapter_counts *n)
{
	struct err e = {0};
	struct detections *found;

	put("o", output);
	found = read_all(yaml, n, &e);
	ck_assert_msg(found != NULL, "%s", e.msg);
	return found;
}

static void expect_error(const char *yaml, const char *output, const char *message)
{
	struct adapter_counts n;
	struct err e = {0};

	put("o", output);
	ck_assert_ptr_null(read_all(yaml, &n, &e));
	ck_assert_msg(strstr(e.msg, message) != NULL, "%s", e.msg);
}

START_TEST(separators)
{
	static const char *const files[] = {
		"#p,x,s,sp,d,dp,v\n17,\"a,b\",10.0.0.1,1,10.0.0.2,2,skype\n",
		"p|x|s|sp|d|dp|v\nUDP|a,b|10.0.0.1|1|10.0.0.2|2|skype\n",
		"\xef\xbb\xbfp;x;s;sp;d;dp;v\r\nudp;\"a\"\"b;\";10.0.0.1;1;10.0.0.2;2;skype\r\n",
		"v\t sp \tdp\td\ts\tp\tx\nskype\t1\t2\t10.0.0.2\t10.0.0.1\t17\t\"\n",
		/* a quote that does not end */
		"v,x,sp,dp,d,s,p\nskype,\"a,1,2,10.0.0.2,10.0.0.1,17\n",
	};
	struct adapter_counts n;
	struct detections *found = read_one(DEFINITION("csv", "", ""), files[_i], &n);
	const struct detection *one = detections_at(found, 0);
	struct tuple t = {
		.proto = IPPROTO_UDP, .src = {ip4(0x0a000001), 1}, .dst = {ip4(0x0a000002), 2}};

	ck_assert_uint_eq(detections_count(found), 1);
	ck_assert_msg(tuple_same(&one->tuple, &t), "another flow");
	ck_assert_str_eq(one->application, "skype");
	ck_assert_str_eq(one->signature, "rules");
	ck_assert_str_eq(one->revision, "4.2");
	ck_assert_int_eq(one->kind, DETECTION_CLAIM);
	detections_free(found);
}
END_TEST

START_TEST(fields_with_a_header_of_the_definition)
{
	struct adapter_counts n;
	struct detections *found = read_one(
		DEFINITION("fields", "", ", header: [v, d, s, dp, sp, p]"),
		"# what it says first\nskype  10.0.0.2 10.0.0.1 2\t1 17 more and more\n", &n);

	ck_assert_uint_eq(detections_count(found), 1);
	ck_assert_uint_eq(detections_at(found, 0)->tuple.src.port, 1);
	detections_free(found);
	/* who wrote nothing has failed, unless it may */
	expect_error(DEFINITION("fields", "", ", header: [v, d, s, dp, sp, p]"), "",
		     "t: o: empty, expected records");
}
END_TEST

START_TEST(a_column_that_stands_twice)
{
	expect_error(DEFINITION("csv", "", ""),
		     "p,s,sp,d,dp,v,v\n17,10.0.0.1,1,10.0.0.2,2,quiet,skype\n",
		     "t: o:1: column v stands twice");
}
END_TEST

#define ROW(flow, from, to, what) flow "," from "," to "," what "\n"
#define AB			  "17,10.0.0.1,1,10.0.0.2,2"
#define BA			  "17,10.0.0.2,2,10.0.0.1,1"
#define TIMES			  "p,s,sp,d,dp,a,b,v\n"

/* Records of one flow, from either side, are one detection while they are near. */
START_TEST(records_merge)
{
	struct adapter_counts n;
	struct detections *found = read_one(
		DEFINITION("csv", "start: [a], end: [b], ", ""),
		TIMES ROW(AB, "1000.5", "1030", "skype") ROW(BA, "1034.9", "1040", "sky2")
			ROW(AB, "1046", "1050", "skype") ROW(AB, "1000", "1050", "dns")
				ROW(BA, "1000", "1050", "quiet") ROW(AB, "1000", "1050", "what"),
		&n);

	ck_assert_uint_eq(n.records, 6);
	ck_assert_uint_eq(n.flows, 1);
	ck_assert_uint_eq(n.merged, 1);
	ck_assert_uint_eq(n.silent, 1);
	ck_assert_uint_eq(n.other, 1);
	ck_assert_uint_eq(detections_count(found), 4);
	ck_assert_str_eq(detections_at(found, 0)->application, "dns");
	ck_assert_str_eq(detections_at(found, 1)->application, DETECTION_OTHER);
	ck_assert_uint_eq(detections_at(found, 2)->from_ns, 1000500000000);
	ck_assert_uint_eq(detections_at(found, 2)->to_ns, 1040000000000);
	ck_assert_uint_eq(detections_at(found, 3)->from_ns, 1046000000000);
	ck_assert_msg(detections_at(found, 2)->afterwards, "a record of a whole flow");
	detections_free(found);
}
END_TEST

/* Whatever was said of the flow in between. */
START_TEST(records_merge_by_application)
{
	struct adapter_counts n;
	struct detections *found =
		read_one(DEFINITION("csv", "start: [a], end: [b], ", ""),
			 TIMES ROW(AB, "1000", "1010", "skype") ROW(AB, "1000", "1010", "dns")
				 ROW(AB, "1000", "1010", "what") ROW(AB, "1010", "1020", "skype")
					 ROW(AB, "1010", "1020", "dns"),
			 &n);

	ck_assert_uint_eq(detections_count(found), 3);
	ck_assert_uint_eq(n.merged, 2);
	detections_free(found);
}
END_TEST

/* A report in time counts before the record of the flow; of reports the earliest. */
START_TEST(the_earliest_report_is_kept)
{
	struct adapter_counts n;
	struct detections *found =
		read_one(DEFINITION("csv", "time: [t], frame: [f], start: [a], end: [b], ", ""),
			 "p,s,sp,d,dp,a,b,t,f,v\n" AB ",1000,1030,1090,,skype\n" AB
			 ",1000,,1020,7,skype\n" BA ",1000,,1010,5,skype\n",
			 &n);
	const struct detection *one = detections_at(found, 0);

	ck_assert_uint_eq(detections_count(found), 1);
	ck_assert_uint_eq(one->ts_ns, 1010000000000);
	ck_assert_uint_eq(one->packet, 5);
	ck_assert_uint_eq(one->to_ns, 1030000000000);
	ck_assert_msg(!one->afterwards, "a report in time");
	detections_free(found);
}
END_TEST

/* A record without a start may be written long after its end. */
START_TEST(a_record_begins_no_later_than_it_ends)
{
	struct adapter_counts n;
	struct detections *found = read_one(DEFINITION("csv", "time: [t], end: [b], ", ""),
					    "p,s,sp,d,dp,b,t,v\n" AB ",1030,1090,skype\n", &n);
	const struct detection *one = detections_at(found, 0);

	ck_assert_uint_eq(one->from_ns, 1030000000000);
	ck_assert_uint_eq(one->to_ns, 1030000000000);
	ck_assert_uint_eq(one->ts_ns, 1030000000000);
	detections_free(found);
}
END_TEST

START_TEST(times)
{
	static const struct {
		const char *unit, *text;
		uint64_t ns; /* 0 = refused */
	} all[] = {
		{"seconds", "1156534266.654692123", 1156534266654692123},
		{"seconds", "1156534266", 1156534266000000000},
		{"milliseconds", "1156534266654.5", 1156534266654500000},
		{"microseconds", "1156534266654692", 1156534266654692000},
		{"nanoseconds", "1156534266654692123", 1156534266654692123},
		{"iso", "2006-08-25T19:31:06.654692+0000", 1156534266654692000},
		{"iso", "2006-08-25T21:31:06+0200", 1156534266000000000},
		{"iso", "2006-08-25T19:31:06.5Z", 1156534266500000000},
		{"iso", "2006-08-25T17:31:06-02:00", 1156534266000000000},
		{"seconds", "08/25-19:31:06.654692", 0},
		{"seconds", "-5", 0},
		{"seconds", "1e9", 0},
		{"seconds", "99999999999", 0},
		{"nanoseconds", "99999999999999999999", 0},
		{"iso", "1156534266.5", 0},
		{"iso", "2006-08-25T19:31:06.5+0000x", 0},
		{"iso", "1906-08-25T19:31:06", 0},
	};
	char *yaml = xasprintf(DEFINITION("csv", "start: [a], ", ", time: %s"), all[_i].unit);
	char *file = xasprintf("p,s,sp,d,dp,a,v\n" AB ",%s,skype\n", all[_i].text);
	struct adapter_counts n;

	if (all[_i].ns) {
		struct detections *found = read_one(yaml, file, &n);

		ck_assert_uint_eq(detections_at(found, 0)->from_ns, all[_i].ns);
		detections_free(found);
	} else {
		expect_error(yaml, file, "t: o:2: start is '");
	}
	free(yaml);
	free(file);
}
END_TEST

/* Names joined by a dot are several; what is none of them counts only where nothing else does. */
START_TEST(parts_of_a_verdict)
{
	static const char *const cases[][3] = {
		{"dns.Sky_x", "dns", "skype"}, {"SKYPE.skype", "skype", NULL},
		{"what.dns", "dns", NULL},     {"quiet.what", DETECTION_OTHER, NULL},
		{"quiet", NULL, NULL},	       {".", NULL, NULL},
	};
	char *file = xasprintf("p,s,sp,d,dp,v\n" AB ",%s\n", cases[_i][0]);
	struct adapter_counts n;
	struct detections *found = read_one(DEFINITION("csv", "", ", split: \".\""), file, &n);
	size_t count = 0;

	for (; count < 2 && cases[_i][count + 1]; count++)
		ck_assert_str_eq(detections_at(found, count)->application, cases[_i][count + 1]);
	ck_assert_uint_eq(detections_count(found), count);
	detections_free(found);
	free(file);
}
END_TEST

/* Rules by column and range; records left out by `only`. */
START_TEST(rules_and_only)
{
	static const char yaml[] =
		HEAD "claims: flow\n"
		     "outputs:\n"
		     "  - file: o\n"
		     "    format: csv\n"
		     "    columns: {" TUPLE "verdict: [sid, msg]}\n"
		     "    only: [{column: type, match: [alert, drop]}]\n"
		     "verdicts:\n"
		     "  - {column: sid, match: [\"100..199\", \"7\"], application: skype}\n"
		     "  - {column: msg, match: [\"*skype*\"], application: skype}\n"
		     "  - {match: [\"150\"], application: dns}\n";
	static const char file[] = "type,p,s,sp,d,dp,sid,msg\n"
				   "alert,17,10.0.0.1,1,10.0.0.2,1,150,x\n"
				   "drop,17,10.0.0.1,1,10.0.0.2,2,7,x\n"
				   "alert,17,10.0.0.1,1,10.0.0.2,3,200,a Skype probe\n"
				   "alert,17,10.0.0.1,1,10.0.0.2,4,200,150\n"
				   "alert,17,10.0.0.1,1,10.0.0.2,5,0x96,x\n"
				   "flow,17,10.0.0.1,1,10.0.0.2,6,150,x\n";
	static const char *const is[] = {"skype", "skype", "skype", "dns", "skype"};
	struct adapter_counts n;
	struct detections *found = read_one(yaml, file, &n);

	ck_assert_uint_eq(n.filtered, 1);
	ck_assert_uint_eq(detections_count(found), ARRAY_LEN(is));
	for (size_t i = 0; i < ARRAY_LEN(is); i++)
		ck_assert_str_eq(detections_at(found, i)->application, is[i]);
	detections_free(found);
}
END_TEST

START_TEST(json_members)
{
	struct adapter_counts n;
	struct detections *found = read_one(
		HEAD
		"claims: flow\n"
		"outputs: [{file: o, format: jsonl, unset: [\"-\"], columns: {src-ip: [id.s], "
		"src-port: [id.sp], dst-ip: [d], dst-port: [dp], protocol: [p], start: [a.b.t], "
		"verdict: [v]}}]\n" VERDICTS,
		"{\"id.s\":\"10.0.0.1\",\"id\":{\"sp\":1},\"d\":\"10.0.0.2\",\"dp\":2,\"p\":17,"
		"\"a\":{\"b\":{\"t\":1156534266.25}},\"v\":[\"dns\",\"skype\",3,null]}\n"
		"\n"
		"{\"id.s\":\"10.0.0.1\",\"id\":{\"sp\":\"1\"},\"d\":\"10.0.0.2\",\"dp\":2,"
		"\"p\":\"icmp\",\"v\":\"-\"}\n",
		&n);

	ck_assert_uint_eq(n.records, 2);
	ck_assert_uint_eq(n.no_flow, 1);
	ck_assert_uint_eq(detections_count(found), 2);
	ck_assert_str_eq(detections_at(found, 0)->application, "dns");
	ck_assert_str_eq(detections_at(found, 1)->application, "skype");
	ck_assert_uint_eq(detections_at(found, 1)->from_ns, 1156534266250000000);
	detections_free(found);
}
END_TEST

/* A truth value is a verdict as a text is. */
START_TEST(json_truth_values)
{
	struct adapter_counts n;
	struct detections *found = read_one(
		HEAD "claims: flow\n"
		     "outputs: [{file: o, format: jsonl, columns: {" TUPLE "verdict: [v]}}]\n"
		     "verdicts: [{match: [\"true\"], application: skype},"
		     " {match: [\"false\"], application: none}]\n",
		"{\"p\":17,\"s\":\"10.0.0.1\",\"sp\":1,\"d\":\"10.0.0.2\",\"dp\":2,\"v\":true}\n"
		"{\"p\":17,\"s\":\"10.0.0.1\",\"sp\":1,\"d\":\"10.0.0.2\",\"dp\":3,\"v\":[false]}"
		"\n",
		&n);

	ck_assert_uint_eq(detections_count(found), 1);
	ck_assert_str_eq(detections_at(found, 0)->application, "skype");
	ck_assert_uint_eq(n.silent, 1);
	detections_free(found);
}
END_TEST

/* The end of a long text and of a long array counts as their beginnings do. */
START_TEST(long_verdicts)
{
	static const char definition[] =
		HEAD "claims: flow\n"
		     "outputs: [{file: o, format: jsonl, columns: {" TUPLE "verdict: [v]}}]\n"
		     "verdicts: [{match: [\"*skype\"], application: skype}]\n";
	char *verdict =
		_i ? xasprintf("[\"%0600d\", \"skype\"]", 0) : xasprintf("\"%0600d skype\"", 0);
	char *file = xasprintf("{\"p\":17,\"s\":\"10.0.0.1\",\"sp\":1,\"d\":\"10.0.0.2\",\"dp\":2,"
			       "\"v\":%s}\n",
			       verdict);
	struct adapter_counts n;
	struct detections *found = read_one(definition, file, &n);

	ck_assert_uint_eq(detections_count(found), 1);
	ck_assert_str_eq(detections_at(found, 0)->application, "skype");
	detections_free(found);
	free(file);
	free(verdict);
}
END_TEST

START_TEST(protocols_and_addresses)
{
	static const struct {
		const char *row, *src; /* NULL = no flow */
	} all[] = {
		{"6,10.0.0.1,1,10.0.0.2,2", "10.0.0.1:1"},
		{"eth:ip:gre:ip:TCP:http,10.0.0.1,1,10.0.0.2,2", "10.0.0.1:1"},
		{"eth:ip:udp:esp:ip:icmp,,,,", NULL},
		{"58,::1,0,::2,0", NULL},
		{"1,not looked at,x,y,z", NULL},
		{"udp,10.0.0.1,,10.0.0.2,2", NULL},
		{"017,10.0.0.1,1,10.0.0.2,2", "10.0.0.1:1"}, /* Suricata's way with numbers */
		{"061,10.0.0.1,,10.0.0.2,", NULL},
		/* ndpiReader's way with zeros */
		{"17,2001:db8::5::1,1,2001:db8::2,2", "[2001:db8:0:5::1]:1"},
	};
	char *file = xasprintf("p,s,sp,d,dp,v\n%s,skype\n", all[_i].row), text[ENDPOINT_TEXT_LEN];
	struct adapter_counts n;
	struct detections *found = read_one(DEFINITION("csv", "", ""), file, &n);

	ck_assert_uint_eq(detections_count(found), all[_i].src ? 1 : 0);
	ck_assert_uint_eq(n.no_flow, all[_i].src ? 0 : 1);
	if (all[_i].src)
		ck_assert_str_eq(endpoint_text(&detections_at(found, 0)->tuple.src, text),
				 all[_i].src);
	ck_assert_uint_eq(n.mended, strstr(all[_i].row, "::5::") ? 1 : 0);
	detections_free(found);
	free(file);
}
END_TEST

START_TEST(what_cannot_be_read_is_an_error)
{
	static const char *const all[][2] = {
		{"17,10.0.0.1,1,2001:db8::2,2", "one address is of IPv4"},
		{"17,10.0.0.300,1,10.0.0.2,2", "src-ip is '10.0.0.300'"},
		{"17,1::2::3::4::5::6::7::8::9,1,::1,2", "src-ip is"},
		{"17,10.0.0.1,65536,10.0.0.2,2", "src-port is '65536'"},
		{"17,10.0.0.1,1,10.0.0.2", "o:2: 5 fields, expected at least 6"},
		{"17.0,10.0.0.1,1,10.0.0.2,2", "protocol is '17.0', expected a number"},
		{"35990,10.0.0.1,1,10.0.0.2,2", "protocol is '35990', expected a number"},
	};
	char *file = xasprintf("p,s,sp,d,dp,v\n%s,skype\n", all[_i][0]);

	expect_error(DEFINITION("csv", "", ""), file, all[_i][1]);
	free(file);
}
END_TEST

/* Records that say only the id of a flow get it from the records before. */
START_TEST(flows_by_id)
{
	static const char yaml[] =
		HEAD "claims: flow\n"
		     "outputs:\n"
		     "  - {file: o, format: csv, columns: {" TUPLE "start: [a], id: [i], verdict: "
		     "[v]}}\n"
		     "  - {file: n, format: csv, columns: {time: [t], id: [i], verdict: [v]}}\n"
		     "  - {file: missing, format: csv, optional: true, columns: {id: [i], verdict: "
		     "[v]}}\n" VERDICTS;
	struct adapter_counts n;
	struct err e = {0};
	struct detections *found;

	put("o", "p,s,sp,d,dp,a,i,v\n" AB ",1000,C1,\n");
	put("n", "t,i,v\n1001,C1,skype\n1002,C2,skype\n1003,,skype\n");
	found = read_all(yaml, &n, &e);
	ck_assert_msg(found != NULL, "%s", e.msg);
	ck_assert_uint_eq(detections_count(found), 1);
	ck_assert_uint_eq(n.no_flow, 2);
	ck_assert_uint_eq(detections_at(found, 0)->tuple.dst.port, 2);
	ck_assert_uint_eq(detections_at(found, 0)->ts_ns, 1001000000000);
	ck_assert_uint_eq(detections_at(found, 0)->from_ns, 1000000000000);
	detections_free(found);
}
END_TEST

START_TEST(several_files_fit_a_pattern)
{
	struct adapter_counts n;
	struct err e = {0};
	struct detections *found;

	put("a.log", "p,s,sp,d,dp,v\n17,10.0.0.1,1,10.0.0.2,2,skype\n");
	put("b.log", "p,s,sp,d,dp,v\n17,10.0.0.1,1,10.0.0.2,3,skype\n");
	put("c.txt", "garbage");
	found = read_all(HEAD "claims: flow\noutputs: [{file: \"?.log\", format: csv, columns: "
			      "{" TUPLE "verdict: [v]}}]\n" VERDICTS,
			 &n, &e);
	ck_assert_msg(found != NULL, "%s", e.msg);
	ck_assert_uint_eq(detections_count(found), 2);
	detections_free(found);
}
END_TEST

/* That an output may be missing excuses no folder that cannot be looked into. */
START_TEST(a_folder_that_cannot_be_read_is_no_silence)
{
	struct adapter_counts n;
	struct err e = {0};
	struct detections *found;
	char *path;

	put("o", "");
	path = path_in(dir, "logs");
	if (_i)
		ck_assert_int_eq(symlink("logs", path), 0);
	free(path);
	found = read_all(HEAD "claims: flow\noutputs: [{file: \"logs/*\", format: csv, optional: "
			      "true, columns: {" TUPLE "verdict: [v]}}]\n" VERDICTS,
			 &n, &e);
	ck_assert_int_eq(found != NULL, !_i);
	if (_i)
		ck_assert_msg(strstr(e.msg, "cannot look for its file logs/*") != NULL, "%s",
			      e.msg);
	detections_free(found);
}
END_TEST

START_TEST(claims_of_hosts)
{
	struct adapter_counts n;
	struct detections *found = read_one(
		HEAD
		"claims: host\noutputs: [{file: o, format: csv, columns: {src-ip: [h], verdict: "
		"[v]}}]\n" VERDICTS,
		"h,v\n10.0.0.1,skype\n10.0.0.1,skype\n10.0.0.2,skype\n", &n);
	struct ip first = ip4(0x0a000001);

	ck_assert_uint_eq(detections_count(found), 2);
	ck_assert_msg(ip_eq(&detections_at(found, 0)->client, &first), "the host is the client");
	detections_free(found);
}
END_TEST

START_TEST(versions)
{
	static const char *const all[][2] = {
		{"Welcome to nDPI 4.2.0\n", "4.2.0"},
		{"TShark (Wireshark) 4.0.17 (Git v4.0.17 packaged)", "4.0.17"},
		{"This is Suricata version 7.0.3 RELEASE", "7.0.3"},
		{"zeek version 6.0.4", "6.0.4"},
		{"o\"  )~   Version 3.1.84.0\n", "3.1.84.0"},
		{"built 2024. See ... 10 files", "-"},
		{"", "-"},
		{"1.22222222222222222222", "1.2222222222222"},
	};
	char version[16];

	adapter_version(all[_i][0], version);
	ck_assert_str_eq(version, all[_i][1]);
}
END_TEST

/* ---- scores ---- */

static struct tuple flow(const char *src, const char *dst)
{
	struct tuple t = {.proto = IPPROTO_UDP};

	ck_assert_int_eq(endpoint_parse(src, &t.src), 0);
	ck_assert_int_eq(endpoint_parse(dst, &t.dst), 0);
	return t;
}

/* A claim from the server's side, without a word on who the client is, finds the client; what it says
 * of another application is no claim; what it does not claim has no row. */
START_TEST(scores)
{
	struct labels *l = labels_new(LABEL_SKYPE);
	struct detections *found = detections_new();
	struct score_table *t = score_table_new();
	struct label yes = {.tuple = flow("10.0.0.1:5", "198.51.100.7:6"),
			    .application = LABEL_SKYPE};
	struct label no = {.tuple = flow("10.0.0.2:5", "198.51.100.8:6"),
			   .application = LABEL_NOT_SKYPE};
	struct detection d = {.tuple = flow("198.51.100.7:6", "10.0.0.1:5"), .signature = "x"};
	const char *name = "x";
	struct score_input in = {.setting = {.source = SOURCE_RECORDED, .detector = "x"},
				 .labels = l,
				 .detections = found,
				 .signatures = &name,
				 .n = 1,
				 .no_sessions = true,
				 .hosts_only = _i};

	labels_add(l, &yes);
	labels_add(l, &no);
	detections_add(found, &d);
	d.tuple = no.tuple;
	strcpy(d.application, "dns");
	detections_add(found, &d);
	ck_assert_int_eq(score_cell(t, &in, NULL), 0);
	ck_assert_uint_eq(t->n, _i ? 1 : 2);
	for (size_t i = 0; i < t->n; i++) {
		ck_assert_int_eq(t->rows[i].unit, i + 1 < t->n ? UNIT_FLOW : UNIT_CLIENT);
		ck_assert_uint_eq(t->rows[i].tp, 1);
		ck_assert_uint_eq(t->rows[i].fp, 0);
		ck_assert_uint_eq(t->rows[i].fn, 0);
		ck_assert_uint_eq(t->rows[i].tn, 1);
	}
	score_table_free(t);
	detections_free(found);
	labels_free(l);
}
END_TEST

/* The client is the one of the flow's label, also where its address looks like a server's. */
START_TEST(the_client_of_the_label)
{
	struct labels *l = labels_new(LABEL_SKYPE);
	struct detections *found = detections_new();
	struct score_table *t = score_table_new();
	struct label row = {.tuple = flow("10.0.0.1:5", "198.51.100.7:6"),
			    .application = LABEL_SKYPE,
			    .client = {.family = 4, .b = {198, 51, 100, 7}}};
	struct detection d = {.tuple = row.tuple, .signature = "x"};
	const char *name = "x";
	struct score_input in = {.setting = {.source = SOURCE_RECORDED},
				 .labels = l,
				 .detections = found,
				 .signatures = &name,
				 .n = 1,
				 .no_sessions = true,
				 .hosts_only = true};

	labels_add(l, &row);
	detections_add(found, &d);
	ck_assert_int_eq(score_cell(t, &in, NULL), 0);
	ck_assert_uint_eq(t->rows[0].tp, 1);
	ck_assert_uint_eq(t->rows[0].wrong_role, 0);
	score_table_free(t);
	detections_free(found);
	labels_free(l);
}
END_TEST

/* A record of a whole flow says nothing of when the flow was known. */
START_TEST(no_delay_of_records_afterwards)
{
	struct flow_index *x = flow_index_new();
	struct tuple one = flow("10.0.0.1:5", "198.51.100.7:6");
	struct packet p = {
		.ts_ns = 1000, .proto = one.proto, .src = one.src, .dst = one.dst, .len = 20};
	struct detection d = {.tuple = one, .ts_ns = 3000, .from_ns = 1000, .to_ns = 3000};
	struct score_claim known = {.detect_ns = -1}, unknown = {.detect_ns = -1};
	const struct flow_seen *seen;

	flow_index_packet(x, &p);
	seen = flow_index_find(x, &one);
	delay_of_flows(&known, x, &seen, 1, &d);
	d.afterwards = true;
	delay_of_flows(&unknown, x, &seen, 1, &d);
	ck_assert_int_eq(known.detect_ns, 2000);
	ck_assert_int_eq(unknown.detect_ns, -1);
	ck_assert_uint_eq(unknown.detect_packets, 0);
	flow_index_free(x);
}
END_TEST

/* So there is no curve of how soon it finds, where it finds one of two flows; a report in time makes one,
 * also of a client that a record of before speaks of. */
START_TEST(no_curve_of_records_afterwards)
{
	struct labels *l = labels_new(LABEL_SKYPE);
	struct detections *found = detections_new();
	struct flow_index *x = flow_index_new();
	struct score_table *t = score_table_new();
	const char *name = "x", *const servers[] = {"198.51.100.7:6", "198.51.100.8:6"};
	struct score_input in = {.setting = {.source = SOURCE_RECORDED},
				 .labels = l,
				 .detections = found,
				 .flows = x,
				 .signatures = &name,
				 .n = 1,
				 .no_sessions = true};
	struct survival s;

	for (int i = 0; i < 2; i++) {
		struct label row = {.tuple = flow("10.0.0.1:5", servers[i]),
				    .application = LABEL_SKYPE,
				    .kind = KIND_POSITIVE};
		struct packet p = {.ts_ns = 1000,
				   .proto = row.tuple.proto,
				   .src = row.tuple.src,
				   .dst = row.tuple.dst,
				   .len = 20};
		struct detection d = {.tuple = row.tuple,
				      .ts_ns = 1000 + 500 * (uint64_t)i,
				      .signature = "x",
				      .from_ns = 1000,
				      .to_ns = 1500,
				      .afterwards = !i};

		labels_add(l, &row);
		flow_index_packet(x, &p);
		if (!i || _i)
			detections_add(found, &d);
	}
	ck_assert_int_eq(score_cell(t, &in, NULL), 0);
	s = survival_of(t, false);
	ck_assert_uint_eq(s.n, _i ? 2 : 0);
	for (size_t i = 0; i < s.n; i++) {
		ck_assert_uint_eq(s.curves[i].found, 1);
		ck_assert_uint_eq(s.curves[i].of, 1);
		ck_assert_double_eq_tol(s.curves[i].at[SURVIVAL_SECONDS][0], 500e-9, 1e-12);
	}
	survival_clear(&s);
	score_table_free(t);
	flow_index_free(x);
	detections_free(found);
	labels_free(l);
}
END_TEST

UNIT(adapter)
{
	unit_loop(tc, separators, 0, 5);
	unit_case(tc, fields_with_a_header_of_the_definition);
	unit_case(tc, a_column_that_stands_twice);
	unit_case(tc, records_merge);
	unit_case(tc, records_merge_by_application);
	unit_case(tc, the_earliest_report_is_kept);
	unit_case(tc, a_record_begins_no_later_than_it_ends);
	unit_loop(tc, times, 0, 17);
	unit_loop(tc, parts_of_a_verdict, 0, 6);
	unit_case(tc, rules_and_only);
	unit_case(tc, json_members);
	unit_case(tc, json_truth_values);
	unit_loop(tc, long_verdicts, 0, 2);
	unit_loop(tc, protocols_and_addresses, 0, 9);
	unit_loop(tc, what_cannot_be_read_is_an_error, 0, 7);
	unit_case(tc, flows_by_id);
	unit_case(tc, several_files_fit_a_pattern);
	unit_loop(tc, a_folder_that_cannot_be_read_is_no_silence, 0, 2);
	unit_case(tc, claims_of_hosts);
	unit_loop(tc, versions, 0, 8);
	unit_loop(tc, scores, 0, 2);
	unit_case(tc, the_client_of_the_label);
	unit_case(tc, no_delay_of_records_afterwards);
	unit_loop(tc, no_curve_of_records_afterwards, 0, 2);
}
