// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * firewall.c - firewall policies as data
 *
 * Model. A policy is two defaults (may new flows come in, may they go out) and rules in order: the
 * first rule that matches a flow's first packet decides. Everything is stateful: packets of an
 * allowed flow pass in both directions. One switch for the whole policy says how a blocked packet
 * is answered: not at all, or by a reset or an ICMP error.
 *
 * A rule that can never decide, because an earlier one matches everything it matches, is an error.
 * firewall_rules.c turns a policy into nftables rules.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/datadir.h"
#include "base/yaml.h"
#include "lab/gateway/firewall.h"

static const cyaml_strval_t directions[] = {{"outbound", FIREWALL_OUTBOUND},
					    {"inbound", FIREWALL_INBOUND}};
static const cyaml_strval_t protocols[] = {{"any", FIREWALL_ANY},
					   {"udp", FIREWALL_UDP},
					   {"tcp", FIREWALL_TCP},
					   {"icmp", FIREWALL_ICMP}};
static const cyaml_strval_t actions[] = {{"allow", FIREWALL_ALLOW}, {"block", FIREWALL_BLOCK}};
static const cyaml_strval_t defaults[] = {{"open", FIREWALL_OPEN}, {"closed", FIREWALL_CLOSED}};
static const cyaml_strval_t blocked[] = {{"drop", FIREWALL_DROP}, {"reject", FIREWALL_REJECT}};

#define STRICT (CYAML_FLAG_STRICT)
#define OPT    (CYAML_FLAG_OPTIONAL)

static const cyaml_schema_value_t port_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 11)};

static const cyaml_schema_field_t rule_fields[] = {
	CYAML_FIELD_STRING_PTR("label", CYAML_FLAG_POINTER, struct firewall_rule, label, 1, 20),
	CYAML_FIELD_ENUM("direction", STRICT, struct firewall_rule, direction, directions,
			 ARRAY_LEN(directions)),
	CYAML_FIELD_ENUM("protocol", STRICT | OPT, struct firewall_rule, protocol, protocols,
			 ARRAY_LEN(protocols)),
	CYAML_FIELD_SEQUENCE_COUNT("ports", CYAML_FLAG_POINTER | OPT, struct firewall_rule, ports,
				   n_ports, &port_schema, 1, 32),
	CYAML_FIELD_STRING_PTR("to", CYAML_FLAG_POINTER | OPT, struct firewall_rule, to, 1, 31),
	CYAML_FIELD_STRING_PTR("from", CYAML_FLAG_POINTER | OPT, struct firewall_rule, from, 1, 31),
	CYAML_FIELD_ENUM("action", STRICT, struct firewall_rule, action, actions,
			 ARRAY_LEN(actions)),
	CYAML_FIELD_END};

static const cyaml_schema_value_t rule_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct firewall_rule, rule_fields)};

static const cyaml_schema_field_t firewall_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct firewall, name, 1, 40),
	CYAML_FIELD_STRING_PTR("summary", CYAML_FLAG_POINTER, struct firewall, summary, 1, 400),
	CYAML_FIELD_STRING_PTR("reproduces", CYAML_FLAG_POINTER, struct firewall, reproduces, 1,
			       400),
	CYAML_FIELD_ENUM("inbound", STRICT, struct firewall, inbound, defaults,
			 ARRAY_LEN(defaults)),
	CYAML_FIELD_ENUM("outbound", STRICT, struct firewall, outbound, defaults,
			 ARRAY_LEN(defaults)),
	CYAML_FIELD_ENUM("blocked-with", STRICT | OPT, struct firewall, blocked_with, blocked,
			 ARRAY_LEN(blocked)),
	CYAML_FIELD_SEQUENCE_COUNT("rules", CYAML_FLAG_POINTER | OPT, struct firewall, rules,
				   n_rules, &rule_schema, 0, 64),
	CYAML_FIELD_END};

static const cyaml_schema_value_t firewall_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct firewall, firewall_fields)};

static int parse_ports(const char *text, struct port_range *out)
{
	unsigned long lo, hi;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -1;
	hi = lo = strtoul(text, &end, 10);
	if (*end == '-' && isdigit((unsigned char)end[1]))
		hi = strtoul(end + 1, &end, 10);
	if (*end || lo < 1 || hi < lo || hi > 65535)
		return -1;
	*out = (struct port_range){(uint16_t)lo, (uint16_t)hi};
	return 0;
}

static bool word_ok(const char *s)
{
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '-')
			return false;
	return true;
}

/* Does @a match every first packet that @b matches? */
static bool covers(const struct firewall_rule *a, const struct firewall_rule *b)
{
	if (a->direction != b->direction)
		return false;
	if (a->protocol != FIREWALL_ANY && a->protocol != b->protocol)
		return false;
	if (a->to && (!b->to || strcmp(a->to, b->to) != 0))
		return false;
	if (a->from && (!b->from || strcmp(a->from, b->from) != 0))
		return false;
	if (!a->n_ports)
		return true;
	for (unsigned i = 0; i < b->n_ports; i++) {
		bool inside = false;

		for (unsigned k = 0; k < a->n_ports; k++)
			inside |= a->ranges[k].lo <= b->ranges[i].lo &&
				  a->ranges[k].hi >= b->ranges[i].hi;
		if (!inside)
			return false;
	}
	return b->n_ports > 0;
}

static int check_rule(struct firewall *f, unsigned i, struct err *e)
{
	struct firewall_rule *r = &f->rules[i];

	r->ranges = xcalloc(r->n_ports, sizeof(*r->ranges));
	if (!word_ok(r->label))
		return err_set(e, "%s:%u: label '%s': expected letters, digits and '-'", f->path,
			       r->line, r->label);
	if (r->n_ports && r->protocol != FIREWALL_UDP && r->protocol != FIREWALL_TCP)
		return err_set(e, "%s:%u: rule %s names ports, so its protocol must be udp or tcp",
			       f->path, r->line, r->label);
	for (unsigned k = 0; k < r->n_ports; k++)
		if (parse_ports(r->ports[k], &r->ranges[k]) < 0)
			return err_set(e,
				       "%s:%u: rule %s: ports '%s': expected a port from 1 to "
				       "65535 or a range such as 1025-65535",
				       f->path, r->line, r->label, r->ports[k]);
	for (unsigned k = 0; k < i; k++) {
		const struct firewall_rule *o = &f->rules[k];

		if (!strcmp(o->label, r->label))
			return err_set(e, "%s:%u: a second rule named %s; the first is in line %u",
				       f->path, r->line, r->label, o->line);
		if (covers(o, r))
			return err_set(e,
				       "%s:%u: rule %s %s rule %s in line %u, which already "
				       "%s all it matches: remove one, or put this one first",
				       f->path, r->line, r->label,
				       o->action == r->action ? "repeats" : "contradicts", o->label,
				       o->line, o->action == FIREWALL_ALLOW ? "allows" : "blocks");
	}
	return 0;
}

/* Cuts a ":drop" or ":reject" off a name; -1 when there is none. */
static int cut_switch(char *name)
{
	char *colon = strrchr(name, ':');

	for (size_t i = 0; colon && i < ARRAY_LEN(blocked); i++)
		if (!strcmp(colon + 1, blocked[i].str)) {
			*colon = '\0';
			return (int)blocked[i].val;
		}
	return -1;
}

struct firewall *firewall_load(const char *given, struct err *e)
{
	char *name = xstrdup(given ? given : "open"), *path, at[32];
	int blocked_with = cut_switch(name);
	struct firewall *f;

	path = data_file("scenarios/firewalls", name, e);
	if (!path)
		err_push(e, "firewall policy '%s'", name);
	free(name);
	if (!path)
		return NULL;
	f = yaml_load(path, &firewall_schema, NULL, e);
	if (!f) {
		free(path);
		return NULL;
	}
	f->path = path;
	f->given = xstrdup(given ? given : "open");
	if (blocked_with >= 0)
		f->blocked_with = (enum firewall_blocked)blocked_with;
	for (unsigned i = 0; i < f->n_rules; i++) {
		snprintf(at, sizeof(at), "rules[%u]", i);
		f->rules[i].line = yaml_line(path, at);
		if (check_rule(f, i, e) < 0) {
			firewall_free(f);
			return NULL;
		}
	}
	return f;
}

void firewall_free(struct firewall *f)
{
	if (!f)
		return;
	for (unsigned i = 0; i < f->n_rules; i++)
		free(f->rules[i].ranges);
	free(f->path);
	free(f->given);
	yaml_drop(&firewall_schema, f);
}
