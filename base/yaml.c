// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * yaml.c - YAML files with errors that name file, line and value
 *
 * Two ways in. yaml_load() checks a file against a libcyaml schema and fills structs: for
 * scenarios, policies, mixes. yaml_document_load() gives libyaml's nodes: for the signature
 * language, whose values take several shapes. libcyaml reports through a log callback; its lines
 * are gathered and folded into the one line a user sees.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* libcyaml names an unexpected key but gives the line of what stands before it: the first key of
 * that name from there on is meant. */
static unsigned key_line(const char *path, const char *key, unsigned from)
{
	yaml_document_t doc;
	unsigned best = 0;

	if (yaml_document_load(path, &doc, NULL) < 0)
		return from;
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

/* What libcyaml says, with the line a person would look at. */
static void locate(struct gather *g, const char *path)
{
	static const char words[] = "Unexpected key: ";

	if (!g->line)
		g->line = 1;
	if (!strncmp(g->first, words, sizeof(words) - 1))
		g->line = key_line(path, g->first + sizeof(words) - 1, g->line);
}

void *yaml_load(const char *path, const cyaml_schema_value_t *schema, struct err *e)
{
	struct gather g = {0};
	cyaml_config_t config = config_for(&g);
	cyaml_data_t *data = NULL;
	cyaml_err_t rc = cyaml_load_file(path, &config, schema, &data, NULL);

	if (rc == CYAML_OK && data)
		return data;
	if (rc == CYAML_OK) /* libcyaml is content with a file that has no document */
		err_set(e, "%s:1: empty, expected keys and values", path);
	else if (rc == CYAML_ERR_FILE_OPEN)
		err_set(e, "%s: cannot read: %s", path, strerror(errno));
	else if (rc == CYAML_ERR_LIBYAML_PARSER) {
		yaml_document_t doc; /* libyaml says the line, libcyaml does not pass it on */

		if (yaml_document_load(path, &doc, e) == 0) {
			yaml_document_delete(&doc);
			err_set(e, "%s: not valid YAML", path);
		}
	} else {
		locate(&g, path);
		err_set(e, "%s:%u: %s%s%s", path, g.line, g.first[0] ? g.first : cyaml_strerror(rc),
			g.where[0] ? ", " : "", g.where);
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

int yaml_document_load(const char *path, yaml_document_t *doc, struct err *e)
{
	FILE *f = fopen(path, "re");
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
