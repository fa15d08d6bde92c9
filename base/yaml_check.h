/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_YAML_CHECK_H
#define BASE_YAML_CHECK_H

#include <cyaml/cyaml.h>

#include "base/err.h"
#include "base/libyaml.h"

/**
 * struct yaml_number - the range of one number of a schema
 * @at:		Its keys from the top, as "clients.host"; the level of a list has no name. NULL ends
 *		an array of them
 * @low, @high:	Both ends included
 * @unit:	As the manual page says it, "seconds"; NULL = none
 *
 * A schema says which numbers are whole: CYAML_UINT and CYAML_INT are, CYAML_FLOAT is not.
 */
struct yaml_number {
	const char *at;
	double low, high;
	const char *unit;
};

/* Checks what libcyaml lets through: the form and range of numbers, a yes or no that is neither, a
 * control character in a text. A number of the schema that @numbers (NULL = the schema has none)
 * does not name is an error too. 0, or -1 with @e set: "file:line: what, expected what". */
int yaml_check(const char *path, yaml_document_t *doc, const cyaml_schema_value_t *schema,
	       const struct yaml_number *numbers, struct err *e);

#endif
