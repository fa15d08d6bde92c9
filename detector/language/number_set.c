// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * number_set.c - sets of numbers, as sizes, ports and places in a flow are given
 *
 * A set is written as a list of numbers and ranges, some of which may be left out ("!339"): what is
 * added comes first, whatever the order; a list that only leaves out begins with every number.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detector/language/number_set.h"

static int number(const char **s, uint32_t *out)
{
	char *end;
	unsigned long v;

	if (!isdigit((unsigned char)**s))
		return -1;
	errno = 0;
	v = strtoul(*s, &end, (*s)[0] == '0' && (*s)[1] == 'x' ? 16 : 10);
	if (errno || v > UINT32_MAX)
		return -1;
	*s = end;
	*out = (uint32_t)v;
	return 0;
}

static const char *skip(const char *s)
{
	while (*s == ' ')
		s++;
	return s;
}

/* One item: N, N..M, N.., ..M, >N, <N, !item */
static int range(const char *s, bool *negate, uint32_t *lo, uint32_t *hi)
{
	s = skip(s);
	*negate = *s == '!';
	s = skip(s + *negate);
	*lo = 0;
	*hi = UINT32_MAX;
	if (*s == '>' || *s == '<') {
		uint32_t v;
		char c = *s;

		s = skip(s + 1);
		if (number(&s, &v) || (c == '>' ? v == UINT32_MAX : v == 0))
			return -1;
		*(c == '>' ? lo : hi) = c == '>' ? v + 1 : v - 1;
	} else if (!strncmp(s, "..", 2)) {
		s = skip(s + 2);
		if (number(&s, hi))
			return -1;
	} else {
		if (number(&s, lo))
			return -1;
		s = skip(s);
		*hi = *lo;
		if (!strncmp(s, "..", 2)) {
			s = skip(s + 2);
			*hi = UINT32_MAX;
			if (*s && number(&s, hi))
				return -1;
		}
	}
	return *skip(s) || *lo > *hi ? -1 : 0;
}

static int numset_insert(struct numset *s, uint32_t lo, uint32_t hi)
{
	unsigned i = 0, j;

	while (i < s->n && s->r[i].hi != UINT32_MAX && s->r[i].hi + 1 < lo)
		i++;
	for (j = i; j < s->n && (hi == UINT32_MAX || s->r[j].lo <= hi + 1); j++) {
		if (s->r[j].lo < lo)
			lo = s->r[j].lo;
		if (s->r[j].hi > hi)
			hi = s->r[j].hi;
	}
	if (i == j && s->n == NUMSET_MAX)
		return -1;
	memmove(&s->r[i + 1], &s->r[j], (s->n - j) * sizeof(s->r[0]));
	s->n = (uint8_t)(s->n - (j - i) + 1);
	s->r[i].lo = lo;
	s->r[i].hi = hi;
	return 0;
}

static int numset_remove(struct numset *s, uint32_t lo, uint32_t hi)
{
	struct numset out = {0};

	for (unsigned i = 0; i < s->n; i++) {
		uint32_t a = s->r[i].lo, b = s->r[i].hi;

		if (b < lo || a > hi) {
			if (numset_insert(&out, a, b))
				return -1;
			continue;
		}
		if (a < lo && numset_insert(&out, a, lo - 1))
			return -1;
		if (b > hi && numset_insert(&out, hi + 1, b))
			return -1;
	}
	*s = out;
	return 0;
}

int numset_apply(struct numset *s, const char *text, bool out)
{
	uint32_t lo, hi;
	bool negate;

	if (range(text, &negate, &lo, &hi))
		return -1;
	if (negate != out)
		return 1;
	return (negate ? numset_remove(s, lo, hi) : numset_insert(s, lo, hi)) ? -2 : 0;
}

void numset_fill(struct numset *s)
{
	memset(s, 0, sizeof(*s));
	s->n = 1;
	s->r[0].hi = UINT32_MAX;
}

void numset_tidy(struct numset *s)
{
	struct numset clean;

	memset(&clean, 0, sizeof(clean));
	clean.n = s->n;
	memcpy(clean.r, s->r, s->n * sizeof(s->r[0]));
	memcpy(s, &clean, sizeof(clean));
}

void numset_text(const struct numset *s, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < s->n && n < size; i++) {
		const char *sep = !i ? "" : i + 1 == s->n ? " or " : ", ";

		if (s->r[i].lo == s->r[i].hi)
			n += (size_t)snprintf(buf + n, size - n, "%s%u", sep, s->r[i].lo);
		else if (s->r[i].hi == UINT32_MAX)
			n += (size_t)snprintf(buf + n, size - n, "%s%u or more", sep, s->r[i].lo);
		else
			n += (size_t)snprintf(buf + n, size - n, "%s%u to %u", sep, s->r[i].lo,
					      s->r[i].hi);
	}
}
