/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_POOL_H
#define DETECTOR_POOL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * struct pool - equal objects that never move; freed ones are used again
 * @size:	Bytes of an object
 * @clear:	First bytes of an object that are zeroed when it is taken back; at first all memory
 *		is zero
 * @limit:	Most objects at a time
 * @used:	Objects handed out ever: indices 1..used exist
 * @live:	Objects handed out now
 * @free:	First free object; its first four bytes are the index of the next
 * @hand:	Where the search for an object to evict goes on
 * @base:	(owned) Address space for all objects; memory comes as it is touched
 *
 * Objects are named by 32-bit indices from 1; 0 stands for none.
 */
struct pool {
	size_t size, clear, limit, used, live;
	uint32_t free, hand;
	uint8_t *base;
};
void pool_init(struct pool *p, size_t size, size_t limit);
void pool_free(struct pool *p);
/* Makes room for @size bytes in every object; what is new is zero. Objects move. Smaller: does nothing. */
void pool_widen(struct pool *p, size_t size);
/* Bytes of the objects handed out ever. */
size_t pool_bytes(const struct pool *p);
static inline void *pool_at(const struct pool *p, uint32_t i)
{
	return p->base + (size_t)(i - 1) * p->size;
}
/* A zeroed object (but for what @clear leaves), or 0 at the limit. */
static inline uint32_t pool_get(struct pool *p)
{
	uint32_t i = p->free;

	if (i) {
		memcpy(&p->free, pool_at(p, i), sizeof(p->free)); /* the rest is zero */
		memset(pool_at(p, i), 0, sizeof(p->free));
	} else {
		if (p->used == p->limit)
			return 0;
		i = (uint32_t)++p->used;
	}
	p->live++;
	return i;
}
static inline void pool_put(struct pool *p, uint32_t i)
{
	memset(pool_at(p, i), 0, p->clear);
	memcpy(pool_at(p, i), &p->free, sizeof(p->free));
	p->free = i;
	p->live--;
}

#endif
