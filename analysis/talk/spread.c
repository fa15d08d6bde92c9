// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * spread.c - how long things take: a sample of fixed size of many times
 *
 * Vitter's algorithm R with a generator of its own, which begins alike for every kind: the same
 * capture gives the same figures. 1 KiB a kind at most.
 */
#include <stdlib.h>

#include "analysis/talk/spread.h"
#include "base/err.h"

/* A number that depends on nothing but @n (splitmix64). */
static uint64_t mixed(uint64_t n)
{
	n += 0x9e3779b97f4a7c15ULL;
	n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9ULL;
	n = (n ^ n >> 27) * 0x94d049bb133111ebULL;
	return n ^ n >> 31;
}

uint32_t spread_kept(const struct spread *s)
{
	return s->n < SPREAD_KEPT ? (uint32_t)s->n : SPREAD_KEPT;
}

void spread_add(struct spread *s, uint64_t ns)
{
	uint32_t us = ns / 1000 > UINT32_MAX ? UINT32_MAX : (uint32_t)(ns / 1000), kept;
	uint64_t at;

	if (!s->n || ns < s->least)
		s->least = ns;
	if (ns > s->most)
		s->most = ns;
	kept = spread_kept(s);
	if (kept == s->room && s->room < SPREAD_KEPT) {
		s->room = s->room ? s->room * 4 : 4;
		s->us = xrealloc(s->us, s->room * sizeof(*s->us));
	}
	at = kept < SPREAD_KEPT ? kept : mixed(s->n) % (s->n + 1);
	s->n++;
	if (at < SPREAD_KEPT)
		s->us[at] = us;
}

static int order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

double spread_quantile(struct spread *s, double share)
{
	uint32_t kept = spread_kept(s), at;

	if (!kept)
		return -1;
	qsort(s->us, kept, sizeof(*s->us), order);
	at = (uint32_t)((kept - 1) * share + 0.5);
	return s->us[at] / 1e6;
}

void spread_clear(struct spread *s)
{
	free(s->us);
	*s = (struct spread){0};
}
