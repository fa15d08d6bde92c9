// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dist.c - distributions of whole numbers, as files say them
 *
 * Model. Weighted ranges, uniform inside each: "18:3 22:21 24-37:255". Sizes of messages and
 * round-trip times are written so.
 *
 * Limits. At most DIST_PARTS ranges; weights up to 1000000.
 */
#include <ctype.h>
#include <stdlib.h>

#include "base/dist.h"

int dist_parse(const char *text, struct dist *d)
{
	const char *p = text;

	d->parts = d->total = 0;
	while (*p) {
		unsigned long lo, hi, w = 1;
		char *end;

		while (*p == ' ')
			p++;
		if (!*p)
			break;
		if (!isdigit((unsigned char)*p) || d->parts == DIST_PARTS)
			return -1;
		lo = hi = strtoul(p, &end, 10);
		if (*end == '-') {
			if (!isdigit((unsigned char)end[1]))
				return -1;
			hi = strtoul(end + 1, &end, 10);
		}
		if (*end == ':') {
			if (!isdigit((unsigned char)end[1]))
				return -1;
			w = strtoul(end + 1, &end, 10);
		}
		if ((*end && *end != ' ') || lo > hi || hi > UINT32_MAX || !w || w > 1000000)
			return -1;
		d->part[d->parts].lo = (uint32_t)lo;
		d->part[d->parts].hi = (uint32_t)hi;
		d->part[d->parts++].weight = (uint32_t)w;
		d->total += (uint32_t)w;
		p = end;
	}
	return d->parts ? 0 : -1;
}

uint32_t dist_draw(const struct dist *d, struct rng *r)
{
	uint32_t x;

	if (!d->parts)
		return 0;
	x = d->total > 1 ? rng_range(r, 0, d->total - 1) : 0;
	for (unsigned i = 0; i < d->parts; i++) {
		if (x < d->part[i].weight)
			return d->part[i].lo == d->part[i].hi
				       ? d->part[i].lo
				       : rng_range(r, d->part[i].lo, d->part[i].hi);
		x -= d->part[i].weight;
	}
	return d->part[0].lo;
}
