// SPDX-License-Identifier: GPL-2.0-or-later
/* example.c - a frame to look at, with its capture's name where there are several */
#include <stdio.h>

#include "analysis/page/example.h"

static const char *text_of(const char *const *names, size_t n, uint16_t input, uint64_t number)
{
	static char texts[8][160];
	static unsigned turn;
	char *out = texts[turn++ % 8];

	if (!number)
		return NULL;
	if (n > 1 && input < n)
		snprintf(out, sizeof(texts[0]), "%llu in %s", (unsigned long long)number,
			 names[input]);
	else
		snprintf(out, sizeof(texts[0]), "%llu", (unsigned long long)number);
	return out;
}

const char *example_text(const struct analysed *a, uint16_t input, uint64_t number)
{
	return text_of(a->captures, a->captures_n, input, number);
}

const char *example_against(const struct analysed *a, uint16_t input, uint64_t number)
{
	return text_of(a->against_names, a->against_n, input, number);
}
