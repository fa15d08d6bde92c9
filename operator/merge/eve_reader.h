/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_EVE_READER_H
#define OPERATOR_EVE_READER_H

#include <stddef.h>

#include "base/err.h"
#include "operator/sighting.h"

/* The most bytes of a line; an event with eight messages explained has a quarter of it. */
#define EVE_LINE_BYTES (256UL << 10)

/* What the line of EVE JSON at @line (@n bytes, without its newline) says, into @s. The sensor is
 * the line's host, or @input where it names none, and its in_iface. 1 = a sighting; 0 = a line of
 * another program or kind; -1 with @e set to what is wrong with it. */
int eve_reader_line(const char *line, size_t n, const char *input, struct sighting *s,
		    struct err *e);

#endif
