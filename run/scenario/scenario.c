// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * scenario.c - a scenario: the network, its users, the matrix of settings
 *
 * Model. A scenario describes one cell; its matrix names settings of it ("caller.firewall",
 * "version", "login") and lists the values of each. The lists multiply into cells (cells.c). A
 * cell's scenario is a copy in which the cell's values stand in their places, so code that builds
 * a cell sees a plain scenario.
 *
 * The way of a file: load.c reads it by its schema (schema.c), checks what a schema cannot say
 * (check.c) and has every data file that it names parsed, once (library.c). From then on policies,
 * NATs, versions, mixes and modes are values, not names; setting.c parses the values of an axis.
 *
 * This file holds look-ups that all of these share.
 */
#include <string.h>

#include "lab/gateway/firewall.h"
#include "run/scenario/scenario.h"

struct scenario_site *scenario_site(const struct scenario *s, const char *name, size_t len)
{
	for (unsigned i = 0; i < s->sites_len; i++)
		if (strlen(s->sites[i].name) == len && !memcmp(s->sites[i].name, name, len))
			return &s->sites[i];
	return NULL;
}

struct scenario_client *scenario_client(const struct scenario *s, const char *name, size_t len)
{
	for (unsigned i = 0; i < s->clients_len; i++)
		if (strlen(s->clients[i].name) == len && !memcmp(s->clients[i].name, name, len))
			return &s->clients[i];
	return NULL;
}

bool scenario_firewall_open(const struct firewall *policy)
{
	return policy->inbound == FIREWALL_OPEN && policy->outbound == FIREWALL_OPEN &&
	       !policy->n_rules;
}

struct scenario_columns scenario_columns(const struct scenario *s)
{
	const struct scenario_site *caller = scenario_site(s, "caller", 6);
	const struct scenario_site *callee = scenario_site(s, "callee", 6);

	return (struct scenario_columns){
		.caller_firewall = caller ? caller->firewall.name : "-",
		.caller_nat = caller ? caller->nat.name : "-",
		.callee_firewall = callee ? callee->firewall.name : "-",
		.callee_nat = callee ? callee->nat.name : "-",
	};
}
