/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_YAML_DOCUMENT_H
#define BASE_YAML_DOCUMENT_H

#include <stddef.h>

#include "base/err.h"
#include "base/libyaml.h"

/* The most bytes that a YAML file may have. */
#define YAML_BYTES (4UL << 20)

/* The bytes of a YAML file (free()), at most YAML_BYTES. NULL with @e set. */
char *yaml_text(const char *path, size_t *len, struct err *e);

/* The text of a YAML file as libyaml's nodes, each with its line. What a hostile text could blow up
 * is refused: depth, number of nodes with aliases written out, aliases inside themselves; and what
 * one of two readers would miss: a key twice in a mapping, a second document, a NUL in a text;
 * and text that is not plain (base/text.h), line feeds of | and > aside.
 * @path names the file in errors. 0, or -1 with @e set; free with yaml_document_delete(). */
int yaml_document_read(const char *path, const char *text, size_t len, yaml_document_t *doc,
		       struct err *e);

/* Line (from 1) of the node at a path such as "sites[0].nat" in a file, for errors that are found
 * after loading; 1 when the path is not there. */
unsigned yaml_line(const char *path, const char *node);

/* Value node of a key in a mapping node, or NULL. */
yaml_node_t *yaml_get(yaml_document_t *doc, yaml_node_t *mapping, const char *key);

#endif
