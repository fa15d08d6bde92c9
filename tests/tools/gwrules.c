// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gwrules.c - programs a gateway in the network namespace it is started in and prints its rules
 *
 * gwrules FIREWALL NAT [internet|dmz]: for tests that compare our listing with nft(8)'s. The
 * interfaces lan, wan and dmz need not exist. Groups: login-servers, super-nodes, some-super-nodes,
 * dns and proxies, with two addresses each.
 */
#include <stdio.h>
#include <string.h>

#include "lab/gateway/firewall.h"
#include "lab/gateway/gateway.h"
#include "lab/gateway/nat.h"

int main(int argc, char **argv)
{
	const char *const names[] = {"login-servers", "super-nodes", "some-super-nodes", "dns",
				     "proxies"};
	struct lab_group groups[ARRAY_LEN(names)];
	struct ip ips[ARRAY_LEN(names)][2];
	struct gateway_ctx g = {.node = "test-gw",
				.netns = -1,
				.seed = 42,
				.lan_if = "lan",
				.wan_if = "wan",
				.groups = groups,
				.n_groups = ARRAY_LEN(names)};
	struct err e = {0};

	if (argc < 3) {
		fprintf(stderr, "usage: gwrules FIREWALL NAT [internet|dmz]\n");
		return EXIT_USAGE;
	}
	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		ips[i][0] = ip4(0xc6120001u + 256 * i);
		ips[i][1] = ip4(0xc6120002u + 256 * i);
		groups[i] = (struct lab_group){names[i], ips[i], 2};
	}
	g.kind = argc > 3 && !strcmp(argv[3], "internet") ? GATEWAY_INTERNET : GATEWAY_SITE;
	if (argc > 3 && g.kind == GATEWAY_SITE)
		snprintf(g.dmz_if, sizeof(g.dmz_if), "%s", argv[3]);
	g.firewall = firewall_load(argv[1], &e);
	g.nat = g.firewall ? nat_policy_load(argv[2], &e) : NULL;
	ip_parse("203.0.113.2", &g.wan_ip);
	ip_parse("192.168.1.1", &g.lan_ip);
	if (!g.nat || gateway_program(&g, &e) < 0 || gateway_rules_text(&g, stdout, &e) < 0) {
		fprintf(stderr, "gwrules: %s\n", e.msg);
		return e.code;
	}
	return EXIT_DONE;
}
