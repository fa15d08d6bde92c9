// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mix.c - files that say which background generators run, and how often
 *
 * libcyaml reads the file against a schema; then the names of generators and programs are looked
 * up, once. The format is in skypelab-mix(5).
 */
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"
#include "replay/background/generator.h"
#include "replay/background/mix.h"
#include "replay/programs/list.h"

static const cyaml_schema_field_t entry_fields[] = {
	CYAML_FIELD_STRING_PTR("generator", CYAML_FLAG_POINTER, struct mix_entry, generator, 1, 32),
	CYAML_FIELD_FLOAT("per_minute", CYAML_FLAG_DEFAULT, struct mix_entry, per_minute),
	CYAML_FIELD_UINT("port", CYAML_FLAG_OPTIONAL, struct mix_entry, port),
	CYAML_FIELD_UINT("servers", CYAML_FLAG_OPTIONAL, struct mix_entry, servers),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t entry_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct mix_entry, entry_fields),
};

static const cyaml_schema_field_t program_fields[] = {
	CYAML_FIELD_STRING_PTR("program", CYAML_FLAG_POINTER, struct mix_program, program, 1, 32),
	CYAML_FIELD_FLOAT("per_minute", CYAML_FLAG_DEFAULT, struct mix_program, per_minute),
	CYAML_FIELD_UINT("port", CYAML_FLAG_OPTIONAL, struct mix_program, port),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t program_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct mix_program, program_fields),
};

static const cyaml_schema_field_t mix_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct mix, name, 1, 64),
	CYAML_FIELD_STRING_PTR("about", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct mix, about,
			       0, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("generators", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct mix,
			     entries, &entry_schema, 1, MIX_ENTRIES),
	CYAML_FIELD_SEQUENCE("programs", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct mix,
			     programs, &program_schema, 1, MIX_ENTRIES),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t mix_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct mix, mix_fields),
};

static const struct yaml_number mix_numbers[] = {
	{"generators.per_minute", 0.000001, 1e7, "per minute"},
	{"generators.port", 1, 65535, NULL},
	{"generators.servers", 1, MIX_SERVERS, NULL},
	{"programs.per_minute", 0.000001, 1e4, "per minute"},
	{"programs.port", 1, 65535, NULL},
	{NULL, 0, 0, NULL},
};

static int check_entry(const char *path, unsigned i, struct mix_entry *en, struct err *e)
{
	char node[64];

	snprintf(node, sizeof(node), "generators[%u]", i);
	en->gen = generator_find(en->generator);
	if (!en->gen)
		return err_set(e,
			       "%s:%u: no generator is called %s; `skypelab replay "
			       "--generators` lists them",
			       path, yaml_line(path, node), en->generator);
	if (!en->servers)
		en->servers = 1;
	if (!en->port)
		en->port = en->gen->port;
	return 0;
}

static int check_program(const char *path, unsigned i, struct mix_program *en, struct err *e)
{
	char node[64];

	snprintf(node, sizeof(node), "programs[%u]", i);
	en->pair = program_pair_find(en->program);
	if (!en->pair)
		return err_set(e,
			       "%s:%u: no program is called %s; `skypelab replay --generators` "
			       "lists them",
			       path, yaml_line(path, node), en->program);
	if (!en->port)
		en->port = en->pair->port;
	return 0;
}

struct mix *mix_load(const char *path, struct err *e)
{
	struct mix *m = yaml_load(path, &mix_schema, mix_numbers, e);

	if (!m)
		return NULL;
	for (unsigned i = 0; i < m->entries_count; i++)
		if (check_entry(path, i, &m->entries[i], e) < 0) {
			mix_free(m);
			return NULL;
		}
	for (unsigned i = 0; i < m->programs_count; i++)
		if (check_program(path, i, &m->programs[i], e) < 0) {
			mix_free(m);
			return NULL;
		}
	if (!m->entries_count && !m->programs_count) {
		err_set(e, "%s:1: expected generators, programs or both", path);
		mix_free(m);
		return NULL;
	}
	return m;
}

void mix_free(struct mix *m)
{
	if (m)
		yaml_drop(&mix_schema, m);
}

size_t mix_addresses(const struct mix *m)
{
	size_t most = 1 + m->programs_count;

	for (unsigned i = 0; i < m->entries_count; i++)
		if (m->entries[i].servers + m->programs_count > most)
			most = m->entries[i].servers + m->programs_count;
	return most;
}

size_t mix_programs(const struct mix *m)
{
	return m->programs_count;
}
