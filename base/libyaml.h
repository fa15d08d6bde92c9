/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_LIBYAML_H
#define BASE_LIBYAML_H

#include <yaml.h>

#include "base/library.h"

/* libyaml, loaded when it is first called (base/library.h): what is bundled has been read when the program was built. */
extern struct library library_yaml;

#define yaml_document_add_scalar   LIBRARY_FUNCTION(library_yaml, yaml_document_add_scalar)
#define yaml_document_add_sequence LIBRARY_FUNCTION(library_yaml, yaml_document_add_sequence)
#define yaml_document_append_mapping_pair                                                          \
	LIBRARY_FUNCTION(library_yaml, yaml_document_append_mapping_pair)
#define yaml_document_append_sequence_item                                                         \
	LIBRARY_FUNCTION(library_yaml, yaml_document_append_sequence_item)
#define yaml_document_delete	     LIBRARY_FUNCTION(library_yaml, yaml_document_delete)
#define yaml_emitter_close	     LIBRARY_FUNCTION(library_yaml, yaml_emitter_close)
#define yaml_emitter_delete	     LIBRARY_FUNCTION(library_yaml, yaml_emitter_delete)
#define yaml_emitter_dump	     LIBRARY_FUNCTION(library_yaml, yaml_emitter_dump)
#define yaml_emitter_initialize	     LIBRARY_FUNCTION(library_yaml, yaml_emitter_initialize)
#define yaml_emitter_open	     LIBRARY_FUNCTION(library_yaml, yaml_emitter_open)
#define yaml_emitter_set_output	     LIBRARY_FUNCTION(library_yaml, yaml_emitter_set_output)
#define yaml_emitter_set_unicode     LIBRARY_FUNCTION(library_yaml, yaml_emitter_set_unicode)
#define yaml_emitter_set_width	     LIBRARY_FUNCTION(library_yaml, yaml_emitter_set_width)
#define yaml_event_delete	     LIBRARY_FUNCTION(library_yaml, yaml_event_delete)
#define yaml_parser_delete	     LIBRARY_FUNCTION(library_yaml, yaml_parser_delete)
#define yaml_parser_initialize	     LIBRARY_FUNCTION(library_yaml, yaml_parser_initialize)
#define yaml_parser_load	     LIBRARY_FUNCTION(library_yaml, yaml_parser_load)
#define yaml_parser_parse	     LIBRARY_FUNCTION(library_yaml, yaml_parser_parse)
#define yaml_parser_set_input_string LIBRARY_FUNCTION(library_yaml, yaml_parser_set_input_string)

/* The node with a number, which libyaml counts from 1, or NULL. Those of a bundled file need no library. */
static inline yaml_node_t *yaml_node(yaml_document_t *doc, int number)
{
	return number > 0 && number <= doc->nodes.top - doc->nodes.start
		       ? doc->nodes.start + number - 1
		       : NULL;
}

#define yaml_document_get_node(doc, number) yaml_node(doc, number)
#define yaml_document_get_root_node(doc)    yaml_node(doc, 1)

#endif
