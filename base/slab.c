// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slab.c - memory for objects of one size that come and go by the hundred thousand
 *
 * Objects lie side by side in chunks, which only slab_clear() gives back. The first chunk is small, the
 * others are huge pages where the kernel has them: an object that is looked at once in a while costs one wait
 * for memory then, and not another for the address translation.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "base/err.h"
#include "base/slab.h"

#define FIRST (64UL << 10)
#define CHUNK (2UL << 20) /* a huge page of x86 and ARM with pages of 4 KiB */

void slab_begin(struct slab *s, size_t size)
{
	*s = (struct slab){.size = (size + 15) & ~15UL};
}

static void add_chunk(struct slab *s)
{
	size_t size = s->chunks_n ? CHUNK : FIRST;
	void *chunk = aligned_alloc(size, size);

	if (!chunk || s->size > size)
		abort();
	if (size == CHUNK)
		madvise(chunk, size, MADV_HUGEPAGE);
	s->chunks = xrealloc(s->chunks, (s->chunks_n + 1) * sizeof(*s->chunks));
	s->chunks[s->chunks_n++] = chunk;
	s->left = size / s->size;
}

void *slab_get(struct slab *s)
{
	void *object = s->unused;

	if (object) {
		s->unused = *(void **)object;
		return object;
	}
	if (!s->left)
		add_chunk(s);
	return (char *)s->chunks[s->chunks_n - 1] + --s->left * s->size;
}

void slab_put(struct slab *s, void *object)
{
	*(void **)object = s->unused;
	s->unused = object;
}

void slab_clear(struct slab *s)
{
	for (size_t i = 0; i < s->chunks_n; i++)
		free(s->chunks[i]);
	free(s->chunks);
	*s = (struct slab){0};
}
