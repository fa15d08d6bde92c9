/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include <cyaml/cyaml.h>
#include <yaml.h>

#include "base/err.h"

/* Loads a YAML file by a libcyaml schema into a fresh structure (free with yaml_drop). The top
 * level must be a mapping. NULL with @e set: "file:line: what, expected what". */
void *yaml_load(const char *path, const cyaml_schema_value_t *schema, struct err *e);
/* Not called yaml_free: libyaml exports a function of that name, which ours would replace. */
void yaml_drop(const cyaml_schema_value_t *schema, void *data);
/* A deep copy of what yaml_load() gave, as changed since; members that the schema does not name are
 * copied as bytes. Schemas of strings, numbers, mappings and counted sequences. */
void *yaml_copy(const cyaml_schema_value_t *schema, const void *data);

/* Line (from 1) of the node at a path such as "sites[0].nat" in a file, for errors that are found
 * after loading; 1 when the path is not there. */
unsigned yaml_line(const char *path, const char *node);

/* Value node of a key in a mapping node, or NULL. */
yaml_node_t *yaml_get(yaml_document_t *doc, yaml_node_t *mapping, const char *key);

#endif
