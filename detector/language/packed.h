/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_LANGUAGE_PACKED_H
#define DETECTOR_LANGUAGE_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/yaml_document.h"

/*
 * What detector/pack/pack.c writes when the program is built, and packed.c reads: words of this machine. First
 * the number of files, then a struct packed_file for each, then what these point at, by word.
 */

/**
 * struct packed_file - a bundled signature file
 * @bytes, @text:	Its bytes, and where they are
 * @digest:		Where their SHA-256 is, 64 digits and NUL
 * @nodes_n, @nodes:	struct packed_node; the first is the root
 * @strings:		Where its scalars are, each ended by NUL
 * @items:		Where what sequences and mappings hold is: numbers of nodes, as libyaml counts them, from 1
 */
struct packed_file {
	uint32_t bytes, text, digest, nodes_n, nodes, strings, items;
};

/**
 * struct packed_node - a node of its tree
 * @line:	From 0
 * @at:		A scalar's first byte among the strings; else the first of its items
 * @n:		A scalar's bytes; else its items, or pairs of them
 */
struct packed_node {
	uint32_t type, line, at, n; /* enum yaml_node_type_e */
};

/* The bundled file whose bytes are these; NULL = none is, so it has to be read as YAML. */
const struct packed_file *packed_find(const char *text, size_t len);
/* Its tree, in which no node knows more of its place than the line; for packed_delete(). */
void packed_document(const struct packed_file *f, yaml_document_t *doc);
void packed_delete(yaml_document_t *doc);
/* SHA-256 of its bytes, as text; static storage. */
const char *packed_digest(const struct packed_file *f);

#endif
