// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_claims.c - tests of claims as data: the file, every measure on made-up packets, the decision rules
 *
 * Each measure is confirmed by packets that agree, refuted by one counter-example, and not testable on
 * packets that have no case.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/claims/print.h"
#include "base/outfile.h"
#include "base/path.h"
#include "tests/unit/hand.h"
#include "tests/unit/unit.h"

#define CLIENT "10.0.0.1"

/* ------------------------------------------------------------------ a capture, written by hand */

static struct {
	FILE *f;
	char path[64];
	double now;
	uint32_t seq[2], snap; /* bytes kept of a packet; 0 = all */
	char labels[8192];
} t;

static void put32(uint32_t v)
{
	fwrite(&v, 4, 1, t.f);
}

static void begin_capture(void)
{
	int fd;

	memset(&t, 0, sizeof(t));
	snprintf(t.path, sizeof(t.path), "/tmp/t_claims.XXXXXX");
	fd = mkstemp(t.path);
	ck_assert_int_ge(fd, 0);
	t.f = fdopen(fd, "wb");
	t.now = 1153818000;
	put32(0xa1b2c3d4);
	put32(0x00040002);
	put32(0);
	put32(0);
	put32(65535);
	put32(101); /* raw IP */
	snprintf(t.labels, sizeof(t.labels),
		 "proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\treason\tclient\n");
}

static void label(const char *proto, int port, const char *server, int server_port)
{
	size_t n = strlen(t.labels);

	snprintf(t.labels + n, sizeof(t.labels) - n,
		 "%s\t" CLIENT "\t%d\t%s\t%d\tskype\t\t" CLIENT "\n", proto, port, server,
		 server_port);
}

static void frame(uint8_t proto, const char *src, int sport, const char *dst, int dport,
		  uint8_t flags, uint32_t seq, const uint8_t *data, size_t n)
{
	size_t head = proto == IPPROTO_UDP ? 8 : 20, len = 20 + head + n;
	uint8_t b[2000] = {0x45, 0, (uint8_t)(len >> 8), (uint8_t)len};
	struct ip a, z;

	ck_assert_int_eq(ip_parse(src, &a) | ip_parse(dst, &z), 0);
	b[8] = 64;
	b[9] = proto;
	memcpy(b + 12, a.b, 4);
	memcpy(b + 16, z.b, 4);
	b[20] = (uint8_t)(sport >> 8);
	b[21] = (uint8_t)sport;
	b[22] = (uint8_t)(dport >> 8);
	b[23] = (uint8_t)dport;
	if (proto == IPPROTO_UDP) {
		b[24] = (uint8_t)((n + 8) >> 8);
		b[25] = (uint8_t)(n + 8);
	} else {
		for (int i = 0; i < 4; i++)
			b[24 + i] = (uint8_t)(seq >> (24 - 8 * i));
		b[32] = 0x50;
		b[33] = flags;
		b[34] = 0xff;
	}
	if (n)
		memcpy(b + 20 + head, data, n);
	put32((uint32_t)t.now);
	put32((uint32_t)((t.now - (uint32_t)t.now) * 1e6));
	put32(t.snap && t.snap < len ? t.snap : (uint32_t)len);
	put32((uint32_t)len);
	fwrite(b, 1, t.snap && t.snap < len ? t.snap : len, t.f);
}

/* "00 01 02", then zeros up to @size bytes. */
static size_t bytes_of(const char *hex, size_t size, uint8_t *out)
{
	size_t n = 0;

	memset(out, 0, 1500);
	for (; *hex; hex += hex[2] ? 3 : 2)
		out[n++] = (uint8_t)strtoul(hex, NULL, 16);
	return n > size ? n : size;
}

/* A datagram by the client, or to it; half a second after what was before. */
static void udp(bool reply, int port, const char *server, int server_port, const char *hex,
		size_t size)
{
	uint8_t data[1500];
	size_t n = bytes_of(hex, size, data);

	t.now += 0.5;
	if (reply)
		frame(IPPROTO_UDP, server, server_port, CLIENT, port, 0, 0, data, n);
	else
		frame(IPPROTO_UDP, CLIENT, port, server, server_port, 0, 0, data, n);
}

static void connect_to(int port, const char *server, int server_port)
{
	t.now += 0.5;
	t.seq[0] = t.seq[1] = 100;
	frame(IPPROTO_TCP, CLIENT, port, server, server_port, TH_SYN, 99, NULL, 0);
	frame(IPPROTO_TCP, server, server_port, CLIENT, port, TH_SYN | TH_ACK, 99, NULL, 0);
}

static void say(bool reply, int port, const char *server, int server_port, const char *hex,
		size_t size)
{
	uint8_t data[1500];
	size_t n = bytes_of(hex, size, data);

	t.now += 0.5;
	if (reply)
		frame(IPPROTO_TCP, server, server_port, CLIENT, port, TH_PUSH | TH_ACK, t.seq[1],
		      data, n);
	else
		frame(IPPROTO_TCP, CLIENT, port, server, server_port, TH_PUSH | TH_ACK, t.seq[0],
		      data, n);
	t.seq[reply] += (uint32_t)n;
}

static void hang_up(int port, const char *server, int server_port)
{
	t.now += 0.5;
	frame(IPPROTO_TCP, CLIENT, port, server, server_port, TH_FIN | TH_ACK, t.seq[0], NULL, 0);
	frame(IPPROTO_TCP, server, server_port, CLIENT, port, TH_FIN | TH_ACK, t.seq[1], NULL, 0);
}

/* ------------------------------------------------------------------ a claim */

#define HEAD                                                                                       \
	"claims-of: t\ntitle: t\nsource: t\napplication: skype\n"                                  \
	"messages:\n"                                                                              \
	"  - {name: ask, proto: udp, from: client, tests: [\"2: 02\"]}\n"                          \
	"  - {name: answer, proto: udp, from: server, next: yes, within: 5}\n"                     \
	"  - {name: same id, tests: [\"0+2 = ask@0\"]}\n"                                          \
	"  - {name: first, proto: tcp, from: client, nth: [\"1\"]}\n"                              \
	"  - {name: hello, proto: tcp, from: client, tests: [\"0: 16 03 ?1\"]}\n"                  \
	"  - {name: nibbles, tests: [\"nibbles 0+2 = 4\"]}\n"                                      \
	"  - {name: five more, tests: [\"size = ask+5\"]}\n"                                       \
	"  - {name: public, tests: [\"3+4 address public\"]}\n"                                    \
	"  - {name: to me, tests: [\"3+4 address receiver\"]}\n"                                   \
	"  - {name: no 99, tests: [\"not contains 99\"]}\n"                                        \
	"  - {name: quiet ask, proto: udp, from: client, pause: 3}\n"                              \
	"  - {name: asked answer, proto: udp, from: server, asked: ask}\n"                         \
	"flows:\n"                                                                                 \
	"  - {name: udp, proto: udp, opener: client}\n"                                            \
	"  - {name: tcp, proto: tcp, opener: client}\n"                                            \
	"  - {name: to 443, server-port: [\"443\"]}\n"                                             \
	"  - {name: said hello, has: [hello]}\n"                                                   \
	"  - {name: others, of: others}\n"                                                         \
	"claims:\n"                                                                                \
	"  - {id: c, statement: s, source: s, refuted-by: r, needs: more, "

static struct claim_set *set_of(const char *claim)
{
	char *text = xasprintf("%s%s}\n", HEAD, claim), *path = write_temp(text), *yaml;
	struct claim_set *s;
	struct err e = {0};

	yaml = xasprintf("%s.yaml", path);
	ck_assert_int_eq(rename(path, yaml), 0);
	s = claims_load(yaml, &e);
	ck_assert_msg(s != NULL, "%s", e.msg);
	unlink(yaml);
	free(yaml);
	free(path);
	free(text);
	return s;
}

static struct claim_scene *scene_of_capture(void)
{
	struct labels *l = labels_of(t.labels);
	struct claim_scene *s =
		claim_scene_new(SOURCE_RECORDED, "made", "made", t.path, "version=1.4");
	struct err e = {0};

	fclose(t.f);
	ck_assert_msg(claim_scene_read(s, t.path, l, &e) == 0, "%s", e.msg);
	unlink(t.path);
	labels_free(l);
	return s;
}

/* What the capture says of a claim: "confirmed 2 of 2 frame 3: 51 x2" */
static const char *verdict(const char *claim)
{
	static char out[600];
	struct claim_set *s = set_of(claim);
	struct claim_results *r = claim_results_new(s);
	struct claim_scene *scene = scene_of_capture();
	struct claim_verdict v;

	claim_results_add(r, scene);
	v = claim_results_verdict(r, 0, SOURCE_RECORDED);
	snprintf(out, sizeof(out), "%s %u of %u frame %u%s%s", claim_answer_text(v.answer),
		 (unsigned)v.k, (unsigned)v.n, v.example ? (unsigned)v.example->number : 0,
		 *v.seen ? ": " : "", v.seen);
	ck_assert_int_eq(claim_results_verdict(r, 0, SOURCE_EMULATED).answer, CLAIM_NOT_TESTABLE);
	if (v.answer == CLAIM_NOT_TESTABLE)
		ck_assert_int_ne(v.reason[0], '\0');
	claim_scene_free(scene);
	claim_results_free(r);
	claims_free(s);
	return out;
}

/* A probe: two questions to two nodes, whose answers have these ids. */
static void two_probes(const char *first, const char *second)
{
	begin_capture();
	label("udp", 5000, "192.0.2.1", 33033);
	label("udp", 5000, "192.0.2.2", 4000);
	udp(false, 5000, "192.0.2.1", 33033, "00 01 02", 18);
	udp(true, 5000, "192.0.2.1", 33033, first, 51);
	udp(false, 5000, "192.0.2.2", 4000, "00 03 02", 18);
	udp(true, 5000, "192.0.2.2", 4000, second, 18);
}

#define ECHOED                                                                                     \
	"measure: {kind: messages, given: [ask], look: answer, must: [same id], trial: flow, "     \
	"show: size}, expect: always"

START_TEST(messages_are_held_against_what_they_answer)
{
	two_probes("00 01 07", "00 03 07");
	ck_assert_str_eq(verdict(ECHOED), "confirmed 2 of 2 frame 2: 18 x1, 51 x1");
	two_probes("00 01 07", "00 04 07");
	ck_assert_str_eq(verdict(ECHOED), "refuted 1 of 2 frame 4: 18 x1, 51 x1");
	begin_capture();
	label("udp", 5000, "192.0.2.1", 33033);
	udp(false, 5000, "192.0.2.1", 33033, "00 01 02", 18);
	ck_assert_str_eq(verdict(ECHOED), "not testable here 0 of 0 frame 0");
}
END_TEST

START_TEST(flows_of_others_are_no_case)
{
	begin_capture();
	label("udp", 5000, "192.0.2.9", 1);
	udp(false, 5000, "192.0.2.1", 33033, "00 01 02", 18);
	udp(true, 5000, "192.0.2.1", 33033, "09 09 02", 18);
	ck_assert_str_eq(verdict(ECHOED), "not testable here 0 of 0 frame 0");
}
END_TEST

#define MUST(what)                                                                                 \
	"measure: {kind: messages, look: answer, must: [" what "], trial: flow}, expect: always"
#define OF_ASK(what)                                                                               \
	"measure: {kind: messages, given: [ask], look: answer, must: [" what                       \
	"], trial: flow}, expect: always"

START_TEST(every_test_holds_or_does_not)
{
	static const struct {
		const char *claim, *good, *bad;
		size_t size;
	} cases[] = {
		{OF_ASK("five more"), "00 01 03", "00 01 03 01", 23},
		{MUST("public"), "00 01 07 c0 00 02 01", "00 01 07 c0 a8 00 01", 11},
		{MUST("to me"), "00 01 07 0a 00 00 01", "00 01 07 0a 00 00 02", 11},
		{MUST("no 99"), "00 01", "00 99", 11},
		{MUST("nibbles"), "12 34 00 00 15 36", "12 34 00 00 25 36", 11},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		begin_capture();
		label("udp", 5000, "192.0.2.1", 33033);
		udp(false, 5000, "192.0.2.1", 33033, "00 01 02", 18);
		udp(true, 5000, "192.0.2.1", 33033, cases[i].good, cases[i].size);
		ck_assert_str_eq(verdict(cases[i].claim), "confirmed 1 of 1 frame 2");
		begin_capture();
		label("udp", 5000, "192.0.2.1", 33033);
		udp(false, 5000, "192.0.2.1", 33033, "00 01 02", 18);
		udp(true, 5000, "192.0.2.1", 33033, cases[i].bad, i ? cases[i].size : 24);
		ck_assert_str_eq(verdict(cases[i].claim), "refuted 0 of 1 frame 2");
	}
}
END_TEST

START_TEST(bytes_that_were_cut_off_refute_nothing)
{
	begin_capture();
	label("udp", 5000, "192.0.2.1", 33033);
	udp(false, 5000, "192.0.2.1", 33033, "00 01 02", 18);
	t.snap = 28 + 5; /* the address is not there whole */
	udp(true, 5000, "192.0.2.1", 33033, "00 01 07 c0 a8 00 01", 11);
	ck_assert_str_eq(verdict(MUST("public")), "not testable here 0 of 0 frame 0");
	begin_capture(); /* here it is the message that is too short */
	label("udp", 5000, "192.0.2.1", 33033);
	udp(false, 5000, "192.0.2.1", 33033, "00 01 02", 18);
	udp(true, 5000, "192.0.2.1", 33033, "00 01 07 c0 a8", 5);
	ck_assert_str_eq(verdict(MUST("public")), "refuted 0 of 1 frame 2");
}
END_TEST

#define PAUSED                                                                                     \
	"measure: {kind: messages, look: quiet ask, must: [ask], trial: flow}, expect: always"
#define ASKED                                                                                      \
	"measure: {kind: messages, look: answer, must: [asked answer], trial: flow}, expect: "     \
	"always"

START_TEST(pauses_and_questions_are_asked_for)
{
	begin_capture();
	label("udp", 5000, "192.0.2.1", 33033);
	udp(false, 5000, "192.0.2.1", 33033, "00 01 02", 18);
	udp(false, 5000, "192.0.2.1", 33033, "00 01 05", 18); /* at once: no case */
	ck_assert_str_eq(verdict(PAUSED), "confirmed 1 of 1 frame 1");
	begin_capture();
	label("udp", 5000, "192.0.2.1", 33033);
	udp(false, 5000, "192.0.2.1", 33033, "00 01 05", 18);
	udp(true, 5000, "192.0.2.1", 33033, "00 01 05", 18);
	ck_assert_str_eq(verdict(ASKED), "refuted 0 of 1 frame 2");
}
END_TEST

#define STEP                                                                                       \
	"measure: {kind: counter, message: ask, at: 0, length: 2, step: [\"2\"], trial: host}, "   \
	"expect: always"

START_TEST(a_counter_counts_over_all_flows_of_a_client)
{
	two_probes("00 01 07", "00 03 07");
	ck_assert_str_eq(verdict(STEP), "confirmed 1 of 1 frame 3: +2 x1");
	two_probes("00 01 07", "00 03 07");
	udp(false, 5000, "192.0.2.2", 4000, "00 03 02", 18); /* sent again */
	udp(false, 5000, "192.0.2.2", 4000, "00 04 02", 18);
	ck_assert_str_eq(verdict(STEP), "refuted 0 of 1 frame 6: +1 x1, +2 x1");
	begin_capture();
	label("udp", 5000, "192.0.2.1", 33033);
	udp(false, 5000, "192.0.2.1", 33033, "ff ff 02", 18);
	udp(false, 5000, "192.0.2.1", 33033, "00 01 02", 18); /* wraps */
	udp(false, 5000, "192.0.2.1", 33033, "50 01 02", 18); /* a new start */
	ck_assert_str_eq(verdict(STEP), "confirmed 1 of 1 frame 2: +2 x1");
	begin_capture();
	label("udp", 5000, "192.0.2.1", 33033);
	udp(false, 5000, "192.0.2.1", 33033, "ff ff 02", 18);
	ck_assert_str_eq(verdict(STEP), "not testable here 0 of 0 frame 0");
}
END_TEST

#define FOLLOWS(expect)                                                                            \
	"measure: {kind: follows, given: [ask], then: tcp, same: [client, server, server-port], "  \
	"within: 10, trial: flow}, expect: " expect

static void probe_then_connect(const char *server)
{
	begin_capture();
	label("udp", 5000, "192.0.2.1", 4000);
	label("tcp", 1030, server, 4000);
	udp(false, 5000, "192.0.2.1", 4000, "00 01 02", 18);
	connect_to(1030, server, 4000);
	t.now += 20;
	udp(true, 5000, "192.0.2.1", 4000, "00", 3);
}

START_TEST(what_follows_has_the_same_ends)
{
	probe_then_connect("192.0.2.1");
	ck_assert_str_eq(verdict(FOLLOWS("always")), "confirmed 1 of 1 frame 1");
	probe_then_connect("192.0.2.1");
	ck_assert_str_eq(verdict(FOLLOWS("never")), "refuted 0 of 1 frame 1");
	probe_then_connect("192.0.2.7");
	ck_assert_str_eq(verdict(FOLLOWS("always")), "refuted 0 of 1 frame 1");
	probe_then_connect("192.0.2.7");
	ck_assert_str_eq(verdict(FOLLOWS("never")), "confirmed 1 of 1 frame 1");
	begin_capture(); /* it ends before ten seconds are over */
	label("udp", 5000, "192.0.2.1", 4000);
	udp(false, 5000, "192.0.2.1", 4000, "00 01 02", 18);
	ck_assert_str_eq(verdict(FOLLOWS("always")), "not testable here 0 of 0 frame 0");
}
END_TEST

#define FLOWS                                                                                      \
	"measure: {kind: flows, flow: tcp, must: [said hello, to 443], trial: flow, show: port}, " \
	"expect: always"

START_TEST(flows_are_of_kinds)
{
	begin_capture();
	label("tcp", 1030, "192.0.2.1", 33033);
	connect_to(1030, "192.0.2.1", 33033);
	say(false, 1030, "192.0.2.1", 33033, "16 03 01", 5);
	hang_up(1030, "192.0.2.1", 33033);
	ck_assert_str_eq(verdict(FLOWS), "confirmed 1 of 1 frame 1: 33033 x1");
	begin_capture();
	label("tcp", 1030, "192.0.2.1", 33033);
	connect_to(1030, "192.0.2.1", 33033);
	say(false, 1030, "192.0.2.1", 33033, "16 04 01", 5);
	ck_assert_str_eq(verdict(FLOWS), "refuted 0 of 1 frame 1: 33033 x1");
	two_probes("00", "00");
	ck_assert_str_eq(verdict(FLOWS), "not testable here 0 of 0 frame 0");
}
END_TEST

#define FUNCTION(name, rest)                                                                       \
	"measure: {kind: function, function: " name ", trial: host" rest "}, expect: always"

/* Connections from the first to the last but one of @n numbers: client port, server port. */
static const char *connections(const char *claim, const int (*ports)[2], size_t n)
{
	begin_capture();
	for (size_t i = 0; i < n; i++) {
		label("tcp", ports[i][0], "192.0.2.1", ports[i][1]);
		connect_to(ports[i][0], "192.0.2.1", ports[i][1]);
	}
	return verdict(claim);
}

START_TEST(named_functions_confirm_and_refute)
{
	static const int up[][2] = {{1030, 33033}, {1031, 443}, {1032, 80}};
	static const int down[][2] = {{1030, 80}, {1032, 443}};
	static const char order[] =
		FUNCTION("port-order", ", flow: tcp, parameters: [\"1024..\", \"443\", \"80\"]");
	static const char step[] = FUNCTION("port-step", ", flow: tcp, step: [\"1\"]");
	static const char one[] = FUNCTION("one-port", ", flow: tcp");
	static const char same[] = FUNCTION("same-port", ", flow: udp, then: tcp");
	static const char upper[] = FUNCTION("upper-half", ", flow: tcp");
	static const char common[] = FUNCTION("no-common-port", ", flow: tcp");

	ck_assert_str_eq(connections(order, up, 3), "confirmed 1 of 1 frame 1: first 1024.. x1");
	ck_assert_str_eq(connections(order, down, 2), "refuted 0 of 1 frame 1: first 80 x1");
	ck_assert_str_eq(connections(order, up, 1), "not testable here 0 of 0 frame 0");
	ck_assert_str_eq(connections(step, up, 3), "confirmed 1 of 1 frame 3: +1 x2");
	ck_assert_str_eq(connections(step, down, 2), "refuted 0 of 1 frame 3: +2 x1");
	ck_assert_str_eq(connections(step, down, 1), "not testable here 0 of 0 frame 0");
	ck_assert_str_eq(connections(one, up, 1), "confirmed 1 of 1 frame 1");
	ck_assert_str_eq(connections(one, up, 2), "refuted 0 of 1 frame 3");
	ck_assert_str_eq(connections(one, up, 0), "not testable here 0 of 0 frame 0");
	ck_assert_str_eq(connections(same, up, 3), "not testable here 0 of 0 frame 0");
	ck_assert_str_eq(connections(upper, up, 1), "refuted 0 of 1 frame 1");
	ck_assert_str_eq(connections(common, up, 3), "not testable here 0 of 0 frame 0");
	begin_capture();
	label("udp", 1030, "192.0.2.1", 4000);
	label("tcp", 1030, "192.0.2.1", 4000);
	udp(false, 1030, "192.0.2.1", 4000, "00", 3);
	connect_to(1030, "192.0.2.1", 4000);
	ck_assert_str_eq(verdict(same), "confirmed 1 of 1 frame 2");
}
END_TEST

/* Twelve nodes, of which @shared are asked on one port; the last of them twice. */
static const char *nodes(int shared)
{
	static const char common[] = FUNCTION("no-common-port", ", flow: udp");
	char ip[20];

	begin_capture();
	for (int i = 0; i < 12; i++) {
		snprintf(ip, sizeof(ip), "192.0.2.%d", i + 1);
		label("udp", 5000, ip, i < shared ? 443 : 5000 + i);
		udp(false, 5000, ip, i < shared ? 443 : 5000 + i, "00", 3);
	}
	label("udp", 5001, "192.0.2.12", 5011);
	udp(false, 5001, "192.0.2.12", 5011, "00", 3);
	return verdict(common);
}

START_TEST(a_port_that_many_nodes_share_is_common)
{
	ck_assert_str_eq(nodes(0), "confirmed 1 of 1 frame 1");
	ck_assert_str_eq(nodes(4), "refuted 0 of 1 frame 1: 443: 4 of 13 x1");
}
END_TEST

#define OVERLAP FUNCTION("overlap", ", flow: tcp")

START_TEST(connections_that_overlap_are_seen)
{
	for (int answered = 0; answered < 2; answered++) {
		begin_capture();
		label("tcp", 1030, "192.0.2.1", 4000);
		label("tcp", 1031, "192.0.2.2", 4000);
		connect_to(1030, "192.0.2.1", 4000);
		if (answered)
			say(true, 1030, "192.0.2.1", 4000, "01", 20);
		connect_to(1031, "192.0.2.2", 4000);
		connect_to(1030, "192.0.2.1", 4000); /* its first goes on */
		ck_assert_str_eq(verdict(OVERLAP),
				 answered ? "refuted 0 of 1 frame 1" : "confirmed 1 of 1 frame 3");
	}
}
END_TEST

/* ------------------------------------------------------------------ tables and scores */

#define TABLE                                                                                      \
	"measure: {kind: table, table: o.tsv, rows: [kind=login], must: [\"result=i*\"], trial: "  \
	"host}, expect: always"

static enum claim_answer of_table(const char *text)
{
	char dir[] = "/tmp/t_claims.XXXXXX", *path;
	struct claim_set *s = set_of(TABLE);
	struct claim_results *r = claim_results_new(s);
	struct claim_scene *scene =
		claim_scene_new(SOURCE_EMULATED, "cell", "1.4", "cell.pcap", "operation=call");
	enum claim_answer a;
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	path = path_in(dir, "o.tsv");
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
	scene->folder = xstrdup(dir);
	claim_results_add(r, scene);
	a = claim_results_verdict(r, 0, SOURCE_EMULATED).answer;
	remove_tree(dir);
	free(path);
	claim_scene_free(scene);
	claim_results_free(r);
	claims_free(s);
	return a;
}

START_TEST(rows_of_a_table_are_cases)
{
	ck_assert_int_eq(of_table("kind\tclient\tresult\nlogin\ta\tin\ncall\ta\tno\n"),
			 CLAIM_CONFIRMED);
	ck_assert_int_eq(of_table("kind\tclient\tresult\nlogin\ta\tin\nlogin\tb\trefused\n"),
			 CLAIM_REFUTED);
	ck_assert_int_eq(of_table("kind\tclient\tresult\n"), CLAIM_NOT_TESTABLE);
	ck_assert_int_eq(of_table("other\n1\n"), CLAIM_NOT_TESTABLE);
}
END_TEST

static enum claim_answer of_scores(const char *figure, uint64_t tp, uint64_t fp, uint64_t fn,
				   uint64_t tn)
{
	char *claim = xasprintf("measure: {kind: detect, signature: ehlert-petgang-1.4, unit: "
				"flow, figure: \"%s\", trial: capture}, expect: always}\n"
				"signatures: [ehlert-petgang-1.4]\n#",
				figure);
	struct claim_set *s = set_of(claim);
	struct claim_results *r = claim_results_new(s);
	struct claim_scene *scene = claim_scene_new(SOURCE_EMULATED, "c", "1.4", "c", "");
	enum claim_answer a;

	scene->scores = xcalloc(1, sizeof(*scene->scores));
	scene->scores_n = 1;
	scene->scores[0] = (struct scene_score){.signature = "ehlert-petgang-1.4",
						.unit = UNIT_FLOW,
						.tp = tp,
						.fp = fp,
						.fn = fn,
						.tn = tn};
	claim_results_add(r, scene);
	a = claim_results_verdict(r, 0, SOURCE_EMULATED).answer;
	claim_scene_free(scene);
	claim_results_free(r);
	claims_free(s);
	free(claim);
	return a;
}

START_TEST(what_signatures_found_is_a_case)
{
	ck_assert_int_eq(of_scores("recall", 3, 1, 0, 0), CLAIM_CONFIRMED);
	ck_assert_int_eq(of_scores("recall", 3, 0, 1, 0), CLAIM_REFUTED);
	ck_assert_int_eq(of_scores("recall", 0, 9, 0, 9), CLAIM_NOT_TESTABLE);
	ck_assert_int_eq(of_scores("false", 0, 2, 0, 0), CLAIM_CONFIRMED);
	ck_assert_int_eq(of_scores("false", 0, 2, 0, 1), CLAIM_REFUTED);
	ck_assert_int_eq(of_scores("precision", 2, 0, 5, 0), CLAIM_CONFIRMED);
	ck_assert_int_eq(of_scores("precision", 2, 1, 5, 0), CLAIM_REFUTED);
}
END_TEST

/* ------------------------------------------------------------------ decision rules */

/* @n trials of which @k hold. */
static enum claim_answer decide(enum claim_expect expect, float least, float most, int k, int n)
{
	struct claim claim = {
		.expect = expect, .at_least = least, .at_most = most, .needs = "more"};
	struct claim_cases *c = claim_cases_new();
	struct claim_tally tally = {0};
	enum claim_answer a;

	for (int i = 0; i < n; i++)
		claim_case(c, (uint64_t)i, i < k, "x", 1, "", NULL);
	claim_tally_add(&tally, c, expect);
	a = claim_tally_verdict(&tally, &claim).answer;
	claim_tally_clear(&tally);
	claim_cases_free(c);
	return a;
}

START_TEST(decision_rules)
{
	ck_assert_int_eq(decide(CLAIM_ALWAYS, 0, 0, 1000, 1000), CLAIM_CONFIRMED);
	ck_assert_int_eq(decide(CLAIM_ALWAYS, 0, 0, 999, 1000), CLAIM_REFUTED);
	ck_assert_int_eq(decide(CLAIM_NEVER, 0, 0, 0, 9), CLAIM_CONFIRMED);
	ck_assert_int_eq(decide(CLAIM_NEVER, 0, 0, 1, 9), CLAIM_REFUTED);
	ck_assert_int_eq(decide(CLAIM_SOMETIMES, 0, 0, 1, 1000), CLAIM_CONFIRMED);
	ck_assert_int_eq(decide(CLAIM_SOMETIMES, 0, 0, 0, 10), CLAIM_NOT_TESTABLE);
	ck_assert_int_eq(decide(CLAIM_SOMETIMES, 0, 0, 0, 200), CLAIM_REFUTED);
	ck_assert_int_eq(decide(CLAIM_SHARE, 0.3f, 0.5f, 400, 1000), CLAIM_CONFIRMED);
	ck_assert_int_eq(decide(CLAIM_SHARE, 0.3f, 0.5f, 900, 1000), CLAIM_REFUTED);
	ck_assert_int_eq(decide(CLAIM_SHARE, 0.3f, 0.5f, 4, 10), CLAIM_NOT_TESTABLE);
	ck_assert_int_eq(decide(CLAIM_SHARE, 0.3f, 0.5f, 1, 1), CLAIM_NOT_TESTABLE);
	for (int e = CLAIM_ALWAYS; e <= CLAIM_SHARE; e++)
		ck_assert_int_eq(decide((enum claim_expect)e, 0.1f, 0, 0, 0), CLAIM_NOT_TESTABLE);
}
END_TEST

START_TEST(cases_of_one_trial_are_one)
{
	struct claim claim = {.expect = CLAIM_ALWAYS, .needs = ""};
	struct claim_cases *c = claim_cases_new();
	struct claim_tally tally = {0};
	struct claim_verdict v;

	for (int i = 0; i < 1000; i++)
		claim_case(c, 7, true, "x", 1, "", NULL);
	claim_tally_add(&tally, c, CLAIM_ALWAYS);
	v = claim_tally_verdict(&tally, &claim);
	ck_assert_uint_eq(v.n, 1);
	ck_assert_uint_eq(v.cases, 1000);
	ck_assert_double_lt(v.share.low, 0.25);
	claim_tally_clear(&tally);
	claim_cases_free(c);
}
END_TEST

/* A share of which all cases hold is as sure as its trials, not as its cases, are many. */
START_TEST(a_share_without_spread_is_of_trials)
{
	struct claim claim = {.expect = CLAIM_SHARE, .at_least = 0.9f, .needs = ""};
	struct claim_cases *c = claim_cases_new();
	struct claim_tally tally = {0};
	struct claim_verdict v;

	for (int i = 0; i < 1000; i++)
		claim_case(c, (uint64_t)(i % 2), true, "x", 1, "", NULL);
	claim_tally_add(&tally, c, CLAIM_SHARE);
	v = claim_tally_verdict(&tally, &claim);
	ck_assert_int_eq(v.answer, CLAIM_NOT_TESTABLE);
	ck_assert_double_lt(v.share.low, 0.5);
	claim_tally_clear(&tally);
	claim_cases_free(c);
}
END_TEST

/* ------------------------------------------------------------------ the file */

START_TEST(faults_name_the_line)
{
	static const struct {
		const char *claim, *fault;
	} cases[] = {
		{"measure: {kind: messages, given: [nobody], look: answer, must: [ask]}}",
		 ":25: \"nobody\", expected the name of a message"},
		{"measure: {kind: flows, flow: udp}}", "no \"must\", which kind flows needs"},
		{"measure: {kind: function, function: f, flow: udp}}", "expected one of: one-port"},
		{"measure: {kind: counter, message: ask, length: 2, step: [\"x\"]}}",
		 "\"x\", expected numbers"},
		{"measure: {kind: messages, look: answer, must: [same id]}}",
		 ":25: message \"same id\" compares with \"ask\", expected that to come before"},
		{"measure: {kind: none}}", "kind none, expected \"not-here\" too"},
		{"measure: {kind: flows, flow: udp, must: [tcp]}, expect: share}",
		 "expected \"at-least\" or \"at-most\""},
		{"measure: {kind: flows, flow: udp, must: [tcp]}, where: [x]}",
		 "expected a condition"},
		{"measure: {kind: detect, signature: none, unit: flow}}",
		 "expected one of this file's signatures"},
		{"measure: {kind: table, table: ../../etc/passwd, must: [a=b]}}",
		 "expected the name of a file of a cell"},
		{"measure: {kind: counter, message: ask, length: 9, step: [\"2\"]}}", "1 to 4"},
		{"measure: {kind: function, function: same-port, flow: udp}}",
		 "no \"then\", which function same-port needs"},
		{"measure: {kind: function, function: port-step, flow: udp}}",
		 "no \"step\", which function port-step needs"},
		{"measure: {kind: function, function: one-port, flow: udp, then: tcp}}",
		 ":25: function one-port does not look at it"},
		{"measure: {kind: function, function: port-order, flow: udp, parameters: "
		 "[\"443\"]}}",
		 "1 groups of ports, expected 2 to 8"},
		{"measure: {kind: function, function: port-order, flow: udp, "
		 "parameters: [\"443\", \"high\"]}}",
		 "\"high\", expected ports"},
		{"measure: {kind: flows, flow: udp, must: [tcp], given: [ask]}}",
		 ":25: kind flows does not look at it, expected none"},
		{"measure: {kind: flows, flow: udp, must: [tcp]}, where: [\"!=x\"]}",
		 "expected a condition"},
		{"measure: {kind: flows, flow: udp, must: [tcp]}, at-least: 0.5}",
		 "expected only with \"expect: share\" or \"sometimes\""},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *text = xasprintf("%s%s\n", HEAD, cases[i].claim), *path = write_temp(text);
		char *yaml = xasprintf("%s.yaml", path);
		struct err e = {0};

		ck_assert_int_eq(rename(path, yaml), 0);
		ck_assert_ptr_null(claims_load(yaml, &e));
		ck_assert_msg(strstr(e.msg, cases[i].fault) != NULL, "%s", e.msg);
		ck_assert_msg(strstr(e.msg, ".yaml:") != NULL, "%s", e.msg);
		unlink(yaml);
		free(yaml);
		free(path);
		free(text);
	}
}
END_TEST

START_TEST(the_paper_is_a_claim_file)
{
	struct err e = {0};
	struct claim_set *s = claims_load("ehlert-petgang-2006", &e);

	ck_assert_msg(s != NULL, "%s", e.msg);
	ck_assert_uint_ge(s->claims_n, 45);
	claims_free(s);
}
END_TEST

START_TEST(settings_choose_captures)
{
	struct claim_scene *s =
		claim_scene_new(SOURCE_EMULATED, "c", "g", "p", "operation=call-tcp\tversion=1.4");
	static const struct {
		const char *where;
		bool meets;
	} cases[] = {
		{"version=1.4", true},	   {"version=2.0|1.4", true}, {"version=2.0", false},
		{"version!=1.4", false},   {"operation=call*", true}, {"operation!=call*", false},
		{"nothing=x", false},	   {"nothing=x|", true},      {"nothing!=x", true},
		{"operation=call", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *where[] = {xstrdup(cases[i].where)};

		ck_assert_msg(claim_scene_meets(s, where, 1) == cases[i].meets, "%s",
			      cases[i].where);
		free(where[0]);
	}
	claim_scene_free(s);
}
END_TEST

/* What a capture holds stands in every form of the output, and breaks none. */
START_TEST(every_form_is_whole)
{
	static const char hostile[] = "<script>|`\t\x1b[1m";

	for (int format = TABLE_TEXT; format <= TABLE_JSON + 1; format++) {
		struct claim_set *s = set_of(ECHOED);
		struct claim_results *r = claim_results_new(s);
		struct claim_scene *scene =
			claim_scene_new(SOURCE_RECORDED, hostile, hostile, hostile, "");
		char *text = NULL;
		size_t n = 0;
		FILE *f;

		two_probes("00 01 07", "00 04 07");
		claim_scene_free(scene);
		scene = scene_of_capture();
		free(scene->group);
		free(scene->capture);
		scene->group = xstrdup(hostile);
		scene->capture = xstrdup(hostile);
		claim_results_add(r, scene);
		f = open_memstream(&text, &n);
		if (format > TABLE_JSON)
			claims_print_html(r, f);
		else
			claims_print(r, f, (enum table_format)format);
		fclose(f);
		ck_assert_ptr_nonnull(strstr(text, "refuted"));
		ck_assert_ptr_nonnull(strstr(text, "faithful"));
		ck_assert_ptr_null(strchr(text, '\x1b'));
		if (format > TABLE_JSON)
			ck_assert_ptr_null(strstr(text, "<script"));
		free(text);
		claim_scene_free(scene);
		claim_results_free(r);
		claims_free(s);
	}
}
END_TEST

UNIT(claims)
{
	unit_case(tc, messages_are_held_against_what_they_answer);
	unit_case(tc, flows_of_others_are_no_case);
	unit_case(tc, every_test_holds_or_does_not);
	unit_case(tc, bytes_that_were_cut_off_refute_nothing);
	unit_case(tc, pauses_and_questions_are_asked_for);
	unit_case(tc, a_counter_counts_over_all_flows_of_a_client);
	unit_case(tc, what_follows_has_the_same_ends);
	unit_case(tc, flows_are_of_kinds);
	unit_case(tc, named_functions_confirm_and_refute);
	unit_case(tc, a_port_that_many_nodes_share_is_common);
	unit_case(tc, connections_that_overlap_are_seen);
	unit_case(tc, rows_of_a_table_are_cases);
	unit_case(tc, what_signatures_found_is_a_case);
	unit_case(tc, decision_rules);
	unit_case(tc, cases_of_one_trial_are_one);
	unit_case(tc, a_share_without_spread_is_of_trials);
	unit_case(tc, faults_name_the_line);
	unit_case(tc, the_paper_is_a_claim_file);
	unit_case(tc, settings_choose_captures);
	unit_case(tc, every_form_is_whole);
}
