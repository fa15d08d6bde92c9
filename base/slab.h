/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include <stddef.h>

/**
 * struct slab - objects of one size that come and go by the hundred thousand, and never move
 * @size:	Bytes of an object, set by slab_begin()
 * @unused:	Those that were given back; the first bytes of each point to the next
 * @chunks:	(owned) @chunks_n pieces of memory, of which the last has room for @left objects more
 */
struct slab {
	size_t size;
	void *unused;
	void **chunks;
	size_t chunks_n, left;
};

/* @size: at least that of a pointer; objects are aligned to 16 bytes. */
void slab_begin(struct slab *s, size_t size);
/* An object whose bytes are anything. The program ends when there is no memory. */
void *slab_get(struct slab *s);
/* Gives @object back, which slab_get() gave. */
void slab_put(struct slab *s, void *object);
/* Frees all objects; slab_begin() may follow. */
void slab_clear(struct slab *s);

#endif
