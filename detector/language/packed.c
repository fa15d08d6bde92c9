// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * packed.c - bundled signature files whose YAML was read when the program was built
 *
 * To read the YAML of the default signatures takes longer than all else that a start of `detect` does. So
 * detector/pack/pack.c leaves the trees of the bundled files in the program, beside the bytes that they are from. The
 * files stay the truth: a file is read as before, and only when its bytes are the very same is its tree taken from
 * here; what the tree means is found out each time.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/space.h"
#include "detector/language/packed.h"

extern const uint32_t packed_words[]; /* made by detector/pack/pack.c */

const struct packed_file *packed_find(const char *text, size_t len)
{
	const struct packed_file *f = (const struct packed_file *)&packed_words[1];

	for (uint32_t i = 0; i < packed_words[0]; i++)
		if (f[i].bytes == len && memcmp(&packed_words[f[i].text], text, len) == 0)
			return &f[i];
	return NULL;
}

/* libyaml has no const; who reads a signature changes no node. */
static void *loose(const void *p)
{
	void *out;

	memcpy(&out, &p, sizeof(out));
	return out;
}

static void unpack(const struct packed_file *f, const struct packed_node *from, yaml_node_t *n)
{
	const yaml_node_item_t *items = (const yaml_node_item_t *)&packed_words[f->items];

	n->type = (yaml_node_type_t)from->type;
	n->start_mark.line = from->line;
	if (n->type == YAML_SCALAR_NODE) {
		n->data.scalar.value = loose((const char *)&packed_words[f->strings] + from->at);
		n->data.scalar.length = from->n;
	} else if (n->type == YAML_SEQUENCE_NODE) {
		n->data.sequence.items.start = loose(items + from->at);
		n->data.sequence.items.top = n->data.sequence.items.start + from->n;
	} else {
		n->data.mapping.pairs.start = loose(items + from->at);
		n->data.mapping.pairs.top = n->data.mapping.pairs.start + from->n;
	}
}

/* Zeros. All of them will be written: they are taken at once, because a page fault costs more than what is written. */
static yaml_node_t *room_for(size_t nodes)
{
	yaml_node_t *n = space_get(nodes * sizeof(*n));

	(void)!madvise(n, nodes * sizeof(*n), MADV_POPULATE_WRITE);
	return n;
}

void packed_document(const struct packed_file *f, yaml_document_t *doc)
{
	const struct packed_node *nodes = (const struct packed_node *)&packed_words[f->nodes];

	memset(doc, 0, sizeof(*doc));
	doc->nodes.start = room_for(f->nodes_n);
	doc->nodes.top = doc->nodes.end = doc->nodes.start + f->nodes_n;
	for (uint32_t i = 0; i < f->nodes_n; i++)
		unpack(f, &nodes[i], &doc->nodes.start[i]);
}

void packed_delete(yaml_document_t *doc)
{
	space_free(doc->nodes.start,
		   (size_t)(doc->nodes.end - doc->nodes.start) * sizeof(*doc->nodes.start));
}

const char *packed_digest(const struct packed_file *f)
{
	return (const char *)&packed_words[f->digest];
}
