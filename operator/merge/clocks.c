// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * clocks.c - how far the clocks of sensors are apart
 *
 * For each pair of sensors the last differences of what both saw are kept. With fewer than ENOUGH of
 * them, nothing is known but the bound that the user gave. Then their median is the offset, which a
 * few wrong ones do not move, and the bound narrows to what the differences spread, but not below
 * LEAST_NS: a gateway may hold a packet back for so long.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "operator/merge/clocks.h"

#define KEPT	 15
#define ENOUGH	 5
#define LEAST_NS 100000000LL

struct pair {
	int64_t ahead[KEPT];
	unsigned n, next;
};

struct clocks {
	uint64_t skew_ns;
	struct pair pairs[SENSORS][SENSORS]; /* [lower][higher] */
};

struct clocks *clocks_new(uint64_t skew_ns)
{
	struct clocks *c = xcalloc(1, sizeof(*c));

	c->skew_ns = skew_ns;
	return c;
}

void clocks_free(struct clocks *c)
{
	free(c);
}

void clocks_learn(struct clocks *c, unsigned a, unsigned b, int64_t ahead_ns)
{
	struct pair *p = a < b ? &c->pairs[a][b] : &c->pairs[b][a];

	if (a == b)
		return;
	p->ahead[p->next] = a < b ? ahead_ns : -ahead_ns;
	p->next = (p->next + 1) % KEPT;
	if (p->n < KEPT)
		p->n++;
}

static int order(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static const struct pair *pair_of(const struct clocks *c, unsigned a, unsigned b)
{
	return a < b ? &c->pairs[a][b] : &c->pairs[b][a];
}

bool clocks_known(const struct clocks *c, unsigned a, unsigned b)
{
	return pair_of(c, a, b)->n >= ENOUGH;
}

int64_t clocks_ahead(const struct clocks *c, unsigned a, unsigned b, uint64_t *within)
{
	const struct pair *p = pair_of(c, a, b);
	int64_t sorted[KEPT], median, spread;

	*within = c->skew_ns;
	if (p->n < ENOUGH)
		return 0;
	memcpy(sorted, p->ahead, sizeof(sorted));
	qsort(sorted, p->n, sizeof(*sorted), order);
	median = sorted[p->n / 2];
	spread = 2 *
		 (sorted[p->n - 1 - p->n / 4] - sorted[p->n / 4]); /* of the half in the middle */
	if (spread < LEAST_NS)
		spread = LEAST_NS;
	if ((uint64_t)spread < *within)
		*within = (uint64_t)spread;
	return a < b ? median : -median;
}
