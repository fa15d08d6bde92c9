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
#include <stdio.h>
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

void scenario_client_names(const struct scenario_client *c, unsigned nth,
			   char name[SCENARIO_NAME_LEN], char node[SCENARIO_NAME_LEN])
{
	if (c->count > 1)
		snprintf(name, SCENARIO_NAME_LEN, "%.20s%u", c->name, nth + 1);
	else
		snprintf(name, SCENARIO_NAME_LEN, "%.31s", c->name);
	snprintf(node, SCENARIO_NAME_LEN, "%.15s-h%u", c->site, c->host + nth);
}

bool scenario_firewall_open(const struct firewall *policy)
{
	return policy->inbound == FIREWALL_OPEN && policy->outbound == FIREWALL_OPEN &&
	       !policy->n_rules;
}

bool scenario_site_proxied(const struct scenario *s, const struct scenario_site *t)
{
	size_t n = strlen(t->name);

	if (t->proxy)
		return true;
	for (unsigned i = 0; i < s->matrix_len; i++)
		if (!strncmp(s->matrix[i].axis, t->name, n) &&
		    !strcmp(s->matrix[i].axis + n, ".proxy"))
			return true;
	return false;
}

bool scenario_site_idle(const struct scenario *s, const struct scenario_site *t)
{
	bool played = false;

	for (unsigned i = 0; i < s->clients_len; i++)
		if (!strcmp(s->clients[i].site, t->name))
			return false;
	for (unsigned i = 0; i < s->background_len; i++)
		if (!strcmp(s->background[i].site, t->name))
			return false;
	for (unsigned i = 0; i < s->recordings_len; i++) {
		if (s->recordings[i].off)
			continue;
		if (!strcmp(s->recordings[i].site, t->name))
			return false;
		played = true;
	}
	return played;
}

/* NULL: there is none, or nobody at it. */
static const struct scenario_site *site_in_use(const struct scenario *s, const char *name)
{
	const struct scenario_site *t = scenario_site(s, name, strlen(name));

	return t && !scenario_site_idle(s, t) ? t : NULL;
}

struct scenario_columns scenario_columns(const struct scenario *s)
{
	const struct scenario_site *caller = site_in_use(s, "caller");
	const struct scenario_site *callee = site_in_use(s, "callee");

	return (struct scenario_columns){
		.caller_firewall = caller ? caller->firewall.name : "-",
		.caller_nat = caller ? caller->nat.name : "-",
		.callee_firewall = callee ? callee->firewall.name : "-",
		.callee_nat = callee ? callee->nat.name : "-",
	};
}
