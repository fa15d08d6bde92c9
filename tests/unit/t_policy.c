// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_policy.c - firewall policies and NAT behaviours: what is read, and what is refused with its
 * line
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/gateway/firewall.h"
#include "lab/gateway/firewall_rules.h"
#include "lab/gateway/nat.h"
#include "tests/unit/unit.h"

#define HEAD                                                                                       \
	"name: x\n"                                                                                \
	"summary: s\n"                                                                             \
	"reproduces: r\n"
#define FW_HEAD HEAD "inbound: open\noutbound: open\nrules:\n"

static char path[64];

static const char *written(const char *text)
{
	int fd;
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/policy-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	f = fdopen(fd, "w");
	fputs(text, f);
	fclose(f);
	return path;
}

START_TEST(test_bundled_firewalls)
{
	static const char *const names[] = {"open",
					    "inbound-restricted",
					    "full-restricted",
					    "udp-blocked",
					    "tcp-high-blocked",
					    "only-443",
					    "only-80",
					    "proxy-only",
					    "login-servers-blocked",
					    "sn-tcp-restricted"};
	struct err e = {0};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct firewall *f = firewall_load(names[i], &e);

		ck_assert_msg(f != NULL, "%s: %s", names[i], e.msg);
		ck_assert_str_eq(f->name, names[i]);
		ck_assert_msg(strstr(f->reproduces, "NGNI-SKYPE-06b") != NULL, "%s", names[i]);
		firewall_free(f);
	}
}
END_TEST

START_TEST(test_rules_read)
{
	struct err e = {0};
	struct firewall *f = firewall_load(
		written(FW_HEAD "  - {label: a, direction: outbound, protocol: tcp, ports: [80, "
				"1025-65535], to: dns, action: block}\n"
				"  - {label: b, direction: inbound, action: allow}\n"),
		&e);

	ck_assert_msg(f != NULL, "%s", e.msg);
	unlink(path);
	ck_assert_uint_eq(f->n_rules, 2);
	ck_assert_uint_eq(f->rules[0].ranges[0].lo, 80);
	ck_assert_uint_eq(f->rules[0].ranges[0].hi, 80);
	ck_assert_uint_eq(f->rules[0].ranges[1].lo, 1025);
	ck_assert_uint_eq(f->rules[0].ranges[1].hi, 65535);
	ck_assert_str_eq(f->rules[0].to, "dns");
	ck_assert_uint_eq(f->rules[0].line, 7);
	ck_assert_uint_eq(f->rules[1].line, 8);
	ck_assert_uint_eq(f->rules[1].protocol, FIREWALL_ANY);
	ck_assert_uint_eq(f->blocked_with, FIREWALL_DROP);
	firewall_free(f);
}
END_TEST

START_TEST(test_switch_by_name)
{
	struct firewall *f = firewall_load("full-restricted:reject", NULL);

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(f->blocked_with, FIREWALL_REJECT);
	firewall_free(f);
}
END_TEST

START_TEST(test_bad_firewalls)
{
	static const struct {
		const char *text, *line, *says;
	} bad[] = {
		{HEAD "inbound: opened\noutbound: open\n", ":4: ", "opened"},
		{HEAD "outbound: open\n", ":", "inbound"},
		{HEAD "inbound: open\noutbound: open\nblock: drop\n", ":6: ", "block"},
		{FW_HEAD "  - {label: a, direction: outbound, protocol: tcp, ports: [0], action: "
			 "block}\n",
		 ":7: ", "ports '0'"},
		{FW_HEAD "  - {label: a, direction: outbound, protocol: tcp, ports: [90-80], "
			 "action: block}\n",
		 ":7: ", "ports '90-80'"},
		{FW_HEAD "  - {label: a, direction: outbound, protocol: tcp, ports: [70000], "
			 "action: block}\n",
		 ":7: ", "ports '70000'"},
		{FW_HEAD "  - {label: a, direction: outbound, ports: [80], action: block}\n",
		 ":7: ", "protocol must be udp or tcp"},
		{FW_HEAD "  - {label: a b, direction: outbound, action: block}\n", ":7: ", "'a b'"},
		{FW_HEAD "  - {label: a, direction: outbound, protocol: udp, action: block}\n"
			 "  - {label: a, direction: inbound, action: block}\n",
		 ":8: ", "second rule named a"},
		{FW_HEAD "  - {label: all, direction: outbound, protocol: tcp, action: block}\n"
			 "  - {label: web, direction: outbound, protocol: tcp, ports: [80], "
			 "action: allow}\n",
		 ":8: ", "rule web contradicts rule all in line 7"},
		{FW_HEAD "  - {label: one, direction: outbound, protocol: tcp, ports: [1-100], "
			 "action: block}\n"
			 "  - {label: two, direction: outbound, protocol: tcp, ports: [80], "
			 "action: block}\n",
		 ":8: ", "rule two repeats rule one"},
		{"name: [\n", ":2: ", "not valid YAML"},
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err e = {0};
		struct firewall *f = firewall_load(written(bad[i].text), &e);

		ck_assert_msg(f == NULL, "case %zu was accepted", i);
		unlink(path);
		ck_assert_int_eq(e.code, EXIT_USAGE);
		ck_assert_msg(strstr(e.msg, path) && strstr(e.msg, bad[i].line) &&
				      strstr(e.msg, bad[i].says),
			      "case %zu: %s", i, e.msg);
		ck_assert_ptr_null(strchr(e.msg, '\n'));
	}
}
END_TEST

START_TEST(test_not_shadowed)
{
	struct err e = {0};
	struct firewall *f = firewall_load(
		written(FW_HEAD
			"  - {label: a, direction: outbound, protocol: tcp, ports: [80], action: "
			"allow}\n"
			"  - {label: b, direction: outbound, protocol: tcp, action: block}\n"
			"  - {label: c, direction: inbound, protocol: tcp, action: block}\n"
			"  - {label: d, direction: outbound, protocol: udp, to: dns, action: "
			"block}\n"
			"  - {label: e, direction: outbound, protocol: udp, action: block}\n"),
		&e);

	unlink(path);
	ck_assert_msg(f != NULL, "%s", e.msg);
	firewall_free(f);
}
END_TEST

START_TEST(test_bundled_nats)
{
	static const char *const names[] = {"public",	       "full-cone", "address-restricted",
					    "port-restricted", "symmetric", "masquerade"};
	struct err e = {0};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct nat_policy *n = nat_policy_load(names[i], &e);

		ck_assert_msg(n != NULL, "%s: %s", names[i], e.msg);
		ck_assert_str_eq(n->name, names[i]);
		nat_policy_free(n);
	}
}
END_TEST

START_TEST(test_nat_written_out)
{
	struct err e = {0};
	struct nat_policy *n =
		nat_policy_load("mapping=address-dependent,filtering=address-and-port-dependent,"
				"hairpinning=yes,udp-lifetime=45",
				&e);

	ck_assert_msg(n != NULL, "%s", e.msg);
	ck_assert_int_eq(n->translation, NAT_SEEDED);
	ck_assert_int_eq(n->mapping, NAT_ADDRESS_DEPENDENT);
	ck_assert_int_eq(n->filtering, NAT_ADDRESS_AND_PORT_DEPENDENT);
	ck_assert(n->hairpinning && !n->port_preservation);
	ck_assert_uint_eq(n->lifetime.udp, 45);
	ck_assert_uint_eq(n->lifetime.udp_replied, 45);
	ck_assert_uint_eq(n->lifetime.tcp, 7440); /* RFC 5382 REQ-5 */
	nat_policy_free(n);
}
END_TEST

START_TEST(test_bad_nats)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{HEAD "translation: none\nhairpinning: true\n", ":5: translation is none"},
		{HEAD "translation: none\nfiltering: address-dependent\n",
		 ":5: translation is none"},
		{HEAD "translation: masquerade\nmapping: address-dependent\n",
		 ":4: translation is masquerade"},
		{HEAD "translation: seeded\nmapping: symmetric\n", ":5: "},
		{HEAD "translation: seeded\nlifetime: {udp: 99999999}\n",
		 ":5: udp: 99999999, expected a whole number from 1 to 10000000 seconds"},
		{HEAD "translation: seeded\nports: random\n", ":5: "},
	};
	static const char *const written_bad[] = {"mapping=cone", "speed=5", "mapping",
						  "udp-lifetime=0", "hairpinning=maybe"};
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		e = (struct err){0};
		ck_assert_msg(!nat_policy_load(written(bad[i].text), &e), "case %zu", i);
		unlink(path);
		ck_assert_int_eq(e.code, EXIT_USAGE);
		ck_assert_msg(strstr(e.msg, path) && strstr(e.msg, bad[i].says), "case %zu: %s", i,
			      e.msg);
	}
	for (size_t i = 0; i < ARRAY_LEN(written_bad); i++) {
		char text[64];

		snprintf(text, sizeof(text), "filtering=address-dependent,%s", written_bad[i]);
		e = (struct err){0};
		ck_assert_msg(!nat_policy_load(text, &e), "%s was accepted", text);
		ck_assert_int_eq(e.code, EXIT_USAGE);
	}
}
END_TEST

START_TEST(test_unknown_policy)
{
	struct err e = {0};

	ck_assert_ptr_null(firewall_load("no-such-firewall", &e));
	ck_assert_int_eq(e.code, EXIT_USAGE);
	ck_assert_msg(strstr(e.msg, "no-such-firewall") != NULL, "%s", e.msg);
	e = (struct err){0};
	ck_assert_ptr_null(nat_policy_load("no-such-nat", &e));
	ck_assert_int_eq(e.code, EXIT_USAGE);
	ck_assert_msg(strstr(e.msg, "no-such-nat") != NULL, "%s", e.msg);
}
END_TEST

START_TEST(test_missing_group)
{
	struct ip ls = ip4(0x01020304);
	struct lab_group g = {"login-servers", &ls, 1};
	struct err e = {0};

	ck_assert_int_eq(firewall_groups_check(unit_firewall("login-servers-blocked"), &g, 1, &e),
			 0);
	ck_assert_int_lt(firewall_groups_check(unit_firewall("login-servers-blocked"), NULL, 0, &e),
			 0);
	ck_assert_int_eq(e.code, EXIT_USAGE);
	ck_assert_msg(strstr(e.msg, "login-servers-blocked.yaml:9: rule login-servers") != NULL,
		      "%s", e.msg);
	/* an allowing rule with a group that is not there allows nothing: no error */
	ck_assert_int_eq(firewall_groups_check(unit_firewall("full-restricted"), NULL, 0, &e), 0);
}
END_TEST

UNIT(policy)
{
	unit_case(tc, test_bundled_firewalls);
	unit_case(tc, test_rules_read);
	unit_case(tc, test_switch_by_name);
	unit_case(tc, test_bad_firewalls);
	unit_case(tc, test_not_shadowed);
	unit_case(tc, test_bundled_nats);
	unit_case(tc, test_nat_written_out);
	unit_case(tc, test_bad_nats);
	unit_case(tc, test_unknown_policy);
	unit_case(tc, test_missing_group);
}
