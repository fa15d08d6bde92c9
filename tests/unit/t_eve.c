// SPDX-License-Identifier: GPL-2.0-or-later
/* Every EVE line is JSON that jansson reads back to what the event said. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/rng.h"
#include "detector/eve.h"
#include "tests/unit/unit.h"

static json_t *written(const struct detection_event *ev, const struct eve_origin *from)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	struct err e = {0};
	json_error_t je;
	struct eve w;
	json_t *o;

	eve_begin(&w, f);
	ck_assert_int_eq(eve_write(&w, ev, from, &e), 0);
	fclose(f);
	ck_assert_msg(n && text[n - 1] == '\n' && !memchr(text, '\n', n - 1), "one line");
	o = json_loads(text, JSON_REJECT_DUPLICATES, &je);
	ck_assert_msg(o != NULL, "%s: %s", je.text, text);
	free(text);
	return o;
}

#define STR(o, key, want) ck_assert_str_eq(json_string_value(json_object_get(o, key)), want)
#define NUM(o, key, want) ck_assert_int_eq(json_integer_value(json_object_get(o, key)), want)

START_TEST(all_members)
{
	static uint8_t bytes[EVIDENCE_BYTES];
	struct evidence m[2] = {
		{.message = "U\"1\\",
		 .ts_ns = 1,
		 .number = 5,
		 .size = 18,
		 .line = 29,
		 .from_client = true,
		 .bytes = bytes,
		 .bytes_n = 18,
		 .range_count = 1,
		 .ranges = {{.offset = 2, .length = 3, .line = 32}}},
		{.message = "caf\xc3\xa9\n",
		 .ts_ns = 2,
		 .number = 6,
		 .size = 4000,
		 .line = 33,
		 .bytes = bytes,
		 .bytes_n = EVIDENCE_BYTES,
		 .range_count = 2,
		 .ranges = {{.offset = 500, .length = 100, .line = 1},
			    {.offset = 3000, .length = 1, .line = 2}}},
	};
	struct detection_event ev = {
		.ts_ns = 1156534339077827999ULL,
		.number = 267,
		.kind = EVENT_SESSION_START,
		.application = "skype",
		.signature = "a\x01\x1f",
		.revision = 3,
		.rule = "r",
		.rule_line = 7,
		.signature_path = "/x y",
		.client_version = "1.4",
		.evidence_count = 2,
		.evidence = m,
	};
	struct eve_origin from = {.file = "dir/\xc3\xa4.pcap", .explain = true};
	json_t *o, *s, *list, *one;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	ev.flow.proto = IPPROTO_TCP;
	ck_assert_int_eq(endpoint_parse("192.168.1.2:35990", &ev.flow.src), 0);
	ck_assert_int_eq(endpoint_parse("[2001:db8::1]:443", &ev.flow.dst), 0);
	ck_assert_int_eq(endpoint_parse("1.2.3.4:12492", &ev.super_node), 0);
	ev.client_ip = ev.flow.src.ip;
	o = written(&ev, &from);
	STR(o, "timestamp", "2006-08-25T19:32:19.077827+0000");
	STR(o, "event_type", "skype");
	STR(o, "src_ip", "192.168.1.2");
	NUM(o, "src_port", 35990);
	STR(o, "dest_ip", "2001:db8::1");
	NUM(o, "dest_port", 443);
	STR(o, "proto", "TCP");
	NUM(o, "pcap_cnt", 267);
	STR(o, "pcap_filename", "dir/\xc3\xa4.pcap");
	ck_assert_ptr_null(json_object_get(o, "in_iface"));
	s = json_object_get(o, "skype");
	STR(s, "signature", "a\x01\x1f");
	NUM(s, "revision", 3);
	STR(s, "event", "session-start");
	STR(s, "client_ip", "192.168.1.2");
	STR(s, "client_version", "1.4");
	STR(s, "rule", "r");
	NUM(s, "rule_line", 7);
	STR(json_object_get(s, "super_node"), "ip", "1.2.3.4");
	NUM(json_object_get(s, "super_node"), "port", 12492);
	list = json_object_get(s, "evidence");
	ck_assert_uint_eq(json_array_size(list), 2);
	one = json_array_get(list, 0);
	STR(one, "message", "U\"1\\");
	STR(one, "direction", "to_server");
	NUM(one, "size", 18);
	one = json_array_get(json_object_get(one, "ranges"), 0);
	NUM(one, "offset", 2);
	NUM(one, "length", 3);
	STR(one, "bytes", "020304");
	one = json_array_get(list, 1);
	STR(one, "message", "caf\xc3\xa9\n");
	STR(one, "direction", "to_client");
	one = json_object_get(one, "ranges"); /* bytes only as far as they are known */
	ck_assert_uint_eq(
		strlen(json_string_value(json_object_get(json_array_get(one, 0), "bytes"))), 24);
	ck_assert_ptr_null(json_object_get(json_array_get(one, 1), "bytes"));
	json_decref(o);
	from = (struct eve_origin){.file = "not UTF-8: \xff", .iface = "eth0"};
	ev.super_node.ip.family = 0;
	o = written(&ev, &from);
	ck_assert_ptr_null(json_object_get(o, "pcap_filename"));
	STR(o, "in_iface", "eth0");
	s = json_object_get(o, "skype");
	ck_assert_ptr_null(json_object_get(s, "super_node"));
	ck_assert_ptr_null(
		json_object_get(json_array_get(json_object_get(s, "evidence"), 0), "line"));
	json_decref(o);
	ev.application = "dns"; /* type and object go by it */
	o = written(&ev, &from);
	STR(o, "event_type", "dns");
	ck_assert_ptr_null(json_object_get(o, "skype"));
	STR(json_object_get(o, "dns"), "event", "session-start");
	json_decref(o);
}
END_TEST

/* What an event has in common with the one before is kept; nothing else may be. */
START_TEST(kept_from_the_one_before)
{
	struct eve_origin from = {.file = "a.pcap"};
	static const char *const names[] = {"s", "another", "a third one"};
	struct detection_event ev = {
		.kind = EVENT_FLOW, .application = "skype", .signature = "s", .rule = "r"};
	struct evidence m = {.message = "m"};
	struct rng r;
	struct err e;
	char *text = NULL;
	size_t n = 0, at;
	struct eve w;
	FILE *f;

	rng_init(&r, 2, "eve");
	ev.flow.proto = IPPROTO_UDP;
	ck_assert_int_eq(endpoint_parse("192.168.1.2:35990", &ev.flow.src), 0);
	ck_assert_int_eq(endpoint_parse("1.2.3.4:12492", &ev.flow.dst), 0);
	ev.evidence = &m;
	ev.evidence_count = 1;
	f = open_memstream(&text, &n);
	eve_begin(&w, f);
	for (int i = 0; i < 2000; i++) {
		char one[2048] = "";
		struct eve fresh;
		FILE *g = fmemopen(one, sizeof(one), "w");

		switch (rng_range(&r, 0, 11)) { /* one thing changes, or nothing */
		case 0:
			ev.number++;
			break;
		case 1:
			ev.ts_ns += 1000;
			break;
		case 2:
			ev.ts_ns += rng_u64(&r) % 100000000000ULL;
			break;
		case 3:
			ev.flow.src.port++;
			break;
		case 4:
			ev.flow.dst.ip.b[3]++;
			break;
		case 5:
			ev.flow.proto = ev.flow.proto == IPPROTO_UDP ? IPPROTO_TCP : IPPROTO_UDP;
			break;
		case 6:
			from.file = strcmp(from.file, "a.pcap") ? "a.pcap" : "b.pcap";
			break;
		case 7:
			m.ts_ns = ev.ts_ns - ev.ts_ns % 7000000000ULL;
			break;
		case 8:
			ev.signature = names[rng_range(&r, 0, 2)]; /* and what it looks for */
			ev.application = ev.signature == names[1] ? "dns" : "skype";
			break;
		case 9:
			ev.kind = (enum event_kind)rng_range(&r, 0, EVENT_KINDS - 1);
			break;
		case 10:
			ev.revision = rng_range(&r, 1, 3);
		}
		at = n;
		ck_assert_int_eq(eve_write(&w, &ev, &from, &e), 0);
		fflush(f);
		eve_begin(&fresh, g);
		ck_assert_int_eq(eve_write(&fresh, &ev, &from, &e), 0);
		fclose(g);
		ck_assert_str_eq(text + at, one);
	}
	fclose(f);
	free(text);
}
END_TEST

START_TEST(times_as_the_c_library_has_them)
{
	struct rng r;

	rng_init(&r, 1, "eve");
	for (int i = 0; i < 20000; i++) {
		time_t t = (time_t)(rng_u64(&r) % 8000000000ULL);
		char want[64], got[EVE_TIME_LEN];
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.000007+0000", &tm);
		ck_assert_str_eq(eve_time((uint64_t)t * 1000000000ULL + 7999, got), want);
	}
}
END_TEST

UNIT(eve)
{
	unit_case(tc, all_members);
	unit_case(tc, kept_from_the_one_before);
	unit_case(tc, times_as_the_c_library_has_them);
}
