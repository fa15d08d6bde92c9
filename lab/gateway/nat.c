// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nat.c - NAT behaviours as data
 *
 * Model. A behaviour is a point on RFC 4787's axes: how much of the destination a mapping depends
 * on, how much of it the filter of inbound packets depends on, hairpinning, port preservation, and
 * the lifetime of a mapping. Any combination of mapping and filtering can be built; what cannot is
 * an error here, before anything is created: a Linux masquerade that should behave otherwise, or
 * properties of a translation where there is none. nat_rules.c turns a behaviour into nftables
 * rules.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/datadir.h"
#include "base/number.h"
#include "base/yaml.h"
#include "lab/gateway/nat.h"

static const cyaml_strval_t translations[] = {
	{"none", NAT_NONE}, {"seeded", NAT_SEEDED}, {"masquerade", NAT_MASQUERADE}};
static const cyaml_strval_t dependences[] = {
	{"endpoint-independent", NAT_ENDPOINT_INDEPENDENT},
	{"address-dependent", NAT_ADDRESS_DEPENDENT},
	{"address-and-port-dependent", NAT_ADDRESS_AND_PORT_DEPENDENT}};

#define STRICT (CYAML_FLAG_STRICT)
#define OPT    (CYAML_FLAG_OPTIONAL)

static const cyaml_schema_field_t lifetime_fields[] = {
	CYAML_FIELD_UINT("udp", OPT, struct nat_lifetime, udp),
	CYAML_FIELD_UINT("udp-replied", OPT, struct nat_lifetime, udp_replied),
	CYAML_FIELD_UINT("tcp", OPT, struct nat_lifetime, tcp), CYAML_FIELD_END};

static const cyaml_schema_field_t nat_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct nat_policy, name, 1, 40),
	CYAML_FIELD_STRING_PTR("summary", CYAML_FLAG_POINTER, struct nat_policy, summary, 1, 400),
	CYAML_FIELD_STRING_PTR("reproduces", CYAML_FLAG_POINTER, struct nat_policy, reproduces, 1,
			       400),
	CYAML_FIELD_ENUM("translation", STRICT, struct nat_policy, translation, translations,
			 ARRAY_LEN(translations)),
	CYAML_FIELD_ENUM("mapping", STRICT | OPT, struct nat_policy, mapping, dependences,
			 ARRAY_LEN(dependences)),
	CYAML_FIELD_ENUM("filtering", STRICT | OPT, struct nat_policy, filtering, dependences,
			 ARRAY_LEN(dependences)),
	CYAML_FIELD_BOOL("hairpinning", OPT, struct nat_policy, hairpinning),
	CYAML_FIELD_BOOL("port-preservation", OPT, struct nat_policy, port_preservation),
	CYAML_FIELD_MAPPING("lifetime", OPT, struct nat_policy, lifetime, lifetime_fields),
	CYAML_FIELD_END};

static const cyaml_schema_value_t nat_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct nat_policy, nat_fields)};

#define LIFETIME_MAX 10000000u /* seconds; far above any NAT's, far below the kernel's limit */

static const struct yaml_number nat_numbers[] = {
	{"lifetime.udp", 1, LIFETIME_MAX, "seconds"},
	{"lifetime.udp-replied", 1, LIFETIME_MAX, "seconds"},
	{"lifetime.tcp", 1, LIFETIME_MAX, "seconds"},
	{NULL, 0, 0, NULL},
};

const char *nat_dependence_text(enum nat_dependence d)
{
	return dependences[d].str;
}

bool nat_has_mappings(const struct nat_policy *n)
{
	return n->translation == NAT_SEEDED;
}

bool nat_has_contacted(const struct nat_policy *n)
{
	return n->translation == NAT_SEEDED && n->filtering == NAT_ADDRESS_DEPENDENT;
}

/* RFC 4787 REQ-5 recommends 5 minutes and RFC 5382 REQ-5 demands 2 hours 4 minutes. */
static void fill_lifetime(struct nat_policy *n)
{
	if (!n->lifetime.udp)
		n->lifetime.udp = 300;
	if (!n->lifetime.udp_replied)
		n->lifetime.udp_replied = n->lifetime.udp;
	if (!n->lifetime.tcp)
		n->lifetime.tcp = 7440;
}

static int check(const struct nat_policy *n, struct err *e)
{
	const char *p = n->path;

	if (n->translation == NAT_NONE && (n->hairpinning || n->port_preservation))
		return err_set(e, "%s:%u: translation is none, so %s has no meaning: remove it", p,
			       yaml_line(p, n->hairpinning ? "hairpinning" : "port-preservation"),
			       n->hairpinning ? "hairpinning" : "port-preservation");
	if (n->translation == NAT_NONE &&
	    (n->mapping != NAT_ENDPOINT_INDEPENDENT || n->filtering != NAT_ENDPOINT_INDEPENDENT))
		return err_set(e,
			       "%s:%u: translation is none, so nothing is mapped or filtered: "
			       "remove mapping and filtering; a firewall policy filters",
			       p, yaml_line(p, n->mapping ? "mapping" : "filtering"));
	if (n->translation == NAT_MASQUERADE && (n->mapping != NAT_ENDPOINT_INDEPENDENT ||
						 n->filtering != NAT_ADDRESS_AND_PORT_DEPENDENT ||
						 n->hairpinning || !n->port_preservation))
		return err_set(e,
			       "%s:%u: translation is masquerade, which maps "
			       "endpoint-independent, filters address-and-port-dependent, "
			       "preserves ports and does not hairpin: say so, or choose seeded",
			       p, yaml_line(p, "translation"));
	return 0;
}

/* ---- written out ---- */

static int dependence_parse(const char *value, enum nat_dependence *out)
{
	for (size_t i = 0; i < ARRAY_LEN(dependences); i++)
		if (!strcmp(value, dependences[i].str)) {
			*out = (enum nat_dependence)dependences[i].val;
			return 0;
		}
	return -1;
}

static int bool_parse(const char *value, bool *out)
{
	*out = !strcmp(value, "yes") || !strcmp(value, "true");
	return *out || !strcmp(value, "no") || !strcmp(value, "false") ? 0 : -1;
}

static int lifetime_parse(const char *value, unsigned *out)
{
	uint64_t v;

	if (!number_is_whole(value, &v) || v < 1 || v > LIFETIME_MAX)
		return -1;
	*out = (unsigned)v;
	return 0;
}

static int assign(struct nat_policy *n, const char *key, const char *value)
{
	if (!strcmp(key, "mapping"))
		return dependence_parse(value, &n->mapping);
	if (!strcmp(key, "filtering"))
		return dependence_parse(value, &n->filtering);
	if (!strcmp(key, "hairpinning"))
		return bool_parse(value, &n->hairpinning);
	if (!strcmp(key, "port-preservation"))
		return bool_parse(value, &n->port_preservation);
	if (!strcmp(key, "udp-lifetime"))
		return lifetime_parse(value, &n->lifetime.udp);
	if (!strcmp(key, "tcp-lifetime"))
		return lifetime_parse(value, &n->lifetime.tcp);
	return -2;
}

/* cyaml frees with free(), so a policy made here and one made there are freed alike. */
static struct nat_policy *written_out(const char *text, struct err *e)
{
	struct nat_policy *n = xcalloc(1, sizeof(*n));
	char *copy = xstrdup(text), *save = NULL;

	n->name = xstrdup(text);
	n->summary = xstrdup("written out");
	n->reproduces = xstrdup("-");
	n->path = xstrdup(text);
	n->given = xstrdup(text);
	n->translation = NAT_SEEDED;
	for (char *part = strtok_r(copy, ",", &save); part; part = strtok_r(NULL, ",", &save)) {
		char *value = strchr(part, '=');
		int rc;

		if (value)
			*value++ = '\0';
		rc = value ? assign(n, part, value) : -2;
		if (rc < 0) {
			if (rc == -2)
				err_set(e,
					"NAT behaviour '%s': no such property '%s': expected "
					"mapping, filtering, hairpinning, port-preservation, "
					"udp-lifetime or tcp-lifetime",
					text, part);
			else
				err_set(e,
					"NAT behaviour '%s': %s cannot be '%s': see "
					"skypelab-nat(5)",
					text, part, value);
			free(copy);
			nat_policy_free(n);
			return NULL;
		}
	}
	free(copy);
	fill_lifetime(n);
	return n;
}

struct nat_policy *nat_policy_load(const char *name, struct err *e)
{
	struct nat_policy *n;
	char *path;

	if (name && strchr(name, '=') && !strchr(name, '/'))
		return written_out(name, e);
	path = data_file("scenarios/nats", name ? name : "public", e);
	if (!path) {
		err_push(e, "NAT behaviour '%s'", name ? name : "public");
		return NULL;
	}
	n = yaml_load(path, &nat_schema, nat_numbers, e);
	if (!n) {
		free(path);
		return NULL;
	}
	n->path = path;
	n->given = xstrdup(name ? name : "public");
	if (check(n, e) < 0) {
		nat_policy_free(n);
		return NULL;
	}
	fill_lifetime(n);
	return n;
}

bool nat_translates(const struct nat_policy *n)
{
	return n && n->translation != NAT_NONE;
}

void nat_policy_free(struct nat_policy *n)
{
	if (!n)
		return;
	free(n->path);
	free(n->given);
	yaml_drop(&nat_schema, n);
}
