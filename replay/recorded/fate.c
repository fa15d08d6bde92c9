// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fate.c - the names of the fates in fates.tsv
 */
#include <string.h>

#include "replay/recorded/fate.h"

static const char *const names[FATES] = {"not-played", "complete", "cut", "never-started",
					 "unanswered"};

const char *fate_text(enum fate f)
{
	return names[f];
}

int fate_parse(const char *text, enum fate *out)
{
	for (int i = 0; i < FATES; i++) {
		if (!strcmp(text, names[i])) {
			*out = (enum fate)i;
			return 0;
		}
	}
	return -1;
}
