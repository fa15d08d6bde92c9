// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nearest.c - "did you mean": the right word that is nearest to a mistyped one
 *
 * Model: the distance is the number of letters to insert, delete, exchange or swap with their
 * neighbour. A word is near enough at a third of its length, at least one and at most three. A word of
 * several parts is as near as can be to one of its parts: "speed" to "top-speed".
 *
 * Limits: words of up to 31 letters.
 */
#include <stdbool.h>
#include <string.h>

#include "base/nearest.h"

#define WORD_MAX 31

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t edit_distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t d[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= n; i++)
		d[i][0] = i;
	for (size_t k = 0; k <= m; k++)
		d[0][k] = k;
	for (size_t i = 1; i <= n; i++)
		for (size_t k = 1; k <= m; k++) {
			d[i][k] = least(d[i - 1][k], d[i][k - 1]) + 1;
			d[i][k] = least(d[i][k], d[i - 1][k - 1] + (a[i - 1] != b[k - 1]));
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				d[i][k] = least(d[i][k], d[i - 2][k - 2] + 1);
		}
	return d[n][m];
}

/* "top-speed" has the part "speed". */
static bool has_part(const char *word, const char *part)
{
	size_t n = strlen(part);

	for (; n > 2 && *word; word += *word == '-') {
		size_t len = strcspn(word, "-");

		if (len == n && !memcmp(word, part, n))
			return true;
		word += len;
	}
	return false;
}

void nearest_try(struct nearest *n, const char *word)
{
	size_t typed = strlen(n->typed), len = strlen(word), limit, d;

	if (typed > WORD_MAX || len > WORD_MAX)
		return;
	limit = len / 3 < 1 ? 1 : len / 3 > 3 ? 3 : len / 3;
	d = has_part(word, n->typed) ? 0 : edit_distance(n->typed, typed, word, len);
	if (d <= limit && (!n->best || d < n->distance)) {
		n->best = word;
		n->distance = d;
	}
}
