// SPDX-License-Identifier: GPL-2.0-or-later
/* Sensors' EVE: lines as sightings, files that grow and change under the reader, and all as one picture. */
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/outfile.h"
#include "detector/eve.h"
#include "operator/filter/line.h"
#include "operator/merge/eve_reader.h"
#include "operator/merge/follow.h"
#include "operator/merge/merge.h"
#include "operator/merge/merged_eve.h"
#include "operator/picture_lines.h"
#include "tests/unit/unit.h"

#define GOOD                                                                                       \
	"{\"timestamp\":\"2006-08-25T19:32:19.077827+0000\",\"event_type\":\"skype\","             \
	"\"src_ip\":\"10.0.0.5\",\"src_port\":4321,\"dest_ip\":\"1.2.3.4\",\"dest_port\":80,"      \
	"\"proto\":\"UDP\",\"in_iface\":\"eth0\",\"host\":\"here\","                               \
	"\"flow\":{\"start\":\"2006-08-25T19:32:18.000000+0000\",\"pkts_toserver\":3,"             \
	"\"pkts_toclient\":4,\"bytes\":99},\"skype\":{\"signature\":\"s\",\"revision\":3,"         \
	"\"event\":\"session-start\",\"client_ip\":\"10.0.0.5\",\"client_version\":\"1.4\","       \
	"\"rule\":\"r\",\"super_node\":{\"ip\":\"1.2.3.4\",\"port\":80},\"answered\":true,"        \
	"\"in_part\":true,\"evidence\":[{\"message\":\"U1\",\"timestamp\":"                        \
	"\"2006-08-25T19:32:19.000001+0000\",\"pcap_cnt\":5,\"size\":20,"                          \
	"\"direction\":\"to_server\"}]}}"

static int reads(const char *line, struct sighting *s, struct err *e)
{
	struct filter_block b;

	return eve_reader_line(line, strlen(line), "a.json", s, &b, e);
}

/* GOOD with @old replaced by @new. */
static char *changed(const char *old, const char *new)
{
	const char *good = GOOD, *at = strstr(good, old);

	ck_assert_msg(at != NULL, "%s", old);
	return xasprintf("%.*s%s%s", (int)(at - good), good, new, at + strlen(old));
}

START_TEST(line_says_all)
{
	struct sighting s;
	struct err e;

	ck_assert_msg(reads(GOOD, &s, &e) == 1, "%s", e.msg);
	ck_assert_uint_eq(s.ts_ns, 1156534339077827000ULL);
	ck_assert_uint_eq(s.flow_first_ns, 1156534338000000000ULL);
	ck_assert(s.flow_packets == 7 && s.flow_bytes == 99);
	ck_assert(s.kind == EVENT_SESSION_START && s.flow.proto == IPPROTO_UDP);
	ck_assert_str_eq(s.sensor, "here:eth0");
	ck_assert_str_eq(s.application, "skype");
	ck_assert(!strcmp(s.signature, "s") && !strcmp(s.rule, "r") && s.revision == 3);
	ck_assert_str_eq(s.client_version, "1.4");
	ck_assert(s.flow.src.port == 4321 && s.flow.dst.port == 80 && s.super_node.port == 80);
	ck_assert(s.answered && s.in_part && s.evidence_count == 1);
	ck_assert_str_eq(s.evidence[0].message, "U1");
	ck_assert(s.evidence[0].ts_ns == 1156534339000001000ULL && s.evidence[0].number == 5 &&
		  s.evidence[0].size == 20 && s.evidence[0].from_client);
	ck_assert_int_eq(strlen(s.community_id), COMMUNITY_ID_LEN - 1);
}
END_TEST

static const struct {
	const char *old, *new;
	int rc;
} lines[] = {
	{"\"host\":\"here\",", "", 1},
	{"+0000\",\"event", "+0200\",\"event", 1},
	{"077827", "0", 1},
	{"event_type\":\"skype\"", "event_type\":\"alert\"", 0},
	{"event_type\":\"skype\"", "event_type\":\"timestamp\"", 0},
	{"event_type\":\"skype\"", "event_type\":7", 0},
	{"\"event\":\"session-start\",", "", 0},
	{"session-start", "session", -1},
	{"2006-08", "2006-13", -1},
	{"2006-08-25T19", "2006-08-25T24", -1},
	{"2006-08", "1006-08", -1},
	{"+0000\",\"event", "\",\"event", -1},
	{"\"src_ip\":\"10.0.0.5\"", "\"src_ip\":\"10.0.0.6\"", -1},
	{"\"src_ip\":\"10.0.0.5\"", "\"src_ip\":\"10.0.0\"", -1},
	{"\"src_port\":4321", "\"src_port\":65536", -1},
	{"\"src_port\":4321", "\"src_port\":-1", -1},
	{"\"src_port\":4321", "\"src_port\":\"4321\"", -1},
	{"\"src_port\":4321", "\"src_port\":4321.0", -1},
	{"\"dest_ip\":\"1.2.3.4\"", "\"dest_ip\":\"2001:db8::1\"", -1},
	{"\"UDP\"", "\"ICMP\"", -1},
	{"\"host\":\"here\"", "\"host\":[]", -1},
	{"\"flow\":{", "\"flow\":7,\"x\":{", -1},
	{"\"pkts_toserver\":3", "\"pkts_toserver\":-3", -1},
	{"\"signature\":\"s\"", "\"signature\":\"\\ud800\"", -1},
	{"\"signature\":\"s\"", "\"signature\":\"\xff\"", -1},
	{"\"signature\":\"s\"", "\"signature\":\"a\\u0000b\"", -1},
	{"\"rule\":\"r\"", "\"rule\":\"r\",\"rule\":\"q\"", -1},
	{"\"answered\":true", "\"answered\":1", -1},
	{"\"evidence\":[", "\"evidence\":[{},{},{},{},{},{},{},{},", -1},
	{"\"evidence\":[", "\"evidence\":[7,", -1},
	{"\"direction\":\"to_server\"", "\"direction\":\"up\"", -1},
	{"\"size\":20", "\"size\":4294967296", -1},
	{"}]}}", "}]}", -1},
	{"}]}}", "}]}}}", -1},
	{GOOD, "[]", -1},
	{GOOD, "", -1},
	{GOOD, "{}", 0},
};

START_TEST(lines_that_are_hostile)
{
	char *line = changed(lines[_i].old, lines[_i].new), *deep = xmalloc(100001);
	struct err e = {0};
	struct filter_block b;
	struct sighting s;
	int rc = reads(line, &s, &e);

	ck_assert_msg(rc == lines[_i].rc, "%s: %d, not %d", lines[_i].new, rc, lines[_i].rc);
	ck_assert_msg(rc >= 0 || (*e.msg && !strchr(e.msg, '\n')), "it says why");
	memset(deep, '[', 100000);
	deep[100000] = '\0';
	ck_assert_int_eq(reads(deep, &s, &e), -1);
	ck_assert_int_eq(eve_reader_line(deep, EVE_LINE_BYTES + 1, "", &s, &b, &e), -1);
	free(deep);
	free(line);
}
END_TEST

/* What the detector writes is read as sighting_from_event() has it; and what the merge writes is read too. */
START_TEST(lines_of_ours)
{
	struct evidence m = {
		.message = "U1", .ts_ns = 5000, .number = 2, .size = 20, .from_client = true};
	struct detection_event ev = {.ts_ns = 1156534339077827000ULL,
				     .kind = EVENT_SESSION_CHANGE,
				     .application = "skype",
				     .signature = "s\"\\",
				     .rule = "r\x01",
				     .revision = 2,
				     .client_version = "1.4",
				     .evidence_count = 1,
				     .evidence = &m};
	struct join_verdict v = {.why = JOIN_MAPPING, .undecided = true};
	struct eve_origin from = {.iface = "eth0"};
	struct filter_block b;
	struct sighting want, got;
	char *text = NULL, *line;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	struct err e = {0};
	struct eve w;

	ev.flow.proto = IPPROTO_TCP;
	ck_assert_int_eq(endpoint_parse("[2001:db8::5]:4", &ev.flow.src), 0);
	ck_assert_int_eq(endpoint_parse("[2001:db8::6]:5", &ev.flow.dst), 0);
	ev.super_node = ev.flow.dst;
	ev.client_ip = ev.flow.src.ip;
	sighting_from_event(&want, &ev, "me:eth0", false);
	eve_begin(&w, f);
	ck_assert_int_eq(eve_write(&w, &ev, &from, &e), 0);
	v.client = want.flow.src;
	ck_assert_int_eq(merged_eve_write(f, &want, &v, &e), 0);
	fclose(f);
	line = strchr(text, '\n');
	ck_assert_int_eq(eve_reader_line(text, (size_t)(line - text), "me", &got, &b, &e), 1);
	ck_assert_mem_eq(&got, &want, sizeof(got));
	n -= (size_t)(line + 1 - text);
	ck_assert_msg(strstr(line, "\"merge\":{\"client_ip\":\"2001:db8::5\",\"client_port\":4,"
				   "\"why\":\"mapping\",\"undecided\":true}"),
		      "%s", line);
	ck_assert_int_eq(eve_reader_line(line + 1, n - 1, "x", &got, &b, &e), 1);
	ck_assert_mem_eq(&got, &want, sizeof(got));
	free(text);
}
END_TEST

/* ------------------------------------------------------------------ blocks */

static struct filter_block a_block(enum filter_what what)
{
	struct filter_block b = {.outcome = FILTER_BLOCKED,
				 .what = what,
				 .now_ns = 1156534339077827000ULL,
				 .since_ns = 1156534339000000000ULL,
				 .until_ns = what == FILTER_FLOW ? 0 : 1156537939000000000ULL,
				 .signature = "s\"\\",
				 .rule = "udp probe"};

	b.flow.proto = IPPROTO_UDP;
	ck_assert_int_eq(endpoint_parse("[2001:db8::5]:4", &b.flow.src), 0);
	ck_assert_int_eq(endpoint_parse("[2001:db8::6]:5", &b.flow.dst), 0);
	b.who = what == FILTER_SUPER_NODE ? b.flow.dst : b.flow.src;
	b.proto = what == FILTER_CLIENT ? 0 : IPPROTO_UDP;
	if (what == FILTER_CLIENT)
		b.who.port = 0;
	b.client = b.inside = b.flow.src.ip;
	return b;
}

static char *block_line(const struct filter_block *b)
{
	json_t *o = filter_line_json(b, "here");
	char *text = json_dumps(o, JSON_COMPACT);

	json_decref(o);
	return text;
}

/* What a filter writes says the same when it is read. */
START_TEST(lines_of_blocks)
{
	for (unsigned k = 0; k < FILTER_WHATS * FILTER_OUTCOMES; k++) {
		struct filter_block b = a_block(k % FILTER_WHATS), got;
		char *line, who[FILTER_WHO_LEN], again[FILTER_WHO_LEN];
		struct sighting s;
		struct err e = {0};
		bool shown;

		b.outcome = k / FILTER_WHATS;
		b.dry_run = k % 2;
		shown = b.outcome != FILTER_REFUSED && b.outcome != FILTER_REPORT;
		line = block_line(&b);
		ck_assert_msg(eve_reader_line(line, strlen(line), "x", &s, &got, &e) ==
				      (shown ? EVE_LINE_BLOCK : EVE_LINE_OTHER),
			      "%s: %s", line, e.msg);
		free(line);
		if (!shown)
			continue;
		ck_assert_str_eq(filter_line_who(&got, who), filter_line_who(&b, again));
		ck_assert_str_eq(got.signature, b.signature);
		ck_assert_str_eq(got.rule, b.rule);
		ck_assert(got.outcome == b.outcome && got.dry_run == b.dry_run);
		ck_assert(got.until_ns ==
			  (b.outcome == FILTER_EXPIRED || b.outcome == FILTER_UNBLOCKED
				   ? 0
				   : b.until_ns));
		ck_assert(ip_eq(&got.client, &b.client) && ip_eq(&got.inside, &b.inside));
	}
}
END_TEST

static const struct {
	const char *old, *new;
	int rc;
} block_lines[] = {
	{"\"outcome\":\"blocked\"", "\"len\":60", 0},
	{"\"outcome\":\"blocked\"", "\"outcome\":\"dropped\"", 0},
	{"\"what\":\"super-node\"", "\"what\":7", 0},
	{"\"what\":\"super-node\"", "\"what\":\"everything\"", -1},
	{"\"who\":\"[", "\"who\":\"", -1},
	{"\"who\":\"", "\"who\":7,\"x\":\"", -1},
	{"\"proto\":\"udp\"", "\"proto\":\"sctp\"", -1},
	{"\"proto\":\"UDP\"", "\"proto\":\"SCTP\"", -1},
	{"\"dest_port\":5", "\"dest_port\":65536", -1},
	{"\"client_ip\":\"2001", "\"client_ip\":\"g001", -1},
	{"\"until\":\"2006", "\"until\":\"006", -1},
	{"\"timestamp\":\"2006", "\"timestamp\":\"006", -1},
	{"\"rule\":\"udp probe\"", "\"rule\":{}", -1},
	{"\"rule\":\"udp probe\"", "\"dry_run\":1", -1},
	{"\"signature\":\"s", "\"signature\":\"\\u001b[2J\xe2\x80\xae", 2},
};

START_TEST(blocks_that_are_hostile)
{
	struct filter_block b = a_block(FILTER_SUPER_NODE);
	char *good = block_line(&b), *at = strstr(good, block_lines[_i].old), *line;
	struct err e = {0};
	struct sighting s;
	int rc;

	ck_assert_msg(at != NULL, "%s in %s", block_lines[_i].old, good);
	line = xasprintf("%.*s%s%s", (int)(at - good), good, block_lines[_i].new,
			 at + strlen(block_lines[_i].old));
	rc = reads(line, &s, &e);
	ck_assert_msg(rc == block_lines[_i].rc, "%s: %d %s", line, rc, e.msg);
	ck_assert_msg(rc >= 0 || (*e.msg && !strchr(e.msg, '\n')), "it says why");
	free(line);
	free(good);
}
END_TEST

/* ------------------------------------------------------------------ following */

static char folder[sizeof(
	"/tmp/skypelab-merge-XXXXXX")]; /* of the case at hand, when it asks for one */

static const char *in_folder(const char *name)
{
	static char path[4][128];
	static unsigned next;
	char *p = path[next++ % 4];

	if (!*folder) {
		strcpy(folder, "/tmp/skypelab-merge-XXXXXX");
		ck_assert_ptr_nonnull(mkdtemp(folder));
	}
	snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
	return p;
}

static void remove_folder(void)
{
	remove_tree(folder);
	*folder = '\0';
}

static void append(const char *name, const char *text)
{
	FILE *f = fopen(in_folder(name), "a");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

/* The next line at this time is @want; NULL = there is none. */
static void next(struct follow *f, uint64_t ms, const char *want)
{
	size_t n;
	const char *line = follow_line(f, &n, ms);

	if (!want) {
		ck_assert_msg(!line, "%s", line);
		return;
	}
	ck_assert_msg(line != NULL, "no line where %s should be", want);
	ck_assert_str_eq(line, want);
	ck_assert_uint_eq(n, strlen(want));
}

START_TEST(file_that_grows)
{
	struct follow *f = follow_open(in_folder("log"), 10, false, NULL);
	struct follow_counts c;
	struct stat st;
	struct err e;

	ck_assert_msg(f != NULL, "a file that is not there is waited for");
	next(f, 1000, NULL);
	append("log", "one\nt");
	next(f, 1200, "one");
	next(f, 1201, NULL);
	append("log", "wo\n\nlonger than ten bytes\nthree\nmuch longer than that");
	next(f, 1400, "two");
	next(f, 1400, "");
	next(f, 1400, "three");
	next(f, 1400, NULL);
	append("log", " even\nfour\n"); /* renamed; the sensor goes on writing for a while */
	ck_assert_int_eq(rename(in_folder("log"), in_folder("log.1")), 0);
	next(f, 1600, "four");
	append("log", "six\n");
	next(f, 1800, NULL);
	append("log.1", "five\nlast");
	next(f, 2000, "five");
	next(f, 2900, "last");
	next(f, 2900, "six");
	ck_assert_int_eq(truncate(in_folder("log"), 0), 0);
	next(f, 3100, NULL);
	append("log", "7\n");
	next(f, 3300, "7");
	append("log", "8\nto");
	next(f, 3300, "8");
	ck_assert_int_eq(truncate(in_folder("log"), 0), 0);
	append("log", "9\n");
	next(f, 3500, "9");
	c = follow_counts(f);
	ck_assert_uint_eq(c.replaced, 1);
	ck_assert_uint_eq(c.cut, 2);
	ck_assert_uint_eq(c.torn, 2);
	ck_assert_uint_eq(c.long_lines, 2);
	ck_assert_uint_eq(c.lines, 11);
	ck_assert(!follow_ended(f) && follow_fd(f) == -1);
	follow_close(f);
	ck_assert_ptr_null(follow_open(in_folder("none"), 10, true, &e));
	ck_assert_ptr_null(follow_open(folder, 10, false, &e));
	ck_assert_msg(strstr(e.msg, "a folder"), "%s", e.msg);
	f = follow_open(in_folder("log.1"), 100, true, &e); /* once: to its end, newline or not */
	next(f, 1, "one");
	for (int i = 0; i < 8 && !follow_ended(f); i++) {
		size_t n;
		const char *line = follow_line(f, &n, 1);

		ck_assert(line || follow_ended(f));
		if (line && !strcmp(line, "last"))
			next(f, 1, NULL);
	}
	ck_assert(follow_ended(f) && stat(in_folder("log.1"), &st) == 0);
	follow_close(f);
	remove_folder();
}
END_TEST

/* A pipe whose writer goes and another comes. */
START_TEST(pipe_that_is_left)
{
	const char *path = in_folder("pipe");
	struct follow *f;
	struct err e;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	f = follow_open(path, 100, false, &e);
	ck_assert_msg(f != NULL, "%s", e.msg);
	next(f, 1, NULL);
	append("pipe", "one\ntw");
	next(f, 2, "one");
	next(f, 3, NULL);
	append("pipe", "o\n");
	next(f, 4, "two");
	ck_assert(!follow_ended(f) && follow_fd(f) >= 0);
	follow_close(f);
	remove_folder();
}
END_TEST

/* ------------------------------------------------------------------ the whole */

START_TEST(files_to_one_picture)
{
	char *outside = changed("\"src_ip\":\"10.0.0.5\",\"src_port\":4321",
				"\"src_ip\":\"203.0.113.1\",\"src_port\":61234"),
	     *text = NULL, *at, *eve = NULL;
	const char *inputs[3];
	size_t n = 0, eve_n = 0;
	struct merge_options o = {.inputs = inputs, .input_count = 3, .once = true};
	FILE *f = open_memstream(&text, &n);
	struct merge_counts counts;
	struct merge *m;
	struct err e;

	at = strstr(outside, "client_ip\":\"10.0.0.5");
	ck_assert_ptr_nonnull(at);
	memcpy(strstr(outside, "\"here\"") + 1, "away", 4);
	append("in", GOOD "\n{\"event_type\":\"stats\"}\nnothing of ours\n");
	append("in",
	       "{\"timestamp\":\"2006-08-25T19:32:19.1+0000\",\"event_type\":\"drop\",\"drop\":"
	       "{\"outcome\":\"adopted\",\"what\":\"client\",\"who\":\"10.0.0.5\","
	       "\"client_ip\":\"10.0.0.5\",\"until\":\"2006-08-25T20:32:19+0000\","
	       "\"signature\":\"s\\u001b[2J\",\"rule\":\"r\"}}\n");
	fprintf(fopen(in_folder("out"), "w"), "%s", "");
	*at = '\0';
	append("out", outside);
	append("out", "client_ip\":\"203.0.113.1\"");
	append("out", at + strlen("client_ip\":\"10.0.0.5\""));
	append("empty", "");
	inputs[0] = xstrdup(in_folder("in"));
	inputs[1] = xstrdup(in_folder("out"));
	inputs[2] = xstrdup(in_folder("empty"));
	o.eve = open_memstream(&eve, &eve_n);
	m = merge_open(&o, &e);
	ck_assert_msg(m != NULL, "%s", e.msg);
	while (merge_step(m, 50, &e) > 0)
		;
	counts = merge_counts(m);
	ck_assert(counts.sightings == 2 && counts.other == 1 && counts.bad == 1);
	ck_assert_uint_eq(counts.blocks, 1);
	ck_assert_uint_eq(counts.torn, 1);
	ck_assert_uint_eq(merge_join_counts(m).sensors_left_out, 0);
	picture_lines(f, merge_picture(m));
	fclose(f);
	fclose(o.eve);
	ck_assert_uint_eq(picture_totals(merge_picture(m)).clients, 1);
	ck_assert_uint_eq(merge_join_counts(m).flows, 1);
	ck_assert_ptr_nonnull(strstr(text, "\n10.0.0.5\t10.0.0.5,203.0.113.1\tconnected\t"));
	ck_assert_ptr_nonnull(strstr(text, "\t1.4\t1.2.3.4:80\t-\there:eth0,away:eth0\t1\t0\t"
					   "client 10.0.0.5 until 2006-08-25T20:32:19.000: "
					   "s\\x1b[2J r\tsession-start s r U1\n"));
	ck_assert_ptr_nonnull(strstr(eve, "\"why\":\"own\"}}\n"));
	ck_assert_ptr_nonnull(
		strstr(eve, "\"client_port\":4321,\"why\":\"evidence\",\"again\":true}}\n"));
	merge_close(m);
	free(text);
	free(eve);
	free(outside);
	for (int i = 0; i < 3; i++)
		free((char *)inputs[i]);
	o.input_count = 0;
	ck_assert_ptr_null(merge_open(&o, &e));
	remove_folder();
}
END_TEST

/* A client seen at @when, which stands for "19:32:19.077827" of GOOD. */
static void append_client(char last, const char *when)
{
	char *line = changed("19:32:19.077827", when);

	for (char *at = line; (at = strstr(at, "10.0.0.5")); at++)
		at[7] = last;
	append("in", line);
	append("in", "\n");
	free(line);
}

/* Followed: who was not seen for long goes, by the sensors' time. */
START_TEST(silent_clients_go)
{
	const struct picture_limits limits = {.idle_ns = 3600 * 1000000000ULL};
	const char *input = in_folder("in");
	struct merge_options o = {
		.inputs = &input, .input_count = 1, .skew_ns = 1, .picture = &limits};
	struct merge *m;
	struct err e;

	append_client('1', "19:32:19.0");
	append_client('2', "19:40:00.0");
	append_client('3', "20:35:00.0");
	append_client('4', "20:36:00.0");
	m = merge_open(&o, &e);
	ck_assert_msg(m != NULL, "%s", e.msg);
	for (int i = 0; i < 100 && picture_totals(merge_picture(m)).idle == 0; i++)
		ck_assert_int_eq(merge_step(m, 50, &e), 1);
	ck_assert_uint_eq(picture_totals(merge_picture(m)).idle, 1);
	ck_assert_ptr_null(picture_client(merge_picture(m), &(struct ip){4, {10, 0, 0, 1}}));
	ck_assert_ptr_nonnull(picture_client(merge_picture(m), &(struct ip){4, {10, 0, 0, 2}}));
	merge_close(m);
	remove_folder();
}
END_TEST

UNIT(merge)
{
	unit_case(tc, silent_clients_go);
	unit_case(tc, line_says_all);
	unit_loop(tc, lines_that_are_hostile, 0, (int)(sizeof(lines) / sizeof(*lines)));
	unit_case(tc, lines_of_ours);
	unit_case(tc, lines_of_blocks);
	unit_loop(tc, blocks_that_are_hostile, 0, (int)ARRAY_LEN(block_lines));
	unit_case(tc, file_that_grows);
	unit_case(tc, pipe_that_is_left);
	unit_case(tc, files_to_one_picture);
}
