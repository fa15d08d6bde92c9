// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * yaml_check.c - what libcyaml takes and a file may not hold
 *
 * libcyaml stops reading a number at the first letter, knows no ranges, and takes every word that
 * is not a no for a yes. Here the tree is walked beside the schema before libcyaml sees the file.
 * Where the two do not go together (a list for a number), libcyaml says so afterwards.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "base/yaml_check.h"
#include "base/yaml_document.h"

#define AT_SIZE 120

struct check {
	const char *path;
	yaml_document_t *doc;
	const struct yaml_number *numbers;
	struct err *e;
};

static bool is_whole(const cyaml_schema_value_t *v)
{
	return v->type == CYAML_UINT || v->type == CYAML_INT;
}

static const struct yaml_number *number_at(const struct check *c, const char *at)
{
	for (const struct yaml_number *n = c->numbers; n && n->at; n++)
		if (!strcmp(n->at, at))
			return n;
	return NULL;
}

/* "AT.KEY" in @out. */
static void key_below(const char *at, const char *key, char out[AT_SIZE])
{
	snprintf(out, AT_SIZE, "%s%s%s", at, *at ? "." : "", key);
}

/* Has every number of the schema a range that its variable holds? 0, or -1 with @e set. */
static int check_schema(const struct check *c, const cyaml_schema_value_t *v, const char *at)
{
	char below[AT_SIZE];

	if (v->type == CYAML_SEQUENCE)
		return check_schema(c, v->sequence.entry, at);
	if (v->type == CYAML_MAPPING)
		for (const cyaml_schema_field_t *f = v->mapping.fields; f->key; f++) {
			key_below(at, f->key, below);
			if (check_schema(c, &f->value, below) < 0)
				return -1;
		}
	if (is_whole(v) || v->type == CYAML_FLOAT) {
		const struct yaml_number *n = number_at(c, at);

		if (!n || (is_whole(v) && n->high > ldexp(1, 8 * (int)v->data_size)))
			return err_set(c->e, "%s: skypelab itself gives %s no range", c->path, at);
	}
	return 0;
}

/* libcyaml reads any word that is not a no as a yes. */
static bool says_bool(const char *text)
{
	static const char *const words[] = {"true",  "yes", "on",  "enable",  "1",
					    "false", "no",  "off", "disable", "0"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!strcasecmp(text, words[i]))
			return true;
	return false;
}

static int check_number(const struct check *c, const yaml_node_t *n, const cyaml_schema_value_t *v,
			const char *at)
{
	const struct yaml_number *range = number_at(c, at);
	const char *text = (const char *)n->data.scalar.value, *key = strrchr(at, '.');
	bool whole = is_whole(v), good;
	char limits[80];
	uint64_t number = 0;
	double value = 0;

	if (whole)
		good = number_is_whole(text, &number);
	else
		good = number_is_real(text, &value);
	if (whole)
		value = (double)number;
	if (good && value >= range->low && value <= range->high)
		return 0;
	if (range->high >= 0x1p64)
		snprintf(limits, sizeof(limits), "at least %.15g and below 2^64", range->low);
	else
		snprintf(limits, sizeof(limits), "from %.15g to %.15g", range->low, range->high);
	return err_set(c->e, "%s:%zu: %s: %.80s, expected a %s %s%s%s", c->path,
		       n->start_mark.line + 1, key ? key + 1 : at, *text ? text : "empty",
		       whole ? "whole number" : "number", limits, range->unit ? " " : "",
		       range->unit ? range->unit : "");
}

static int check_scalar(const struct check *c, const yaml_node_t *n, const cyaml_schema_value_t *v,
			const char *at)
{
	const char *text = (const char *)n->data.scalar.value, *key = strrchr(at, '.');

	key = key ? key + 1 : at;
	if (v->type == CYAML_BOOL && !says_bool(text))
		return err_set(c->e, "%s:%zu: %s: %.80s, expected yes or no", c->path,
			       n->start_mark.line + 1, key, text);
	if (is_whole(v) || v->type == CYAML_FLOAT)
		return check_number(c, n, v, at);
	return 0;
}

/* @n beside @v, all the way down. 0, or -1 with @e set. */
static int check_value(const struct check *c, yaml_node_t *n, const cyaml_schema_value_t *v,
		       const char *at)
{
	char below[AT_SIZE];

	if (!n)
		return 0;
	if (n->type == YAML_SCALAR_NODE)
		return check_scalar(c, n, v, at);
	if (v->type == CYAML_MAPPING)
		for (const cyaml_schema_field_t *f = v->mapping.fields; f->key; f++) {
			key_below(at, f->key, below);
			if (check_value(c, yaml_get(c->doc, n, f->key), &f->value, below) < 0)
				return -1;
		}
	if (v->type == CYAML_SEQUENCE && n->type == YAML_SEQUENCE_NODE)
		for (yaml_node_item_t *i = n->data.sequence.items.start;
		     i < n->data.sequence.items.top; i++)
			if (check_value(c, yaml_document_get_node(c->doc, *i), v->sequence.entry,
					at) < 0)
				return -1;
	return 0;
}

int yaml_check(const char *path, yaml_document_t *doc, const cyaml_schema_value_t *schema,
	       const struct yaml_number *numbers, struct err *e)
{
	struct check c = {path, doc, numbers, e};

	if (check_schema(&c, schema, "") < 0)
		return -1;
	return check_value(&c, yaml_document_get_root_node(doc), schema, "");
}
