// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_message_stream.c - tests of the analysis' messages: where they begin and end, whose they are
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include "analysis/message/stream.h"
#include "tests/unit/hand.h"
#include "tests/unit/unit.h"

#define MS 1000000ULL

static struct {
	struct message_stream *s;
	char said[4096]; /* ">abc <de| .": messages, "!" = broken, "." = a flow ended */
	uint64_t now, number, begun;
} t;

static void begins(void *arg, struct message_flow *f)
{
	(void)arg;
	(void)f;
	t.begun++;
}

static void message(void *arg, const struct message *m)
{
	size_t n = strlen(t.said);

	(void)arg;
	ck_assert_uint_eq(m->place + 1, m->flow->messages[0] + m->flow->messages[1]);
	ck_assert_uint_eq(m->nth + 1, m->flow->messages[m->reply]);
	snprintf(t.said + n, sizeof(t.said) - n, "%s%c%.*s%s", n ? " " : "", m->reply ? '<' : '>',
		 (int)m->kept, (const char *)m->bytes, m->broken ? "!" : "");
}

static void ends(void *arg, struct message_flow *f)
{
	(void)arg;
	(void)f;
	strcat(t.said, ".");
}

static void begin(uint32_t flows)
{
	struct message_user user = {.begin = begins, .message = message, .end = ends};

	memset(&t, 0, sizeof(t));
	t.s = message_stream_new(&user, flows);
}

static void says(const char *expected)
{
	message_stream_end(t.s);
	ck_assert_str_eq(t.said, expected);
	message_stream_free(t.s);
}

static void packet(uint8_t proto, bool reply, int port, uint8_t flags, uint32_t seq,
		   const char *text)
{
	struct packet p = {.ts_ns = t.now += MS,
			   .number = ++t.number,
			   .proto = proto,
			   .tcp_flags = flags,
			   .seq = seq,
			   .payload = (const uint8_t *)text,
			   .len = (uint32_t)strlen(text),
			   .caplen = (uint32_t)strlen(text)};

	endpoint_parse("10.0.0.1:1000", reply ? &p.dst : &p.src);
	endpoint_parse("192.0.2.1:80", reply ? &p.src : &p.dst);
	(reply ? &p.dst : &p.src)->port = (uint16_t)port;
	message_stream_packet(t.s, &p);
}

static void tcp(bool reply, uint8_t flags, uint32_t seq, const char *text)
{
	packet(IPPROTO_TCP, reply, 1000, flags, seq, text);
}

START_TEST(a_datagram_is_a_message)
{
	begin(0);
	packet(IPPROTO_UDP, false, 1, 0, 0, "ask");
	packet(IPPROTO_UDP, true, 1, 0, 0, "answer");
	packet(IPPROTO_UDP, true, 1, 0, 0, "");
	packet(IPPROTO_ICMP, true, 1, 0, 0, "no");
	packet(IPPROTO_UDP, true, 2, 0, 0, "called");
	ck_assert_uint_eq(t.begun, 2);
	says(">ask <answer >called..");
}
END_TEST

START_TEST(a_push_or_an_answer_ends_a_tcp_message)
{
	begin(0);
	tcp(true, TH_SYN | TH_ACK, 99, ""); /* the other side opened it */
	tcp(false, TH_PUSH, 10, "one");
	tcp(false, TH_PUSH, 13, "two");
	tcp(true, 0, 100, "an");
	tcp(true, 0, 102, "swer");
	tcp(false, 0, 16, "thanks");
	tcp(false, TH_FIN, 22, "");
	says(">one! >two <answer >thanks.");
}
END_TEST

START_TEST(segments_are_put_in_order)
{
	begin(0);
	tcp(false, TH_SYN, 9, "");
	tcp(false, TH_PUSH, 14, "ef");
	tcp(false, 0, 12, "cd");
	tcp(false, 0, 10, "ab");
	tcp(false, TH_PUSH, 10, "abcdef"); /* again */
	tcp(false, TH_PUSH, 14, "xxgh");   /* again, with more */
	says(">abcdef >gh.");
}
END_TEST

START_TEST(what_is_missing_breaks_the_messages_beside_it)
{
	begin(0);
	tcp(false, TH_SYN, UINT32_MAX - 3, "");
	tcp(false, 0, UINT32_MAX - 2, "abc");
	for (uint32_t i = 0; i < 17; i++) /* one more than are held */
		tcp(false, TH_PUSH, 10 + 2 * i, "hi");
	tcp(true, TH_PUSH, 5, "lo");
	ck_assert_int_eq(strncmp(t.said, ">abc! >hi! >hi >hi >hi", 22), 0);
	ck_assert_ptr_nonnull(strstr(t.said, ">hi <lo!"));
	message_stream_end(t.s);
	message_stream_free(t.s);
}
END_TEST

START_TEST(a_tuple_used_again_is_a_new_flow)
{
	begin(0);
	tcp(false, TH_SYN, 9, "");
	tcp(false, TH_PUSH, 10, "a");
	tcp(true, TH_RST, 0, "");
	tcp(false, TH_SYN, 500, "");
	tcp(false, TH_PUSH, 501, "b");
	ck_assert_uint_eq(t.begun, 2);
	says(">a. >b.");
}
END_TEST

START_TEST(no_more_flows_are_held_than_was_said)
{
	begin(64);
	for (int i = 0; i < 1000; i++)
		packet(IPPROTO_UDP, false, 1 + i, 0, 0, i % 64 ? "" : "x");
	ck_assert_uint_eq(t.begun, 1000);
	ck_assert_uint_eq(message_stream_evicted(t.s), 1000 - 64);
	packet(IPPROTO_UDP, true, 1000, 0, 0, "still here");
	ck_assert_uint_eq(t.begun, 1000);
	message_stream_end(t.s);
	message_stream_free(t.s);
}
END_TEST

UNIT(message_stream)
{
	unit_case(tc, a_datagram_is_a_message);
	unit_case(tc, a_push_or_an_answer_ends_a_tcp_message);
	unit_case(tc, segments_are_put_in_order);
	unit_case(tc, what_is_missing_breaks_the_messages_beside_it);
	unit_case(tc, a_tuple_used_again_is_a_new_flow);
	unit_case(tc, no_more_flows_are_held_than_was_said);
}
