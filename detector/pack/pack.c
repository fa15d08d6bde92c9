// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pack.c - a program of the build: reads the YAML of the bundled signatures once, for detector/language/packed.c
 *
 *	pack FILE.c SIGNATURE.yaml...
 *
 * writes the C source of the words that packed.h describes. A file that is no YAML is left out, with a line that says
 * so: the program reads it when it is asked for, and refuses it then. What depends on a tree (rules, dispatch) is not
 * packed, so that a change of those needs nothing here.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/outfile.h"
#include "detector/language/find.h"
#include "detector/language/packed.h"

#define WORD sizeof(uint32_t)

struct words {
	uint32_t *w;
	size_t n;
};

/* Adds @bytes of @data, or zeroes, and at least one word; the number of the first. */
static uint32_t put(struct words *out, const void *data, size_t bytes)
{
	size_t n = bytes / WORD + 1, at = out->n;

	out->w = xrealloc(out->w, (at + n) * WORD);
	memset(out->w + at, 0, n * WORD);
	if (data)
		memcpy(out->w + at, data, bytes);
	out->n += n;
	return (uint32_t)at;
}

/* What the nodes of a tree point at. */
struct pools {
	char *strings;
	yaml_node_item_t *items;
	size_t strings_n, items_n;
};

static uint32_t put_string(struct pools *p, const yaml_node_t *n)
{
	size_t at = p->strings_n;

	p->strings_n += n->data.scalar.length + 1;
	p->strings = xrealloc(p->strings, p->strings_n);
	memcpy(p->strings + at, n->data.scalar.value, n->data.scalar.length + 1);
	return (uint32_t)at;
}

static uint32_t put_items(struct pools *p, const void *items, size_t n)
{
	size_t at = p->items_n;

	p->items_n += n;
	p->items = xrealloc(p->items, (p->items_n + 1) * sizeof(*p->items));
	if (n)
		memcpy(p->items + at, items, n * sizeof(*p->items));
	return (uint32_t)at;
}

static struct packed_node pack_node(struct pools *p, const yaml_node_t *n)
{
	struct packed_node out = {.type = n->type, .line = (uint32_t)n->start_mark.line};
	size_t count;

	if (n->type == YAML_SCALAR_NODE) {
		out.n = (uint32_t)n->data.scalar.length;
		out.at = put_string(p, n);
	} else if (n->type == YAML_SEQUENCE_NODE) {
		count = (size_t)(n->data.sequence.items.top - n->data.sequence.items.start);
		out.n = (uint32_t)count;
		out.at = put_items(p, n->data.sequence.items.start, count);
	} else {
		count = (size_t)(n->data.mapping.pairs.top - n->data.mapping.pairs.start);
		out.n = (uint32_t)count;
		out.at = put_items(p, n->data.mapping.pairs.start, 2 * count);
	}
	return out;
}

static void pack_tree(struct words *out, struct packed_file *f, const yaml_document_t *doc)
{
	struct pools p = {0};
	struct packed_node *nodes;

	f->nodes_n = (uint32_t)(doc->nodes.top - doc->nodes.start);
	nodes = xcalloc(f->nodes_n, sizeof(*nodes));
	for (uint32_t i = 0; i < f->nodes_n; i++)
		nodes[i] = pack_node(&p, &doc->nodes.start[i]);
	f->nodes = put(out, nodes, f->nodes_n * sizeof(*nodes));
	f->strings = put(out, p.strings, p.strings_n);
	f->items = put(out, p.items, p.items_n * sizeof(*p.items));
	free(nodes);
	free(p.strings);
	free(p.items);
}

/* 0, or -1 with @e set and nothing added. */
static int pack_file(struct words *out, struct packed_file *f, const char *path, struct err *e)
{
	size_t len;
	char *text = read_file_within(path, SIGNATURE_FILE_MAX, &len, e), digest[65], *plain;
	yaml_document_t doc;
	int rc = -1;

	if (!text)
		return -1;
	plain = xcalloc(1, len + 1);
	memcpy(plain, text, len);
	if (format_take_yaml(path, plain, len, e) == 0 &&
	    yaml_document_read(path, plain, len, &doc, e) == 0) {
		bytes_sha256(text, len, digest);
		f->bytes = (uint32_t)len;
		f->text = put(out, text, len);
		f->digest = put(out, digest, sizeof(digest));
		pack_tree(out, f, &doc);
		yaml_document_delete(&doc);
		rc = 0;
	}
	free(plain);
	free(text);
	return rc;
}

static int write_words(const struct words *out, const char *path, struct err *e)
{
	struct outfile o;

	if (outfile_open(&o, path, e) < 0)
		return -1;
	fputs("/* Made by detector/pack/pack.c */\n#include <stdint.h>\n"
	      "extern const uint32_t packed_words[];\nconst uint32_t packed_words[] = {",
	      o.f);
	for (size_t i = 0; i < out->n; i++)
		fprintf(o.f, "%s0x%" PRIx32 ",", i % 16 ? "" : "\n", out->w[i]);
	fputs("\n};\n", o.f);
	return outfile_commit(&o, e);
}

int main(int argc, char **argv)
{
	size_t files = argc > 2 ? (size_t)argc - 2 : 0;
	struct packed_file *f = xcalloc(files + 1, sizeof(*f));
	struct words out = {0};
	uint32_t n = 0;
	struct err e;
	int rc;

	if (!files) {
		fputs("usage: pack FILE.c SIGNATURE.yaml...\n", stderr);
		free(f);
		return EXIT_USAGE;
	}
	put(&out, NULL, files * sizeof(*f)); /* and the number before them */
	for (size_t i = 0; i < files; i++) {
		if (pack_file(&out, &f[n], argv[i + 2], &e) == 0)
			n++;
		else
			fprintf(stderr, "not packed: %s\n", e.msg);
	}
	out.w[0] = n;
	memcpy(out.w + 1, f, n * sizeof(*f));
	rc = write_words(&out, argv[1], &e);
	if (rc < 0)
		fprintf(stderr, "%s\n", e.msg);
	free(out.w);
	free(f);
	return rc < 0 ? EXIT_ENV : 0;
}
