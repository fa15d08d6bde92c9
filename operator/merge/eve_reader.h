/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_EVE_READER_H
#define OPERATOR_EVE_READER_H

#include <stddef.h>

#include "base/err.h"
#include "operator/filter/filter.h"
#include "operator/sighting.h"

/* The most bytes of a line; an event with eight messages explained has a quarter of it. */
#define EVE_LINE_BYTES (256UL << 10)

enum eve_line {
	EVE_LINE_BAD = -1, /* @e says what is wrong with it */
	EVE_LINE_OTHER,	   /* of another program or kind */
	EVE_LINE_SIGHTING,
	EVE_LINE_BLOCK, /* what a filter did */
};

/* What the line of EVE JSON at @line (@n bytes, without its newline) says, into @s or @b. The sensor of a
 * sighting is the line's host, or @input where it names none, and its in_iface. */
enum eve_line eve_reader_line(const char *line, size_t n, const char *input, struct sighting *s,
			      struct filter_block *b, struct err *e);

#endif
