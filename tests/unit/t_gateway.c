// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_gateway.c - gateways with real packets: the race, contention, truth, lifetimes, lost events
 *
 * What every behaviour does is `lab verify`'s business; here is that verify can say no, and what it
 * does not look at. Needs network namespaces; where there are none, the cases are skipped.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/netns.h"
#include "lab/gateway/conntrack.h"
#include "lab/nft/batch.h"
#include "lab/lab.h"
#include "lab/verify/bench.h"
#include "lab/verify/nat.h"
#include "tests/unit/unit.h"

static void up(struct bench *b, const char *firewall, const char *nat)
{
	struct bench_site site = {unit_firewall(firewall), unit_nat(nat)};
	struct err e = {0};

	ck_assert_msg(bench_up(b, &site, 1, NULL, 1, &e) == 0, "%s", e.msg);
}

/* A learns its outside port from a server, B sends to it before A has sent to B, then A sends to B:
 * the port B sees, or 0; and A's outside endpoint. */
static uint16_t early_packet(struct bench *b, struct endpoint *learnt)
{
	struct endpoint server = bench_at(b, "internet", SERVER_1, PORT_1), seen = {0};
	struct endpoint peer = bench_at(b, "internet", SERVER_2, 5000);
	int a = bench_udp(b, "a-h1", NULL, 5000), s = bench_udp(b, "internet", SERVER_1, PORT_1);
	int p = bench_udp(b, "internet", SERVER_2, 5000);

	ck_assert(bench_passes(b, a, &server, s, learnt));
	bench_passes(b, p, learnt, a, NULL);
	return bench_passes(b, a, &peer, p, &seen) ? seen.port : 0;
}

/* The race of cone NATs that look symmetric: see gateway.c, chain input. */
START_TEST(test_early_packet_does_not_move_the_port)
{
	static const char by_axes[] = "mapping=endpoint-independent,filtering="
				      "address-and-port-dependent,port-preservation=yes";
	static const char *const nats[] = {"full-cone", "address-restricted", "port-restricted",
					   "masquerade", by_axes};
	struct endpoint learnt;
	struct bench b;

	unit_sandbox();
	for (size_t i = 0; i < ARRAY_LEN(nats); i++) {
		up(&b, "open", nats[i]);
		ck_assert_msg(early_packet(&b, &learnt) == learnt.port, "%s", nats[i]);
		bench_down(&b);
	}
}
END_TEST

/* The same with the gateway's input open: the race is there, so the test above can fail. */
START_TEST(test_early_packet_race_exists)
{
	struct endpoint learnt;
	struct bench b;
	int home;

	unit_sandbox();
	up(&b, "open", "masquerade");
	home = netns_enter(lab_node_netns(b.lab, "a-gw"), NULL);
	ck_assert_int_eq(system("nft flush chain ip gateway input"), 0);
	netns_leave(home);
	ck_assert_uint_ne(early_packet(&b, &learnt), learnt.port);
	bench_down(&b);
}
END_TEST

/* A full cone that is declared symmetric, and so on: verify has to notice. */
START_TEST(test_verify_can_say_no)
{
	static const char *const pairs[][2] = {
		{"full-cone", "symmetric"},
		{"full-cone", "address-restricted"},
		{"port-restricted", "address-restricted"},
		{"masquerade", "port-restricted"},
		{"mapping=endpoint-independent,udp-lifetime=60,tcp-lifetime=60",
		 "mapping=endpoint-independent,udp-lifetime=120,tcp-lifetime=120"},
		{"mapping=endpoint-independent,udp-lifetime=240,tcp-lifetime=240",
		 "mapping=endpoint-independent,udp-lifetime=120,tcp-lifetime=120"},
		{"mapping=endpoint-independent", "mapping=endpoint-independent,hairpinning=yes"},
		{"mapping=address-dependent", "mapping=address-and-port-dependent"},
		{"public", "full-cone"},
	};
	struct lab_verify_options o = {.seed = 1};
	struct verify v = {.o = &o};
	struct err e = {0};

	unit_sandbox();
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		v.differences = 0;
		ck_assert_msg(
			verify_nat(&v, "x", unit_nat(pairs[i][0]), unit_nat(pairs[i][1]), &e) == 0,
			"%s", e.msg);
		ck_assert_msg(v.differences == 2, "%s passes for %s: %u", pairs[i][0], pairs[i][1],
			      v.differences);
	}
}
END_TEST

/* Two hosts on one port: both must be reachable, and neither may lose its mapping. */
static void contention(const char *nat, bool kept)
{
	struct lab_prefix net = {.len = 24};
	struct lab_site_spec site = {.name = "a", .hosts = 2, .nat = unit_nat(nat)};
	struct lab_spec spec = {
		.seed = 1, .sites = &site, .n_sites = 1, .internet = &net, .n_internet = 1};
	struct bench b = {0};
	struct endpoint server, seen[2], again;
	struct err e = {0};
	int h[2], s, stranger;

	ip_parse("198.51.100.0", &net.ip);
	b.loop = loop_new(LOOP_VIRTUAL, 0, &e);
	b.lab = lab_up(&spec, b.loop, &e);
	ck_assert_msg(b.lab != NULL, "%s", e.msg);
	server = bench_at(&b, "internet", SERVER_1, PORT_1);
	s = bench_udp(&b, "internet", SERVER_1, PORT_1);
	stranger = bench_udp(&b, "internet", STRANGER, PORT_1);
	h[0] = bench_udp(&b, "a-h1", NULL, 5000);
	h[1] = bench_udp(&b, "a-h2", NULL, 5000);
	for (int i = 0; i < 2; i++)
		ck_assert(bench_passes(&b, h[i], &server, s, &seen[i]));
	ck_assert_uint_ne(seen[0].port, seen[1].port);
	ck_assert_int_eq(seen[0].port == 5000, kept);
	for (int i = 0; i < 2; i++) {
		ck_assert_msg(bench_passes(&b, stranger, &seen[i], h[i], NULL), "%s: host %d", nat,
			      i + 1);
		ck_assert(bench_passes(&b, h[i], &server, s, &again));
		ck_assert(endpoint_eq(&again, &seen[i]));
	}
	bench_down(&b);
}

START_TEST(test_two_hosts_on_one_port)
{
	unit_sandbox();
	contention("full-cone", false);
	contention("mapping=endpoint-independent,port-preservation=yes", true);
}
END_TEST

/* Thousands of mappings to one server: none may be lost to another that has its port. */
START_TEST(test_no_two_mappings_share_a_port)
{
	static bool used[65536];
	struct endpoint server, seen;
	struct bench b;
	struct sockaddr_storage ss;
	int s, arrived = 0, sent = 3000;
	uint32_t tag;
	socklen_t n;

	unit_sandbox();
	memset(used, 0, sizeof(used));
	up(&b, "open", "port-restricted");
	server = bench_at(&b, "internet", SERVER_1, PORT_1);
	s = bench_udp(&b, "internet", SERVER_1, PORT_1);
	for (int i = 0; i < sent; i++) {
		int fd = bench_udp(&b, "a-h1", NULL, (uint16_t)(5000 + i));

		bench_send(&b, fd, &server, (uint32_t)i);
		close(fd);
		b.n_fds--;
		if (i % 50 != 49)
			continue;
		bench_wait(&b, NS_PER_MS);
		for (n = sizeof(ss);
		     recvfrom(s, &tag, sizeof(tag), 0, (struct sockaddr *)&ss, &n) > 0; arrived++) {
			endpoint_from_sockaddr(&ss, &seen);
			ck_assert_msg(!used[seen.port], "port %u again", seen.port);
			used[seen.port] = true;
		}
	}
	ck_assert_int_eq(arrived, sent);
	bench_down(&b);
}
END_TEST

/* Entries give each flow's tuple on both sides, in both directions of opening. */
START_TEST(test_truth)
{
	struct endpoint server, ext, inside;
	const struct conntrack_entry *c;
	struct conntrack_watch *w;
	struct err e = {0};
	struct bench b;
	int a, s, stranger;

	unit_sandbox();
	up(&b, "open", "full-cone");
	w = lab_gateway_watch(b.lab, "a-gw");
	ck_assert_ptr_nonnull(w);
	server = bench_at(&b, "internet", SERVER_1, PORT_1);
	inside = bench_at(&b, "a-h1", NULL, 5000);
	a = bench_udp(&b, "a-h1", NULL, 5000);
	s = bench_udp(&b, "internet", SERVER_1, PORT_1);
	stranger = bench_udp(&b, "internet", STRANGER, 777);
	ck_assert(bench_passes(&b, a, &server, s, &ext));
	bench_wait(&b, 10 * NS_PER_SEC);
	ck_assert(bench_passes(&b, stranger, &ext, a, NULL));
	ck_assert_msg(conntrack_settle(w, &e) == 0, "%s", e.msg);
	ck_assert_uint_eq(conntrack_count(w), 2);
	c = conntrack_at(w, 0);
	ck_assert_uint_eq(c->orig.proto, IPPROTO_UDP);
	ck_assert(endpoint_eq(&c->orig.src, &inside) && endpoint_eq(&c->orig.dst, &server));
	ck_assert(endpoint_eq(&c->reply.dst, &ext) && endpoint_eq(&c->reply.src, &server));
	ck_assert_uint_eq(c->closed_ns, 0);
	c = conntrack_at(w, 1);
	ck_assert_uint_eq(c->orig.src.port, 777);
	ck_assert(endpoint_eq(&c->orig.dst, &ext) && endpoint_eq(&c->reply.src, &inside));
	ck_assert_uint_ge(c->opened_ns - conntrack_at(w, 0)->opened_ns, 10 * NS_PER_SEC);
	ck_assert_uint_lt(c->opened_ns - conntrack_at(w, 0)->opened_ns, 11 * NS_PER_SEC);
	bench_down(&b);
}
END_TEST

/* "src=A dst=B sport=C dport=D", as conntrack(8) writes a tuple. */
static void tuple_words(const struct tuple *t, char out[160])
{
	char a[IP_TEXT_LEN], b[IP_TEXT_LEN];

	snprintf(out, 160, "src=%s dst=%s sport=%u dport=%u", ip_text(&t->src.ip, a),
		 ip_text(&t->dst.ip, b), t->src.port, t->dst.port);
}

/* What `conntrack -L` lists in the gateway is what the truth has, tuple by tuple. */
START_TEST(test_conntrack_tool_agrees)
{
	char listing[8192] = "", orig[160], reply[160];
	struct endpoint server, tcp_server;
	struct conntrack_watch *w;
	struct err e = {0};
	struct bench b;
	int s, home, lines = 0;
	FILE *f;

	unit_sandbox();
	up(&b, "inbound-restricted", "symmetric");
	w = lab_gateway_watch(b.lab, "a-gw");
	server = bench_at(&b, "internet", SERVER_1, PORT_1);
	tcp_server = bench_at(&b, "internet", SERVER_2, 443);
	s = bench_udp(&b, "internet", SERVER_1, PORT_1);
	bench_listen(&b, "internet", SERVER_2, 443);
	for (uint16_t port = 5000; port < 5005; port++)
		ck_assert(bench_passes(&b, bench_udp(&b, "a-h1", NULL, port), &server, s, NULL));
	bench_connect(&b, "a-h1", NULL, 6000, &tcp_server);
	ck_assert_int_eq(conntrack_settle(w, &e), 0);
	home = netns_enter(lab_node_netns(b.lab, "a-gw"), NULL);
	f = popen("conntrack -L 2>/dev/null", "r");
	netns_leave(home);
	ck_assert_uint_gt(fread(listing, 1, sizeof(listing) - 1, f), 0);
	pclose(f);
	for (char *p = listing; (p = strchr(p, '\n')); p++)
		lines++;
	ck_assert_uint_eq(conntrack_count(w), 6);
	ck_assert_int_eq(lines, 6);
	for (size_t i = 0; i < 6; i++) {
		const struct conntrack_entry *c = conntrack_at(w, i);
		char *at;

		tuple_words(&c->orig, orig);
		tuple_words(&c->reply, reply);
		at = strstr(listing, orig);
		ck_assert_msg(at != NULL, "%s is not in %s", orig, listing);
		*strchr(at, '\n') = '\0';
		ck_assert_msg(strstr(at, reply) != NULL, "%s: %s", reply, at);
		at[strlen(at)] = '\n';
	}
	bench_down(&b);
}
END_TEST

/* A flow that is kept alive lives; left alone, it ends after its lifetime in emulated time. */
START_TEST(test_lifetime)
{
	struct endpoint server;
	const struct conntrack_entry *c;
	struct conntrack_watch *w;
	struct err e = {0};
	uint64_t last = 0;
	struct bench b;
	int a, s;

	unit_sandbox();
	up(&b, "open", "mapping=endpoint-independent,udp-lifetime=60");
	w = lab_gateway_watch(b.lab, "a-gw");
	server = bench_at(&b, "internet", SERVER_1, PORT_1);
	a = bench_udp(&b, "a-h1", NULL, 5000);
	s = bench_udp(&b, "internet", SERVER_1, PORT_1);
	for (int i = 0; i < 10; i++) {
		last = loop_now(b.loop);
		ck_assert(bench_passes(&b, a, &server, s, NULL));
		bench_wait(&b, 50 * NS_PER_SEC);
	}
	ck_assert_int_eq(conntrack_settle(w, &e), 0);
	ck_assert_uint_eq(conntrack_count(w), 1);
	ck_assert_uint_eq(conntrack_at(w, 0)->closed_ns, 0);
	bench_wait(&b, 50 * NS_PER_SEC);
	ck_assert_int_eq(conntrack_settle(w, &e), 0);
	c = conntrack_at(w, 0);
	ck_assert_uint_ge(c->closed_ns, last + 60 * NS_PER_SEC);
	ck_assert_uint_le(c->closed_ns, last + 62 * NS_PER_SEC);
	bench_down(&b);
}
END_TEST

/* Many flows opened in one turn of the loop. */
static void burst(struct bench *b, int flows)
{
	struct endpoint to = bench_at(b, "internet", SERVER_1, 0);
	int a = bench_udp(b, "a-h1", NULL, 5000);

	for (int i = 0; i < flows; i++) {
		to.port = (uint16_t)(10000 + i);
		bench_send(b, a, &to, 1);
	}
	bench_wait(b, NS_PER_SEC);
}

START_TEST(test_burst_and_lost_events)
{
	struct conntrack_watch *w;
	struct err e = {0};
	struct bench b;

	unit_sandbox();
	up(&b, "open", "full-cone");
	w = lab_gateway_watch(b.lab, "a-gw");
	burst(&b, 1500);
	ck_assert_msg(conntrack_settle(w, &e) == 0, "%s", e.msg);
	ck_assert_uint_eq(conntrack_count(w), 1500);
	bench_down(&b);

	up(&b, "open", "full-cone");
	w = lab_gateway_watch(b.lab, "a-gw");
	conntrack_shrink(w, 4096);
	burst(&b, 1500);
	ck_assert_int_lt(conntrack_settle(w, &e), 0);
	ck_assert_msg(strstr(e.msg, "a-gw: the kernel lost conntrack events") != NULL, "%s", e.msg);
	bench_down(&b);
}
END_TEST

/* Behind a carrier's NAT, each gateway knows its half of the way. */
START_TEST(test_second_nat)
{
	struct lab_prefix net = {.len = 24};
	struct lab_site_spec site = {.name = "a",
				     .hosts = 1,
				     .nat = unit_nat("full-cone"),
				     .cgn = unit_nat("symmetric"),
				     .firewall = unit_firewall("inbound-restricted")};
	struct lab_spec spec = {
		.seed = 1, .sites = &site, .n_sites = 1, .internet = &net, .n_internet = 1};
	const struct conntrack_entry *in, *out;
	struct bench b = {0};
	struct endpoint server, seen;
	struct err e = {0};
	int h, s;

	unit_sandbox();
	ip_parse("198.51.100.0", &net.ip);
	b.loop = loop_new(LOOP_VIRTUAL, 0, &e);
	b.lab = lab_up(&spec, b.loop, &e);
	ck_assert_msg(b.lab != NULL, "%s", e.msg);
	server = bench_at(&b, "internet", SERVER_1, PORT_1);
	s = bench_udp(&b, "internet", SERVER_1, PORT_1);
	h = bench_udp(&b, "a-h1", NULL, 5000);
	ck_assert(bench_passes(&b, h, &server, s, &seen));
	ck_assert_int_eq(conntrack_settle(lab_gateway_watch(b.lab, "a-gw"), &e), 0);
	ck_assert_int_eq(conntrack_settle(lab_gateway_watch(b.lab, "a-cgn"), &e), 0);
	in = conntrack_at(lab_gateway_watch(b.lab, "a-gw"), 0);
	out = conntrack_at(lab_gateway_watch(b.lab, "a-cgn"), 0);
	ck_assert(endpoint_eq(&in->reply.dst, &out->orig.src));
	ck_assert(endpoint_eq(&out->reply.dst, &seen));
	ck_assert_uint_ne(in->reply.dst.port, out->reply.dst.port);
	bench_down(&b);
}
END_TEST

/* The same scenario gives the same ports; another seed gives others. */
START_TEST(test_ports_come_from_the_seed)
{
	struct bench_site site = {unit_firewall("open"), unit_nat("symmetric")};
	uint16_t port[3];
	struct err e = {0};
	struct bench b;

	unit_sandbox();
	for (int i = 0; i < 3; i++) {
		struct endpoint server, seen;

		ck_assert_int_eq(bench_up(&b, &site, 1, NULL, i == 2 ? 2 : 1, &e), 0);
		server = bench_at(&b, "internet", SERVER_1, PORT_1);
		ck_assert(bench_passes(&b, bench_udp(&b, "a-h1", NULL, 5000), &server,
				       bench_udp(&b, "internet", SERVER_1, PORT_1), &seen));
		port[i] = seen.port;
		bench_down(&b);
	}
	ck_assert_uint_eq(port[0], port[1]);
	ck_assert_uint_ne(port[0], port[2]);
	ck_assert_uint_ge(port[0], 1024);
}
END_TEST

/* What becomes of a TCP connection to a server, or to another host of the site. */
static enum bench_outcome tcp(struct bench *b, const char *from, uint16_t port, const char *to,
			      const char *ip, uint16_t at)
{
	struct endpoint e = bench_at(b, to, ip, at);

	return bench_flow(b, FIREWALL_TCP, from, NULL, port, &e, to, ip, at);
}

/* Wherever a proxy is, hosts reach it, and it reaches the web; nobody else does. What hosts and proxy
 * say to each other asks for no port of the NAT. */
static void proxied(enum lab_proxy where, unsigned hosts, const char *nat)
{
	struct lab_prefix net = {.len = 24};
	struct lab_site_spec site = {.name = "a",
				     .hosts = hosts,
				     .proxy = where,
				     .nat = unit_nat(nat),
				     .firewall = unit_firewall("proxy-only")};
	struct lab_spec spec = {
		.seed = 1, .sites = &site, .n_sites = 1, .internet = &net, .n_internet = 1};
	char *last = xasprintf("a-h%u", hosts), *rules;
	size_t size;
	FILE *f;
	struct bench b = {0};
	struct err e = {0};

	ip_parse("198.51.100.0", &net.ip);
	b.loop = loop_new(LOOP_VIRTUAL, 0, &e);
	b.lab = lab_up(&spec, b.loop, &e);
	ck_assert_msg(b.lab != NULL, "%s", e.msg);
	ck_assert_int_eq(tcp(&b, last, 5000, "a-proxy", NULL, 3128), BENCH_PASSED);
	ck_assert_int_eq(tcp(&b, "a-proxy", 5001, "internet", SERVER_1, 443), BENCH_PASSED);
	ck_assert_int_eq(tcp(&b, "a-proxy", 5002, "internet", SERVER_1, 80), BENCH_PASSED);
	ck_assert_int_eq(tcp(&b, "a-proxy", 5003, "internet", SERVER_1, 8080), BENCH_SILENT);
	ck_assert_int_eq(tcp(&b, last, 5004, "internet", SERVER_1, 443), BENCH_SILENT);
	ck_assert_uint_eq(bench_counter(&b, "a-gw", "outbound-closed") > 1, true);
	if (where == LAB_PROXY_DMZ) {
		ck_assert_int_eq(tcp(&b, "a-proxy", 5005, last, NULL, 5006), BENCH_SILENT);
		ck_assert_uint_ge(bench_counter(&b, "a-gw", "from-dmz"), 1);
	}
	f = open_memstream(&rules, &size);
	ck_assert_int_eq(lab_rules(b.lab, "a-gw", f, &e), 0);
	fclose(f);
	ck_assert_int_eq(strstr(rules, ". 5001") != NULL, nat_translates(site.nat));
	ck_assert(!strstr(rules, ". 5000") && !strstr(rules, ". 3128"));
	free(rules);
	bench_down(&b);
	free(last);
}

START_TEST(test_a_proxy_alone_reaches_the_web)
{
	unit_sandbox();
	proxied(LAB_PROXY_LAN, 1, "public");
	proxied(LAB_PROXY_LAN, 2, "full-cone");
	proxied(LAB_PROXY_DMZ, 1, "full-cone");
	proxied(LAB_PROXY_DMZ, 2, "public");
}
END_TEST

UNIT(gateway)
{
	unit_case_needing(tc, test_early_packet_does_not_move_the_port, unit_lack_of_namespaces());
	unit_case_needing(tc, test_early_packet_race_exists, unit_lack_of("nft", "nftables"));
	unit_case_needing(tc, test_verify_can_say_no, unit_lack_of_namespaces());
	unit_case_needing(tc, test_two_hosts_on_one_port, unit_lack_of_namespaces());
	unit_case_needing(tc, test_no_two_mappings_share_a_port, unit_lack_of_namespaces());
	unit_case_needing(tc, test_truth, unit_lack_of_namespaces());
	unit_case_needing(tc, test_conntrack_tool_agrees, unit_lack_of("conntrack", "conntrack"));
	unit_case_needing(tc, test_lifetime, unit_lack_of_namespaces());
	unit_case_needing(tc, test_burst_and_lost_events, unit_lack_of_namespaces());
	unit_case_needing(tc, test_second_nat, unit_lack_of_namespaces());
	unit_case_needing(tc, test_ports_come_from_the_seed, unit_lack_of_namespaces());
	unit_case_needing(tc, test_a_proxy_alone_reaches_the_web, unit_lack_of_namespaces());
}
