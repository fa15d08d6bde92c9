// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Published rules that no recorded Skype shows, or of which it shows one side only: each is fed what its source says
 * it finds, and what is nearest to that. What the recordings show of them: tests/e2e/signatures.sh.
 */
#include "tests/unit/feed.h"

#define CLIENT "192.168.5.2:2000"
#define PROXY  "192.168.5.1:3128"
#define SERVER "203.0.113.9:443"

/* Requests of HTTP over one connection. */
static const struct {
	const char *signature, *request;
	bool found;
} requests[] = {
	{"squid-connect", "CONNECT 203.0.113.9:443 HTTP/1.0\r\n\r\n", true},
	{"squid-connect", "CONNECT 203.0.113.9:12350 HTTP/1.0\r\n\r\n", true},
	{"squid-connect", "CONNECT [2001:db8::9]:443 HTTP/1.1\r\n\r\n", true},
	{"squid-connect", "CONNECT 9.example.org:443 HTTP/1.0\r\n\r\n", false},
	{"squid-connect", "CONNECT ui.skype.com:443 HTTP/1.0\r\n\r\n", false},
	{"squid-connect", "GET http://203.0.113.9/ HTTP/1.0\r\n\r\n", false},
	{"tom-skype", "GET /get?skype_id=anna HTTP/1.1\r\nhost: adsrv.TOM.com\r\n\r\n", true},
	{"tom-skype", "GET http://skype.tom.com/g?my_skype_id=anna HTTP/1.1\r\n\r\n", true},
	{"tom-skype", "GET /get?skype_id=anna HTTP/1.1\r\nHost: notom.com\r\n\r\n", false},
	{"tom-skype",
	 "GET /get HTTP/1.1\r\nHost: skype.tom.com\r\nReferer: http://a/?skype_id=anna\r\n\r\n",
	 false},
	{"tom-skype", "GET /l?login_id=anna HTTP/1.1\r\nHost: skypetools1.tom.com\r\n\r\n", true},
	{"tom-skype", "GET /l?login_id=anna HTTP/1.1\r\nHost: skypetools2.tom.com\r\n\r\n", false},
	{"tom-skype", "GET /users/anna/profile/avatar HTTP/1.1\r\nHost: api.skype.com\r\n\r\n",
	 true},
	{"tom-skype", "GET /users/anna/profile HTTP/1.1\r\nHost: api.skype.com\r\n\r\n", false},
};

START_TEST(requests_are_claimed_by_their_fields)
{
	struct feed *f = feed_signature(requests[_i].signature);

	feed_open(f, CLIENT, PROXY);
	feed_say(f, CLIENT, PROXY, 0, requests[_i].request, (uint32_t)strlen(requests[_i].request));
	ck_assert_uint_eq(feed_count(f, EVENT_FLOW), requests[_i].found);
	feed_free(f);
}
END_TEST

/* ufdbGuard's answer is that of any TLS 1.0 server; it counts behind R1 alone, and whole. */
START_TEST(the_answer_to_r1_makes_a_tunnel)
{
	static const uint8_t r1[] = {
		0x80, 0x46, 0x01, 0x03, 0x01, 0x00, 0x2d, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x05,
		0x00, 0x00, 0x04, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x09, 0x00, 0x00, 0x64, 0x00, 0x00,
		0x62, 0x00, 0x00, 0x08, 0x00, 0x00, 0x03, 0x00, 0x00, 0x06, 0x01, 0x00, 0x80, 0x07,
		0x00, 0xc0, 0x03, 0x00, 0x80, 0x06, 0x00, 0x40, 0x02, 0x00, 0x80, 0x04, 0x00, 0x80};
	static const uint8_t r2[] = {0x16, 0x03, 0x01, 0x00, 0x4a, 0x02,
				     0x00, 0x00, 0x46, 0x03, 0x01};
	uint8_t request[72], answer[79];
	struct feed *f = feed_signature("ufdbguard-2010");

	memset(request, 0x5a, sizeof(request));
	memset(answer, 0xa5, sizeof(answer));
	memcpy(request, r1, sizeof(r1));
	memcpy(answer, r2, sizeof(r2));
	if (_i == 1) /* another request of 72 bytes */
		request[55] ^= 1;
	if (_i == 2) /* a session without an id */
		answer[4] = 0x2a;
	feed_open(f, CLIENT, SERVER);
	feed_say(f, CLIENT, SERVER, 0, request, sizeof(request));
	ck_assert_uint_eq(f->n, 0);
	feed_say(f, CLIENT, SERVER, 1, answer, sizeof(answer));
	ck_assert_uint_eq(feed_count(f, EVENT_FLOW), _i == 0);
	feed_free(f);
}
END_TEST

/* Cisco's filter asks every segment for the head of a short TLS 1.0 record. */
START_TEST(a_short_tls_record_is_claimed_wherever_it_comes)
{
	static const char *const said[] = {"\x17\x03\x01\x00\x20", "\x17\x03\x01\x01\x20",
					   "\x17\x03\x03\x00\x20"};
	struct feed *f = feed_signature("cisco-fpm-2007");

	feed_open(f, CLIENT, SERVER);
	feed_say(f, CLIENT, SERVER, 0, "\x16\x03\x01\x00\x2a", 5);
	feed_say(f, CLIENT, SERVER, 1, "\x16\x03\x01\x00\x4a", 5);
	ck_assert_uint_eq(f->n, 0);
	feed_say(f, CLIENT, SERVER, 1, said[_i], 5);
	ck_assert_uint_eq(feed_count(f, EVENT_FLOW), _i == 0);
	feed_free(f);
}
END_TEST

/* MMT's rule of 2014 asks the first four datagrams, and decides at the fifth; one that is another shape is enough
 * against it. Bytes 0 and 2, and the size, of each. */
static const struct {
	struct {
		uint8_t first, third, size;
	} said[5];
	bool found;
} datagrams[] = {
	{{{1, 0x0d, 16}, {2, 0x7d, 90}, {3, 0x02, 16}, {4, 0x0d, 3}, {5, 0, 1}}, true},
	{{{1, 0x0d, 16}, {2, 0x7d, 90}, {3, 0x02, 16}, {4, 0x0d, 3}}, false},
	{{{1, 0x0d, 15}, {2, 0x7d, 90}, {3, 0x02, 16}, {4, 0x0d, 3}, {5, 0, 1}}, false},
	{{{1, 0x0d, 16}, {2, 0x7d, 90}, {3, 0x02, 3}, {4, 0x0d, 3}, {5, 0, 1}}, false},
	{{{1, 0x0d, 16}, {2, 0x7d, 90}, {3, 0x07, 16}, {4, 0x0d, 3}, {5, 0, 1}}, false},
	/* SNMP: 30 in the first byte is left out with 02, and not with d */
	{{{0x30, 2, 40}, {0x30, 2, 40}, {0x30, 2, 40}, {0x30, 2, 40}, {5, 0, 1}}, false},
	{{{0x30, 0xd, 40}, {0x30, 0xd, 40}, {0x30, 0xd, 40}, {0x30, 0xd, 40}, {5, 0, 1}}, true},
};

START_TEST(mmt_decides_by_four_datagrams)
{
	struct feed *f = feed_signature("mmt-2014");

	for (unsigned k = 0; k < 5 && datagrams[_i].said[k].size; k++) {
		uint8_t b[100] = {datagrams[_i].said[k].first, 0, datagrams[_i].said[k].third};

		ck_assert_uint_eq(f->n, 0);
		feed_udp(f, k & 1 ? SERVER : CLIENT, k & 1 ? CLIENT : SERVER, b,
			 datagrams[_i].said[k].size);
	}
	ck_assert_uint_eq(feed_count(f, EVENT_FLOW), datagrams[_i].found);
	feed_free(f);
}
END_TEST

START_TEST(mmt_decides_by_eight_small_segments)
{
	struct feed *f = feed_signature("mmt-2014");
	uint8_t b[40] = {0};

	feed_open(f, CLIENT, SERVER);
	for (unsigned k = 0; k < 9; k++) {
		ck_assert_uint_eq(f->n, 0);
		feed_say(f, CLIENT, SERVER, k & 1, b, k == (unsigned)_i ? 33 : 32);
	}
	ck_assert_uint_eq(feed_count(f, EVENT_FLOW), _i >= 8); /* the ninth may be large */
	feed_free(f);
}
END_TEST

/* The later rule is nDPI's of 2017: not to port 1119; over TCP the third packet alone. */
START_TEST(mmt_s_later_rule_leaves_a_port_out)
{
	static const struct {
		const char *server;
		bool tcp;
		uint8_t size;
		bool found;
	} cases[] = {{"203.0.113.9:1120", false, 20, true},
		     {"203.0.113.9:1119", false, 20, false},
		     {SERVER, true, 8, true},
		     {SERVER, true, 3, true},
		     {SERVER, true, 4, false}};
	struct feed *f = feed_signature("mmt-2016");
	const char *to = cases[_i].server;
	uint8_t b[40] = {1, 0, 2};

	if (!cases[_i].tcp) {
		feed_udp(f, CLIENT, to, b, cases[_i].size);
	} else {
		feed_open(f, CLIENT, to);
		for (unsigned k = 0; k < 3; k++)
			feed_say(f, CLIENT, to, k & 1, b, k == 2 ? cases[_i].size : 30);
	}
	ck_assert_uint_eq(feed_count(f, EVENT_FLOW), cases[_i].found);
	feed_free(f);
}
END_TEST

/* Ten hosts in a tenth of a second, whenever it begins; a host twice counts once. */
START_TEST(ten_hosts_at_once_are_a_login)
{
	static const struct {
		unsigned hosts, apart_ms;
		bool twice, found;
	} cases[] = {{10, 11, false, true},
		     {8, 1, false, false},
		     {10, 12, false, false},
		     {8, 1, true, false}};
	struct feed *f = feed_signature("packet-query-fan-out");
	char to[32];

	feed_udp(f, CLIENT, "203.0.113.200:33033", "abc", 3);
	f->now += 60000000; /* one more host; a window that began with it would miss the tenth */
	for (unsigned k = 0; k < cases[_i].hosts + cases[_i].twice; k++) {
		snprintf(to, sizeof(to), "203.0.113.%u:%u", 1 + k % cases[_i].hosts, 4000 + k);
		f->now += (cases[_i].apart_ms - 1) * 1000000ULL;
		feed_udp(f, CLIENT, to, "abc", 3);
	}
	ck_assert_uint_eq(feed_count(f, EVENT_EVIDENCE), cases[_i].found);
	feed_free(f);
}
END_TEST

/* Ptacek's check for a newer version: four packets or more to port 80 of an address that the name has. */
START_TEST(a_record_to_the_named_address_is_the_check_for_a_version)
{
	static const uint8_t answer[] =
		"\x12\x34\x81\x80\0\1\0\1\0\0\0\0\2ui\5skype\3com\0\0\1\0\1"
		"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xcb\0\x71\7"; /* 203.0.113.7 */
	static const struct {
		const char *to;
		unsigned data; /* packets behind SYN and ACK */
		bool found;
	} cases[] = {{"203.0.113.7:80", 2, true},
		     {"203.0.113.7:80", 1, false},
		     {"203.0.113.7:443", 2, false},
		     {"203.0.113.8:80", 2, false}};
	struct feed *f = feed_signature("ptacek-2011");

	feed_udp(f, "192.0.2.53:53", CLIENT, answer, sizeof(answer) - 1);
	feed_open(f, CLIENT, cases[_i].to);
	for (unsigned k = 0; k < cases[_i].data; k++)
		feed_say(f, CLIENT, cases[_i].to, 0, "GET", 3);
	for (unsigned k = 0; k < 9; k++) /* the other direction's do not count */
		feed_say(f, CLIENT, cases[_i].to, 1, "HTTP", 4);
	detector_finish(f->d);
	ck_assert_uint_eq(feed_count(f, EVENT_FLOW), cases[_i].found);
	feed_free(f);
}
END_TEST

UNIT(published)
{
	unit_loop(tc, requests_are_claimed_by_their_fields, 0, (int)ARRAY_LEN(requests));
	unit_loop(tc, the_answer_to_r1_makes_a_tunnel, 0, 3);
	unit_loop(tc, a_short_tls_record_is_claimed_wherever_it_comes, 0, 3);
	unit_loop(tc, mmt_decides_by_four_datagrams, 0, (int)ARRAY_LEN(datagrams));
	unit_loop(tc, mmt_decides_by_eight_small_segments, 0, 10);
	unit_loop(tc, mmt_s_later_rule_leaves_a_port_out, 0, 5);
	unit_loop(tc, ten_hosts_at_once_are_a_login, 0, 4);
	unit_loop(tc, a_record_to_the_named_address_is_the_check_for_a_version, 0, 4);
}
