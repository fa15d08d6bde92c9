// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * claimed.c - what a signature named, each flow, host or super node once
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/moment.h"
#include "results/score/claimed.h"

/* A report in time before any record of a whole flow, of two alike the earlier. */
static bool sooner(const struct detection *a, const struct detection *b)
{
	if (a->afterwards != b->afterwards)
		return b->afterwards;
	return moment_before(a->ts_ns, b->ts_ns);
}

void claimed_note(struct claimed **map, const void *key, size_t len, const struct detection *v)
{
	struct claimed *c = claimed_find(*map, key, len);

	if (c) {
		if (sooner(v, c->first))
			c->first = v;
		return;
	}
	c = xcalloc(1, sizeof(*c));
	memcpy(c->key, key, len);
	c->first = v;
	HASH_ADD_KEYPTR(hh, *map, c->key, len, c);
}

struct claimed *claimed_find(struct claimed *map, const void *key, size_t len)
{
	struct claimed *c;

	HASH_FIND(hh, map, key, len, c);
	return c;
}

void claimed_free(struct claimed **map)
{
	struct claimed *c, *next;

	HASH_ITER (hh, *map, c, next) {
		HASH_DEL(*map, c);
		free(c);
	}
}
