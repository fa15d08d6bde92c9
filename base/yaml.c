// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * yaml.c - YAML files with errors that name file, line and value
 *
 * yaml_load() checks a file against a libcyaml schema and fills structs. libcyaml reports through a
 * log callback; its lines are gathered and become the one line, in plain words, that a user sees.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/input.h"
#include "base/yaml.h"

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
	return (cyaml_config_t){
		.log_fn = gather_log,
		.log_ctx = g,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR,
		.flags = CYAML_CFG_DEFAULT,
	};
}

/* The document as libyaml's nodes, each with its line. 0, or -1 with @e set; free with
 * yaml_document_delete(). */
static int yaml_document_load(const char *path, yaml_document_t *doc, struct err *e)
{
	FILE *f = input_open(path);
	yaml_parser_t p;

	if (!f)
		return err_sys(e, "%s: cannot read", path);
	if (!yaml_parser_initialize(&p)) {
		fclose(f);
		return err_set(e, "%s: cannot start the YAML parser", path);
	}
	yaml_parser_set_input_file(&p, f);
	if (!yaml_parser_load(&p, doc)) {
		err_set(e, "%s:%zu: not valid YAML: %s", path,
			(p.problem_mark.line ? p.problem_mark.line : p.context_mark.line) + 1,
			p.problem ? p.problem : "cannot be parsed");
		yaml_parser_delete(&p);
		fclose(f);
		return -1;
	}
	yaml_parser_delete(&p);
	fclose(f);
	if (!yaml_document_get_root_node(doc)) {
		yaml_document_delete(doc);
		return err_set(e, "%s:1: empty, expected a mapping", path);
	}
	return 0;
}

/* libcyaml names an unexpected key but gives the line before it: the first key of that name from
 * there on is meant. */
static unsigned key_line(const char *path, const char *key, unsigned from)
{
	yaml_document_t doc;
	unsigned best = 0;

	if (yaml_document_load(path, &doc, NULL) < 0)
		return from;
	/* libyaml fills it. NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign) */
	for (yaml_node_t *n = doc.nodes.start; n < doc.nodes.top; n++) {
		if (n->type != YAML_MAPPING_NODE)
			continue;
		for (yaml_node_pair_t *p = n->data.mapping.pairs.start;
		     p < n->data.mapping.pairs.top; p++) {
			yaml_node_t *k = yaml_document_get_node(&doc, p->key);
			unsigned line = k ? (unsigned)k->start_mark.line + 1 : 0;

			if (k && k->type == YAML_SCALAR_NODE && line >= from &&
			    (!best || line < best) &&
			    !strcmp((const char *)k->data.scalar.value, key))
				best = line;
		}
	}
	yaml_document_delete(&doc);
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
	else if (sscanf(said, "Mapping field already seen: %299s", a) == 1)
		snprintf(out, size, "the key %s is given twice", a);
	else if (sscanf(said, "Expecting %99[A-Z], got event: %299s", b, a) == 2)
		snprintf(out, size, "%s: %s, expected %s", name, kind_words(a), kind_words(b));
	else if (sscanf(said, "Invalid ENUM value: %99[^\n]", a) == 1 &&
		 enum_words(schema, field, b, sizeof(b)))
		snprintf(out, size, "%s: %.99s, expected %.290s", name, a, b);
	else if (sscanf(said, "Invalid FLOAT value: %299[^\n]", a) == 1 ||
		 sscanf(said, "FLOAT %*[a-z/]: %299[^\n]", a) == 1)
		snprintf(out, size, "%s: %s, expected a number", name, a);
	else if (sscanf(said, "Invalid %*s value: '%299[^']", a) == 1)
		snprintf(out, size, "%s: %s, expected a whole number%s", name, a,
			 strspn(a, "0123456789") == strlen(a) ? " that is smaller" : ", 0 or more");
	else if (!strncmp(said, "STRING length < ", 16))
		snprintf(out, size, "%s: empty, expected a text", name);
	else if (sscanf(said, "STRING length > %u", &n) == 1)
		snprintf(out, size, "%s: too long, expected at most %u characters", name, n);
	else if (sscanf(said, "Insufficient entries (%u of %u min)", &n, &m) == 2)
		snprintf(out, size, "%s: %u entries, expected at least %u", name, n, m);
	else if (sscanf(said, "Excessive entries (%u max)", &n) == 1)
		snprintf(out, size, "%s: too many entries, expected at most %u", name, n);
	else if (sscanf(said, "No anchor found for alias: '%299[^']", a) == 1)
		snprintf(out, size, "%s: *%.90s stands for nothing, no &%.90s before it", name, a,
			 a);
	else
		snprintf(out, size, "%s%s%s", *field ? field : "", *field ? ": " : "", said);
}

/* What is wrong, in plain words, with the line to look at. */
static void explain(const struct gather *g, const cyaml_schema_value_t *schema, const char *path,
		    cyaml_err_t rc, struct err *e)
{
	static const char words[] = "Unexpected key: ";
	const char *said = g->first[0] ? g->first : cyaml_strerror(rc);
	unsigned line = g->line ? g->line : 1;
	char field[100] = "", text[500];

	(void)!sscanf(g->where, "in mapping field '%99[^']", field);
	if (!strncmp(said, words, sizeof(words) - 1))
		line = key_line(path, said + sizeof(words) - 1, line);
	plain(said, schema, field, text, sizeof(text));
	err_set(e, "%s:%u: %s", path, line, text);
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

/* Looks for a yes or no that is neither, all the way down. 0, or -1 with @e set. */
static int check_bools(const char *path, yaml_document_t *doc, yaml_node_t *n,
		       const cyaml_schema_value_t *v, const char *key, struct err *e)
{
	if (!n)
		return 0;
	if (v->type == CYAML_BOOL && n->type == YAML_SCALAR_NODE &&
	    !says_bool((const char *)n->data.scalar.value))
		return err_set(e, "%s:%zu: %s: %s, expected yes or no", path,
			       n->start_mark.line + 1, key, (const char *)n->data.scalar.value);
	if (v->type == CYAML_MAPPING)
		for (const cyaml_schema_field_t *f = v->mapping.fields; f->key; f++)
			if (check_bools(path, doc, yaml_get(doc, n, f->key), &f->value, f->key, e))
				return -1;
	if (v->type == CYAML_SEQUENCE && n->type == YAML_SEQUENCE_NODE)
		for (yaml_node_item_t *i = n->data.sequence.items.start;
		     i < n->data.sequence.items.top; i++)
			if (check_bools(path, doc, yaml_document_get_node(doc, *i),
					v->sequence.entry, key, e))
				return -1;
	return 0;
}

/* Checks once more what libcyaml accepted. 0, or -1 with @e set. */
static int check_again(const char *path, const cyaml_schema_value_t *schema, struct err *e)
{
	yaml_document_t doc;
	int rc;

	if (yaml_document_load(path, &doc, e) < 0)
		return -1;
	rc = check_bools(path, &doc, yaml_document_get_root_node(&doc), schema, "", e);
	yaml_document_delete(&doc);
	return rc;
}

void *yaml_load(const char *path, const cyaml_schema_value_t *schema, struct err *e)
{
	struct gather g = {0};
	cyaml_config_t config = config_for(&g);
	cyaml_data_t *data = NULL;
	cyaml_err_t rc = cyaml_load_file(path, &config, schema, &data, NULL);

	if (rc == CYAML_OK && data) {
		if (check_again(path, schema, e) == 0)
			return data;
		yaml_drop(schema, data);
		return NULL;
	}
	if (rc == CYAML_OK) /* libcyaml accepts a file without a document */
		err_set(e, "%s:1: empty, expected keys and values", path);
	else if (rc == CYAML_ERR_FILE_OPEN)
		err_set(e, "%s: cannot read: %s", path, strerror(errno));
	else if (rc == CYAML_ERR_LIBYAML_PARSER) {
		yaml_document_t doc; /* libyaml knows the line, but libcyaml does not pass it on */

		if (yaml_document_load(path, &doc, e) == 0) {
			yaml_document_delete(&doc);
			err_set(e, "%s: not valid YAML", path);
		}
	} else {
		explain(&g, schema, path, rc, e);
	}
	return NULL;
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

yaml_node_t *yaml_get(yaml_document_t *doc, yaml_node_t *mapping, const char *key)
{
	if (!mapping || mapping->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start;
	     p < mapping->data.mapping.pairs.top; p++) {
		yaml_node_t *k = yaml_document_get_node(doc, p->key);

		if (k && k->type == YAML_SCALAR_NODE &&
		    !strcmp((const char *)k->data.scalar.value, key))
			return yaml_document_get_node(doc, p->value);
	}
	return NULL;
}

unsigned yaml_line(const char *path, const char *node)
{
	yaml_document_t doc;
	yaml_node_t *n;
	unsigned line = 1;
	char key[128];

	if (yaml_document_load(path, &doc, NULL) < 0)
		return 1;
	n = yaml_document_get_root_node(&doc);
	while (n) {
		line = (unsigned)n->start_mark.line + 1;
		if (*node == '.')
			node++;
		if (*node == '[') {
			long i = strtol(node + 1, NULL, 10);

			node = strchr(node, ']');
			if (!node || n->type != YAML_SEQUENCE_NODE ||
			    i >= n->data.sequence.items.top - n->data.sequence.items.start)
				break;
			node++;
			n = yaml_document_get_node(&doc, n->data.sequence.items.start[i]);
		} else if (*node) {
			size_t k = strcspn(node, ".[");

			snprintf(key, sizeof(key), "%.*s", (int)k, node);
			node += k;
			n = yaml_get(&doc, n, key);
		} else {
			break;
		}
	}
	yaml_document_delete(&doc);
	return line;
}
