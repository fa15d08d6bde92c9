// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pool.c - memory for objects of one size
 *
 * Address space for all of a pool's objects is reserved at once, and the kernel gives memory as it
 * is touched: objects never move, an index finds one with a multiplication, and a pool that is not
 * used costs nothing.
 */
#include <string.h>

#include "base/space.h"
#include "detector/engine/pool.h"

static size_t pool_space(const struct pool *p)
{
	return p->size * p->limit;
}

void pool_init(struct pool *p, size_t size, size_t limit)
{
	memset(p, 0, sizeof(*p));
	p->size = p->clear = size;
	p->limit = limit;
	p->base = space_get(pool_space(p));
}

void pool_free(struct pool *p)
{
	space_free(p->base, pool_space(p));
	p->base = NULL;
}

void pool_widen(struct pool *p, size_t size)
{
	struct pool was = *p;

	if (size <= p->size)
		return;
	p->size = p->clear = size;
	p->base = space_get(pool_space(p));
	for (uint32_t i = 1; i <= was.used; i++)
		memcpy(pool_at(p, i), pool_at(&was, i), was.size);
	pool_free(&was);
}

size_t pool_bytes(const struct pool *p)
{
	return p->used * p->size;
}
