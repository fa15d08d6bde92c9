// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_lab.c - a lab carries packets between its nodes, taps catch them, links impair them
 *
 * Most need network namespaces; where there are none, those cases are skipped.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/netns.h"
#include "base/outfile.h"
#include "lab/lab.h"
#include "unit.h"

static struct lab_prefix address(const char *text, unsigned len)
{
	struct lab_prefix p = {.len = len};

	ck_assert_int_eq(ip_parse(text, &p.ip), 0);
	return p;
}

static int udp_at(struct lab *lab, const char *node, const char *ip, uint16_t port)
{
	struct err e = {0};
	int fd = netns_socket(lab_node_netns(lab, node), AF_INET, SOCK_DGRAM, 0, &e);
	struct endpoint at = {.port = port};
	struct sockaddr_storage ss;
	socklen_t n;

	ck_assert_msg(fd >= 0, "%s", e.msg);
	if (ip)
		ck_assert_int_eq(ip_parse(ip, &at.ip), 0);
	else
		at.ip = lab_node_ip(lab, node);
	n = endpoint_to_sockaddr(&at, &ss);
	ck_assert_msg(bind(fd, (struct sockaddr *)&ss, n) == 0, "bind %s: %m", ip ? ip : node);
	return fd;
}

/* One datagram from @a to @b: false when it does not come. */
static bool passes(int a, int b)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);
	struct pollfd ready = {.fd = b, .events = POLLIN};
	char buf[16] = "";

	getsockname(b, (struct sockaddr *)&ss, &n);
	sendto(a, "hello", 5, 0, (struct sockaddr *)&ss, n);
	/* On a busy machine the kernel carries it in its own time. */
	return poll(&ready, 1, 2000) == 1 && recv(b, buf, sizeof(buf), MSG_DONTWAIT) == 5 &&
	       !memcmp(buf, "hello", 5);
}

START_TEST(test_packets)
{
	struct lab_site_spec s[2] = {{.name = "caller", .hosts = 1},
				     {.name = "callee", .hosts = 3}};
	struct lab_prefix net[2] = {address("68.206.150.243", 32), address("4.5.0.0", 16)};
	struct lab_spec spec = {.sites = s, .n_sites = 2, .internet = net, .n_internet = 2};
	struct err e = {0};
	struct loop *loop;
	struct lab *lab;
	int h1, c3, sn, ls;

	unit_sandbox();
	loop = loop_new(LOOP_VIRTUAL, 0, &e);
	ck_assert_msg(loop != NULL, "%s", e.msg);
	lab = lab_up(&spec, loop, &e);
	ck_assert_msg(lab != NULL, "%s", e.msg);
	h1 = udp_at(lab, "caller-h1", NULL, 5000);
	c3 = udp_at(lab, "callee-h3", NULL, 5001);
	sn = udp_at(lab, "internet", "68.206.150.243", 57322);
	ls = udp_at(lab, "internet", "4.5.6.7", 33033);
	ck_assert(passes(h1, sn));
	ck_assert(passes(sn, h1));
	ck_assert(passes(h1, c3));
	ck_assert(passes(c3, h1));
	ck_assert(passes(c3, ls));
	ck_assert(passes(sn, ls));
	close(h1);
	close(c3);
	close(sn);
	close(ls);
	lab_down(lab);
	loop_free(loop);
}
END_TEST

/* 200 hosts behind one gateway and 2,000 server addresses: the last of each reach each other, and
 * two hosts of the site do without leaving it. */
START_TEST(test_large)
{
	struct lab_site_spec s = {.name = "site", .hosts = 200, .nat = unit_nat("full-cone")};
	struct lab_prefix *net = xcalloc(2000, sizeof(*net));
	struct lab_spec spec = {.sites = &s, .n_sites = 1, .internet = net, .n_internet = 2000};
	char text[IP_TEXT_LEN];
	struct err e = {0};
	struct loop *loop;
	struct lab *lab;
	int last, first, server;

	unit_sandbox();
	for (uint32_t i = 0; i < 2000; i++)
		net[i] = (struct lab_prefix){ip4(0x44000000 + i * 977), 32};
	loop = loop_new(LOOP_VIRTUAL, 0, &e);
	lab = lab_up(&spec, loop, &e);
	ck_assert_msg(lab != NULL, "%s", e.msg);
	last = udp_at(lab, "site-h200", NULL, 5000);
	first = udp_at(lab, "site-h1", NULL, 5000);
	server = udp_at(lab, "internet", ip_text(&net[1999].ip, text), 33033);
	ck_assert(passes(last, server));
	ck_assert(passes(first, last));
	ck_assert(passes(last, first));
	close(last);
	close(first);
	close(server);
	lab_down(lab);
	loop_free(loop);
	free(net);
}
END_TEST

struct sender {
	struct loop *loop;
	struct loop_timer timer;
	int from, to, left;
};

static void send_one(void *arg)
{
	struct sender *s = arg;
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);

	getsockname(s->to, (struct sockaddr *)&ss, &n);
	sendto(s->from, "tick", 4, 0, (struct sockaddr *)&ss, n);
	if (--s->left)
		loop_timer_after(s->loop, &s->timer, 10 * NS_PER_SEC);
}

/* Packets in a file and the time of the last; -1 when there is no file. */
static int count_packets(const char *dir, const char *file, uint64_t *last_ns)
{
	char *path = xasprintf("%s/%s", dir, file), why[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
	struct pcap_pkthdr *h;
	const u_char *bytes;
	int n = 0;

	free(path);
	if (!p)
		return -1;
	for (; pcap_next_ex(p, &h, &bytes) == 1; n++)
		*last_ns = (uint64_t)h->ts.tv_sec * NS_PER_SEC + (uint64_t)h->ts.tv_usec;
	pcap_close(p);
	return n;
}

/* Six datagrams in 50 emulated seconds: every tap on their way has each once, and in emulated time;
 * a tap that is dropped leaves no file. */
START_TEST(test_taps)
{
	static const char *const files[] = {"caller-gw.lan.pcap", "caller-gw.wan.pcap",
					    "core.any.pcap", "callee-gw.wan.pcap",
					    "callee-gw.lan.pcap"};
	const char *taps[] = {"caller.lan", "caller.wan", "core", "callee.wan", "callee.lan"};
	struct lab_site_spec s[2] = {{.name = "caller", .hosts = 1},
				     {.name = "callee", .hosts = 2}};
	struct lab_spec spec = {.sites = s, .n_sites = 2, .taps = taps, .n_taps = 5};
	uint64_t epoch = 1140000000 * NS_PER_SEC, last = 0;
	char dir[] = "/tmp/skypelab-taps-XXXXXX";
	struct lab_tap_stats stats;
	struct sender x = {.left = 6};
	struct err e = {0};
	struct lab *lab;

	unit_sandbox();
	ck_assert(mkdtemp(dir) != NULL);
	x.loop = loop_new(LOOP_VIRTUAL, epoch, &e);
	lab = lab_up(&spec, x.loop, &e);
	ck_assert_msg(lab != NULL, "%s", e.msg);
	ck_assert_msg(lab_taps_start(lab, dir, &e) == 0, "%s", e.msg);
	x.from = udp_at(lab, "caller-h1", NULL, 5000);
	x.to = udp_at(lab, "callee-h2", NULL, 5001);
	x.timer.fn = send_one;
	x.timer.arg = &x;
	loop_timer_after(x.loop, &x.timer, 0);
	ck_assert_msg(loop_run(x.loop, 0, &e) == 0, "%s", e.msg);
	ck_assert_int_eq(count_packets(dir, files[0], &last), -1);
	ck_assert_msg(lab_taps_finish(lab, &e) == 0, "%s", e.msg);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		ck_assert_int_eq(count_packets(dir, files[i], &last), 6);
		ck_assert(last - epoch > 50 * NS_PER_SEC && last - epoch < 55 * NS_PER_SEC);
	}
	ck_assert(lab_tap_stats(lab, "core", &stats) && stats.packets == 6 && !stats.dropped);
	ck_assert(!lab_tap_stats(lab, "internet", &stats));
	remove_tree(dir);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	ck_assert_msg(lab_taps_start(lab, dir, &e) == 0, "%s", e.msg);
	ck_assert(lab_tap_stats(lab, "core", &stats) && !stats.packets && !stats.dropped);
	lab_down(lab);
	ck_assert_int_eq(rmdir(dir), 0);
	loop_free(x.loop);
}
END_TEST

/* More than a tap's ring holds, while nobody reads it: the loss is found and said, the file is
 * there with what came, and it is whole. */
START_TEST(test_tap_loss)
{
	const char *taps[] = {"caller.lan"};
	struct lab_site_spec s = {.name = "caller", .hosts = 1};
	struct lab_prefix net = address("4.5.6.7", 32);
	struct lab_spec spec = {.sites = &s,
				.n_sites = 1,
				.internet = &net,
				.n_internet = 1,
				.taps = taps,
				.n_taps = 1};
	char dir[] = "/tmp/skypelab-taps-XXXXXX", buf[1400] = "";
	struct lab_tap_stats stats;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct err e = {0};
	struct loop *loop;
	struct lab *lab;
	uint64_t last;
	int from, to;

	unit_sandbox();
	ck_assert(mkdtemp(dir) != NULL);
	loop = loop_new(LOOP_VIRTUAL, 0, &e);
	lab = lab_up(&spec, loop, &e);
	ck_assert_msg(lab != NULL, "%s", e.msg);
	ck_assert_msg(lab_taps_start(lab, dir, &e) == 0, "%s", e.msg);
	from = udp_at(lab, "caller-h1", NULL, 5000);
	to = udp_at(lab, "internet", "4.5.6.7", 5001);
	getsockname(to, (struct sockaddr *)&ss, &len);
	for (int i = 0; i < 9000; i++)
		sendto(from, buf, sizeof(buf), 0, (struct sockaddr *)&ss, len);
	ck_assert_int_eq(lab_taps_finish(lab, &e), -1);
	ck_assert_msg(strstr(e.msg, "tap caller.lan lost ") != NULL, "%s", e.msg);
	ck_assert(lab_tap_stats(lab, "caller.lan", &stats));
	ck_assert(stats.dropped > 0 && stats.packets > 0);
	ck_assert_uint_eq(stats.packets + stats.dropped, 9000);
	ck_assert_int_eq(count_packets(dir, "caller-gw.lan.pcap", &last), (int)stats.packets);
	close(from);
	close(to);
	lab_down(lab);
	loop_free(loop);
	remove_tree(dir);
}
END_TEST

struct pinger {
	struct loop *loop;
	struct loop_timer timer;
	int from, to, sent, got;
	uint64_t start_ns, first_ns, last_ns; /* of the last two: since the start */
	uint64_t
		real_ns; /* what the machine took: emulated time contains it, more when it is busy */
};

static uint64_t real_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

static void ping_got(void *arg, uint32_t events)
{
	struct pinger *p = arg;
	char buf[1500];

	(void)events;
	while (recv(p->to, buf, sizeof(buf), MSG_DONTWAIT) > 0) {
		p->got++;
		if (!p->first_ns)
			p->first_ns = loop_due(p->loop) - p->start_ns;
		p->last_ns = loop_due(p->loop) - p->start_ns;
	}
}

static struct pinger through(struct lab_link shape, int n, int size)
{
	struct lab_site_spec s = {.name = "caller", .hosts = 1, .link = shape};
	struct lab_prefix net = address("4.5.6.7", 32);
	struct lab_spec spec = {
		.seed = 1, .sites = &s, .n_sites = 1, .internet = &net, .n_internet = 1};
	struct lab_wire_stats stats[2];
	struct pinger p = {.sent = n};
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct err e = {0};
	char buf[1500] = "";
	struct lab *lab;

	p.loop = loop_new(LOOP_VIRTUAL, 0, &e);
	lab = lab_up(&spec, p.loop, &e);
	ck_assert_msg(lab != NULL, "%s", e.msg);
	p.from = udp_at(lab, "caller-h1", NULL, 5000);
	p.to = udp_at(lab, "internet", "4.5.6.7", 5001);
	getsockname(p.to, (struct sockaddr *)&ss, &len);
	ck_assert_int_eq(loop_fd_add(p.loop, p.to, EPOLLIN, ping_got, &p, &e), 0);
	p.start_ns = loop_elapsed(p.loop);
	p.real_ns = real_ns();
	for (int i = 0; i < n; i++)
		sendto(p.from, buf, (size_t)size, 0, (struct sockaddr *)&ss, len);
	ck_assert_msg(loop_run(p.loop, 60 * NS_PER_SEC, &e) == 0, "%s", e.msg);
	p.real_ns = real_ns() - p.real_ns;
	ck_assert(lab_wire_stats(lab, "caller", stats));
	ck_assert_uint_eq(stats[0].carried, (uint64_t)p.got);
	ck_assert_uint_eq(stats[0].carried + stats[0].lost + stats[0].queue_drops, (uint64_t)n);
	ck_assert_uint_eq(stats[0].overrun, 0);
	ck_assert_uint_eq(stats[1].carried, 0);
	ck_assert(!lab_wire_stats(lab, "internet", stats));
	close(p.from);
	loop_fd_del(p.loop, p.to);
	close(p.to);
	lab_down(lab);
	loop_free(p.loop);
	return p;
}

/* Delay, rate, loss and jitter as asked, in emulated time. */
START_TEST(test_impaired)
{
	struct pinger p;
	int lost;

	unit_sandbox();
	p = through((struct lab_link){.delay_ms = 250}, 1, 100);
	ck_assert_int_eq(p.got, 1);
	ck_assert(p.first_ns > 250 * NS_PER_MS && p.first_ns < 260 * NS_PER_MS + p.real_ns);
	/* 10 frames of 942 bytes at 100 kbit/s: one each 75.4 ms; the queue holds 500 ms. */
	p = through((struct lab_link){.rate_bps = 100000}, 10, 900);
	ck_assert_int_eq(p.got, 7);
	ck_assert(p.first_ns > 75 * NS_PER_MS && p.first_ns < 85 * NS_PER_MS + p.real_ns);
	ck_assert(p.last_ns - p.first_ns > 447 * NS_PER_MS);
	ck_assert(p.last_ns - p.first_ns < 462 * NS_PER_MS + p.real_ns);
	p = through((struct lab_link){.loss = 0.5}, 100, 10);
	ck_assert(p.got > 30 && p.got < 70);
	lost = p.got;
	p = through((struct lab_link){.loss = 0.5}, 100, 10);
	ck_assert_int_eq(p.got, lost); /* the seed decides */
	p = through((struct lab_link){.jitter_ms = 40}, 50, 10);
	ck_assert_int_eq(p.got, 50);
	ck_assert(p.last_ns > 20 * NS_PER_MS && p.last_ns < 50 * NS_PER_MS + p.real_ns);
}
END_TEST

/* A program in a node: its streams, its network, its resolver, its exit code. */
START_TEST(test_spawn)
{
	struct lab_site_spec s = {.name = "a", .hosts = 1};
	struct ip dns = address("4.5.6.7", 32).ip;
	struct lab_group group = {"dns", &dns, 1};
	struct lab_spec spec = {.sites = &s, .n_sites = 1, .groups = &group, .n_groups = 1};
	char *argv[] = {
		"sh", "-c",
		"grep -c eth0 /proc/net/dev; grep -o 'nameserver.*' /etc/resolv.conf; exit 9",
		NULL};
	char *missing[] = {"/no/such/program", NULL};
	int out[2], fds[3] = {-1, -1, -1}, status;
	struct err e = {0};
	char text[100] = "";
	struct loop *loop;
	struct lab *lab;
	ssize_t n, got = 0;

	unit_sandbox();
	loop = loop_new(LOOP_VIRTUAL, 0, &e);
	lab = lab_up(&spec, loop, &e);
	ck_assert_msg(lab != NULL, "%s", e.msg);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	fds[1] = out[1];
	ck_assert(lab_spawn(lab, "a-h1", argv, NULL, fds, &e) > 0);
	close(out[1]);
	while ((n = read(out[0], text + got, sizeof(text) - 1 - (size_t)got)) > 0)
		got += n;
	ck_assert_str_eq(text, "1\nnameserver 4.5.6.7\n");
	ck_assert(wait(&status) > 0);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 9);
	fds[1] = -1;
	fds[2] = open("/dev/null", O_WRONLY | O_CLOEXEC);
	ck_assert(lab_spawn(lab, "a-h1", missing, NULL, fds, &e) > 0);
	ck_assert(wait(&status) > 0);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 127);
	ck_assert_int_eq(lab_spawn(lab, "b-h1", argv, NULL, NULL, &e), -1);
	close(out[0]);
	close(fds[2]);
	lab_down(lab);
	loop_free(loop);
}
END_TEST

START_TEST(test_wrong_node)
{
	struct lab_site_spec s = {.name = "a", .hosts = 1};
	struct lab_spec spec = {.sites = &s, .n_sites = 1};
	struct err e = {0};
	struct loop *loop;
	struct lab *lab;

	unit_sandbox();
	loop = loop_new(LOOP_VIRTUAL, 0, &e);
	lab = lab_up(&spec, loop, &e);
	ck_assert_msg(lab != NULL, "%s", e.msg);
	ck_assert_int_eq(lab_node_netns(lab, "b-h1"), -1);
	ck_assert_int_eq(lab_rules(lab, "b-gw", stdout, &e), -1);
	ck_assert_str_eq(e.msg, "no node 'b-gw' in this lab");
	lab_down(lab);
	loop_free(loop);
}
END_TEST

UNIT(lab)
{
	unit_case_needing(tc, test_packets, unit_lack_of_namespaces());
	unit_case_needing(tc, test_large, unit_lack_of_namespaces());
	unit_case_needing(tc, test_taps, unit_lack_of_namespaces());
	unit_case_needing(tc, test_tap_loss, unit_lack_of_namespaces());
	unit_case_needing(tc, test_impaired, unit_lack_of_namespaces());
	unit_case_needing(tc, test_spawn, unit_lack_of_namespaces());
	unit_case_needing(tc, test_wrong_node, unit_lack_of_namespaces());
}
