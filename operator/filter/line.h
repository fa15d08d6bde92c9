/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_LINE_H
#define OPERATOR_FILTER_LINE_H

#include <jansson.h>
#include <stdio.h>

#include "operator/filter/filter.h"

#define FILTER_WHO_LEN 128

/* "client 10.0.0.2", "super-node 192.0.2.9:4000 udp", "flow 10.0.0.2:6000 > 192.0.2.9:4000 udp": what tells
 * one block from another. */
const char *filter_line_who(const struct filter_block *b, char out[FILTER_WHO_LEN]);
/* "blocked client 10.0.0.2 until ...: skypelab-2006 probe, frames 3, 5; ..." and a line end. */
void filter_line_text(FILE *out, const struct filter_block *b);
/* The outcome that a line of JSON names; false = it is none. */
bool filter_line_outcome(const char *word, enum filter_outcome *out);
/* The object of skypelab-eve(5) with event_type "drop". @host: the sensor's name, or NULL. A new
 * reference. */
json_t *filter_line_json(const struct filter_block *b, const char *host);

#endif
