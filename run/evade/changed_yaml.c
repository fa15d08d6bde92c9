// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * changed_yaml.c - a version file or a scenario with some of its values changed
 *
 * The text is read as a tree of nodes, values are put into it, and it is written again: what was not
 * changed stays what it was, whatever keys the file has.
 *
 * Limits. Comments of the file are lost.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/yaml_document.h"
#include "replay/skype/version.h"
#include "run/evade/changed_yaml.h"

/* The index of a new scalar node; 0 = out of memory. */
static int scalar(yaml_document_t *doc, const char *text, size_t n, bool quoted)
{
	return yaml_document_add_scalar(doc, NULL, (const yaml_char_t *)text, (int)n,
					quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
					       : YAML_PLAIN_SCALAR_STYLE);
}

/* Puts node @value under @key, in the place of what is there. False: out of memory. */
static bool put(yaml_document_t *doc, int mapping, const char *key, int value)
{
	yaml_node_t *m = yaml_document_get_node(doc, mapping);
	int k;

	if (!value)
		return false;
	for (yaml_node_pair_t *p = m->data.mapping.pairs.start; p < m->data.mapping.pairs.top;
	     p++) {
		const yaml_node_t *at = yaml_document_get_node(doc, p->key);

		if (at && at->type == YAML_SCALAR_NODE &&
		    !strcmp((const char *)at->data.scalar.value, key)) {
			p->value = value;
			return true;
		}
	}
	k = scalar(doc, key, strlen(key), false);
	return k && yaml_document_append_mapping_pair(doc, mapping, k, value);
}

static int index_of(const yaml_document_t *doc, const yaml_node_t *node)
{
	return node ? (int)(node - doc->nodes.start) + 1 : 0;
}

static int set_key(yaml_document_t *doc, const char *path, const char *set, struct err *e)
{
	const char *dot = strchr(set, '.'), *is = dot ? strchr(dot, '=') : NULL;
	char section[64], key[64];
	yaml_node_t *at;

	if (!is || (size_t)(dot - set) >= sizeof(section) || (size_t)(is - dot) > sizeof(key))
		return err_set(e, "%s: set %.80s, expected section.key=value", path, set);
	snprintf(section, sizeof(section), "%.*s", (int)(dot - set), set);
	snprintf(key, sizeof(key), "%.*s", (int)(is - dot - 1), dot + 1);
	at = yaml_get(doc, yaml_document_get_root_node(doc), section);
	if (!at || at->type != YAML_MAPPING_NODE)
		return err_set(e, "%s: set %.80s, but it has no section %.40s", path, set, section);
	if (!put(doc, index_of(doc, at), key, scalar(doc, is + 1, strlen(is + 1), false)))
		return err_set(e, "%s: out of memory", path);
	return 0;
}

static int put_note(yaml_document_t *doc, const char *path, const char *note, struct err *e)
{
	yaml_node_t *root = yaml_document_get_root_node(doc), *at = yaml_get(doc, root, "name");
	int list, text = scalar(doc, note, strlen(note), true);
	char name[96];

	if (!at || at->type != YAML_SCALAR_NODE)
		return err_set(e, "%s:1: it has no name", path);
	snprintf(name, sizeof(name), "%.80s+", (const char *)at->data.scalar.value);
	if (!put(doc, index_of(doc, root), "name", scalar(doc, name, strlen(name), true)))
		return err_set(e, "%s: out of memory", path);
	at = yaml_get(doc, yaml_document_get_root_node(doc), "assumptions");
	list = at && at->type == YAML_SEQUENCE_NODE
		       ? index_of(doc, at)
		       : yaml_document_add_sequence(doc, NULL, YAML_BLOCK_SEQUENCE_STYLE);
	if (!text || !list || !yaml_document_append_sequence_item(doc, list, text) ||
	    (!at &&
	     !put(doc, index_of(doc, yaml_document_get_root_node(doc)), "assumptions", list)))
		return err_set(e, "%s: out of memory", path);
	return 0;
}

static int write_into(void *out, unsigned char *p, size_t n)
{
	return fwrite(p, 1, n, out) == n;
}

/* Writes and frees the document. */
static int write_document(yaml_document_t *doc, const char *path, const char *head, struct err *e)
{
	yaml_emitter_t emitter;
	struct outfile out;
	bool done;

	if (outfile_open(&out, path, e) < 0) {
		yaml_document_delete(doc);
		return -1;
	}
	fputs(head, out.f);
	done = yaml_emitter_initialize(&emitter);
	if (done) {
		yaml_emitter_set_output(&emitter, write_into, out.f);
		yaml_emitter_set_width(&emitter, 100);
		yaml_emitter_set_unicode(&emitter, 1);
		done = yaml_emitter_open(&emitter) && yaml_emitter_dump(&emitter, doc) &&
		       yaml_emitter_close(&emitter);
		yaml_emitter_delete(&emitter);
	} else {
		yaml_document_delete(doc);
	}
	if (done)
		return outfile_commit(&out, e);
	outfile_abort(&out);
	return err_set(e, "%s: cannot be written", path);
}

static int read_document(const char *path, yaml_document_t *doc, struct err *e)
{
	size_t len;
	char *text = yaml_text(path, &len, e);
	int rc = text ? yaml_document_read(path, text, len, doc, e) : -1;

	free(text);
	if (rc == 0 && (!yaml_document_get_root_node(doc) ||
			yaml_document_get_root_node(doc)->type != YAML_MAPPING_NODE)) {
		yaml_document_delete(doc);
		return err_set(e, "%s:1: expected a mapping", path);
	}
	return rc;
}

int changed_version(const char *from, const char *to, const char *head, const char *const *set,
		    size_t n, const char *note, struct err *e)
{
	struct version *v;
	yaml_document_t doc;
	int rc = read_document(from, &doc, e);

	if (rc < 0)
		return -1;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = set_key(&doc, from, set[i], e);
	if (rc == 0)
		rc = put_note(&doc, from, note, e);
	if (rc < 0) {
		yaml_document_delete(&doc);
		return -1;
	}
	if (write_document(&doc, to, head, e) < 0)
		return -1;
	v = version_load(to, e);
	version_free(v);
	return v ? 0 : err_push(e, "%s, changed (%s)", from, note);
}

/* The list of values of the axis `version`, 0 = there is none. */
static int version_values(yaml_document_t *doc)
{
	yaml_node_t *matrix = yaml_get(doc, yaml_document_get_root_node(doc), "matrix");

	if (!matrix || matrix->type != YAML_SEQUENCE_NODE)
		return 0;
	for (yaml_node_item_t *i = matrix->data.sequence.items.start;
	     i < matrix->data.sequence.items.top; i++) {
		yaml_node_t *axis = yaml_document_get_node(doc, *i), *name;

		name = axis && axis->type == YAML_MAPPING_NODE ? yaml_get(doc, axis, "axis") : NULL;
		if (name && name->type == YAML_SCALAR_NODE &&
		    !strcmp((const char *)name->data.scalar.value, "version"))
			return index_of(doc, axis);
	}
	return 0;
}

int changed_scenario(const char *from, const char *to, const char *const *versions, size_t n,
		     unsigned repeat, struct err *e)
{
	yaml_document_t doc;
	int axis, list;
	char number[24];
	bool done;

	if (read_document(from, &doc, e) < 0)
		return -1;
	axis = version_values(&doc);
	if (!axis) {
		yaml_document_delete(&doc);
		return err_set(e, "%s:1: it has no axis version in its matrix, expected one", from);
	}
	list = yaml_document_add_sequence(&doc, NULL, YAML_BLOCK_SEQUENCE_STYLE);
	done = list != 0;
	for (size_t i = 0; done && i < n; i++) {
		int value = scalar(&doc, versions[i], strlen(versions[i]), true);

		done = value && yaml_document_append_sequence_item(&doc, list, value);
	}
	snprintf(number, sizeof(number), "%u", repeat);
	done = done && put(&doc, axis, "values", list) &&
	       put(&doc, index_of(&doc, yaml_document_get_root_node(&doc)), "repeat",
		   scalar(&doc, number, strlen(number), false));
	if (done)
		return write_document(&doc, to, "", e);
	yaml_document_delete(&doc);
	return err_set(e, "%s: out of memory", from);
}
