// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_lab.c - the plan is checked and repeatable; a lab carries packets between its nodes
 *
 * Tests that need namespaces pass with a note where the kernel refuses them: the end-to-end tests
 * say SKIP with the reason.
 */
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/netns.h"
#include "lab/plan.h"
#include "unit.h"

static struct lab_prefix address(const char *text, unsigned len)
{
	struct lab_prefix p = {.len = len};

	ck_assert_int_eq(ip_parse(text, &p.ip), 0);
	return p;
}

static void refused(const struct lab_spec *spec, const char *words)
{
	struct err e = {0};

	ck_assert_int_eq(lab_check(spec, &e), -1);
	ck_assert_int_eq(e.code, EXIT_USAGE);
	ck_assert_msg(strstr(e.msg, words) != NULL, "'%s' lacks '%s'", e.msg, words);
}

START_TEST(test_check)
{
	struct lab_site_spec s[2] = {{.name = "caller", .hosts = 1},
				     {.name = "callee", .hosts = 1}};
	struct lab_prefix net[1] = {address("1.2.3.4", 32)};
	const char *taps[] = {"caller.lan", "core"};
	struct lab_spec spec = {.sites = s,
				.n_sites = 2,
				.internet = net,
				.n_internet = 1,
				.taps = taps,
				.n_taps = 2};
	struct err e = {0};

	ck_assert_msg(lab_check(&spec, &e) == 0, "%s", e.msg);
	s[1].name = "caller";
	refused(&spec, "two sites");
	s[1].name = "Callee";
	refused(&spec, "'Callee'");
	s[1].name = "core";
	refused(&spec, "'core'");
	s[1].name = "callee";
	s[1].hosts = 0;
	refused(&spec, "0 hosts");
	s[1].hosts = 1;
	s[1].link.loss = 1.5;
	refused(&spec, "loss 1.5");
	s[1].link.loss = 0;
	s[1].cgn = "full-cone";
	refused(&spec, "NAT behind a NAT");
	s[1].cgn = NULL;
	taps[1] = "callee.lam";
	refused(&spec, "callee.lam");
	taps[1] = "callee.lan";
	net[0] = address("203.0.113.7", 32);
	refused(&spec, "overlaps site callee: wan");
	net[0] = address("1.2.3.4", 24);
	refused(&spec, "bits set");
	net[0] = address("192.0.2.9", 32);
	refused(&spec, "overlaps the core's");
	net[0] = address("1.2.3.0", 24);
	s[1].lan = s[0].wan = address("1.2.0.0", 16);
	refused(&spec, "overlaps");
	spec.n_sites = 0;
	refused(&spec, "no sites");
}
END_TEST

START_TEST(test_plan_repeats)
{
	struct lab_site_spec s[2] = {
		{.name = "caller", .hosts = 3, .nat = "full-cone", .cgn = "symmetric"},
		{.name = "callee", .hosts = 1, .link = {.delay_ms = 5}}};
	struct lab_spec spec = {.seed = 7, .sites = s, .n_sites = 2};
	struct plan a, b;

	/* The policies are another file's business: their names need not exist here. */
	if (gateway_policy_check)
		s[0].nat = "full-cone";
	ck_assert_int_eq(plan_make(&a, &spec, NULL), 0);
	ck_assert_int_eq(plan_make(&b, &spec, NULL), 0);
	ck_assert_uint_eq(a.n_nodes, 3 + 1 + 1 + 1 + 1 + 1 + 2 + 1);
	ck_assert_uint_eq(a.n_links, 3 + 1 + 1 + 1 + 1 + 2 + 1);
	ck_assert_uint_eq(a.n_wires, 1);
	ck_assert_mem_eq(a.nodes, b.nodes, a.n_nodes * sizeof(*a.nodes));
	ck_assert_mem_eq(a.links, b.links, a.n_links * sizeof(*a.links));
	ck_assert_uint_eq(a.n_routes, b.n_routes);
	for (size_t i = 0; i < a.n_routes; i++) {
		const struct plan_route *x = &a.routes[i], *y = &b.routes[i];

		ck_assert(x->kind == y->kind && x->node == y->node && x->ifindex == y->ifindex);
		ck_assert(ip_eq(&x->to.ip, &y->to.ip) && x->to.len == y->to.len);
		ck_assert(ip_eq(&x->via, &y->via));
	}
	ck_assert_mem_eq(a.neighbours, b.neighbours, a.n_neighbours * sizeof(*a.neighbours));
	ck_assert_uint_eq(a.gateways[0].seed, b.gateways[0].seed);
	ck_assert_uint_ne(a.gateways[0].seed, a.gateways[1].seed);
	/* Every link end has a MAC of its own. */
	for (size_t i = 0; i < a.n_links; i++)
		for (size_t k = 0; k < a.n_links; k++) {
			ck_assert(memcmp(a.links[i].a.mac, a.links[k].b.mac, 6));
			ck_assert(i == k || memcmp(a.links[i].a.mac, a.links[k].a.mac, 6));
		}
	plan_free(&a);
	plan_free(&b);
}
END_TEST

static bool sandbox(void)
{
	struct err e = {0};

	if (lab_sandbox_enter(&e) == 0)
		return true;
	ck_assert_int_eq(e.code, EXIT_ENV);
	fprintf(stderr, "no namespaces here: %s\n", e.msg);
	return false;
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

	if (!sandbox())
		return;
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

START_TEST(test_wrong_node)
{
	struct lab_site_spec s = {.name = "a", .hosts = 1};
	struct lab_spec spec = {.sites = &s, .n_sites = 1};
	struct err e = {0};
	struct loop *loop;
	struct lab *lab;

	if (!sandbox())
		return;
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
	unit_case(tc, test_check);
	unit_case(tc, test_plan_repeats);
	unit_case(tc, test_packets);
	unit_case(tc, test_wrong_node);
}
