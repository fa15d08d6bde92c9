// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * words.c - times and numbers in words, for who writes a signature in words
 */
#include "detector/language/words.h"

const char *words_time(uint64_t ns)
{
	static char buf[2][32];
	static unsigned next;
	char *b = buf[next++ % 2];

	if (ns % 3600000000000ULL == 0)
		snprintf(b, 32, "%lu h", (unsigned long)(ns / 3600000000000ULL));
	else if (ns % 60000000000ULL == 0)
		snprintf(b, 32, "%lu min", (unsigned long)(ns / 60000000000ULL));
	else if (ns >= 1000000000)
		snprintf(b, 32, "%g s", (double)ns / 1e9);
	else if (ns >= 1000000)
		snprintf(b, 32, "%g ms", (double)ns / 1e6);
	else
		snprintf(b, 32, "%g us", (double)ns / 1e3);
	return b;
}

void words_numbers(FILE *f, const struct numset *s, const char *before, const char *after)
{
	char set[300];

	if (!s->n)
		return;
	numset_text(s, set, sizeof(set));
	fprintf(f, "%s%s%s", before, set, after);
}

void words_times(FILE *f, uint64_t least, uint64_t most)
{
	if (most == UINT64_MAX)
		fprintf(f, "%s or more", words_time(least));
	else if (least)
		fprintf(f, "%s to %s", words_time(least), words_time(most));
	else
		fprintf(f, "at most %s", words_time(most));
}
