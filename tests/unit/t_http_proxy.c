// SPDX-License-Identifier: GPL-2.0-or-later
/* The emulated HTTP proxy: its answers, the bytes that it carries, its end, and the truth of it. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/netns.h"
#include "replay/proxy/http_proxy.h"
#include "tests/unit/unit.h"

#define EPOCH (1152000000ULL * NS_PER_SEC)

/* A host, the proxy and a server, each with an address of the loopback. */
struct bench {
	struct loop *loop;
	struct truth_log *truth;
	struct http_proxy *proxy;
	struct ip host, own, server;
	int listener;
};

static struct ip loopback(unsigned k)
{
	unsigned pid = (unsigned)getpid();

	return ip4(0x7f000000U | (128 + (pid >> 14) % 128) << 16 | (pid >> 6 & 255) << 8 |
		   ((pid & 63) * 4 + k));
}

static int bound(const struct ip *ip, uint16_t port)
{
	struct endpoint at = {*ip, port};
	struct sockaddr_storage ss;
	struct err e;
	int fd = netns_socket(-1, AF_INET, SOCK_STREAM, 0, &e), one = 1;

	ck_assert_msg(fd >= 0, "%s", e.msg);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	ck_assert_msg(bind(fd, (struct sockaddr *)&ss, endpoint_to_sockaddr(&at, &ss)) == 0, "%m");
	return fd;
}

static void up(struct bench *b)
{
	struct http_proxy_spec spec = {.netns = -1, .node = "site-proxy", .seed = 1};
	struct err e = {0};

	unit_sandbox(); /* a loopback of its own, where 443 can be bound */
	*b = (struct bench){.host = loopback(1), .own = loopback(2), .server = loopback(3)};
	b->loop = loop_new(LOOP_VIRTUAL, EPOCH, &e);
	ck_assert_msg(b->loop != NULL, "%s", e.msg);
	b->truth = truth_new();
	spec.ip = b->own;
	b->proxy = http_proxy_open(&spec, b->loop, b->truth, &e);
	ck_assert_msg(b->proxy != NULL, "%s", e.msg);
	b->listener = bound(&b->server, 443);
	ck_assert_int_eq(listen(b->listener, 5), 0);
}

static void down(struct bench *b)
{
	close(b->listener);
	http_proxy_free(b->proxy);
	truth_free(b->truth);
	loop_free(b->loop);
}

/* Lets everything happen that @seconds of emulated time bring. */
static void run(const struct bench *b, uint64_t seconds)
{
	struct err e;

	ck_assert_msg(loop_run(b->loop, loop_now(b->loop) + seconds * NS_PER_SEC, &e) == 0, "%s",
		      e.msg);
}

/* A connection of the host to the proxy; its flow is in the truth. */
static int connected(const struct bench *b, uint16_t port)
{
	struct endpoint to = {b->own, HTTP_PROXY_PORT};
	struct truth_flow f = {
		.tuple = {IPPROTO_TCP, {b->host, port}, to}, .client_ip = b->host, .served = true};
	struct sockaddr_storage ss;
	int fd = bound(&b->host, port);

	snprintf(f.label, sizeof(f.label), "skype");
	snprintf(f.node, sizeof(f.node), "site-h1");
	snprintf(f.client, sizeof(f.client), "alice");
	truth_flow(b->truth, &f);
	ck_assert(connect(fd, (struct sockaddr *)&ss, endpoint_to_sockaddr(&to, &ss)) == 0 ||
		  errno == EINPROGRESS);
	return fd;
}

static void say(const struct bench *b, int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (int)strlen(text));
	run(b, 1);
}

/* What is there to be read; "" = nothing. *@over: and then the end. */
static const char *heard(int fd, bool *over)
{
	static char text[4096];
	ssize_t n, all = 0;

	while ((n = recv(fd, text + all, sizeof(text) - 1 - (size_t)all, 0)) > 0)
		all += n;
	text[all] = '\0';
	*over = n == 0 || errno == ECONNRESET;
	return text;
}

/* CONNECT to the server; the two ends of the tunnel. */
static void tunnel(const struct bench *b, uint16_t port, int *host, int *server)
{
	char request[128], ip[IP_TEXT_LEN];
	bool over;

	*host = connected(b, port);
	run(b, 1);
	snprintf(request, sizeof(request), "CONNECT %s:443 HTTP/1.0\r\n\r\n",
		 ip_text(&b->server, ip));
	say(b, *host, request);
	ck_assert_str_eq(heard(*host, &over), "HTTP/1.0 200 Connection established\r\n\r\n");
	ck_assert(!over);
	*server = accept4(b->listener, NULL, NULL, SOCK_NONBLOCK);
	ck_assert_int_ge(*server, 0);
}

START_TEST(bytes_go_both_ways_until_an_end_closes)
{
	struct bench b;
	int host, server;
	bool over;

	up(&b);
	tunnel(&b, 5000, &host, &server);
	say(&b, host, "question");
	ck_assert_str_eq(heard(server, &over), "question");
	say(&b, server, "answer");
	ck_assert_str_eq(heard(host, &over), "answer");
	ck_assert(!over);
	say(&b, server, "last");
	close(server);
	run(&b, 1);
	ck_assert_str_eq(heard(host, &over), "last");
	ck_assert(over);
	close(host);
	tunnel(&b, 5001, &host, &server);
	close(host);
	run(&b, 1);
	heard(server, &over);
	ck_assert(over);
	close(server);
	down(&b);
}
END_TEST

/* Far more than sockets hold, to an end that does not read: the proxy reads no more than it can keep, and
 * nothing is lost once the end reads. */
START_TEST(a_slow_end_slows_the_other)
{
	static uint8_t block[65536], got[65536];
	size_t sent = 0, received = 0;
	int host, server, calm = 0;
	struct bench b;
	ssize_t n;

	up(&b);
	tunnel(&b, 5000, &host, &server);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (uint8_t)(i * 31 >> 3);
	while (calm < 3) {
		n = send(host, block + sent % sizeof(block), sizeof(block) - sent % sizeof(block),
			 MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
		calm = n > 0 ? 0 : calm + 1;
		ck_assert_uint_lt(sent, 256U << 20);
		run(&b, 1);
	}
	/* what waits in the kernel for a window comes in real time, on a busy machine late */
	for (int idle = 0; received < sent && idle < 1000; run(&b, 1), idle++) {
		if (idle)
			usleep(10000);
		while ((n = recv(server, got, sizeof(got) - received % sizeof(got), 0)) > 0) {
			ck_assert_mem_eq(got, block + received % sizeof(block), (size_t)n);
			received += (size_t)n;
			idle = 0;
		}
	}
	ck_assert_uint_eq(received, sent);
	close(host);
	close(server);
	down(&b);
}
END_TEST

START_TEST(what_it_will_not_do_it_says)
{
	static const struct {
		const char *request, *answer;
	} cases[] = {
		{"CONNECT 198.18.0.1:33033 HTTP/1.0\r\n\r\n", "HTTP/1.0 403 Forbidden\r\n"},
		{"CONNECT 198.18.0.1:80 HTTP/1.0\r\n\r\n", "HTTP/1.0 403 Forbidden\r\n"},
		{"CONNECT ui.skype.com:443 HTTP/1.0\r\n\r\n", "HTTP/1.0 404 Not Found\r\n"},
		{"CONNECT [::1]:443 HTTP/1.0\r\n\r\n", "HTTP/1.0 404 Not Found\r\n"},
		{"CONNECT 198.18.0.1 HTTP/1.0\r\n\r\n", "HTTP/1.0 400 Bad Request\r\n"},
		{"CONNECT 198.18.0.1:443\r\n\r\n", "HTTP/1.0 400 Bad Request\r\n"},
		{"\r\n\r\n", "HTTP/1.0 400 Bad Request\r\n"},
		{"GET http://198.18.0.1/ HTTP/1.0\r\nHost: x\r\n\r\n",
		 "HTTP/1.0 501 Not Implemented\r\n"},
	};
	char long_one[8000];
	struct bench b;
	bool over;

	up(&b);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int fd = connected(&b, (uint16_t)(5000 + i));
		const char *text;

		run(&b, 1);
		say(&b, fd, cases[i].request);
		text = heard(fd, &over);
		ck_assert_msg(!strncmp(text, cases[i].answer, strlen(cases[i].answer)),
			      "case %zu: %s", i, text);
		ck_assert(over);
		close(fd);
	}
	for (int whole = 0; whole < 2; whole++) { /* a request without an end, one too long */
		int fd = connected(&b, (uint16_t)(5100 + whole));

		memset(long_one, 'x', sizeof(long_one));
		long_one[whole ? 20 : sizeof(long_one) - 1] = '\0';
		run(&b, 1);
		say(&b, fd, long_one);
		run(&b, 301);
		ck_assert_int_eq(!strncmp(heard(fd, &over), "HTTP/1.0 400", 12), !whole);
		ck_assert(over);
		close(fd);
	}
	down(&b);
}
END_TEST

/* A server that refuses, and one that says nothing: squid waits a minute. */
START_TEST(a_way_that_fails_is_service_unavailable)
{
	char request[128], ip[IP_TEXT_LEN];
	struct bench b;
	bool over;
	int fd;

	up(&b);
	for (int silent = 0; silent < 2; silent++) {
		if (silent) { /* a full backlog answers no SYN */
			ck_assert_int_eq(listen(b.listener, 0), 0);
			for (uint16_t i = 0; i < 4; i++) {
				struct endpoint to = {b.server, 443};
				struct sockaddr_storage ss;

				fd = bound(&b.host, (uint16_t)(6000 + i));
				connect(fd, (struct sockaddr *)&ss, endpoint_to_sockaddr(&to, &ss));
			}
		}
		fd = connected(&b, (uint16_t)(5000 + silent));
		run(&b, 1);
		snprintf(request, sizeof(request), "CONNECT %s:%d HTTP/1.0\r\n\r\n",
			 ip_text(&b.server, ip), silent ? 443 : 563);
		say(&b, fd, request);
		if (silent) {
			run(&b, 50);
			ck_assert_str_eq(heard(fd, &over), "");
			ck_assert(!over);
			run(&b, 20);
		}
		ck_assert(!strncmp(heard(fd, &over), "HTTP/1.0 503 Service Unavailable\r\n", 34));
		ck_assert(over);
		close(fd);
	}
	down(&b);
}
END_TEST

START_TEST(the_truth_knows_whose_flow_it_carries)
{
	const struct truth_flow *own, *host_flow;
	const struct truth_message *last;
	int host, server;
	struct bench b;
	bool over;

	up(&b);
	tunnel(&b, 5000, &host, &server);
	ck_assert_uint_eq(truth_flow_count(b.truth), 2);
	host_flow = truth_flow_at(b.truth, 0);
	own = truth_flow_at(b.truth, 1);
	ck_assert_uint_eq(host_flow->carried_by, 2);
	ck_assert_uint_eq(own->carries, 1);
	ck_assert_str_eq(own->client, "alice");
	ck_assert_str_eq(own->node, "site-proxy");
	ck_assert_str_eq(own->label, "skype");
	ck_assert(own->served && ip_eq(&own->client_ip, &b.own) &&
		  ip_eq(&own->tuple.src.ip, &b.own) && ip_eq(&own->tuple.dst.ip, &b.server));
	truth_message(b.truth, 0, false, "R1", loop_now(b.loop), "r1", 2);
	say(&b, host, "r1");
	ck_assert_str_eq(heard(server, &over), "r1");
	last = truth_message_at(b.truth, truth_message_count(b.truth) - 1);
	ck_assert_uint_eq(last->flow, 1);
	ck_assert_str_eq(last->name, "R1");
	ck_assert(!last->to_opener);
	truth_message(b.truth, 1, true, "R2", loop_now(b.loop), "r2", 2);
	say(&b, server, "r2");
	last = truth_message_at(b.truth, truth_message_count(b.truth) - 1);
	ck_assert_uint_eq(last->flow, 0);
	ck_assert_str_eq(last->name, "R2");
	ck_assert(last->to_opener);
	ck_assert_uint_eq(truth_flow_at(b.truth, 1)->closed_ns, 0);
	close(host);
	run(&b, 1);
	ck_assert_uint_ne(truth_flow_at(b.truth, 1)->closed_ns, 0);
	close(server);
	down(&b);
}
END_TEST

UNIT(http_proxy)
{
	const char *lack = unit_lack_of_namespaces();

	unit_case_needing(tc, bytes_go_both_ways_until_an_end_closes, lack);
	unit_case_needing(tc, a_slow_end_slows_the_other, lack);
	unit_case_needing(tc, what_it_will_not_do_it_says, lack);
	unit_case_needing(tc, a_way_that_fails_is_service_unavailable, lack);
	unit_case_needing(tc, the_truth_knows_whose_flow_it_carries, lack);
}
