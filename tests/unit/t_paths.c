// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_paths.c - the ways to servers: their lengths in emulated time, and what TCP makes of them
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/dist.h"
#include "base/netns.h"
#include "lab/lab.h"
#include "unit.h"

#define PORT  7000
#define SAYS  8
#define BYTES 100

/* A client at a site and two servers on the internet, with the way between them. */
struct way {
	struct loop *loop;
	struct lab *lab;
	struct dist rtt;
	int listening, client, server; /* -1 = none */
	uint64_t began_ns, stood_ns;   /* the client's connect, and when it stood */
	unsigned said;
	size_t got;
	struct loop_timer say, stall;
};

static struct ip server_ip(unsigned n)
{
	return ip4(0x04050607 + n);
}

static void way_up(struct way *w, const char *rtt, double loss)
{
	struct lab_site_spec site = {.name = "caller", .hosts = 1};
	struct lab_prefix net = {.ip = ip4(0x04050600), .len = 24};
	struct lab_spec spec = {
		.seed = 3, .sites = &site, .n_sites = 1, .internet = &net, .n_internet = 1};
	struct err e = {0};

	unit_sandbox();
	*w = (struct way){.listening = -1, .client = -1, .server = -1};
	ck_assert_int_eq(dist_parse(rtt, &w->rtt), 0);
	spec.internet_link = (struct lab_link){.rtt_ms = &w->rtt, .loss = loss};
	w->loop = loop_new(LOOP_VIRTUAL, 0, &e);
	ck_assert_msg(w->loop != NULL, "%s", e.msg);
	w->lab = lab_up(&spec, w->loop, &e);
	ck_assert_msg(w->lab != NULL, "%s", e.msg);
}

static void way_down(struct way *w)
{
	int *fds[] = {&w->listening, &w->client, &w->server};

	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		if (*fds[i] >= 0) {
			loop_fd_del(w->loop, *fds[i]);
			close(*fds[i]);
			*fds[i] = -1;
		}
	lab_down(w->lab);
	loop_free(w->loop);
}

static void server_reads(void *arg, uint32_t events)
{
	struct way *w = arg;
	char buf[4096];
	ssize_t n;

	(void)events;
	while ((n = recv(w->server, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		w->got += (size_t)n;
	if (n == 0)
		loop_fd_del(w->loop, w->server);
}

static void server_accepts(void *arg, uint32_t events)
{
	struct way *w = arg;
	struct err e = {0};

	(void)events;
	w->server = accept4(w->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (w->server >= 0)
		ck_assert_int_eq(loop_fd_add(w->loop, w->server, EPOLLIN, server_reads, w, &e), 0);
}

static void client_says(void *arg)
{
	struct way *w = arg;
	char buf[BYTES] = "";

	ck_assert_int_eq(send(w->client, buf, sizeof(buf), MSG_NOSIGNAL), BYTES);
	if (++w->said < SAYS)
		loop_timer_after(w->loop, &w->say, 5 * NS_PER_MS);
}

static void client_stands(void *arg, uint32_t events)
{
	struct way *w = arg;

	if (!(events & EPOLLOUT))
		return;
	w->stood_ns = loop_elapsed(w->loop);
	loop_fd_mod(w->loop, w->client, 0);
	if (w->say.fn)
		client_says(w);
}

/* Connects to server @n, runs the loop until nothing is left to do. Emulated time until the
 * connection stood. */
static uint64_t connect_to(struct way *w, unsigned n)
{
	struct endpoint to = {server_ip(n), PORT};
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(&to, &ss);
	struct err e = {0};
	int one = 1;

	w->listening =
		netns_socket(lab_node_netns(w->lab, "internet"), AF_INET, SOCK_STREAM, 0, &e);
	setsockopt(w->listening, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	ck_assert_int_eq(bind(w->listening, (struct sockaddr *)&ss, len), 0);
	ck_assert_int_eq(listen(w->listening, 5), 0);
	ck_assert_int_eq(loop_fd_add(w->loop, w->listening, EPOLLIN, server_accepts, w, &e), 0);
	w->client = netns_socket(lab_node_netns(w->lab, "caller-h1"), AF_INET, SOCK_STREAM, 0, &e);
	setsockopt(w->client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	w->stood_ns = 0;
	w->began_ns = loop_elapsed(w->loop);
	ck_assert(connect(w->client, (struct sockaddr *)&ss, len) < 0 && errno == EINPROGRESS);
	ck_assert_int_eq(loop_fd_add(w->loop, w->client, EPOLLOUT, client_stands, w, &e), 0);
	ck_assert_msg(loop_run(w->loop, 0, &e) == 0, "%s", e.msg);
	ck_assert_msg(w->stood_ns != 0, "the connection never stood");
	return w->stood_ns - w->began_ns;
}

static void hang_up(struct way *w)
{
	int *fds[] = {&w->listening, &w->client, &w->server};

	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		loop_fd_del(w->loop, *fds[i]);
		close(*fds[i]);
		*fds[i] = -1;
	}
}

/* The shortest of some connections to server @n: a busy machine makes single ones longer. */
static uint64_t way_to(struct way *w, unsigned n)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < 4; i++) {
		uint64_t ns = connect_to(w, n);

		best = ns < best ? ns : best;
		hang_up(w);
	}
	return best;
}

/* A handshake takes the round-trip time that the server's address has drawn, once for all. */
START_TEST(test_length)
{
	uint64_t first, again, other;
	struct way w;

	way_up(&w, "100-300", 0);
	first = way_to(&w, 0);
	again = way_to(&w, 0);
	other = way_to(&w, 1);
	way_down(&w);
	ck_assert_msg(first > 100 * NS_PER_MS && first < 310 * NS_PER_MS, "%llu ns",
		      (unsigned long long)first);
	ck_assert_uint_lt(first > again ? first - again : again - first, 8 * NS_PER_MS);
	ck_assert_uint_gt(first > other ? first - other : other - first, 8 * NS_PER_MS);
}
END_TEST

static void stalls(void *arg)
{
	(void)arg;
	usleep(450000);
}

/* A machine that stops for a while with segments under way does not make TCP repeat them. */
START_TEST(test_stall)
{
	struct lab_wire_stats stats[2];
	struct way w;

	way_up(&w, "200", 0);
	w.say.fn = client_says;
	w.say.arg = &w;
	w.stall.fn = stalls;
	loop_timer_after(w.loop, &w.stall, 245 * NS_PER_MS);
	connect_to(&w, 0);
	ck_assert_uint_eq(w.got, SAYS * BYTES);
	ck_assert(lab_wire_stats(w.lab, "internet", stats));
	ck_assert_uint_eq(stats[1].carried, 2 + SAYS); /* SYN, ACK, data */
	way_down(&w);
}
END_TEST

/* What is lost is sent again, and at its time: while the kernel waits to send again, emulated time goes
 * as real time does, however long a busy machine takes; beside that it jumps over the ways of frames
 * and the pauses of who speaks, and over nothing else. */
START_TEST(test_loss)
{
	const uint64_t way_ns = 41 * NS_PER_MS,
		       pause_ns = 5 * NS_PER_MS; /* half of 80 ms and a bit */
	struct lab_wire_stats stats[2];
	uint64_t real_ns = clock_ns(CLOCK_MONOTONIC), jumps_ns;
	struct way w;

	way_up(&w, "80", 0.15);
	w.say.fn = client_says;
	w.say.arg = &w;
	connect_to(&w, 0);
	real_ns = clock_ns(CLOCK_MONOTONIC) - real_ns;
	ck_assert_uint_eq(w.got, SAYS * BYTES);
	ck_assert(lab_wire_stats(w.lab, "internet", stats));
	ck_assert_uint_gt(stats[0].lost + stats[1].lost, 0);
	jumps_ns = (stats[0].carried + stats[1].carried) * way_ns + SAYS * pause_ns;
	ck_assert_uint_lt(loop_elapsed(w.loop), real_ns + jumps_ns);
	way_down(&w);
}
END_TEST

UNIT(paths)
{
	unit_case_needing(tc, test_length, unit_lack_of_namespaces());
	unit_case_needing(tc, test_stall, unit_lack_of_namespaces());
	unit_case_needing(tc, test_loss, unit_lack_of_namespaces());
}
