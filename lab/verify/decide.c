// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decide.c - what a firewall policy does with one flow, worked out from its file alone
 */
#include <stdio.h>
#include <string.h>

#include "lab/verify/decide.h"

static bool rule_matches(const struct firewall_rule *r, enum firewall_direction direction,
			 enum firewall_protocol protocol, uint16_t dport, const char *group)
{
	bool port = !r->n_ports;

	if (r->direction != direction || r->from)
		return false;
	if (r->protocol != FIREWALL_ANY && r->protocol != protocol)
		return false;
	if (r->to && (!group || strcmp(r->to, group) != 0))
		return false;
	for (unsigned i = 0; i < r->n_ports; i++)
		port |= r->ranges[i].lo <= dport && dport <= r->ranges[i].hi;
	return port;
}

struct verify_verdict verify_decide(const struct firewall *f, enum firewall_direction direction,
				    enum firewall_protocol protocol, uint16_t dport,
				    const char *group)
{
	enum firewall_default d = direction == FIREWALL_INBOUND ? f->inbound : f->outbound;
	struct verify_verdict v = {.outcome = BENCH_PASSED};
	const struct firewall_rule *r = NULL;

	for (unsigned i = 0; i < f->n_rules && !r; i++)
		if (rule_matches(&f->rules[i], direction, protocol, dport, group))
			r = &f->rules[i];
	if (r ? r->action == FIREWALL_ALLOW : d == FIREWALL_OPEN)
		return v;
	v.outcome = f->blocked_with == FIREWALL_DROP ? BENCH_SILENT : BENCH_REFUSED;
	if (r)
		snprintf(v.counter, sizeof(v.counter), "blocked-%s", r->label);
	else
		snprintf(v.counter, sizeof(v.counter), "%s",
			 direction == FIREWALL_INBOUND ? "inbound-closed" : "outbound-closed");
	return v;
}
