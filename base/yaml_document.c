// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * yaml_document.c - YAML text as a tree of nodes, within limits
 *
 * Model. A first pass over libyaml's events, which needs no memory for what is nested, refuses a
 * text that is too deep or too long, or that holds a second document. Then the tree is loaded, and
 * walked with every alias written out: the walk has a budget of nodes, so that a few lines of
 * aliases to aliases do not stand for millions of values, and a limit of depth, which also ends an
 * alias inside its own anchor. The walk finds keys that a mapping has twice.
 *
 * Limits: YAML_BYTES of text, DEPTH_MAX levels, NODES_MAX nodes.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/text.h"
#include "base/yaml_document.h"

#define DEPTH_MAX 32
#define NODES_MAX 200000

char *yaml_text(const char *path, size_t *len, struct err *e)
{
	return read_file_within(path, YAML_BYTES, len, e);
}

/* ------------------------------------------------------------------ the text's events */

/* "PATH:LINE: not valid YAML: why" of a parser that failed. */
static int not_valid(const char *path, const yaml_parser_t *p, struct err *e)
{
	const char *mend = p->context && !strcmp(p->context, "while scanning a tag")
				   ? "; a value that begins with ! stands in quotes"
				   : "";

	return err_set(e, "%s:%zu: not valid YAML: %s%s", path,
		       (p->problem_mark.line ? p->problem_mark.line : p->context_mark.line) + 1,
		       p->problem ? p->problem : "cannot be parsed", mend);
}

static int too_deep(const char *path, size_t line, struct err *e)
{
	return err_set(e, "%s:%zu: nested more than %d levels deep", path, line + 1, DEPTH_MAX);
}

static int too_many(const char *path, struct err *e)
{
	return err_set(e, "%s:1: more than %d values, those behind aliases counted at each place",
		       path, NODES_MAX);
}

/* Whether a scalar is plain text (base/text.h); one that is written with | or > has lines. */
static bool is_plain(const yaml_event_t *v)
{
	char *text = xstrdup((const char *)v->data.scalar.value);
	bool plain;

	if (v->data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
	    v->data.scalar.style == YAML_FOLDED_SCALAR_STYLE)
		for (char *c = text; *c; c++)
			if (*c == '\n')
				*c = ' ';
	plain = text_plain(text);
	free(text);
	return plain;
}

/* Counts of a text's events so far. */
struct events {
	unsigned depth, nodes, documents;
};

static int count_event(const char *path, const yaml_event_t *v, struct events *n, struct err *e)
{
	switch (v->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (n->documents++)
			return err_set(e, "%s:%zu: a second document, expected one in a file", path,
				       v->start_mark.line + 1);
		return 0;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		if (++n->depth > DEPTH_MAX)
			return too_deep(path, v->start_mark.line, e);
		return ++n->nodes > NODES_MAX ? too_many(path, e) : 0;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		n->depth--;
		return 0;
	case YAML_SCALAR_EVENT:
		if (memchr(v->data.scalar.value, 0, v->data.scalar.length))
			return err_set(e, "%s:%zu: a text with the character NUL in it", path,
				       v->start_mark.line + 1);
		if (!is_plain(v))
			return err_set(
				e, "%s:%zu: \"%.200s\" has a character that cannot be printed",
				path, v->start_mark.line + 1, (const char *)v->data.scalar.value);
		return ++n->nodes > NODES_MAX ? too_many(path, e) : 0;
	default:
		return 0;
	}
}

/* The first pass. 0, or -1 with @e set. */
static int check_events(const char *path, yaml_parser_t *p, struct err *e)
{
	struct events n = {0};
	bool end = false;
	int rc = 0;

	while (rc == 0 && !end) {
		yaml_event_t v;

		if (!yaml_parser_parse(p, &v))
			return not_valid(path, p, e);
		rc = count_event(path, &v, &n, e);
		end = v.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&v);
	}
	return rc;
}

/* ------------------------------------------------------------------ the tree */

struct walk {
	const char *path;
	yaml_document_t *doc;
	unsigned budget; /* nodes that may still be visited */
	struct err *e;
};

static int by_name_and_line(const void *a, const void *b)
{
	const yaml_node_t *const *x = a, *const *y = b;
	int order = strcmp((const char *)(*x)->data.scalar.value,
			   (const char *)(*y)->data.scalar.value);

	if (order)
		return order;
	return (*x)->start_mark.index < (*y)->start_mark.index ? -1 : 1;
}

/* Every key a word, and none twice. 0, or -1 with @e set. */
static int check_keys(const struct walk *w, const yaml_node_t *mapping)
{
	size_t n = (size_t)(mapping->data.mapping.pairs.top - mapping->data.mapping.pairs.start);
	const yaml_node_t **keys = xcalloc(n ? n : 1, sizeof(const yaml_node_t *));
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		keys[i] = yaml_document_get_node(w->doc, mapping->data.mapping.pairs.start[i].key);
		if (!keys[i] || keys[i]->type != YAML_SCALAR_NODE)
			rc = err_set(w->e, "%s:%zu: a key that is no word", w->path,
				     mapping->start_mark.line + 1);
	}
	if (rc == 0)
		qsort(keys, n, sizeof(const yaml_node_t *), by_name_and_line);
	for (size_t i = 1; i < n && rc == 0; i++)
		if (!strcmp((const char *)keys[i - 1]->data.scalar.value,
			    (const char *)keys[i]->data.scalar.value))
			rc = err_set(w->e,
				     "%s:%zu: the key %.80s is given twice, first in line %zu",
				     w->path, keys[i]->start_mark.line + 1,
				     (const char *)keys[i]->data.scalar.value,
				     keys[i - 1]->start_mark.line + 1);
	free(keys);
	return rc;
}

/* @n and all below it, aliases at each of their places. 0, or -1 with @e set. */
static int check_node(struct walk *w, yaml_node_t *n, unsigned depth)
{
	if (!n)
		return 0;
	if (depth > DEPTH_MAX)
		return too_deep(w->path, n->start_mark.line, w->e);
	if (!w->budget--)
		return too_many(w->path, w->e);
	if (n->type == YAML_MAPPING_NODE) {
		if (check_keys(w, n) < 0)
			return -1;
		for (yaml_node_pair_t *p = n->data.mapping.pairs.start;
		     p < n->data.mapping.pairs.top; p++)
			if (check_node(w, yaml_document_get_node(w->doc, p->value), depth + 1) < 0)
				return -1;
	}
	if (n->type == YAML_SEQUENCE_NODE)
		for (yaml_node_item_t *i = n->data.sequence.items.start;
		     i < n->data.sequence.items.top; i++)
			if (check_node(w, yaml_document_get_node(w->doc, *i), depth + 1) < 0)
				return -1;
	return 0;
}

static int check_tree(const char *path, yaml_document_t *doc, struct err *e)
{
	struct walk w = {path, doc, NODES_MAX, e};
	yaml_node_t *root = yaml_document_get_root_node(doc);

	if (!root)
		return err_set(e, "%s:1: empty, expected keys and values", path);
	return check_node(&w, root, 0);
}

/* One of libyaml's two ways through @text: its events (@doc NULL), or the tree in @doc. */
static int parse(const char *path, const char *text, size_t len, yaml_document_t *doc,
		 struct err *e)
{
	yaml_parser_t p;
	int rc = 0;

	if (!yaml_parser_initialize(&p))
		return err_set(e, "%s: cannot start the YAML parser", path);
	yaml_parser_set_input_string(&p, (const unsigned char *)text, len);
	if (!doc)
		rc = check_events(path, &p, e);
	else if (!yaml_parser_load(&p, doc))
		rc = not_valid(path, &p, e);
	yaml_parser_delete(&p);
	return rc;
}

int yaml_document_read(const char *path, const char *text, size_t len, yaml_document_t *doc,
		       struct err *e)
{
	memset(doc, 0, sizeof(*doc));
	if (parse(path, text, len, NULL, e) < 0 || parse(path, text, len, doc, e) < 0)
		return -1;
	if (check_tree(path, doc, e) == 0)
		return 0;
	yaml_document_delete(doc);
	return -1;
}

/* ------------------------------------------------------------------ looking things up */

yaml_node_t *yaml_get(yaml_document_t *doc, yaml_node_t *mapping, const char *key)
{
	if (!mapping || mapping->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start;
	     p < mapping->data.mapping.pairs.top; p++) {
		const yaml_node_t *k = doc->nodes.start + p->key - 1; /* libyaml counts from 1 */
		const char *text = (const char *)k->data.scalar.value;

		if (k->type == YAML_SCALAR_NODE && *text == *key && !strcmp(text, key))
			return yaml_document_get_node(doc, p->value);
	}
	return NULL;
}

unsigned yaml_line(const char *path, const char *node)
{
	yaml_document_t doc;
	yaml_node_t *n;
	unsigned line = 1;
	char key[128], *text;
	size_t len;

	text = yaml_text(path, &len, NULL);
	if (!text || yaml_document_read(path, text, len, &doc, NULL) < 0) {
		free(text);
		return 1;
	}
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
	free(text);
	return line;
}
