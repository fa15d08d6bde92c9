/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_LINE_H
#define OPERATOR_FILTER_LINE_H

#include <jansson.h>
#include <stdio.h>

#include "operator/filter/filter.h"

/* "blocked client 10.0.0.2 until ...: skypelab-2006 probe, frames 3, 5; ..." and a line end. */
void filter_line_text(FILE *out, const struct filter_block *b);
/* The object of skypelab-eve(5) with event_type "drop". @host: the sensor's name, or NULL. A new
 * reference. */
json_t *filter_line_json(const struct filter_block *b, const char *host);

#endif
