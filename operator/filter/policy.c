// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy.c - what is blocked, for how long and who never is, as data
 *
 * Model. A file of skypelab-filter(5) is loaded by a schema, its texts are checked, and what it does
 * not say is filled in. No file is a file that says nothing: flows and super nodes are blocked, an
 * hour long, which keeps Skype out and leaves a client everything else.
 *
 * Limits. One policy for all clients.
 */
#include <linux/netfilter/nf_conntrack_common.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/yaml.h"
#include "operator/filter/policy.h"

#define TIMEOUT_DEFAULT 3600u
#define TIMEOUT_MAX	31536000u /* a year; the kernel counts milliseconds in 64 bits */
#define SIZE_DEFAULT	65536u
#define SIZE_MAX_BLOCKS 1048576u
#define RATE_DEFAULT	100u
#define RATE_MAX	1000000u
#define MARK_DEFAULT	28u /* bit 28: above what firewalls number their zones and policies with */
#define LISTS_MAX	4096

struct numbers {
	uint32_t flow, super_node, client;
};

/* The file as it stands. */
struct file {
	uint32_t block, chains, events;
	enum filter_action action;
	struct numbers timeout, size;
	uint32_t rate;
	char *mark;
	char **allow, **signatures;
	unsigned n_allow, n_signatures;
};

static const cyaml_strval_t whats[] = {{"flow", 1 << FILTER_FLOW},
				       {"super-node", 1 << FILTER_SUPER_NODE},
				       {"client", 1 << FILTER_CLIENT}};
static const cyaml_strval_t actions[] = {{"drop", FILTER_DROP}, {"reject", FILTER_REJECT}};
static const cyaml_strval_t chains[] = {{"forward", 1 << FILTER_FORWARD},
					{"input", 1 << FILTER_INPUT},
					{"output", 1 << FILTER_OUTPUT}};
static const cyaml_strval_t kinds[] = {
	{"evidence", 1 << EVENT_EVIDENCE},	     {"probe-accepted", 1 << EVENT_PROBE_ACCEPTED},
	{"session-start", 1 << EVENT_SESSION_START}, {"session-change", 1 << EVENT_SESSION_CHANGE},
	{"session-end", 1 << EVENT_SESSION_END},     {"call-start", 1 << EVENT_CALL_START},
	{"call-end", 1 << EVENT_CALL_END},	     {"flow", 1 << EVENT_FLOW}};

#define STRICT (CYAML_FLAG_STRICT)
#define OPT    (CYAML_FLAG_OPTIONAL)

/* A super node's timeout and a client's; a flow has none. */
static const cyaml_schema_field_t timeout_fields[] = {
	CYAML_FIELD_UINT("super-node", OPT, struct numbers, super_node),
	CYAML_FIELD_UINT("client", OPT, struct numbers, client), CYAML_FIELD_END};

static const cyaml_schema_field_t size_fields[] = {
	CYAML_FIELD_UINT("flows", OPT, struct numbers, flow),
	CYAML_FIELD_UINT("super-nodes", OPT, struct numbers, super_node),
	CYAML_FIELD_UINT("clients", OPT, struct numbers, client), CYAML_FIELD_END};

static const cyaml_schema_value_t word_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 63)};

static const cyaml_schema_field_t file_fields[] = {
	CYAML_FIELD_FLAGS("block", STRICT | OPT, struct file, block, whats, ARRAY_LEN(whats)),
	CYAML_FIELD_ENUM("action", STRICT | OPT, struct file, action, actions, ARRAY_LEN(actions)),
	CYAML_FIELD_MAPPING("timeout", OPT, struct file, timeout, timeout_fields),
	CYAML_FIELD_MAPPING("size", OPT, struct file, size, size_fields),
	CYAML_FIELD_UINT("rate", OPT, struct file, rate),
	CYAML_FIELD_STRING_PTR("mark", CYAML_FLAG_POINTER | OPT, struct file, mark, 1, 10),
	CYAML_FIELD_FLAGS("chains", STRICT | OPT, struct file, chains, chains, ARRAY_LEN(chains)),
	CYAML_FIELD_SEQUENCE_COUNT("allow", CYAML_FLAG_POINTER | OPT, struct file, allow, n_allow,
				   &word_schema, 0, LISTS_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("signatures", CYAML_FLAG_POINTER | OPT, struct file, signatures,
				   n_signatures, &word_schema, 0, LISTS_MAX),
	CYAML_FIELD_FLAGS("events", STRICT | OPT, struct file, events, kinds, ARRAY_LEN(kinds)),
	CYAML_FIELD_END};

static const cyaml_schema_value_t file_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields)};

static const struct yaml_number file_numbers[] = {
	{"timeout.super-node", 1, TIMEOUT_MAX, "seconds"},
	{"timeout.client", 1, TIMEOUT_MAX, "seconds"},
	{"size.flows", 1, SIZE_MAX_BLOCKS, NULL},
	{"size.super-nodes", 1, SIZE_MAX_BLOCKS, NULL},
	{"size.clients", 1, SIZE_MAX_BLOCKS, NULL},
	{"rate", 1, RATE_MAX, "blocks a second"},
	{NULL, 0, 0, NULL},
};

const char *filter_what_text(enum filter_what what)
{
	return what < FILTER_WHATS ? whats[what].str : "?";
}

bool filter_what_parse(const char *text, enum filter_what *out)
{
	for (unsigned i = 0; i < FILTER_WHATS; i++)
		if (!strcmp(text, filter_what_text(i))) {
			*out = (enum filter_what)i;
			return true;
		}
	return false;
}

static uint32_t or_else(uint32_t said, uint32_t otherwise)
{
	return said ? said : otherwise;
}

static void fill_in(struct filter_policy *p, const struct file *f)
{
	p->block = or_else(f->block, 1 << FILTER_FLOW | 1 << FILTER_SUPER_NODE);
	p->action = f->action;
	p->timeout_s[FILTER_SUPER_NODE] = or_else(f->timeout.super_node, TIMEOUT_DEFAULT);
	p->timeout_s[FILTER_CLIENT] = or_else(f->timeout.client, TIMEOUT_DEFAULT);
	p->size[FILTER_FLOW] = or_else(f->size.flow, SIZE_DEFAULT);
	p->size[FILTER_SUPER_NODE] = or_else(f->size.super_node, SIZE_DEFAULT);
	p->size[FILTER_CLIENT] = or_else(f->size.client, SIZE_DEFAULT);
	p->rate = or_else(f->rate, RATE_DEFAULT);
	p->chains = or_else(f->chains, 1 << FILTER_FORWARD);
	p->kinds = or_else(f->events, 1 << EVENT_PROBE_ACCEPTED | 1 << EVENT_SESSION_START |
					      1 << EVENT_SESSION_CHANGE | 1 << EVENT_CALL_START |
					      1 << EVENT_FLOW);
}

/* "0x10000000": one bit of 32. */
static int parse_mark(struct filter_policy *p, const char *text, struct err *e)
{
	uint64_t bit = 1ULL << MARK_DEFAULT;

	if (text && (!number_is_whole(text, &bit) || !bit || bit > UINT32_MAX || bit & (bit - 1)))
		return err_set(e,
			       "%s:%u: mark '%s': expected one bit of conntrack's mark, such as "
			       "0x10000000",
			       p->path, yaml_line(p->path, "mark"), text);
	p->mark = (uint32_t)bit;
	return 0;
}

static int parse_allow(struct filter_policy *p, const struct file *f, struct err *e)
{
	char at[32];

	for (unsigned i = 0; i < f->n_allow; i++) {
		if (!ranges_add(&p->allow, f->allow[i]))
			continue;
		snprintf(at, sizeof(at), "allow[%u]", i);
		return err_set(e,
			       "%s:%u: allow '%s': expected an address or a network such as "
			       "192.0.2.0/24 (no bits behind its length)",
			       p->path, yaml_line(p->path, at), f->allow[i]);
	}
	ranges_settle(&p->allow);
	return 0;
}

static int convert(struct filter_policy *p, const struct file *f, struct err *e)
{
	fill_in(p, f);
	if (parse_mark(p, f->mark, e) < 0 || parse_allow(p, f, e) < 0)
		return -1;
	p->signatures = xcalloc(f->n_signatures + 1, sizeof(*p->signatures));
	while (p->n_signatures < f->n_signatures) {
		p->signatures[p->n_signatures] = xstrdup(f->signatures[p->n_signatures]);
		p->n_signatures++;
	}
	return 0;
}

struct filter_policy *filter_policy_load(const char *path, struct err *e)
{
	static const struct file nothing;
	struct filter_policy *p = xcalloc(1, sizeof(*p));
	struct file *f = NULL;
	int rc = 0;

	if (path) {
		p->path = xstrdup(path);
		f = yaml_load(path, &file_schema, file_numbers, e);
		rc = f ? 0 : -1;
	}
	if (!rc)
		rc = convert(p, f ? f : &nothing, e);
	if (f)
		yaml_drop(&file_schema, f);
	if (!rc)
		return p;
	filter_policy_free(p);
	return NULL;
}

void filter_policy_free(struct filter_policy *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < p->n_signatures; i++)
		free(p->signatures[i]);
	free(p->signatures);
	ranges_free(&p->allow);
	free(p->path);
	free(p);
}

bool filter_policy_counts(const struct filter_policy *p, const struct sighting *s)
{
	if ((unsigned)s->kind >= EVENT_KINDS || !(p->kinds & 1u << s->kind))
		return false;
	for (unsigned i = 0; i < p->n_signatures; i++)
		if (!strcmp(p->signatures[i], s->signature))
			return true;
	return !p->n_signatures;
}
