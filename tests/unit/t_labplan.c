// SPDX-License-Identifier: GPL-2.0-or-later
/* t_labplan.c - a lab's specification is checked, and its plan is the same every time */
#include <stdio.h>
#include <string.h>

#include "lab/plan.h"
#include "lab/topology.h"
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
	s[1].cgn = unit_nat("full-cone");
	refused(&spec, "a NAT behind a NAT");
	s[1].cgn = NULL;
	taps[1] = "callee.lam";
	refused(&spec, "callee.lam");
	taps[1] = "callee.lan";
	net[0] = address("198.18.16.7", 32);
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
	struct lab_site_spec s[2] = {{.name = "caller",
				      .hosts = 3,
				      .nat = unit_nat("full-cone"),
				      .cgn = unit_nat("symmetric")},
				     {.name = "callee", .hosts = 1, .link = {.delay_ms = 5}}};
	struct lab_spec spec = {.seed = 7, .sites = s, .n_sites = 2};
	struct plan a, b;

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

UNIT(labplan)
{
	unit_case(tc, test_check);
	unit_case(tc, test_plan_repeats);
}
