// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * source.c - the names of the sources of traffic
 */
#include <string.h>

#include "base/err.h"
#include "results/score/source.h"

static const char *const source_names[] = {"-", "emulated", "recorded"};

const char *source_text(enum traffic_source s)
{
	return source_names[s];
}

int source_parse(const char *text, enum traffic_source *out)
{
	for (size_t i = SOURCE_EMULATED; i < ARRAY_LEN(source_names); i++)
		if (!strcmp(text, source_names[i])) {
			*out = (enum traffic_source)i;
			return 0;
		}
	return -1;
}
