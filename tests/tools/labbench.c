// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * labbench.c - how long a lab takes to come up and go, for tests/bench/lab.sh
 *
 * labbench cells N [nat firewall]	N two-site cells one after another, captures at all five
 *					vantages not counted: "up_ms down_ms" each
 * labbench taps N			the same with captures: "up_ms taps_ms down_ms"
 * labbench matrix			the 36 both-node settings, a datagram over every path,
 *					compared with what the policies declare: "cells seconds
 *					passed stopped"; exit 1 on a difference
 * labbench large HOSTS ADDRESSES	one site and an internet: "up_ms down_ms"
 * labbench load PPS SECONDS		UDP through NAT past five taps, in emulated seconds:
 *"received captured lost_by_taps real_seconds"; exit 1 on a loss
 */
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/netns.h"
#include "base/outfile.h"
#include "lab/gateway/firewall.h"
#include "lab/gateway/nat.h"
#include "lab/gateway/policies.h"
#include "lab/lab.h"

#define SERVER	 0x44ce96f3 /* 68.206.150.243 */
#define STRANGER 0x01020304 /* 1.2.3.4 */

static bool failed; /* something came that must not, or the other way round */

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void die(const struct err *e)
{
	log_error("%s", e->msg);
	exit(e->code);
}

static struct lab *must_up(const struct lab_spec *spec, struct loop *loop)
{
	struct err e = {0};
	struct lab *lab = lab_up(spec, loop, &e);

	if (!lab)
		die(&e);
	return lab;
}

static int udp_at(struct lab *lab, const char *node, struct ip ip, uint16_t port)
{
	struct endpoint at = {.ip = ip, .port = port};
	struct sockaddr_storage ss;
	socklen_t n = endpoint_to_sockaddr(&at, &ss);
	struct err e = {0};
	int fd = netns_socket(lab_node_netns(lab, node), AF_INET, SOCK_DGRAM, 0, &e);

	if (fd < 0)
		die(&e);
	if (bind(fd, (struct sockaddr *)&ss, n) < 0) {
		err_sys(&e, "bind in %s", node);
		die(&e);
	}
	return fd;
}

/* Sends to an address; did it come within @wait_ms, and from where? */
static bool passes(int from, const struct sockaddr_storage *to, int at,
		   struct sockaddr_storage *seen, int wait_ms)
{
	socklen_t n = sizeof(*seen);
	struct pollfd p = {.fd = at, .events = POLLIN};
	char buf[16];

	sendto(from, "x", 1, 0, (const struct sockaddr *)to, sizeof(struct sockaddr_in));
	return poll(&p, 1, wait_ms) == 1 &&
	       recvfrom(at, buf, sizeof(buf), 0, (struct sockaddr *)seen, &n) == 1;
}

static struct policies policies;

static const struct nat_policy *nat_named(const char *name)
{
	struct err e = {0};
	const struct nat_policy *n = policies_nat(&policies, name, &e);

	if (!n)
		die(&e);
	return n;
}

static const struct firewall *firewall_named(const char *name)
{
	struct err e = {0};
	const struct firewall *f = policies_firewall(&policies, name, &e);

	if (!f)
		die(&e);
	return f;
}

static void cells(int n, const char *nat, const char *firewall, bool taps, struct loop *loop)
{
	static const char *const all[] = {"caller.lan", "caller.wan", "core", "callee.wan",
					  "callee.lan"};
	struct lab_site_spec s[2] = {{.name = "caller",
				      .hosts = 1,
				      .nat = nat_named(nat ? nat : "public"),
				      .firewall = firewall_named(firewall ? firewall : "open")},
				     {.name = "callee",
				      .hosts = 1,
				      .nat = nat_named(nat ? nat : "public"),
				      .firewall = firewall_named(firewall ? firewall : "open")}};
	struct lab_prefix net = {ip4(SERVER), 32};
	struct lab_spec spec = {.sites = s,
				.n_sites = 2,
				.internet = &net,
				.n_internet = 1,
				.taps = all,
				.n_taps = taps ? 5 : 0};
	char dir[] = "/tmp/labbench-XXXXXX";
	struct err e = {0};

	if (!mkdtemp(dir))
		exit(EXIT_ENV);
	for (int i = 0; i < n; i++) {
		double a = now_ms(), b, c;
		struct lab *lab = must_up(&spec, loop);

		b = now_ms();
		if (taps && lab_taps_start(lab, dir, &e) < 0)
			die(&e);
		c = now_ms();
		lab_down(lab);
		if (taps)
			printf("%.2f %.2f %.2f\n", b - a, c - b, now_ms() - c);
		else
			printf("%.2f %.2f\n", b - a, now_ms() - c);
	}
	remove_tree(dir);
}

/* One path through a cell, and what its policies declare of it. */
static void path(bool came, bool allowed, const char *cell, const char *what, unsigned count[2])
{
	count[came]++;
	if (came == allowed)
		return;
	log_error("%s: %s %s", cell, what, came ? "came, but must not" : "did not come");
	failed = true;
}

/* Each host asks a server, which answers; a second server and the other site's host, to which it
 * never spoke, send to the address the server has seen. */
static void try_cell(struct lab *lab, const struct lab_site_spec s[2], unsigned count[2])
{
	struct sockaddr_storage to, seen[2], from;
	static const char *const hosts[] = {"caller-h1", "callee-h1"};
	int sn = udp_at(lab, "internet", ip4(SERVER), 33033);
	int other = udp_at(lab, "internet", ip4(STRANGER), 33033), h[2];
	bool out[2];
	char cell[160];

	endpoint_to_sockaddr(&(struct endpoint){.ip = ip4(SERVER), .port = 33033}, &to);
	for (int i = 0; i < 2; i++) {
		bool full = !strcmp(s[i].firewall->given, "full-restricted");
		bool open = !strcmp(s[i].firewall->given, "open");

		snprintf(cell, sizeof(cell), "%s: %s, %s", hosts[i], s[i].firewall->given,
			 s[i].nat->given);
		h[i] = udp_at(lab, hosts[i], lab_node_ip(lab, hosts[i]), 5000);
		out[i] = passes(h[i], &to, sn, &seen[i], full ? 10 : 2000);
		path(out[i], !full, cell, "question", count);
		if (!out[i])
			continue;
		path(passes(sn, &seen[i], h[i], &from, 2000), true, cell, "answer", count);
		path(passes(other, &seen[i], h[i], &from, open ? 2000 : 10), open, cell,
		     "a stranger's packet", count);
	}
	for (int i = 0; i < 2; i++) {
		/* The caller tries first; that opens its own firewall for the answer, so the callee
		 * reaches it whenever both may send at all: a hole is punched. */
		bool allowed = strcmp(s[i].firewall->given, "full-restricted") &&
			       (i || !strcmp(s[!i].firewall->given, "open"));

		if (!out[!i])
			continue;
		snprintf(cell, sizeof(cell), "%s (%s, %s) to %s (%s, %s)", hosts[i],
			 s[i].firewall->given, s[i].nat->given, hosts[!i], s[!i].firewall->given,
			 s[!i].nat->given);
		path(passes(h[i], &seen[!i], h[!i], &from, allowed ? 2000 : 10), allowed, cell,
		     "direct packet", count);
	}
	close(h[0]);
	close(h[1]);
	close(sn);
	close(other);
}

static void matrix(struct loop *loop)
{
	static const char *const walls[] = {"open", "inbound-restricted", "full-restricted"};
	static const char *const nats[] = {"public", "full-cone"};
	struct lab_prefix net[2] = {{ip4(SERVER), 32}, {ip4(STRANGER), 32}};
	unsigned n = 0, count[2] = {0, 0};
	double start = now_ms();

	for (int c = 0; c < 36; c++) {
		struct lab_site_spec s[2] = {{.name = "caller",
					      .hosts = 1,
					      .firewall = firewall_named(walls[c % 3]),
					      .nat = nat_named(nats[c / 3 % 2])},
					     {.name = "callee",
					      .hosts = 1,
					      .firewall = firewall_named(walls[c / 6 % 3]),
					      .nat = nat_named(nats[c / 18])}};
		struct lab_spec spec = {.sites = s, .n_sites = 2, .internet = net, .n_internet = 2};
		struct lab *lab = must_up(&spec, loop);

		try_cell(lab, s, count);
		lab_down(lab);
		n++;
	}
	printf("%u %.3f %u %u\n", n, (now_ms() - start) / 1e3, count[1], count[0]);
}

static void large(unsigned hosts, unsigned addresses, struct loop *loop)
{
	struct lab_site_spec s = {.name = "site", .hosts = hosts, .nat = nat_named("full-cone")};
	struct lab_prefix *net = xcalloc(addresses, sizeof(*net));
	struct lab_spec spec = {
		.sites = &s, .n_sites = 1, .internet = net, .n_internet = addresses};
	double a, b;
	struct lab *lab;

	for (unsigned i = 0; i < addresses; i++)
		net[i] = (struct lab_prefix){ip4(0x44000000 + i * 977), 32};
	a = now_ms();
	lab = must_up(&spec, loop);
	b = now_ms();
	lab_down(lab);
	printf("%.1f %.1f\n", b - a, now_ms() - b);
	free(net);
}

struct load {
	struct loop *loop;
	struct loop_timer timer;
	int from, to;
	unsigned per_ms;
	uint64_t left, got;
	struct sockaddr_storage at;
};

static void load_send(void *arg)
{
	static const char payload[200];
	struct load *l = arg;

	for (unsigned i = 0; i < l->per_ms && l->left; i++, l->left--)
		sendto(l->from, payload, sizeof(payload), 0, (struct sockaddr *)&l->at,
		       sizeof(struct sockaddr_in));
	if (l->left)
		loop_timer_set(l->loop, &l->timer, l->timer.at_ns + NS_PER_MS);
}

static void load_got(void *arg, uint32_t events)
{
	struct load *l = arg;
	char buf[256];

	(void)events;
	while (recv(l->to, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		l->got++;
}

/* UDP at a steady rate of emulated time through NAT, past five taps. */
static void load(unsigned pps, unsigned seconds)
{
	static const char *const all[] = {"caller.lan", "caller.wan", "core", "callee.wan",
					  "callee.lan"};
	struct lab_site_spec s[2] = {{.name = "caller", .hosts = 1, .nat = nat_named("full-cone")},
				     {.name = "callee", .hosts = 1}};
	struct lab_spec spec = {.sites = s, .n_sites = 2, .taps = all, .n_taps = 5};
	struct load l = {.per_ms = pps / 1000, .left = (uint64_t)pps * seconds};
	struct lab_tap_stats stats = {0};
	char dir[] = "/tmp/labbench-XXXXXX";
	struct err e = {0};
	struct lab *lab;
	double start;

	l.loop = loop_new(LOOP_VIRTUAL, 0, &e);
	if (!l.loop || !mkdtemp(dir))
		die(&e);
	lab = must_up(&spec, l.loop);
	if (lab_taps_start(lab, dir, &e) < 0)
		die(&e);
	l.from = udp_at(lab, "caller-h1", lab_node_ip(lab, "caller-h1"), 5000);
	l.to = udp_at(lab, "callee-h1", lab_node_ip(lab, "callee-h1"), 5001);
	endpoint_to_sockaddr(&(struct endpoint){.ip = lab_node_ip(lab, "callee-h1"), .port = 5001},
			     &l.at);
	if (loop_fd_add(l.loop, l.to, EPOLLIN, load_got, &l, &e) < 0)
		die(&e);
	l.timer.fn = load_send;
	l.timer.arg = &l;
	start = now_ms();
	loop_timer_set(l.loop, &l.timer, loop_now(l.loop) + NS_PER_MS);
	if (loop_run(l.loop, 0, &e) < 0 || lab_taps_finish(lab, &e) < 0) {
		log_error("%s", e.msg);
		failed = true;
	}
	for (size_t i = 0; i < 5; i++) {
		struct lab_tap_stats t;

		if (lab_tap_stats(lab, all[i], &t)) {
			stats.packets += t.packets;
			stats.dropped += t.dropped;
		}
	}
	printf("%llu %llu %llu %.2f\n", (unsigned long long)l.got,
	       (unsigned long long)stats.packets, (unsigned long long)stats.dropped,
	       (now_ms() - start) / 1e3);
	loop_fd_del(l.loop, l.to);
	close(l.from);
	close(l.to);
	lab_down(lab);
	loop_free(l.loop);
	remove_tree(dir);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct err e = {0};
	struct loop *loop;

	if (lab_sandbox_enter(&e) < 0 || !(loop = loop_new(LOOP_REAL, 0, &e)))
		die(&e);
	if (!strcmp(what, "cells") && argc > 2)
		cells(atoi(argv[2]), argc > 3 ? argv[3] : NULL, argc > 4 ? argv[4] : NULL, false,
		      loop);
	else if (!strcmp(what, "taps") && argc > 2)
		cells(atoi(argv[2]), NULL, NULL, true, loop);
	else if (!strcmp(what, "matrix"))
		matrix(loop);
	else if (!strcmp(what, "large") && argc > 3)
		large((unsigned)atoi(argv[2]), (unsigned)atoi(argv[3]), loop);
	else if (!strcmp(what, "load") && argc > 3)
		load((unsigned)atoi(argv[2]), (unsigned)atoi(argv[3]));
	else
		return fprintf(stderr, "usage: labbench cells N [NAT FIREWALL] | taps N | matrix | "
				       "large HOSTS ADDRESSES | load PPS SECONDS\n"),
		       EXIT_USAGE;
	loop_free(loop);
	return failed ? EXIT_NO : EXIT_DONE;
}
