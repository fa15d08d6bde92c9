/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include <cyaml/cyaml.h>

#include "base/err.h"
#include "base/yaml_check.h"
#include "base/yaml_document.h"

/* Loads a YAML file by a libcyaml schema into a fresh structure (free with yaml_drop). The top
 * level must be a mapping. @numbers says the range of every number of the schema. NULL with @e
 * set: "file:line: what, expected what". */
void *yaml_load(const char *path, const cyaml_schema_value_t *schema,
		const struct yaml_number *numbers, struct err *e);
/* Not called yaml_free: libyaml exports a function of that name, which ours would replace. */
void yaml_drop(const cyaml_schema_value_t *schema, void *data);
/* A deep copy of what yaml_load() gave, as changed since; members that the schema does not name are
 * copied as bytes. Schemas of strings, numbers, mappings and counted sequences. */
void *yaml_copy(const cyaml_schema_value_t *schema, const void *data);

/* Of libcyaml, which it loads. */
const char *yaml_library_version(void);

#endif
