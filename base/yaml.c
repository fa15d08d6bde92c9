// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * yaml.c - YAML files with errors that name file, line and value
 *
 * yaml_load() reads a file within limits (yaml_document.c), checks it beside its libcyaml schema
 * for what libcyaml lets through (yaml_check.c), and lets libcyaml fill structs. libcyaml reports
 * through a log callback; its lines are gathered and become the one line, in plain words, that a
 * user sees.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/library.h"
#include "base/yaml.h"

/* Loaded when it is first called: scenarios need it, a detector does not. */
static struct library library_cyaml = {.file = "libcyaml.so.1", .package = "libcyaml1"};

#define cyaml_free	LIBRARY_FUNCTION(library_cyaml, cyaml_free)
#define cyaml_load_data LIBRARY_FUNCTION(library_cyaml, cyaml_load_data)
#define cyaml_mem	LIBRARY_FUNCTION(library_cyaml, cyaml_mem)
#define cyaml_strerror	LIBRARY_FUNCTION(library_cyaml, cyaml_strerror)

const char *yaml_library_version(void)
{
	return LIBRARY_VARIABLE(library_cyaml, cyaml_version_str);
}

struct gather {
	char first[400]; /* what was wrong */
	char where[200]; /* the innermost place named in the backtrace */
	unsigned line;
};

__attribute__((format(printf, 3, 0))) static void gather_log(cyaml_log_t level, void *ctx,
							     const char *fmt, va_list ap)
{
	struct gather *g = ctx;
	char buf[600], *p;

	if (level < CYAML_LOG_ERROR)
		return;
	vsnprintf(buf, sizeof(buf), fmt, ap);
	buf[strcspn(buf, "\n")] = '\0';
	p = strncmp(buf, "Load: ", 6) ? buf : buf + 6;
	if (!strncmp(p, "Backtrace", 9))
		return;
	if (!g->first[0] && strncmp(p, "  in ", 5)) {
		snprintf(g->first, sizeof(g->first), "%.*s", (int)sizeof(g->first) - 1, p);
		return;
	}
	if (!g->where[0] && (p = strstr(p, "in "))) {
		char *line = strstr(p, "(line: ");

		if (line)
			g->line = (unsigned)strtoul(line + 7, NULL, 10);
		snprintf(g->where, sizeof(g->where), "%.*s",
			 line ? (int)(line - p - 1) : (int)strlen(p), p);
	}
}

static cyaml_config_t config_for(struct gather *g)
{
	cyaml_config_t c = {
		.log_fn = gather_log,
		.log_ctx = g,
		.log_level = CYAML_LOG_ERROR,
		.flags = CYAML_CFG_DEFAULT,
	};

	c.mem_fn = cyaml_mem;
	return c;
}

/* libcyaml names an unexpected key but gives the line before it: the first key of that name from
 * there on is meant. */
static unsigned key_line(yaml_document_t *doc, const char *key, unsigned from)
{
	unsigned best = 0;

	for (yaml_node_t *n = doc->nodes.start; n < doc->nodes.top; n++) {
		if (n->type != YAML_MAPPING_NODE)
			continue;
		for (yaml_node_pair_t *p = n->data.mapping.pairs.start;
		     p < n->data.mapping.pairs.top; p++) {
			yaml_node_t *k = yaml_document_get_node(doc, p->key);
			unsigned line = k ? (unsigned)k->start_mark.line + 1 : 0;

			if (k && k->type == YAML_SCALAR_NODE && line >= from &&
			    (!best || line < best) &&
			    !strcmp((const char *)k->data.scalar.value, key))
				best = line;
		}
	}
	return best ? best : from;
}

/* The kind of node that libcyaml names, in words a person uses. */
static const char *kind_words(const char *name)
{
	static const struct {
		const char *name, *words;
	} kinds[] = {
		{"SEQUENCE", "a list"},	      {"MAPPING", "keys with values"},
		{"SCALAR", "a single value"}, {"ALIAS", "an alias"},
		{"STRING", "a text"},	      {"BOOL", "yes or no"},
		{"UINT", "a number"},	      {"FLOAT", "a number"},
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (!strncmp(name, kinds[i].name, strlen(kinds[i].name)))
			return kinds[i].words;
	return name;
}

/* The words that the key @field may have, "a, b or c", where the schema has an enum of that
 * name. */
static bool enum_words(const cyaml_schema_value_t *v, const char *field, char *out, size_t size)
{
	if (v->type == CYAML_SEQUENCE)
		return enum_words(v->sequence.entry, field, out, size);
	if (v->type != CYAML_MAPPING)
		return false;
	for (const cyaml_schema_field_t *f = v->mapping.fields; f->key; f++) {
		size_t at = 0, n = f->value.enumeration.count;

		if (f->value.type != CYAML_ENUM || strcmp(f->key, field) != 0) {
			if (enum_words(&f->value, field, out, size))
				return true;
			continue;
		}
		for (size_t i = 0; i < n && at < size; i++)
			at += (size_t)snprintf(out + at, size - at, "%s%s",
					       !i	   ? ""
					       : i < n - 1 ? ", "
							   : " or ",
					       f->value.enumeration.strings[i].str);
		return true;
	}
	return false;
}

/* libcyaml's message in plain words: @field is the key it speaks of, or "". */
static void plain(const char *said, const cyaml_schema_value_t *schema, const char *field,
		  char *out, size_t size)
{
	const char *name = *field ? field : "this";
	char a[300], b[300];
	unsigned n, m;

	if (sscanf(said, "Unexpected key: %299s", a) == 1)
		snprintf(out, size, "no key %s is known here", a);
	else if (sscanf(said, "Missing required mapping field: %299s", a) == 1)
		snprintf(out, size, "the key %s is missing", a);
	else if (sscanf(said, "Expecting %99[A-Z], got event: %299s", b, a) == 2)
		snprintf(out, size, "%.99s: %.99s, expected %.99s", name, kind_words(a),
			 kind_words(b));
	else if (sscanf(said, "Invalid ENUM value: %99[^\n]", a) == 1 &&
		 enum_words(schema, field, b, sizeof(b)))
		snprintf(out, size, "%s: %.99s, expected %.290s", name, a, b);
	else if (!strncmp(said, "STRING length < ", 16))
		snprintf(out, size, "%s: empty, expected a text", name);
	else if (sscanf(said, "STRING length > %u", &n) == 1)
		snprintf(out, size, "%s: too long, expected at most %u characters", name, n);
	else if (sscanf(said, "Insufficient entries (%u of %u min)", &n, &m) == 2)
		snprintf(out, size, "%s: %u entries, expected at least %u", name, n, m);
	else if (sscanf(said, "Excessive entries (%u max)", &n) == 1)
		snprintf(out, size, "%s: too many entries, expected at most %u", name, n);
	else
		snprintf(out, size, "%s%s%s", *field ? field : "", *field ? ": " : "", said);
}

/* What is wrong, in plain words, with the line to look at. */
static void explain(const struct gather *g, const cyaml_schema_value_t *schema, const char *path,
		    yaml_document_t *doc, cyaml_err_t rc, struct err *e)
{
	static const char words[] = "Unexpected key: ";
	const char *said = g->first[0] ? g->first : cyaml_strerror(rc);
	unsigned line = g->line ? g->line : 1;
	char field[100] = "", text[500];

	(void)!sscanf(g->where, "in mapping field '%99[^']", field);
	if (!strncmp(said, words, sizeof(words) - 1))
		line = key_line(doc, said + sizeof(words) - 1, line);
	plain(said, schema, field, text, sizeof(text));
	err_set(e, "%s:%u: %s", path, line, text);
}

/* What libcyaml makes of a text that has been checked. NULL with @e set. */
static void *fill(const char *path, const char *text, size_t len, yaml_document_t *doc,
		  const cyaml_schema_value_t *schema, struct err *e)
{
	struct gather g = {0};
	cyaml_config_t config = config_for(&g);
	cyaml_data_t *data = NULL;
	cyaml_err_t rc = cyaml_load_data((const uint8_t *)text, len, &config, schema, &data, NULL);

	if (rc == CYAML_OK && data)
		return data;
	if (rc == CYAML_OK)
		err_set(e, "%s:1: empty, expected keys and values", path);
	else
		explain(&g, schema, path, doc, rc, e);
	return NULL;
}

void *yaml_load(const char *path, const cyaml_schema_value_t *schema,
		const struct yaml_number *numbers, struct err *e)
{
	yaml_document_t doc;
	void *data = NULL;
	size_t len;
	char *text = yaml_text(path, &len, e);

	if (!text)
		return NULL;
	if (format_take_yaml(path, text, len, e) == 0 &&
	    yaml_document_read(path, text, len, &doc, e) == 0) {
		if (yaml_check(path, &doc, schema, numbers, e) == 0)
			data = fill(path, text, len, &doc, schema, e);
		yaml_document_delete(&doc);
	}
	free(text);
	return data;
}

void yaml_drop(const cyaml_schema_value_t *schema, void *data)
{
	struct gather g = {0};
	cyaml_config_t config = config_for(&g);

	if (data)
		cyaml_free(&config, schema, data, 0);
}

static void copy_parts(const cyaml_schema_value_t *v, uint8_t *at, size_t count);

/* @slot holds a value that was copied as bytes: copies what it points to as well. */
static void copy_value(const cyaml_schema_value_t *v, uint8_t *slot, size_t count)
{
	const void *old;
	uint8_t *own;
	size_t size;

	if (!(v->flags & CYAML_FLAG_POINTER)) {
		copy_parts(v, slot, count);
		return;
	}
	memcpy(&old, slot, sizeof(old));
	if (!old)
		return;
	if (v->type == CYAML_STRING)
		size = strlen(old) + 1;
	else if (v->type == CYAML_SEQUENCE)
		size = count * v->data_size;
	else
		size = v->data_size;
	own = xmalloc(size ? size : 1);
	memcpy(own, old, size);
	memcpy(slot, &own, sizeof(own));
	copy_parts(v, own, count);
}

static size_t count_at(const cyaml_schema_field_t *f, const uint8_t *mapping)
{
	unsigned n = 0;

	if (f->value.type == CYAML_SEQUENCE)
		memcpy(&n, mapping + f->count_offset, f->count_size);
	return n;
}

static void copy_parts(const cyaml_schema_value_t *v, uint8_t *at, size_t count)
{
	if (v->type == CYAML_MAPPING)
		for (const cyaml_schema_field_t *f = v->mapping.fields; f->key; f++)
			copy_value(&f->value, at + f->data_offset, count_at(f, at));
	else if (v->type == CYAML_SEQUENCE)
		for (size_t i = 0; i < count; i++)
			copy_value(v->sequence.entry, at + i * v->data_size, 0);
}

void *yaml_copy(const cyaml_schema_value_t *schema, const void *data)
{
	uint8_t *copy;

	memcpy(&copy, &data, sizeof(copy));
	copy_value(schema, (uint8_t *)&copy, 0);
	return copy;
}
