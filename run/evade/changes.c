// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * changes.c - a file of changes: what a client could do otherwise
 *
 * Each change is data: the keys of a version file that it sets, and which messages it bears on, so
 * that a search knows what to count. Format: skypelab-evade(1).
 *
 * Limits. Only scalars of a version file's sections can be set, not its session list.
 */
#include <string.h>

#include "base/datadir.h"
#include "base/yaml.h"
#include "run/evade/changes.h"

#define TEXTS(key, member, least)                                                                  \
	CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | ((least) ? 0 : CYAML_FLAG_OPTIONAL),  \
				   struct change, member, member##_n, &text_value, least, 16)

static const cyaml_schema_value_t text_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 200),
};

static const cyaml_strval_t whos[] = {
	{"client", CHANGE_CLIENT},
	{"both", CHANGE_BOTH},
};

static const cyaml_schema_field_t change_fields[] = {
	CYAML_FIELD_STRING_PTR("change", CYAML_FLAG_POINTER, struct change, text, 1, 80),
	TEXTS("set", set, 1),
	TEXTS("touches", touches, 0),
	TEXTS("waits", waits, 0),
	CYAML_FIELD_UINT("parts", CYAML_FLAG_OPTIONAL, struct change, parts),
	CYAML_FIELD_ENUM("who", CYAML_FLAG_STRICT, struct change, who, whos, ARRAY_LEN(whos)),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t change_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct change, change_fields),
};

static const cyaml_schema_field_t changes_fields[] = {
	CYAML_FIELD_STRING_PTR("changes", CYAML_FLAG_POINTER, struct changes, name, 1, 80),
	CYAML_FIELD_STRING_PTR("description", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
			       struct changes, description, 0, 2000),
	CYAML_FIELD_SEQUENCE_COUNT("list", CYAML_FLAG_POINTER, struct changes, list, n,
				   &change_value, 1, CHANGES_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct changes, changes_fields),
};

static const struct yaml_number numbers[] = {
	{"list.parts", 1, 16, NULL},
	{NULL, 0, 0, NULL},
};

/* "section.key=value": where the value begins; NULL = it is not of this form. */
static const char *value_of(const char *set)
{
	const char *dot = strchr(set, '.'), *is = strchr(set, '=');

	return dot && is && dot > set && is > dot + 1 && is[1] ? is + 1 : NULL;
}

static int check(const char *path, const struct changes *c, struct err *e)
{
	for (unsigned i = 0; i < c->n; i++) {
		char node[40];

		snprintf(node, sizeof(node), "list[%u]", i);
		for (unsigned k = 0; k < c->list[i].set_n; k++)
			if (!value_of(c->list[i].set[k]))
				return err_set(e,
					       "%s:%u: set %.80s, expected section.key=value, such "
					       "as tcp.t2=30",
					       path, yaml_line(path, node), c->list[i].set[k]);
		for (unsigned k = 0; k < i; k++)
			if (!strcmp(c->list[i].text, c->list[k].text))
				return err_set(e, "%s:%u: a second change \"%s\"", path,
					       yaml_line(path, node), c->list[i].text);
	}
	return 0;
}

struct changes *changes_load(const char *name, struct err *e)
{
	char *path = data_file("scenarios/changes", name, e);
	struct changes *c = path ? yaml_load(path, &schema, numbers, e) : NULL;

	if (c && check(path, c, e) < 0) {
		changes_free(c);
		c = NULL;
	}
	free(path);
	return c;
}

void changes_free(struct changes *c)
{
	yaml_drop(&schema, c);
}

bool changes_exclude(const struct change *a, const struct change *b)
{
	for (unsigned i = 0; i < a->set_n; i++)
		for (unsigned k = 0; k < b->set_n; k++) {
			size_t n = (size_t)(value_of(a->set[i]) - a->set[i]);

			if (!strncmp(a->set[i], b->set[k], n))
				return true;
		}
	return false;
}
